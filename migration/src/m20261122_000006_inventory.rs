//! The booking server: what can be booked, who booked it, and who holds a pack of visits.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, integer_null, string, string_null, text, text_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

/// Adds the tables of the booking server.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Inventory {
    Table,
    Id,
    Generation,
    FeedGeneration,
    LoadedMs,
    LastStaged,
}

#[derive(DeriveIden)]
enum Stagings {
    Table,
    Generation,
    FeedGeneration,
    AliveMs,
}

#[derive(DeriveIden)]
enum Merchants {
    Table,
    Generation,
    MerchantId,
    Body,
}

#[derive(DeriveIden)]
enum Services {
    Table,
    Generation,
    MerchantId,
    ServiceId,
    Body,
}

#[derive(DeriveIden)]
enum Slots {
    Table,
    Generation,
    Key,
    MerchantId,
    ServiceId,
    StartS,
    DurationS,
    StaffId,
    RoomId,
    PartySize,
    Tag,
    SpotsTotal,
    SpotsOpen,
    Asynchronous,
    Overrides,
    UntoldMs,
}

#[derive(DeriveIden)]
enum Bookings {
    Table,
    BookingId,
    UserId,
    MerchantId,
    ServiceId,
    SlotKey,
    StartS,
    EndS,
    Status,
    CreatedMs,
}

#[derive(DeriveIden)]
enum BookingCharges {
    Table,
    Intent,
    BookingId,
}

#[derive(DeriveIden)]
enum MarketingPreferences {
    Table,
    UserId,
    MerchantId,
    Wanted,
    AtMs,
}

