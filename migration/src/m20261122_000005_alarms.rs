//! Alarms and remittance statements are few among many transactions, and looked at often: indexes of their own find them,
//! and cost the others nothing.

use sea_orm_migration::prelude::*;

/// Adds the indexes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Transactions {
    Table,
    Kind,
    State,
    UpdatedMs,
}

/// Name, and the kind of transaction that it holds.
const INDEXES: [(&str, &str); 2] =
    [("transactions_alarms", "alarm"), ("transactions_statements", "remittance_statement")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, kind) in INDEXES {
            let index = Index::create()
                .name(name)
                .table(Transactions::Table)
                .col(Transactions::State)
                .col(Transactions::UpdatedMs)
                .and_where(Expr::col(Transactions::Kind).eq(kind))
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(Transactions::Table).to_owned()).await?;
        }
        Ok(())
    }
}
