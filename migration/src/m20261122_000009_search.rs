//! What pages over a million payments read: payments by any of their names and by what they have in common, sums of the
//! ledger that nobody has to add up, and how fast and how well calls were answered.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, text_null, uuid};
use sea_orm_migration::sea_orm::DbBackend;

/// Adds the column, the tables and the indexes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Transactions {
    Table,
    Id,
    Kind,
    Account,
    Currency,
    Issuer,
    State,
    CreatedMs,
    AmountMicros,
    IssuerReference,
}

#[derive(DeriveIden)]
enum PaymentGroups {
    Table,
    Account,
    Currency,
    Issuer,
    State,
}

#[derive(DeriveIden)]
enum Remittables {
    Table,
    RequestId,
    PaymentId,
}

#[derive(DeriveIden)]
enum Bookings {
    Table,
    StartS,
    BookingId,
}

#[derive(DeriveIden)]
enum Invoices {
    Table,
    CreatedMs,
    InvoiceId,
    Attention,
}

#[derive(DeriveIden)]
enum LedgerBalances {
    Table,
    Account,
    Currency,
    Shard,
    Micros,
}

#[derive(DeriveIden)]
enum Figures {
    Table,
    HourMs,
    Series,
    Outcome,
    Node,
    Count,
    TotalMs,
}

