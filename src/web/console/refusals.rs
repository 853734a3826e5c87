//! Why a machine says no, in a person's words: a sentence for every reason, in both languages. Callers of the API read the
//! machine's own words, which are the contract's.

use super::words::Words;
use crate::domain::remittance::FindingKind;
use crate::domain::{
    ClaimRefused, Currency, Money, UserName, bank_transfer, booking, invoice, payout, redirect_payment, remittance,
};

/// A machine's no: whose, which, and what its sentence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Refusal {
    of: &'static str,
    code: &'static str,
    names: Option<Named>,
}

/// What a sentence names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// `$amount`
    Amount(Money),
    /// `$currency`
    Currency(Currency),
    /// `$kinds`
    Kinds(Vec<FindingKind>),
    /// `$held` and `$hand`
    Hands(UserName, UserName),
}

/// What every machine says of what it has never heard of.
const UNKNOWN: &str = "unknown";

impl Refusal {
    const fn of(of: &'static str, code: &'static str) -> Self {
        Self { of, code, names: None }
    }

    /// The request id was used before with other content.
    pub(super) const fn other_request() -> Self {
        Self::of("refused", "other-request")
    }

    fn naming(self, names: Option<Named>) -> Self {
        Self { names, ..self }
    }

    /// Whether there is nothing that could say more.
    pub(super) fn is_unknown(&self) -> bool {
        self.code == UNKNOWN
    }

    /// The sentence.
    pub(in crate::web) fn say(&self, words: &Words) -> String {
        let named = match &self.names {
            None => Vec::new(),
            Some(Named::Amount(amount)) => vec![("amount", words.money(*amount))],
            Some(Named::Currency(currency)) => vec![("currency", currency.code().to_owned())],
            Some(Named::Kinds(kinds)) => {
                let names: Vec<String> = kinds.iter().map(|kind| words.name("finding", kind.as_str())).collect();
                vec![("kinds", names.join(", "))]
            }
            Some(Named::Hands(held, hand)) => vec![("held", held.to_string()), ("hand", hand.to_string())],
        };
        let variables: Vec<_> = named.into_iter().map(|(name, value)| (name, value.into())).collect();
        words.tell_name((self.of, self.code), &variables)
    }
}

impl From<redirect_payment::Rejection> for Refusal {
    fn from(no: redirect_payment::Rejection) -> Self {
        use redirect_payment::Rejection as R;
        let names = match no {
            R::RefundCurrency(currency) => Some(Named::Currency(currency)),
            R::RefundExceeds(left) => Some(Named::Amount(left)),
            R::Unknown
            | R::AlreadyStarted
            | R::Stale
            | R::NotOffered
            | R::NotThisIssuer
            | R::NotPaid
            | R::UnknownRefund
            | R::NothingToGiveBack
            | R::NothingToAsk
            | R::NothingToDealWith => None,
        };
        Self::of("payment-refused", no.code()).naming(names)
    }
}

impl From<remittance::Rejection> for Refusal {
    fn from(no: remittance::Rejection) -> Self {
        use remittance::Rejection as R;
        let code = no.code();
        let names = match no {
            // What does not add up has sentences of its own: they also stand on the statement's page.
            R::DoesNotAddUp(why) => return Self::of("statement-sum", why),
            R::Unexplained(kinds) => Some(Named::Kinds(kinds)),
            R::SameHands { held, hand } => Some(Named::Hands(held, hand)),
            R::Unknown
            | R::AlreadyNotified
            | R::NotReconciled
            | R::SamePerson
            | R::ModificationDiffers
            | R::Replaced
            | R::Decided
            | R::NothingToExplain
            | R::TooManyDrafts => None,
        };
        Self::of("statement-refused", code).naming(names)
    }
}

impl From<invoice::Rejection> for Refusal {
    fn from(no: invoice::Rejection) -> Self {
        use invoice::Rejection as R;
        let names = match no {
            R::RefundExceeds(amount) | R::AmountDiffers(amount) => Some(Named::Amount(amount)),
            R::Unknown
            | R::OtherContent
            | R::BeingPaid
            | R::Paid
            | R::Cancelled
            | R::NotPaid
            | R::PaidByTransfer
            | R::NotPayable
            | R::NotShipped
            | R::TooManyAttempts
            | R::TooOften
            | R::NoAttempt
            | R::NotOurs => None,
        };
        Self::of("invoice-refused", no.code()).naming(names)
    }
}