#[derive(DeriveIden)]
enum Packs {
    Table,
    Id,
    UserId,
    OptionId,
    MerchantId,
    Kind,
    OriginalCount,
    CurrentCount,
    ValidFromS,
    ValidUntilS,
    BoughtBy,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Rows are found by their key alone: on SQLite the table is its own index.
        let clustered = |mut table: TableCreateStatement| match manager.get_database_backend() {
            DbBackend::Sqlite => table.extra("WITHOUT ROWID").to_owned(),
            _ => table,
        };
        for table in [
            inventory(),
            stagings(),
            merchants(),
            services(),
            clustered(slots()),
            bookings(),
            booking_charges(),
            packs(),
            marketing_preferences(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The one row: no load is in force yet.
        let row = Query::insert()
            .into_table(Inventory::Table)
            .columns([
                Inventory::Id,
                Inventory::Generation,
                Inventory::FeedGeneration,
                Inventory::LoadedMs,
                Inventory::LastStaged,
            ])
            .values_panic([1.into(), 0.into(), 0.into(), 0.into(), 0.into()])
            .to_owned();
        manager.execute(row).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(MarketingPreferences::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Packs::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(BookingCharges::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Bookings::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Slots::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Services::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Merchants::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Stagings::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Inventory::Table).to_owned()).await
    }
}

fn inventory() -> TableCreateStatement {
    Table::create()
        .table(Inventory::Table)
        .col(integer(Inventory::Id).primary_key())
        .col(big_integer(Inventory::Generation))
        .col(big_integer(Inventory::FeedGeneration))
        .col(big_integer(Inventory::LoadedMs))
        .col(big_integer(Inventory::LastStaged))
        .to_owned()
}

fn stagings() -> TableCreateStatement {
    Table::create()
        .table(Stagings::Table)
        .col(big_integer(Stagings::Generation).primary_key())
        .col(big_integer(Stagings::FeedGeneration))
        .col(big_integer(Stagings::AliveMs))
        .to_owned()
}

fn merchants() -> TableCreateStatement {
    Table::create()
        .table(Merchants::Table)
        .col(big_integer(Merchants::Generation))
        .col(string(Merchants::MerchantId))
        .col(text(Merchants::Body))
        .primary_key(Index::create().col(Merchants::Generation).col(Merchants::MerchantId))
        .to_owned()
}

fn services() -> TableCreateStatement {
    Table::create()
        .table(Services::Table)
        .col(big_integer(Services::Generation))
        .col(string(Services::MerchantId))
        .col(string(Services::ServiceId))
        .col(text(Services::Body))
        .primary_key(Index::create().col(Services::Generation).col(Services::MerchantId).col(Services::ServiceId))
        .to_owned()
}

fn slots() -> TableCreateStatement {
    Table::create()
        .table(Slots::Table)
        .col(big_integer(Slots::Generation))
        .col(uuid(Slots::Key))
        .col(string(Slots::MerchantId))
        .col(string(Slots::ServiceId))
        .col(big_integer(Slots::StartS))
        .col(big_integer(Slots::DurationS))
        .col(string_null(Slots::StaffId))
        .col(string_null(Slots::RoomId))
        .col(integer_null(Slots::PartySize))
        .col(string_null(Slots::Tag))
        .col(integer(Slots::SpotsTotal))
        .col(integer(Slots::SpotsOpen))
        .col(boolean(Slots::Asynchronous))
        .col(text_null(Slots::Overrides))
        .col(big_integer_null(Slots::UntoldMs))
        // Keys begin with their service and time (`crypto::slot_key`), so that this index also serves windows of time.
        .primary_key(Index::create().col(Slots::Generation).col(Slots::Key))
        .to_owned()
}

fn bookings() -> TableCreateStatement {
    Table::create()
        .table(Bookings::Table)
        .col(uuid(Bookings::BookingId).primary_key())
        .col(string(Bookings::UserId))
        .col(string(Bookings::MerchantId))
        .col(string(Bookings::ServiceId))
        .col(uuid(Bookings::SlotKey))
        .col(big_integer(Bookings::StartS))
        .col(big_integer(Bookings::EndS))
        .col(string(Bookings::Status))
        .col(big_integer(Bookings::CreatedMs))
        .to_owned()
}

fn booking_charges() -> TableCreateStatement {
    Table::create()
        .table(BookingCharges::Table)
        .col(string(BookingCharges::Intent).primary_key())
        .col(uuid(BookingCharges::BookingId))
        .to_owned()
}

fn marketing_preferences() -> TableCreateStatement {
    Table::create()
        .table(MarketingPreferences::Table)
        .col(string(MarketingPreferences::UserId))
        .col(string(MarketingPreferences::MerchantId))
        .col(boolean(MarketingPreferences::Wanted))
        .col(big_integer(MarketingPreferences::AtMs))
        .primary_key(Index::create().col(MarketingPreferences::UserId).col(MarketingPreferences::MerchantId))
        .to_owned()
}

fn packs() -> TableCreateStatement {
    Table::create()
        .table(Packs::Table)
        .col(string(Packs::Id).primary_key())
        .col(string(Packs::UserId))
        .col(string(Packs::OptionId))
        .col(string(Packs::MerchantId))
        .col(string(Packs::Kind))
        .col(integer(Packs::OriginalCount))
        .col(integer(Packs::CurrentCount))
        .col(big_integer_null(Packs::ValidFromS))
        .col(big_integer_null(Packs::ValidUntilS))
        .col(uuid(Packs::BoughtBy))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // What Google has not been told.
        Index::create()
            .name("slots_untold")
            .table(Slots::Table)
            .col(Slots::Generation)
            .col(Slots::MerchantId)
            .col(Slots::ServiceId)
            .col(Slots::StartS)
            .and_where(Expr::col(Slots::UntoldMs).is_not_null())
            .to_owned(),
        Index::create()
            .name("bookings_user")
            .table(Bookings::Table)
            .col(Bookings::UserId)
            .col(Bookings::EndS)
            .to_owned(),
        Index::create()
            .name("bookings_merchant")
            .table(Bookings::Table)
            .col(Bookings::MerchantId)
            .col(Bookings::StartS)
            .to_owned(),
        Index::create()
            .name("bookings_slot")
            .table(Bookings::Table)
            .col(Bookings::SlotKey)
            .col(Bookings::UserId)
            .to_owned(),
        Index::create().name("packs_user").table(Packs::Table).col(Packs::UserId).to_owned(),
    ]
}
