//! Captures and refunds of ours that a remittance statement will list.

use sea_orm::entity::prelude::*;

/// One capture or refund, by Google's id of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "remittables")]
pub struct Model {
    /// Google's account (PIAID).
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// Google's id: of the start request or of the refund request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    /// `capture` or `refund`.
    pub kind: String,
    /// The payment.
    pub payment_id: Uuid,
    /// Our id of it.
    pub our_id: String,
    /// The issuer.
    pub issuer: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Positive for both kinds.
    pub amount_micros: i64,
    /// `open`, `done` or `failed`.
    pub standing: String,
    /// When it came to this standing.
    pub at_ms: i64,
    /// The statement that lists it, once one does.
    pub statement_id: Option<Uuid>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
