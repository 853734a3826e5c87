//! How invoices are found: by the merchant's number, by state, by the day they are due, by a charge of theirs.

use entity::{invoice, invoice_charge};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, Insert, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::invoice::InvoiceReference;
use crate::domain::{Currency, Day, Money, Record, Timestamp, TransactionId};
use crate::storage::batch::KEYS_AT_ONCE;
use crate::storage::{CodecError, StorageError, Store};

/// What an invoice writes beside its own row.
#[derive(Debug, Clone)]
pub(in crate::storage) enum InvoiceWrite {
    Listed(invoice::Model),
    Charge(invoice_charge::Model),
}

impl InvoiceWrite {
    /// `None` for what is no invoice's.
    pub(in crate::storage) fn of(record: &Record) -> Option<Self> {
        match record {
            Record::InvoiceListed(listed) => Some(Self::Listed(invoice::Model {
                invoice_id: listed.invoice.as_uuid(),
                reference: listed.reference.as_str().to_owned(),
                state: listed.state.to_owned(),
                due_ms: listed.due.start().as_millis(),
                currency: listed.total.currency().code().to_owned(),
                total_micros: listed.total.micros(),
                paid_ms: listed.paid_at.map(Timestamp::as_millis),
                created_ms: listed.created_at.as_millis(),
                attention: listed.attention.map(|attention| attention.as_str().to_owned()),
                recipient_email: Some(listed.recipient.email.to_lowercase()),
                recipient_name: Some(listed.recipient.name.to_lowercase()),
            })),
            Record::InvoiceCharge { invoice, intent } => {
                Some(Self::Charge(invoice_charge::Model { intent: intent.to_string(), invoice_id: invoice.as_uuid() }))
            }
            Record::Remittable(_)
            | Record::StatementLines { .. }
            | Record::Findings { .. }
            | Record::Stated { .. }
            | Record::Released { .. }
            | Record::FindingsCleared { .. }
            | Record::SpotTaken(_)
            | Record::SpotReleased(_)
            | Record::BookingListed(_)
            | Record::BookingUnlisted { .. }
            | Record::BookingCharge { .. }
            | Record::PackBought { .. }
            | Record::PackUsed(_)
            | Record::PackReturned(_)
            | Record::PackWithdrawn { .. } => None,
        }
    }
}

/// Writes how invoices are found, in the order of their ids. A batch holds each invoice once, and each row once.
pub(in crate::storage) async fn write_lists(
    db: &DatabaseTransaction,
    writes: impl Iterator<Item = &InvoiceWrite>,
) -> Result<(), DbErr> {
    use invoice::Column;
    let (mut listed, mut charges) = (Vec::new(), Vec::new());
    for write in writes {
        match write {
            InvoiceWrite::Listed(row) => listed.push(row.clone()),
            InvoiceWrite::Charge(row) => charges.push(row.clone()),
        }
    }
    listed.sort_unstable_by_key(|row: &invoice::Model| row.invoice_id);
    let known = OnConflict::column(Column::InvoiceId)
        .update_columns([
            Column::State,
            Column::Currency,
            Column::TotalMicros,
            Column::PaidMs,
            Column::Attention,
            // A node that knows no recipients may have listed it first.
            Column::RecipientEmail,
            Column::RecipientName,
        ])
        .to_owned();
    for chunk in listed.chunks(KEYS_AT_ONCE) {
        Insert::many(chunk.iter().cloned()).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    charges.sort_unstable_by(|a: &invoice_charge::Model, b| a.intent.cmp(&b.intent));
    let known = OnConflict::column(invoice_charge::Column::Intent).do_nothing().to_owned();
    for chunk in charges.chunks(KEYS_AT_ONCE) {
        Insert::many(chunk.iter().cloned()).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Which invoices are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvoiceFilter {
    /// With this number, exactly.
    pub reference: Option<InvoiceReference>,
    /// In one of these states, by name: `Open`, `BeingPaid`, `Paid`, `Cancelled`. Empty: in any.
    pub states: Vec<String>,
    /// Not paid and due before this day.
    pub overdue_on: Option<Day>,
    /// With something that a person has to look at.
    pub before_finance: bool,
    /// To this recipient.
    pub recipient: Option<SoughtRecipient>,
    /// Those after this place: that of the last one that was seen.
    pub after: Option<InvoicePlace>,
}

/// Whom an invoice goes to, as somebody seeks it: the whole address (an `@`, and no space), or else the whole name. Small and capital
/// letters are the same. An index carries that on every database, whatever its order of letters. Personal: not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SoughtRecipient(String);

impl SoughtRecipient {
    /// What was typed, without spaces around it.
    pub fn of(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }
}

impl std::fmt::Debug for SoughtRecipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoughtRecipient([redacted])")
    }
}

/// The place of an invoice in a list: the newest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvoicePlace {
    /// When it was made.
    pub created_at: Timestamp,
    /// The invoice.
    pub id: TransactionId,
}