/// Columns of calls by how long they took, in milliseconds.
const BUCKETS: [&str; 11] =
    ["to_10", "to_25", "to_50", "to_100", "to_250", "to_500", "to_1000", "to_2500", "to_5000", "to_10000", "beyond"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let column =
            Table::alter().table(Transactions::Table).add_column(text_null(Transactions::IssuerReference)).to_owned();
        manager.alter_table(column).await?;
        for table in [payment_groups(), balances(backend), figures()] {
            manager.create_table(table).await?;
        }
        // Filled before the indexes are there to be kept.
        for fill in [references(backend), groups(), sums(backend)] {
            manager.get_connection().execute_unprepared(&fill).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dropped = |name: &str| Index::drop().name(name).to_owned();
        manager.drop_index(dropped("invoices_attention").table(Invoices::Table).to_owned()).await?;
        manager.drop_index(dropped("bookings_start").table(Bookings::Table).to_owned()).await?;
        for name in ["remittables_request", "remittables_payment"] {
            manager.drop_index(dropped(name).table(Remittables::Table).to_owned()).await?;
        }
        for name in ["payments_group", "payments_amount", "payments_issuer_reference"] {
            manager.drop_index(dropped(name).table(Transactions::Table).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table(Figures::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(LedgerBalances::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(PaymentGroups::Table).to_owned()).await?;
        let column = Table::alter().table(Transactions::Table).drop_column(Transactions::IssuerReference).to_owned();
        manager.alter_table(column).await
    }
}

/// The issuers' references of the payments so far, out of their snapshots.
fn references(backend: DbBackend) -> String {
    let of = |state: &str| match backend {
        DbBackend::Sqlite => format!("json_extract(snapshot, '$.{state}.receipt.reference')"),
        _ => format!("snapshot::json #>> '{{{state},receipt,reference}}'"),
    };
    format!(
        "UPDATE transactions SET issuer_reference = coalesce({}, {}) WHERE kind = 'redirect_payment' AND state IN \
         ('Paid', 'PaidAfterClose')",
        of("Paid"),
        of("PaidAfterClose")
    )
}

fn groups() -> String {
    "INSERT INTO payment_groups (account, currency, issuer, state) SELECT DISTINCT account, currency, \
     coalesce(issuer, ''), state FROM transactions WHERE kind = 'redirect_payment'"
        .to_owned()
}

fn sums(backend: DbBackend) -> String {
    let sum = match backend {
        DbBackend::Sqlite => "sum(amount_micros)",
        _ => "sum(amount_micros)::bigint",
    };
    format!(
        "INSERT INTO ledger_balances (account, currency, shard, micros) SELECT account, currency, 0, {sum} FROM ledger \
         GROUP BY account, currency"
    )
}

/// What payments have in common: the combinations that have ever occurred. There are few, and a search names them one by
/// one, so that one index answers every search in the order of time.
fn payment_groups() -> TableCreateStatement {
    Table::create()
        .table(PaymentGroups::Table)
        .col(string(PaymentGroups::Account))
        .col(string(PaymentGroups::Currency))
        // Empty: none yet.
        .col(string(PaymentGroups::Issuer))
        .col(string(PaymentGroups::State))
        .primary_key(
            Index::create()
                .col(PaymentGroups::Account)
                .col(PaymentGroups::Currency)
                .col(PaymentGroups::Issuer)
                .col(PaymentGroups::State),
        )
        .to_owned()
}

/// What each account of the ledger comes to, in parts: batches that are written at once add to different ones.
fn balances(backend: DbBackend) -> TableCreateStatement {
    let mut micros = big_integer(LedgerBalances::Micros);
    if backend == DbBackend::Sqlite {
        // SQLite would go on in floating point beyond 64 bits.
        micros.check(Expr::cust("typeof(micros) = 'integer'"));
    }
    Table::create()
        .table(LedgerBalances::Table)
        .col(string(LedgerBalances::Account))
        .col(string(LedgerBalances::Currency))
        .col(integer(LedgerBalances::Shard))
        .col(micros)
        .primary_key(
            Index::create().col(LedgerBalances::Account).col(LedgerBalances::Currency).col(LedgerBalances::Shard),
        )
        .to_owned()
}

fn figures() -> TableCreateStatement {
    let mut table = Table::create()
        .table(Figures::Table)
        .col(big_integer(Figures::HourMs))
        .col(string(Figures::Series))
        .col(string(Figures::Outcome))
        .col(uuid(Figures::Node))
        .col(big_integer(Figures::Count))
        .col(big_integer(Figures::TotalMs))
        .to_owned();
    for bucket in BUCKETS {
        table.col(big_integer(Alias::new(bucket)));
    }
    table
        .primary_key(Index::create().col(Figures::HourMs).col(Figures::Series).col(Figures::Outcome).col(Figures::Node))
        .to_owned()
}

/// Few, because every change of a payment keeps them.
fn indexes() -> Vec<IndexCreateStatement> {
    let payments = |name: &str| {
        let of_payments = Expr::col(Transactions::Kind).eq("redirect_payment");
        Index::create().name(name).table(Transactions::Table).and_where(of_payments).to_owned()
    };
    vec![
        // Every search by what payments have in common, in the order of time, and the counting of outcomes. The amount comes
        // last, to be looked at without the row.
        payments("payments_group")
            .col(Transactions::Account)
            .col(Transactions::Currency)
            .col(Transactions::Issuer)
            .col(Transactions::State)
            .col(Transactions::CreatedMs)
            .col(Transactions::Id)
            .col(Transactions::AmountMicros)
            .to_owned(),
        // Rare amounts.
        payments("payments_amount")
            .col(Transactions::AmountMicros)
            .col(Transactions::CreatedMs)
            .col(Transactions::Id)
            .to_owned(),
        Index::create()
            .name("payments_issuer_reference")
            .table(Transactions::Table)
            .col(Transactions::IssuerReference)
            .and_where(Expr::col(Transactions::IssuerReference).is_not_null())
            .to_owned(),
        // People look refunds up by Google's id alone.
        Index::create().name("remittables_request").table(Remittables::Table).col(Remittables::RequestId).to_owned(),
        Index::create().name("remittables_payment").table(Remittables::Table).col(Remittables::PaymentId).to_owned(),
        Index::create()
            .name("bookings_start")
            .table(Bookings::Table)
            .col(Bookings::StartS)
            .col(Bookings::BookingId)
            .to_owned(),
        Index::create()
            .name("invoices_attention")
            .table(Invoices::Table)
            .col(Invoices::CreatedMs)
            .col(Invoices::InvoiceId)
            .and_where(Expr::col(Invoices::Attention).is_not_null())
            .to_owned(),
    ]
}
