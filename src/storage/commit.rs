//! What a commit is made of, and what comes back (architecture sections 3 and 5).

use uuid::Uuid;

use super::{Codec, OutboxKey, OutboxRow};
use crate::domain::{LedgerEntry, Record, Timestamp, TransactionId};

/// One running process. Leases are held in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(Uuid);

impl NodeId {
    /// Wraps a UUID, drawn once at start.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

/// Where a transaction's row stood when it was read, or stands after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Goes up by one with every change; a commit on another version is refused.
    pub version: i64,
    /// The number of the last journal row; 0 before the first.
    pub journal_seq: i64,
    /// The hash of the last journal row; zeros before the first.
    pub journal_head: [u8; 32],
    /// How many effects stand in the outbox, at most.
    pub outbox_open: i64,
}

/// A snapshot and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<M: Codec> {
    /// The snapshot.
    pub state: M::State,
    /// Its position, to be handed to the next commit.
    pub position: Position,
}

/// Everything that one decision leaves behind, stored as one or not at all.
#[derive(Debug, Clone)]
pub struct Commit<M: Codec> {
    /// The transaction.
    pub id: TransactionId,
    /// Where the deciding actor believes it to stand; `None`: it must not exist yet.
    pub position: Option<Position>,
    /// What changes; `None`: nothing, but the version is checked all the same.
    pub change: Option<Change<M>>,
    /// The answer to remember.
    pub answer: Option<Answer<M>>,
    /// The outbox row whose outcome this is: it goes in the same commit, whoever leases it.
    pub settles: Option<OutboxKey>,
    /// The time of the decision.
    pub now: Timestamp,
    /// Who leases new effects that can be carried out at once.
    pub node: NodeId,
    /// For how long, in milliseconds (contract section 7: at most 5 s).
    pub lease_ms: i64,
}

/// What a decision changes.
#[derive(Debug, Clone)]
pub struct Change<M: Codec> {
    /// The snapshot after the events.
    pub state: M::State,
    /// What happened, in order; at least one.
    pub events: Vec<M::Event>,
    /// What has to be done; at most as many as there are events.
    pub effects: Vec<M::Effect>,
    /// What the ledger records; sums to zero per currency.
    pub entries: Vec<LedgerEntry>,
    /// What goes into tables of its own.
    pub records: Vec<Record>,
}

/// The idempotency key of a request (flows-security section 7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Whose ids these are: `google:PIAID` or `issuer:BANK_A`.
    pub scope: String,
    /// The id that the partner gave the request.
    pub request_id: String,
}

/// An answer to be remembered with its request.
#[derive(Debug, Clone)]
pub struct Answer<M: Codec> {
    /// The request.
    pub key: RequestKey,
    /// What was asked.
    pub method: &'static str,
    /// SHA-256 over the canonical content of the request.
    pub content_hash: [u8; 32],
    /// What was answered.
    pub reply: M::Reply,
}

/// A remembered answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered<M: Codec> {
    /// What was asked.
    pub method: String,
    /// SHA-256 over the canonical content of the request.
    pub content_hash: [u8; 32],
    /// The transaction that answered.
    pub transaction: TransactionId,
    /// What was answered.
    pub reply: M::Reply,
}

/// A commit that is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// Where the transaction stands now.
    pub position: Position,
    /// New effects that this node already leases: carry them out now. Effects that are not here wait for a claim.
    pub leased: Vec<OutboxRow>,
}
