//! Long work of people, and how far it has come.

use sea_orm::entity::prelude::*;

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// With what: JSON.
    pub params: String,
    /// Who asked for it.
    pub asked_by: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// How much is done, in units of its kind.
    pub done: i64,
    /// How much there is, where it is known.
    pub total: Option<i64>,
    /// Where the next step begins: JSON. NULL: at the beginning.
    pub cursor: Option<String>,
    /// What it came to: JSON.
    pub summary: Option<String>,
    /// Why it failed, or what its last attempt came to.
    pub error: Option<String>,
    /// Whether somebody wants it to end.
    pub cancel_asked: bool,
    /// How often it was taken up since its last step.
    pub attempts: i32,
    /// When it was asked for.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// The node that works on it.
    pub lease_node: Option<Uuid>,
    /// When it may be taken up: its lease ends, or its next attempt is due. NULL: never.
    pub due_ms: Option<i64>,
    /// When something of it is to be removed next.
    pub tidy_ms: Option<i64>,
    /// The name of its file.
    pub file_name: Option<String>,
    /// The media type of its file.
    pub mime: Option<String>,
    /// How many parts its file has so far.
    pub out_parts: i64,
    /// How many bytes.
    pub out_bytes: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
