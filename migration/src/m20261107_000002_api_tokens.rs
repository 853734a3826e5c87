//! Bearer tokens of the admin API.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, string, string_null, uuid};

/// Adds `api_tokens`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum ApiTokens {
    Table,
    Id,
    Name,
    Scopes,
    UserName,
    Sha256,
    CreatedMs,
    RevokedMs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(ApiTokens::Table)
            .col(uuid(ApiTokens::Id).primary_key())
            .col(string(ApiTokens::Name))
            .col(string(ApiTokens::Scopes))
            .col(string_null(ApiTokens::UserName))
            .col(binary(ApiTokens::Sha256).unique_key())
            .col(big_integer(ApiTokens::CreatedMs))
            .col(big_integer_null(ApiTokens::RevokedMs))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ApiTokens::Table).to_owned()).await
    }
}
