//! What the pages of bookings, invoices and payouts show alike: ledger entries, refunds, disputes, a history in words.

use maud::{Markup, html};

use super::parts::{Column, Mood, badge, moment, money, nothing, table};
use super::words::Words;
use crate::domain::booking::{Dispute, DisputeStanding, RefundStanding};
use crate::domain::{Money, Timestamp, UserName};
use crate::storage::LedgerRow;

/// What a transaction has booked.
pub(super) fn entries(words: &Words, rows: &[LedgerRow]) -> Markup {
    if rows.is_empty() {
        return nothing(&words.say("books-none"));
    }
    let columns = [
        (words.say("books-at"), Column::Head),
        (words.say("books-account"), Column::Text),
        (words.say("books-debit"), Column::Number),
        (words.say("books-credit"), Column::Number),
        (words.say("books-reason"), Column::Text),
        (words.say("books-by"), Column::Text),
    ];
    let side = |amount: Money, wanted: bool| html! { @if wanted { (money(words, amount)) } };
    let row = |row: &LedgerRow| {
        let debit = row.amount.micros() >= 0;
        vec![
            moment(row.at),
            html! { bdi { (row.ledger_account) } },
            side(row.amount, debit),
            side(row.amount.negated(), !debit),
            html! { bdi { (row.reason) } },
            html! { @if let Some(author) = &row.author { bdi { (author) } } },
        ]
    };
    table(&words.say("books-caption"), &columns, &rows.iter().map(row).collect::<Vec<_>>())
}

/// How a refund stands: in words, with the processor's id or code.
pub(super) fn refund_standing(words: &Words, standing: &RefundStanding) -> Markup {
    let (mood, name, detail) = match standing {
        RefundStanding::InFlight => (Mood::Waiting, "in-flight", None),
        RefundStanding::Done { id } => (Mood::Good, "done", Some(id)),
        RefundStanding::Failed { code } => (Mood::Attention, "failed", Some(code)),
    };
    html! {
        (badge(mood, &words.name("refund-standing", name)))
        @if let Some(detail) = detail { " " bdi.id { (detail) } }
    }
}

/// Disputes at the processor.
pub(super) fn disputes<'a>(words: &Words, disputes: impl Iterator<Item = &'a Dispute>) -> Option<Markup> {
    let row = |dispute: &Dispute| {
        let (mood, name) = match dispute.standing {
            DisputeStanding::Open => (Mood::Attention, "open"),
            DisputeStanding::Won => (Mood::Good, "won"),
            DisputeStanding::Lost => (Mood::Over, "lost"),
        };
        vec![
            html! { bdi.id { (dispute.id) } },
            money(words, dispute.amount),
            badge(mood, &words.name("dispute-standing", name)),
        ]
    };
    let rows: Vec<_> = disputes.map(row).collect();
    let columns = [
        (words.say("dispute-id"), Column::Head),
        (words.say("dispute-amount"), Column::Number),
        (words.say("dispute-standing"), Column::Text),
    ];
    (!rows.is_empty()).then(|| table(&words.say("dispute-caption"), &columns, &rows))
}

/// Why something stands before a person.
pub(super) fn attention(words: &Words, why: Option<&str>) -> Markup {
    html! {
        @if let Some(why) = why {
            p.note { strong { (words.say("attention-wanted")) } " " (words.name("attention", why)) }
        }
    }
}

/// One thing that happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The sentence.
    pub(super) text: String,
    /// Somebody else's word: a code, an id, a reason.
    pub(super) detail: Option<String>,
    /// The person who decided it.
    pub(super) by: Option<UserName>,
}

impl Said {
    /// A sentence alone.
    pub(super) const fn plain(text: String) -> Self {
        Self { text, detail: None, by: None }
    }

    /// With somebody else's word.
    pub(super) fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// With who decided it, if a person is known.
    pub(super) fn by(self, by: Option<&UserName>) -> Self {
        Self { by: by.cloned(), ..self }
    }
}

/// What happened, the first first.
pub(super) fn timeline(words: &Words, happened: &[(Timestamp, Said)]) -> Markup {
    html! {
        ol.timeline role="list" {
            @for (at, said) in happened {
                li {
                    span.muted { (moment(*at)) }
                    span {
                        (said.text)
                        @if let Some(detail) = &said.detail { " " bdi.id { (detail) } }
                        @if let Some(by) = &said.by { " " span.muted { (words.say("timeline-by")) " " bdi { (by) } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    const HOSTILE: &str = "\"><img src=x onerror=alert(1)>";

    #[test]
    fn con_9_what_others_wrote_is_never_markup() {
        let words = Words::of(Locale::En);
        let said = Said::plain("It failed.".to_owned()).with(HOSTILE);
        let page = timeline(words, &[(Timestamp::from_millis(0), said)]).into_string();
        let standing = refund_standing(words, &RefundStanding::Failed { code: HOSTILE.into() }).into_string();
        for text in [page, standing] {
            assert!(!text.contains("<img") && text.contains("&lt;img"), "{text}");
        }
    }
}
