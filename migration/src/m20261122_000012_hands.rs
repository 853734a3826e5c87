//! Who, beside the person, may know a password or may have set up a second factor: four eyes asks.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

/// Adds to `users`. What stands there already is in nobody else's hands.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    PasswordBy,
    SecondFactorBy,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Users::PasswordBy, Users::SecondFactorBy] {
            manager.alter_table(Table::alter().table(Users::Table).add_column(text_null(column)).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Users::SecondFactorBy, Users::PasswordBy] {
            manager.alter_table(Table::alter().table(Users::Table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
