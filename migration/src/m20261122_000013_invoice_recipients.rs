//! Invoices are searched by whom they go to.
//!
//! Folded in Rust, here and where rows are written: what a database's own `lower` makes of letters beyond ASCII is another thing
//! in each of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Adds two columns with an index each, and fills them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Invoices {
    Table,
    RecipientEmail,
    RecipientName,
    CreatedMs,
    InvoiceId,
}

const BY_EMAIL: &str = "invoices_recipient_email";
const BY_NAME: &str = "invoices_recipient_name";
/// Rows that are read at once.
const AT_ONCE: usize = 500;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Invoices::RecipientEmail, Invoices::RecipientName] {
            let add = Table::alter().table(Invoices::Table).add_column(text_null(column)).to_owned();
            manager.alter_table(add).await?;
        }
        fill(manager).await?;
        for (name, column) in [(BY_EMAIL, Invoices::RecipientEmail), (BY_NAME, Invoices::RecipientName)] {
            let index = Index::create()
                .name(name)
                .table(Invoices::Table)
                .col(column)
                .col(Invoices::CreatedMs)
                .col(Invoices::InvoiceId)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in [(BY_EMAIL, Invoices::RecipientEmail), (BY_NAME, Invoices::RecipientName)] {
            manager.drop_index(Index::drop().name(name).table(Invoices::Table).to_owned()).await?;
            let drop = Table::alter().table(Invoices::Table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

/// An invoice's first event says whom it goes to, and that never changes.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    let member = |name: &str| match backend {
        DbBackend::Postgres => format!("j.payload::json #>> '{{Created,content,recipient,{name}}}'"),
        _ => format!("json_extract(j.payload, '$.Created.content.recipient.{name}')"),
    };
    let select = format!(
        "SELECT i.reference AS reference, {} AS email, {} AS name FROM invoices i \
         JOIN journal j ON j.transaction_id = i.invoice_id AND j.seq = 1 \
         WHERE i.reference > $1 ORDER BY i.reference LIMIT {AT_ONCE}",
        member("email"),
        member("name"),
    );
    let update = "UPDATE invoices SET recipient_email = $1, recipient_name = $2 WHERE reference = $3";
    let db = manager.get_connection();
    let mut after = String::new();
    loop {
        let page = Statement::from_sql_and_values(backend, &select, [after.clone().into()]);
        let rows = db.query_all_raw(page).await?;
        for row in &rows {
            let folded = |name: &str| -> Result<Option<String>, DbErr> {
                Ok(row.try_get::<Option<String>>("", name)?.map(|text| text.to_lowercase()))
            };
            after = row.try_get("", "reference")?;
            let values = [folded("email")?.into(), folded("name")?.into(), after.clone().into()];
            db.execute_raw(Statement::from_sql_and_values(backend, update, values)).await?;
        }
        if rows.len() < AT_ONCE {
            return Ok(());
        }
    }
}
