//! Alarms are few among many transactions: an index finds them, and costs the others nothing.

use sea_orm_migration::prelude::*;

/// Adds an index.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Transactions {
    Table,
    Kind,
    State,
    UpdatedMs,
}

const NAME: &str = "transactions_alarms";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name(NAME)
            .table(Transactions::Table)
            .col(Transactions::State)
            .col(Transactions::UpdatedMs)
            .and_where(Expr::col(Transactions::Kind).eq("alarm"))
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table(Transactions::Table).to_owned()).await
    }
}
