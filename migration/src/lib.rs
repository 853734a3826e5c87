//! The schema of Roundtrip, up and down.
//!
//! Migrations never import the rows' crate: they describe the schema as it was on their day. A change of the schema is a
//! new migration that the binary before it survives (expand, then contract in a later release).

pub use sea_orm_migration::MigratorTrait;

use sea_orm_migration::sea_orm::{EntityTrait, QueryOrder};
use sea_orm_migration::{
    DbErr, IntoSchemaManagerConnection, MigrationTrait, SchemaManager, async_trait, seaql_migrations,
};

mod m20261107_000001_payments;
mod m20261107_000002_api_tokens;
mod m20261122_000003_remittance;
mod m20261122_000004_users;
mod m20261122_000005_alarms;
mod m20261122_000006_inventory;
mod m20261122_000007_invoices;
mod m20261122_000008_people;
mod m20261122_000009_search;
mod m20261122_000010_jobs;
mod m20261122_000011_booking_states;
mod m20261122_000012_hands;
mod m20261122_000013_invoice_recipients;

/// Every migration, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261107_000001_payments::Migration),
            Box::new(m20261107_000002_api_tokens::Migration),
            Box::new(m20261122_000003_remittance::Migration),
            Box::new(m20261122_000004_users::Migration),
            Box::new(m20261122_000005_alarms::Migration),
            Box::new(m20261122_000006_inventory::Migration),
            Box::new(m20261122_000007_invoices::Migration),
            Box::new(m20261122_000008_people::Migration),
            Box::new(m20261122_000009_search::Migration),
            Box::new(m20261122_000010_jobs::Migration),
            Box::new(m20261122_000011_booking_states::Migration),
            Box::new(m20261122_000012_hands::Migration),
            Box::new(m20261122_000013_invoice_recipients::Migration),
        ]
    }
}

/// Names of the migrations that were applied to a database, in order, whether this binary knows them or not. Changes
/// nothing: an empty database stays empty.
pub async fn applied<'c, C: IntoSchemaManagerConnection<'c>>(db: C) -> Result<Vec<String>, DbErr> {
    let manager = SchemaManager::new(db);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(manager.get_connection())
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Names of the migrations of this binary, in order.
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}
