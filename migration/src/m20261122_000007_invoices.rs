//! Invoices, as they are searched, and the processor's charges that belong to them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string, string_null, uuid};

/// Adds the tables of invoices.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Invoices {
    Table,
    InvoiceId,
    Reference,
    State,
    DueMs,
    Currency,
    TotalMicros,
    PaidMs,
    CreatedMs,
    Attention,
}

#[derive(DeriveIden)]
enum InvoiceCharges {
    Table,
    Intent,
    InvoiceId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(invoices()).await?;
        manager.create_table(invoice_charges()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(InvoiceCharges::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Invoices::Table).to_owned()).await
    }
}

fn invoices() -> TableCreateStatement {
    Table::create()
        .table(Invoices::Table)
        .col(uuid(Invoices::InvoiceId).primary_key())
        .col(string(Invoices::Reference).unique_key())
        .col(string(Invoices::State))
        .col(big_integer(Invoices::DueMs))
        .col(string(Invoices::Currency))
        .col(big_integer(Invoices::TotalMicros))
        .col(big_integer_null(Invoices::PaidMs))
        .col(big_integer(Invoices::CreatedMs))
        .col(string_null(Invoices::Attention))
        .to_owned()
}

fn invoice_charges() -> TableCreateStatement {
    Table::create()
        .table(InvoiceCharges::Table)
        .col(string(InvoiceCharges::Intent).primary_key())
        .col(uuid(InvoiceCharges::InvoiceId))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("invoices_state")
            .table(Invoices::Table)
            .col(Invoices::State)
            .col(Invoices::CreatedMs)
            .col(Invoices::InvoiceId)
            .to_owned(),
        Index::create()
            .name("invoices_created")
            .table(Invoices::Table)
            .col(Invoices::CreatedMs)
            .col(Invoices::InvoiceId)
            .to_owned(),
    ]
}
