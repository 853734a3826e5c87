//! Everything that is known of one payment, as it stands or as it stood.

use std::sync::Arc;

use super::asked;
use crate::domain::redirect_payment::{Event, RedirectPayment, State, Terms};
use crate::domain::{Machine as _, Timestamp, TransactionId};
use crate::storage::{JournalRow, LedgerRow, OutboxRow, Overview, RequestKey};
use crate::web::console::trouble::Trouble;
use crate::web::google::request_key;
use crate::web::surface::Surface;

/// One event, and the state that it led to.
pub(super) struct Moment {
    /// Its row.
    pub(super) row: JournalRow,
    /// What happened.
    pub(super) event: Event,
    /// How the payment stood then.
    pub(super) after: State,
}

/// Which moment of a payment's past is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// After the journal row with this number.
    Row(i64),
    /// At this time.
    Time(Timestamp),
}

impl Past {
    /// A number of the journal, or a time in UTC: a day is meant with its last minute.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() <= 9 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self::Row);
        }
        let (at, day) = asked::moment(text)?;
        // Shown to the second: the whole second is meant.
        Some(Self::Time(at.plus_millis(if day { 86_399_999 } else { 999 })))
    }

    fn holds(self, row: &JournalRow) -> bool {
        match self {
            Self::Row(seq) => row.seq <= seq,
            Self::Time(at) => row.at <= at,
        }
    }
}

/// A request that was answered, and is answered alike when it comes again.
pub(super) struct Answered {
    /// Its id.
    pub(super) request_id: String,
    /// The method.
    pub(super) method: String,
}

/// One payment.
pub(super) struct Dossier {
    /// Its line in lists, as of now.
    pub(super) line: Overview,
    /// What was agreed.
    pub(super) terms: Arc<Terms>,
    /// How it stands, or stood.
    pub(super) state: State,
    /// What had happened by then, in order.
    pub(super) moments: Vec<Moment>,
    /// What has happened since.
    pub(super) later: usize,
    /// Which moment is looked at; `None`: now.
    pub(super) past: Option<Past>,
    /// What it had booked by then.
    pub(super) ledger: Vec<LedgerRow>,
    /// What it has to tell and ask now.
    pub(super) outbox: Vec<OutboxRow>,
    /// Requests about it that were answered.
    pub(super) answered: Vec<Answered>,
    /// Whether the journal leads to the snapshot.
    pub(super) faithful: bool,
}

impl Dossier {
    /// Reads it; `line` is a payment's.
    pub(super) async fn read(surface: &Surface, line: Overview, past: Option<Past>) -> Result<Self, Trouble> {
        let (id, store) = (line.id, &surface.store);
        let snapshot = store.load::<RedirectPayment>(id).await?.ok_or(Trouble::NotFound)?.state;
        let mut all = folded(store.journal(id).await?)?;
        let terms = snapshot.terms().ok_or(Trouble::NotFound)?;
        // A commit between the two reads is no fault: then the snapshot stands somewhere in the journal.
        let faithful = all.iter().rev().any(|moment| moment.after == snapshot);
        let total = all.len();
        if let Some(past) = past {
            all.retain(|moment| past.holds(&moment.row));
        }
        let later = total - all.len();
        let state = match past {
            None => snapshot,
            Some(_) => all.last().map(|moment| moment.after.clone()).unwrap_or_default(),
        };
        let seen = all.last().map_or(0, |moment| moment.row.seq);
        let mut ledger = store.ledger_of(id).await?;
        if past.is_some() {
            ledger.retain(|entry| entry.place.journal_seq() <= seen);
        }
        let answered = answered(surface, &terms, &state).await?;
        let outbox = store.outbox_of(id).await?;
        Ok(Self { line, terms, state, moments: all, later, past, ledger, outbox, answered, faithful })
    }

    /// Its id.
    pub(super) const fn id(&self) -> TransactionId {
        self.line.id
    }
}

/// Replays the journal, and keeps every state on the way.
pub(super) fn folded(rows: Vec<JournalRow>) -> Result<Vec<Moment>, Trouble> {
    let mut state = State::default();
    let mut moments = Vec::with_capacity(rows.len());
    for row in rows {
        let event = row.decode::<RedirectPayment>()?;
        state = RedirectPayment::apply(state, &event);
        moments.push(Moment { row, event, after: state.clone() });
    }
    Ok(moments)
}

/// What the request log remembers of Google's requests about the payment: found by their ids alone.
async fn answered(surface: &Surface, terms: &Terms, state: &State) -> Result<Vec<Answered>, Trouble> {
    let Some(google) = terms.origin.google() else { return Ok(Vec::new()) };
    let mut keys: Vec<RequestKey> = vec![request_key(&google.piaid, &google.request_id)];
    if let State::Paid { refunds, .. } | State::PaidAfterClose { refunds, .. } = state {
        keys.extend(super::money::orders(refunds).map(|order| request_key(&google.piaid, order)));
    }
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some((method, _)) = surface.store.answered(&key).await? {
            found.push(Answered { request_id: key.request_id, method });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_3_any_moment_of_the_past_is_a_number_or_a_time() {
        let time = |ms| Some(Past::Time(Timestamp::from_millis(ms)));
        assert_eq!(Past::parse("3"), Some(Past::Row(3)));
        assert_eq!(Past::parse("1970-01-01T00:00:01Z"), time(1_999));
        assert_eq!(Past::parse("1970-01-01"), time(86_399_999));
        for text in ["", "-1", "now", "1234567890", "1970-01-01T1"] {
            assert_eq!(Past::parse(text), None, "{text}");
        }
    }
}
