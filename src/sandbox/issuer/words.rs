//! What an issuer can say (contract section 5), and what the page's buttons make it say.

use serde::{Deserialize, Serialize};

/// `outcome` of a return, a status answer or an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Approved,
    Declined,
    Cancelled,
    Pending,
}

impl Outcome {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
        }
    }
}

/// Every `reason` of contract section 5, with words for the page.
pub(super) const REASONS: [(&str, &str); 9] = [
    ("insufficient_funds", "Insufficient funds"),
    ("over_limit", "Over the limit"),
    ("under_limit", "Under the minimum"),
    ("currency_not_supported", "Currency not supported"),
    ("risk", "Risk"),
    ("account_closed", "Account closed"),
    ("account_on_hold", "Account on hold"),
    ("refund_window_exceeded", "Refund window exceeded"),
    ("other", "Other"),
];

/// One of [`REASONS`]; `None` for anything else.
pub(super) fn reason(text: &str) -> Option<String> {
    REASONS.iter().find(|(known, _)| *known == text).map(|(known, _)| (*known).to_owned())
}

/// The issuer's word about a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Word {
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) raw_code: Option<String>,
    /// What the issuer says it took: not the payment's amount when the tester asked for a difference.
    pub(super) amount_micros: i64,
}

impl Word {
    pub(super) const fn of(outcome: Outcome, amount_micros: i64) -> Self {
        Self { outcome, reason: None, raw_code: None, amount_micros }
    }
}

/// When the event about a decision goes out, seen from the payer's return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventTiming {
    /// Shortly after the browser was sent back.
    #[default]
    After,
    /// Delivered before the browser is sent back.
    Before,
    /// Never.
    None,
}

/// How the payer goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Return {
    Once,
    Twice,
    Never,
}

/// The decision page's form.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct DecisionForm {
    /// The button: `approve`, `approve_twice`, `approve_no_return`, `approve_event_only`, `approve_other_amount`,
    /// `decline:<reason>` (nothing behind the colon: no reason), `cancel` or `later`.
    pub(super) action: String,
    #[serde(default)]
    pub(super) event: EventTiming,
    /// Handed to the integrator as `rawCode`, if not empty.
    #[serde(default)]
    pub(super) raw_code: String,
    /// For `later`: seconds until the decision.
    #[serde(default)]
    pub(super) delay: String,
    /// For `later`: `approved`, `pending` (stays so until someone decides), `cancelled`, or `declined:<reason>`.
    #[serde(default)]
    pub(super) then: String,
}

/// What a submitted form means for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) word: Word,
    /// Decide again after so many milliseconds.
    pub(super) later: Option<(i64, Word)>,
    pub(super) back: Return,
    pub(super) event: EventTiming,
}

impl DecisionForm {
    /// Reads the form for a payment of `amount_micros`; `None` for a form that the page does not have.
    pub(super) fn choice(&self, amount_micros: i64, minor_unit_micros: i64) -> Option<Choice> {
        let mut word = Word::of(Outcome::Approved, amount_micros);
        let (mut back, mut event, mut later) = (Return::Once, self.event, None);
        match self.action.as_str() {
            "approve" => {}
            "approve_twice" => back = Return::Twice,
            "approve_no_return" => (back, event) = (Return::Never, EventTiming::None),
            "approve_event_only" => (back, event) = (Return::Never, EventTiming::After),
            "approve_other_amount" => {
                let less = amount_micros.saturating_sub(minor_unit_micros);
                word.amount_micros = if less > 0 { less } else { amount_micros.saturating_add(minor_unit_micros) };
            }
            "cancel" => word.outcome = Outcome::Cancelled,
            "later" => {
                word.outcome = Outcome::Pending;
                event = EventTiming::None;
                let then = self.word_then(amount_micros)?;
                if then.outcome != Outcome::Pending {
                    let seconds = self.delay.trim().parse::<u32>().ok()?;
                    later = Some((i64::from(seconds) * 1000, then));
                }
            }
            other => {
                word = decline(other.strip_prefix("decline:")?, amount_micros)?;
            }
        }
        if word.outcome != Outcome::Pending {
            word.raw_code = self.raw_code();
        }
        Some(Choice { word, later, back, event })
    }

    fn word_then(&self, amount_micros: i64) -> Option<Word> {
        let mut word = match self.then.as_str() {
            "approved" => Word::of(Outcome::Approved, amount_micros),
            "cancelled" => Word::of(Outcome::Cancelled, amount_micros),
            "pending" => Word::of(Outcome::Pending, amount_micros),
            other => decline(other.strip_prefix("declined:")?, amount_micros)?,
        };
        word.raw_code = self.raw_code();
        Some(word)
    }

    fn raw_code(&self) -> Option<String> {
        let text = self.raw_code.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

fn decline(named: &str, amount_micros: i64) -> Option<Word> {
    let mut word = Word::of(Outcome::Declined, amount_micros);
    if !named.is_empty() {
        word.reason = Some(reason(named)?);
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(action: &str) -> DecisionForm {
        DecisionForm { action: action.to_owned(), ..DecisionForm::default() }
    }

    #[test]
    fn every_reason_of_the_contract_can_be_chosen() {
        for (reason, _) in REASONS {
            let choice = form(&format!("decline:{reason}")).choice(1, 1).unwrap();
            assert_eq!((choice.word.outcome, choice.word.reason.as_deref()), (Outcome::Declined, Some(reason)));
        }
        assert_eq!(form("decline:").choice(1, 1).unwrap().word.reason, None);
        assert!(form("decline:weather").choice(1, 1).is_none() && form("").choice(1, 1).is_none());
    }

    #[test]
    fn another_amount_differs_and_stays_positive() {
        let amount = |micros| form("approve_other_amount").choice(micros, 10_000).unwrap().word.amount_micros;
        assert_eq!((amount(50_000), amount(10_000)), (40_000, 20_000));
    }

    #[test]
    fn later_is_pending_now_and_needs_a_delay_unless_it_stays_so() {
        let later = |then: &str, delay: &str| {
            DecisionForm { then: then.to_owned(), delay: delay.to_owned(), ..form("later") }.choice(7, 1)
        };
        let choice = later("declined:risk", "2").unwrap();
        assert_eq!((choice.word.outcome, choice.event), (Outcome::Pending, EventTiming::None));
        let (delay, then) = choice.later.unwrap();
        assert_eq!((delay, then.outcome, then.reason.as_deref()), (2000, Outcome::Declined, Some("risk")));
        assert_eq!(later("pending", "").unwrap().later, None);
        assert!(later("approved", "").is_none() && later("", "1").is_none());
    }
}