impl From<booking::Rejection> for Refusal {
    fn from(no: booking::Rejection) -> Self {
        Self::of("booking-refused", no.code())
    }
}

impl From<bank_transfer::Rejection> for Refusal {
    fn from(no: bank_transfer::Rejection) -> Self {
        Self::of("bank-refused", no.code())
    }
}

impl From<payout::Rejection> for Refusal {
    fn from(no: payout::Rejection) -> Self {
        Self::of("payout-refused", no.code())
    }
}

impl From<ClaimRefused> for Refusal {
    fn from(no: ClaimRefused) -> Self {
        Self::of("spot-refused", no.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::locale::Locale;

    /// A machine's sentences, the names of its reasons, and one of each reason that names something.
    type Machine = (&'static str, &'static [&'static str], Vec<(&'static str, Refusal)>);

    fn all() -> Vec<Machine> {
        let inr = Currency::parse("INR").unwrap();
        let money = Money::new(5_000_000, inr);
        let payment = |no: redirect_payment::Rejection| (no.code(), Refusal::from(no));
        let invoice = |no: invoice::Rejection| (no.code(), Refusal::from(no));
        let statement = |no: remittance::Rejection| (no.code(), Refusal::from(no));
        let person = |name: &str| UserName::parse(name).unwrap();
        let empty = remittance::PageProblem::Empty.as_str();
        vec![
            (
                "payment-refused",
                redirect_payment::Rejection::CODES,
                vec![
                    payment(redirect_payment::Rejection::RefundCurrency(inr)),
                    payment(redirect_payment::Rejection::RefundExceeds(money)),
                ],
            ),
            (
                "statement-refused",
                remittance::Rejection::CODES,
                vec![
                    statement(remittance::Rejection::Unexplained(FindingKind::ALL.to_vec())),
                    statement(remittance::Rejection::DoesNotAddUp(empty)),
                    statement(remittance::Rejection::SameHands { held: person("bob"), hand: person("root") }),
                ],
            ),
            (
                "invoice-refused",
                invoice::Rejection::CODES,
                vec![
                    invoice(invoice::Rejection::RefundExceeds(money)),
                    invoice(invoice::Rejection::AmountDiffers(money)),
                ],
            ),
            ("booking-refused", booking::Rejection::CODES, vec![]),
            ("bank-refused", bank_transfer::Rejection::CODES, vec![]),
            ("payout-refused", payout::Rejection::CODES, vec![]),
            ("spot-refused", ClaimRefused::CODES, vec![]),
            ("refused", &["other-request"], vec![]),
        ]
    }

    #[test]
    fn con_0_every_no_of_every_machine_is_a_whole_sentence_in_both_languages() {
        let mut said = 0;
        for (of, codes, named) in all() {
            for &code in codes {
                let refusal = named.iter().find(|(known, _)| *known == code);
                let refusal = refusal.map_or_else(|| Refusal::of(of, code), |(_, refusal)| refusal.clone());
                let [english, german] = [Locale::En, Locale::De].map(|locale| refusal.say(Words::of(locale)));
                for text in [&english, &german] {
                    assert!(text.ends_with('.') && text.contains(' '), "{of} {code} has no sentence: {text}");
                    assert!(!text.contains(['{', '}', '$']), "{of} {code} leaves something open: {text}");
                }
                assert_ne!(english, german, "{of} {code}");
                said += 1;
            }
        }
        assert!(said > 50, "{said}");
    }

    #[test]
    fn con_0_what_a_no_names_stands_in_its_sentence() {
        let left = Money::new(1_099_500_000, Currency::parse("EUR").unwrap());
        let refusal = Refusal::from(invoice::Rejection::RefundExceeds(left));
        assert!(refusal.say(Words::of(Locale::De)).contains("1.099,50"), "{}", refusal.say(Words::of(Locale::De)));
        let refusal =
            Refusal::from(remittance::Rejection::DoesNotAddUp("the statement's events do not add up to its total"));
        assert!(refusal.say(Words::of(Locale::De)).contains("berichtigte Abrechnung"));
        assert!(Refusal::from(payout::Rejection::Unknown).is_unknown());
    }
}
