//! People sign in: second factors, sessions, failed attempts, and the log of everything that was done.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, string, string_null, text, text_null};

/// Adds to `users`; adds `sessions`, `sign_in_failures` and `audit_log`.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    TotpSecret,
    TotpPending,
    TotpStep,
    PasswordChangedMs,
    Language,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Id,
    UserName,
    Stage,
    CreatedMs,
    SeenMs,
    ExpiresMs,
}

#[derive(DeriveIden)]
enum SignInFailures {
    Table,
    NameDigest,
    Failures,
    LastMs,
}

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Seq,
    AtMs,
    Actor,
    Action,
    Subject,
    Outcome,
    Detail,
    Hash,
}

/// SQLite adds and drops one column at a time.
fn new_columns() -> [TableAlterStatement; 5] {
    let add = |column: ColumnDef| Table::alter().table(Users::Table).add_column(column).to_owned();
    [
        add(text_null(Users::TotpSecret)),
        add(text_null(Users::TotpPending)),
        add(big_integer_null(Users::TotpStep)),
        add(big_integer_null(Users::PasswordChangedMs)),
        add(string_null(Users::Language)),
    ]
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(Sessions::Table)
        .col(binary(Sessions::Id).primary_key())
        .col(string(Sessions::UserName))
        .col(string(Sessions::Stage))
        .col(big_integer(Sessions::CreatedMs))
        .col(big_integer(Sessions::SeenMs))
        .col(big_integer(Sessions::ExpiresMs))
        .to_owned()
}

fn sign_in_failures() -> TableCreateStatement {
    Table::create()
        .table(SignInFailures::Table)
        .col(binary(SignInFailures::NameDigest).primary_key())
        .col(big_integer(SignInFailures::Failures))
        .col(big_integer(SignInFailures::LastMs))
        .to_owned()
}

fn audit_log() -> TableCreateStatement {
    Table::create()
        .table(AuditLog::Table)
        .col(big_integer(AuditLog::Seq).primary_key())
        .col(big_integer(AuditLog::AtMs))
        .col(text(AuditLog::Actor))
        .col(text(AuditLog::Action))
        .col(text(AuditLog::Subject))
        .col(string(AuditLog::Outcome))
        .col(text(AuditLog::Detail))
        .col(binary(AuditLog::Hash))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 6] {
    let log = |name: &str, column: AuditLog| {
        Index::create().name(name).table(AuditLog::Table).col(column).col(AuditLog::Seq).to_owned()
    };
    [
        Index::create().name("sessions_user").table(Sessions::Table).col(Sessions::UserName).to_owned(),
        Index::create().name("sessions_expires").table(Sessions::Table).col(Sessions::ExpiresMs).to_owned(),
        Index::create()
            .name("sign_in_failures_last")
            .table(SignInFailures::Table)
            .col(SignInFailures::LastMs)
            .to_owned(),
        log("audit_log_actor", AuditLog::Actor),
        log("audit_log_action", AuditLog::Action),
        log("audit_log_subject", AuditLog::Subject),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for change in new_columns() {
            manager.alter_table(change).await?;
        }
        for table in [sessions(), sign_in_failures(), audit_log()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AuditLog::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(SignInFailures::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Sessions::Table).to_owned()).await?;
        let columns =
            [Users::Language, Users::PasswordChangedMs, Users::TotpStep, Users::TotpPending, Users::TotpSecret];
        for column in columns {
            manager.alter_table(Table::alter().table(Users::Table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
