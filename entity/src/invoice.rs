//! Invoices, as they are searched. The invoice itself is a transaction.

use sea_orm::entity::prelude::*;

/// One invoice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    /// Id: the transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: Uuid,
    /// The merchant's number.
    pub reference: String,
    /// How it stands.
    pub state: String,
    /// The first millisecond of the last day to pay in time.
    pub due_ms: i64,
    /// Currency.
    pub currency: String,
    /// What it costs, or what was paid.
    pub total_micros: i64,
    /// When it was paid.
    pub paid_ms: Option<i64>,
    /// When it was made.
    pub created_ms: i64,
    /// What a person has to look at.
    pub attention: Option<String>,
    /// The recipient's address, in small letters.
    pub recipient_email: Option<String>,
    /// The recipient's name, in small letters.
    pub recipient_name: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
