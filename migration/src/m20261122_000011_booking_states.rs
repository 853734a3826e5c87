//! Bookings are searched by how they stand, in the order of their start.

use sea_orm_migration::prelude::*;

/// Adds the index.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Bookings {
    Table,
    Status,
    StartS,
    BookingId,
}

const NAME: &str = "bookings_status";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name(NAME)
            .table(Bookings::Table)
            .col(Bookings::Status)
            .col(Bookings::StartS)
            .col(Bookings::BookingId)
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table(Bookings::Table).to_owned()).await
    }
}