/// One invoice of a list. Neither the recipient nor the lines: those stand in the invoice itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInvoice {
    /// The invoice.
    pub id: TransactionId,
    /// The merchant's number.
    pub reference: String,
    /// The name of its state.
    pub state: String,
    /// The last day to pay in time.
    pub due: Day,
    /// What it costs; once it is paid, what was paid.
    pub total: Money,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What a person has to look at, if anything.
    pub attention: Option<String>,
}

impl ListedInvoice {
    /// Where it stands, for the next page.
    pub const fn place(&self) -> InvoicePlace {
        InvoicePlace { created_at: self.created_at, id: self.id }
    }
}

/// States in which money is still expected.
const UNPAID: [&str; 2] = ["Open", "BeingPaid"];

fn select(filter: &InvoiceFilter) -> Select<invoice::Entity> {
    use invoice::Column;
    let mut select = invoice::Entity::find();
    if let Some(reference) = &filter.reference {
        select = select.filter(Column::Reference.eq(reference.as_str()));
    }
    if !filter.states.is_empty() {
        select = select.filter(Column::State.is_in(&filter.states));
    }
    if let Some(day) = filter.overdue_on {
        select = select.filter(Column::State.is_in(UNPAID)).filter(Column::DueMs.lt(day.start().as_millis()));
    }
    if filter.before_finance {
        select = select.filter(Column::Attention.is_not_null());
    }
    if let Some(SoughtRecipient(sought)) = &filter.recipient {
        let address = sought.contains('@') && !sought.contains(char::is_whitespace);
        let column = if address { Column::RecipientEmail } else { Column::RecipientName };
        select = select.filter(column.eq(sought));
    }
    if let Some(InvoicePlace { created_at, id }) = filter.after {
        let older = Column::CreatedMs.lt(created_at.as_millis());
        let same = Column::CreatedMs.eq(created_at.as_millis()).and(Column::InvoiceId.lt(id.as_uuid()));
        select = select.filter(older.or(same));
    }
    select.order_by_desc(Column::CreatedMs).order_by_desc(Column::InvoiceId)
}

impl Store {
    /// Invoices, the newest first, at most `limit` of them.
    pub async fn invoices(&self, filter: &InvoiceFilter, limit: u64) -> Result<Vec<ListedInvoice>, StorageError> {
        let rows = select(filter).limit(limit).all(&self.0.read).await?;
        rows.into_iter().map(listed).collect()
    }

    /// The invoice that the processor speaks of by one of its own ids.
    pub async fn invoice_of_charge(&self, intent: &str) -> Result<Option<TransactionId>, StorageError> {
        let found = invoice_charge::Entity::find_by_id(intent.to_owned()).one(&self.0.read).await?;
        Ok(found.map(|row| TransactionId::from_uuid(row.invoice_id)))
    }
}

fn listed(row: invoice::Model) -> Result<ListedInvoice, StorageError> {
    let currency = Currency::parse(&row.currency)
        .map_err(|why| StorageError::corrupt("invoices", "currency", &row.reference, CodecError(why.to_string())))?;
    Ok(ListedInvoice {
        id: TransactionId::from_uuid(row.invoice_id),
        reference: row.reference,
        state: row.state,
        due: Day::of(Timestamp::from_millis(row.due_ms)),
        total: Money::new(row.total_micros, currency),
        paid_at: row.paid_ms.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.created_ms),
        attention: row.attention,
    })
}
