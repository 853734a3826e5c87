//! Transactions with their journal, outbox, ledger and remembered answers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, integer, string, string_null, text, text_null, uuid, uuid_null,
};

/// Adds the tables that one commit writes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Transactions {
    Table,
    Id,
    Kind,
    Version,
    State,
    Account,
    RequestId,
    Issuer,
    Currency,
    AmountMicros,
    Attention,
    Snapshot,
    DeadlineMs,
    OutboxOpen,
    JournalSeq,
    JournalHead,
    CreatedMs,
    UpdatedMs,
}

#[derive(DeriveIden)]
enum Journal {
    Table,
    TransactionId,
    Seq,
    AtMs,
    Event,
    Payload,
    Hash,
}

#[derive(DeriveIden)]
enum Outbox {
    Table,
    TransactionId,
    Number,
    Kind,
    Lane,
    IdempotencyKey,
    Payload,
    Attempts,
    CreatedMs,
    TryingSinceMs,
    DueMs,
    LeaseNode,
    ParkedMs,
    LastError,
}

#[derive(DeriveIden)]
enum Ledger {
    Table,
    TransactionId,
    JournalSeq,
    Line,
    Account,
    Currency,
    AmountMicros,
    Reason,
    AtMs,
}

#[derive(DeriveIden)]
enum RequestLog {
    Table,
    Scope,
    RequestId,
    Method,
    ContentHash,
    Reply,
    TransactionId,
    AtMs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [transactions(), journal(), outbox(), ledger(), request_log()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RequestLog::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Ledger::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Outbox::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Journal::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Transactions::Table).to_owned()).await
    }
}

fn transactions() -> TableCreateStatement {
    Table::create()
        .table(Transactions::Table)
        .col(uuid(Transactions::Id).primary_key())
        .col(string(Transactions::Kind))
        .col(big_integer(Transactions::Version))
        .col(string(Transactions::State))
        .col(string(Transactions::Account))
        .col(string(Transactions::RequestId))
        .col(string_null(Transactions::Issuer))
        .col(string(Transactions::Currency))
        .col(big_integer(Transactions::AmountMicros))
        .col(string_null(Transactions::Attention))
        .col(text(Transactions::Snapshot))
        .col(big_integer_null(Transactions::DeadlineMs))
        .col(big_integer(Transactions::OutboxOpen))
        .col(big_integer(Transactions::JournalSeq))
        .col(binary(Transactions::JournalHead))
        .col(big_integer(Transactions::CreatedMs))
        .col(big_integer(Transactions::UpdatedMs))
        .to_owned()
}

fn journal() -> TableCreateStatement {
    Table::create()
        .table(Journal::Table)
        .col(uuid(Journal::TransactionId))
        .col(big_integer(Journal::Seq))
        .col(big_integer(Journal::AtMs))
        .col(string(Journal::Event))
        .col(text(Journal::Payload))
        .col(binary(Journal::Hash))
        .primary_key(Index::create().col(Journal::TransactionId).col(Journal::Seq))
        .to_owned()
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table(Outbox::Table)
        .col(uuid(Outbox::TransactionId))
        .col(big_integer(Outbox::Number))
        .col(string(Outbox::Kind))
        .col(string(Outbox::Lane))
        .col(string(Outbox::IdempotencyKey))
        .col(text(Outbox::Payload))
        .col(integer(Outbox::Attempts))
        .col(big_integer(Outbox::CreatedMs))
        .col(big_integer(Outbox::TryingSinceMs))
        .col(big_integer(Outbox::DueMs))
        .col(uuid_null(Outbox::LeaseNode))
        .col(big_integer_null(Outbox::ParkedMs))
        .col(text_null(Outbox::LastError))
        .primary_key(Index::create().col(Outbox::TransactionId).col(Outbox::Number))
        .to_owned()
}

fn ledger() -> TableCreateStatement {
    Table::create()
        .table(Ledger::Table)
        .col(uuid(Ledger::TransactionId))
        .col(big_integer(Ledger::JournalSeq))
        .col(integer(Ledger::Line))
        .col(string(Ledger::Account))
        .col(string(Ledger::Currency))
        .col(big_integer(Ledger::AmountMicros))
        .col(string(Ledger::Reason))
        .col(big_integer(Ledger::AtMs))
        .primary_key(Index::create().col(Ledger::TransactionId).col(Ledger::JournalSeq).col(Ledger::Line))
        .to_owned()
}

fn request_log() -> TableCreateStatement {
    Table::create()
        .table(RequestLog::Table)
        .col(string(RequestLog::Scope))
        .col(string(RequestLog::RequestId))
        .col(string(RequestLog::Method))
        .col(binary(RequestLog::ContentHash))
        .col(text(RequestLog::Reply))
        .col(uuid(RequestLog::TransactionId))
        .col(big_integer(RequestLog::AtMs))
        .primary_key(Index::create().col(RequestLog::Scope).col(RequestLog::RequestId))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // Request id first: people look payments up by it alone.
        Index::create()
            .name("transactions_request")
            .table(Transactions::Table)
            .col(Transactions::RequestId)
            .col(Transactions::Account)
            .unique()
            .to_owned(),
        Index::create()
            .name("transactions_deadline")
            .table(Transactions::Table)
            .col(Transactions::DeadlineMs)
            .and_where(Expr::col(Transactions::DeadlineMs).is_not_null())
            .to_owned(),
        Index::create()
            .name("transactions_attention")
            .table(Transactions::Table)
            .col(Transactions::CreatedMs)
            .and_where(Expr::col(Transactions::Attention).is_not_null())
            .to_owned(),
        Index::create()
            .name("outbox_due")
            .table(Outbox::Table)
            .col(Outbox::DueMs)
            .and_where(Expr::col(Outbox::ParkedMs).is_null())
            .to_owned(),
        Index::create()
            .name("outbox_parked")
            .table(Outbox::Table)
            .col(Outbox::ParkedMs)
            .and_where(Expr::col(Outbox::ParkedMs).is_not_null())
            .to_owned(),
    ]
}
