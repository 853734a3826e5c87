//! Refunds and remittance: what statements list, what they said, and who decided.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string, string_null, text_null, uuid, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

/// Adds the tables of remittance, and the ledger's author.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Remittables {
    Table,
    Account,
    RequestId,
    Kind,
    PaymentId,
    OurId,
    Issuer,
    Currency,
    AmountMicros,
    Standing,
    AtMs,
    StatementId,
}

#[derive(DeriveIden)]
enum StatementLines {
    Table,
    StatementId,
    Line,
    Kind,
    RequestId,
    OurId,
    Currency,
    AmountMicros,
    FeeMicros,
    Note,
}

#[derive(DeriveIden)]
enum StatementFindings {
    Table,
    StatementId,
    Line,
    Kind,
    RequestId,
    StatedMicros,
    OursMicros,
    FeeMicros,
    ExpectedFeeMicros,
}

#[derive(DeriveIden)]
enum Reports {
    Table,
    Subject,
    Format,
    Sha256,
    Bytes,
    Lines,
    MadeMs,
}

#[derive(DeriveIden)]
enum Ledger {
    Table,
    AtMs,
    Author,
}

#[derive(DeriveIden)]
enum Transactions {
    Table,
    Kind,
    CreatedMs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [remittables(), lines(), findings(), reports()] {
            manager.create_table(table).await?;
        }
        let author = Table::alter().table(Ledger::Table).add_column(string_null(Ledger::Author)).to_owned();
        manager.alter_table(author).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.get_connection().execute_unprepared(&captures_so_far(manager.get_database_backend())).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("transactions_kind").table(Transactions::Table).to_owned()).await?;
        manager.drop_index(Index::drop().name("ledger_at").table(Ledger::Table).to_owned()).await?;
        manager.alter_table(Table::alter().table(Ledger::Table).drop_column(Ledger::Author).to_owned()).await?;
        manager.drop_table(Table::drop().table(Reports::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(StatementFindings::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(StatementLines::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Remittables::Table).to_owned()).await
    }
}

/// What was paid before this schema will be on statements, too.
fn captures_so_far(database: DbBackend) -> String {
    let our_id = match database {
        DbBackend::Sqlite => {
            let part = |from: u8, length: u8| format!("substr(lower(hex(id)), {from}, {length})");
            [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
        }
        _ => "id::text".to_owned(),
    };
    format!(
        "INSERT INTO remittables (account, request_id, kind, payment_id, our_id, issuer, currency, amount_micros, \
         standing, at_ms) SELECT account, request_id, 'capture', id, {our_id}, issuer, currency, amount_micros, 'done', \
         updated_ms FROM transactions WHERE kind = 'redirect_payment' AND state = 'Paid' AND issuer IS NOT NULL"
    )
}

fn remittables() -> TableCreateStatement {
    Table::create()
        .table(Remittables::Table)
        .col(string(Remittables::Account))
        .col(string(Remittables::RequestId))
        .col(string(Remittables::Kind))
        .col(uuid(Remittables::PaymentId))
        .col(string(Remittables::OurId))
        .col(string(Remittables::Issuer))
        .col(string(Remittables::Currency))
        .col(big_integer(Remittables::AmountMicros))
        .col(string(Remittables::Standing))
        .col(big_integer(Remittables::AtMs))
        .col(uuid_null(Remittables::StatementId))
        .primary_key(Index::create().col(Remittables::Account).col(Remittables::RequestId))
        .to_owned()
}

fn lines() -> TableCreateStatement {
    Table::create()
        .table(StatementLines::Table)
        .col(uuid(StatementLines::StatementId))
        .col(big_integer(StatementLines::Line))
        .col(string(StatementLines::Kind))
        .col(string(StatementLines::RequestId))
        .col(string_null(StatementLines::OurId))
        .col(string_null(StatementLines::Currency))
        .col(big_integer_null(StatementLines::AmountMicros))
        .col(big_integer_null(StatementLines::FeeMicros))
        .col(text_null(StatementLines::Note))
        .primary_key(Index::create().col(StatementLines::StatementId).col(StatementLines::Line))
        .to_owned()
}

fn findings() -> TableCreateStatement {
    Table::create()
        .table(StatementFindings::Table)
        .col(uuid(StatementFindings::StatementId))
        .col(big_integer(StatementFindings::Line))
        .col(string(StatementFindings::Kind))
        .col(string(StatementFindings::RequestId))
        .col(big_integer_null(StatementFindings::StatedMicros))
        .col(big_integer_null(StatementFindings::OursMicros))
        .col(big_integer_null(StatementFindings::FeeMicros))
        .col(big_integer_null(StatementFindings::ExpectedFeeMicros))
        .primary_key(Index::create().col(StatementFindings::StatementId).col(StatementFindings::Line))
        .to_owned()
}

fn reports() -> TableCreateStatement {
    Table::create()
        .table(Reports::Table)
        .col(string(Reports::Subject))
        .col(string(Reports::Format))
        .col(string(Reports::Sha256))
        .col(big_integer(Reports::Bytes))
        .col(big_integer(Reports::Lines))
        .col(big_integer(Reports::MadeMs))
        .primary_key(Index::create().col(Reports::Subject).col(Reports::Format).col(Reports::Sha256))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // What no statement lists yet: the look for what is missing.
        Index::create()
            .name("remittables_unstated")
            .table(Remittables::Table)
            .col(Remittables::Account)
            .col(Remittables::AtMs)
            .and_where(Expr::col(Remittables::StatementId).is_null())
            .to_owned(),
        Index::create()
            .name("statement_findings_kind")
            .table(StatementFindings::Table)
            .col(StatementFindings::StatementId)
            .col(StatementFindings::Kind)
            .col(StatementFindings::Line)
            .to_owned(),
        // Duplicates of events that we do not know.
        Index::create()
            .name("statement_findings_request")
            .table(StatementFindings::Table)
            .col(StatementFindings::StatementId)
            .col(StatementFindings::RequestId)
            .to_owned(),
        Index::create().name("ledger_at").table(Ledger::Table).col(Ledger::AtMs).to_owned(),
        // Everything but payments is few, and listed by kind.
        Index::create()
            .name("transactions_kind")
            .table(Transactions::Table)
            .col(Transactions::Kind)
            .col(Transactions::CreatedMs)
            .and_where(Expr::col(Transactions::Kind).ne("redirect_payment"))
            .to_owned(),
    ]
}
