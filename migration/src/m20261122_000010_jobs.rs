//! Long work of people: exports, imports, bulk retries; and the bytes that go in and come out.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, boolean, integer, string, string_null, text, text_null, uuid, uuid_null,
};

/// Adds `jobs` and `job_parts`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Id,
    Kind,
    Params,
    AskedBy,
    State,
    Done,
    Total,
    Cursor,
    Summary,
    Error,
    CancelAsked,
    Attempts,
    CreatedMs,
    UpdatedMs,
    EndedMs,
    LeaseNode,
    DueMs,
    TidyMs,
    FileName,
    Mime,
    OutParts,
    OutBytes,
}

#[derive(DeriveIden)]
enum JobParts {
    Table,
    JobId,
    Direction,
    Number,
    Bytes,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs()).await?;
        manager.create_table(job_parts()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(JobParts::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Jobs::Table).to_owned()).await
    }
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table(Jobs::Table)
        .col(uuid(Jobs::Id).primary_key())
        .col(string(Jobs::Kind))
        .col(text(Jobs::Params))
        .col(string(Jobs::AskedBy))
        .col(string(Jobs::State))
        .col(big_integer(Jobs::Done))
        .col(big_integer_null(Jobs::Total))
        .col(text_null(Jobs::Cursor))
        .col(text_null(Jobs::Summary))
        .col(text_null(Jobs::Error))
        .col(boolean(Jobs::CancelAsked))
        .col(integer(Jobs::Attempts))
        .col(big_integer(Jobs::CreatedMs))
        .col(big_integer(Jobs::UpdatedMs))
        .col(big_integer_null(Jobs::EndedMs))
        .col(uuid_null(Jobs::LeaseNode))
        .col(big_integer_null(Jobs::DueMs))
        .col(big_integer_null(Jobs::TidyMs))
        .col(string_null(Jobs::FileName))
        .col(string_null(Jobs::Mime))
        .col(big_integer(Jobs::OutParts))
        .col(big_integer(Jobs::OutBytes))
        .to_owned()
}

fn job_parts() -> TableCreateStatement {
    Table::create()
        .table(JobParts::Table)
        .col(uuid(JobParts::JobId))
        .col(string(JobParts::Direction))
        .col(big_integer(JobParts::Number))
        .col(binary(JobParts::Bytes))
        .primary_key(Index::create().col(JobParts::JobId).col(JobParts::Direction).col(JobParts::Number))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create().name("jobs_created").table(Jobs::Table).col(Jobs::CreatedMs).col(Jobs::Id).to_owned(),
        Index::create()
            .name("jobs_due")
            .table(Jobs::Table)
            .col(Jobs::DueMs)
            .and_where(Expr::col(Jobs::DueMs).is_not_null())
            .to_owned(),
        Index::create()
            .name("jobs_tidy")
            .table(Jobs::Table)
            .col(Jobs::TidyMs)
            .and_where(Expr::col(Jobs::TidyMs).is_not_null())
            .to_owned(),
    ]
}
