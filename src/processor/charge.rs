//! Taking money, or holding it.

use url::Url;

use super::amount::{currency, money, units};
use super::calls::{Answer, CallFailed, Deadline, Form, Step, Stripe, refused};
use super::wire::{Intent, Made, Method, Problem, Reference};
use super::words::{Challenge, Decline, DeclineKind, Outcome, Taken, Token, Vaulted};
use crate::domain::Money;
use crate::domain::catalog::{CardNetwork, MerchantId};

/// The processor's limit of a statement's suffix, in characters.
const LONGEST_STATEMENT: usize = 22;

/// What pays.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The payer's token, once.
    Token(&'a Token),
    /// A card that was kept before.
    Vaulted(&'a Vaulted),
}

/// A charge that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// Exactly this much (google-booking-server section 6.4).
    pub amount: Money,
    /// What pays.
    pub source: Source<'a>,
    /// For whom; stands in the metadata.
    pub merchant: &'a MerchantId,
    /// The same on every retry of one attempt, new for a new attempt; at most 200 characters. It stands in
    /// `metadata[attempt]`, where [`Stripe::find_charge`] finds it, and begins every `Idempotency-Key`.
    pub attempt: &'a str,
    /// For people at the processor; no personal data.
    pub description: Option<&'a str>,
    /// For the payer's bank statement; what the processor does not allow is left out.
    pub statement: Option<&'a str>,
    /// Nobody is there to prove who they are: a no-show fee, a deposit that is charged later.
    pub off_session: bool,
    /// Whether the token's card is kept for a later charge.
    pub keep_card: bool,
    /// The networks that the merchant takes; `None`: all. Others are rejected before anything is charged.
    pub networks: Option<&'a [CardNetwork]>,
    /// Where the payer goes after a challenge. Without it the processor gives no address for one.
    pub return_url: Option<&'a Url>,
}

/// What stands ready to be charged.
struct Payer {
    method: String,
    customer: Option<String>,
    network: Option<CardNetwork>,
    /// Whether anything was sent for it.
    sent: bool,
}

impl Stripe {
    /// Charges. A token becomes a payment method first; where its card is kept, that is attached to a customer before the
    /// charge. A decline may come from any step.
    pub async fn charge(&self, wanted: &Charge<'_>) -> Result<Outcome, CallFailed> {
        self.take(wanted, ("charge", "automatic")).await
    }

    /// Holds the amount without taking it, until [`Stripe::capture`] or [`Stripe::void`].
    pub async fn authorize(&self, wanted: &Charge<'_>) -> Result<Outcome, CallFailed> {
        self.take(wanted, ("authorize", "manual")).await
    }

    /// Takes what is held: all of it, or `amount` of it and gives up the rest.
    pub async fn capture(&self, intent: &str, amount: Option<Money>, attempt: &str) -> Result<Outcome, CallFailed> {
        let amount = amount.map(units).transpose()?;
        let form: Form<'_> = amount.iter().map(|units| ("amount_to_capture", units.to_string())).collect();
        self.settle((intent, "capture"), &form, attempt).await
    }

    /// Gives up what is held or not finished. What was taken meanwhile is [`Outcome::Charged`]: only a refund helps then.
    pub async fn void(&self, intent: &str, attempt: &str) -> Result<Outcome, CallFailed> {
        match self.settle((intent, "cancel"), &Vec::new(), attempt).await {
            // It cannot be given up, and the refusal does not say why: see how it stands.
            Err(CallFailed::Refused { status: 400..=499, .. }) => self.standing(intent).await,
            answered => answered,
        }
    }

    /// After the payer's challenge: how the payment stands, confirmed if the processor waits for that.
    pub async fn confirm_after_challenge(&self, intent: &str) -> Result<Outcome, CallFailed> {
        let deadline = self.deadline();
        let path = ["payment_intents", intent];
        let found: Intent = self.get(&path, &Vec::new(), deadline).await?.done()?;
        if found.status != "requires_confirmation" {
            return outcome(same(found, intent)?, None);
        }
        self.settle((intent, "confirm"), &Vec::new(), intent).await
    }

    /// How a payment stands, by its intent.
    pub async fn standing(&self, intent: &str) -> Result<Outcome, CallFailed> {
        let found: Intent = self.get(&["payment_intents", intent], &Vec::new(), self.deadline()).await?.done()?;
        outcome(same(found, intent)?, None)
    }

    async fn take(&self, wanted: &Charge<'_>, (step, capture): (&str, &str)) -> Result<Outcome, CallFailed> {
        let units = units(wanted.amount)?;
        let deadline = self.deadline();
        let payer = match self.payer(wanted, deadline).await? {
            Ok(payer) => payer,
            Err(decline) => return Ok(Outcome::Declined(decline)),
        };
        let kept = payer.customer.clone().filter(|_| keeps(wanted)).map(|customer| (payer.method.clone(), customer));
        let mut form: Form<'_> = vec![
            ("amount", units.to_string()),
            ("currency", currency(wanted.amount)),
            ("payment_method", payer.method),
            ("payment_method_types[]", "card".to_owned()),
            ("confirm", "true".to_owned()),
            ("metadata[attempt]", wanted.attempt.to_owned()),
            ("metadata[merchant]", wanted.merchant.as_str().to_owned()),
        ];
        form.extend(payer.customer.map(|customer| ("customer", customer)));
        form.extend((capture == "manual").then(|| ("capture_method", capture.to_owned())));
        form.extend(wanted.off_session.then(|| ("off_session", "true".to_owned())));
        form.extend(keeps(wanted).then(|| ("setup_future_usage", "off_session".to_owned())));
        form.extend(wanted.description.map(|text| ("description", text.to_owned())));
        form.extend(wanted.statement.and_then(statement).map(|text| ("statement_descriptor_suffix", text)));
        form.extend(wanted.return_url.map(|url| ("return_url", url.to_string())));
        let step = Step { key: format!("{}-{step}", wanted.attempt), path: &["payment_intents"], money: true };
        let answered = self.post::<Intent>(step, &form, deadline).await;
        match answered.map_err(|failed| if payer.sent { failed.halfway() } else { failed })? {
            Answer::Done(intent) => {
                let mut intent = of_attempt(intent, wanted.attempt)?;
                // Some leave out of the answer what they were told.
                if let Some((method, customer)) = kept {
                    intent.customer.get_or_insert(Reference::Id(customer));
                    intent.payment_method.get_or_insert(Reference::Id(method));
                }
                outcome(intent, payer.network)
            }
            Answer::Refused(status, problem) => declined(status, problem, payer.network).map(Outcome::Declined),
        }
    }

    /// The payment method, and the customer whose it is.
    async fn payer(&self, wanted: &Charge<'_>, deadline: Deadline) -> Result<Result<Payer, Decline>, CallFailed> {
        let token = match wanted.source {
            Source::Vaulted(Vaulted { customer, payment_method }) => {
                let (method, customer) = (payment_method.clone(), Some(customer.clone()));
                return Ok(Ok(Payer { method, customer, network: None, sent: false }));
            }
            Source::Token(token) => token,
        };
        let method = match self.method(token, (wanted.attempt, wanted.networks), deadline).await? {
            Ok(method) => method,
            Err(decline) => return Ok(Err(decline)),
        };
        let sent = !token.is_method() || keeps(wanted);
        let mut payer = Payer { network: method.network(), method: method.id, customer: None, sent };
        if keeps(wanted) {
            let customer = self.customer(&payer.method, (wanted.attempt, wanted.merchant), deadline).await;
            match customer.map_err(|failed| if token.is_method() { failed } else { failed.halfway() })? {
                Ok(customer) => payer.customer = Some(customer),
                Err(decline) => return Ok(Err(decline)),
            }
        }
        Ok(Ok(payer))
    }

    /// Turns the token into a payment method, and rejects the networks that are not taken.
    pub(super) async fn method(
        &self,
        token: &Token,
        (attempt, networks): (&str, Option<&[CardNetwork]>),
        deadline: Deadline,
    ) -> Result<Result<Method, Decline>, CallFailed> {
        let answer = if token.is_method() {
            // Its network stands in no answer before the charge; without restrictions nobody needs it.
            if networks.is_none() {
                return Ok(Ok(Method { id: token.expose().to_owned(), card: None }));
            }
            self.get(&["payment_methods", token.expose()], &Vec::new(), deadline).await?
        } else {
            let form = vec![("type", "card".to_owned()), ("card[token]", token.expose().to_owned())];
            let step = Step { key: format!("{attempt}-method"), path: &["payment_methods"], money: false };
            self.post(step, &form, deadline).await?
        };
        let method: Method = match answer {
            Answer::Done(method) => method,
            Answer::Refused(status, problem) => return unfit_token(status, problem).map(Err),
        };
        let network = method.network();
        let taken = networks.is_none_or(|taken| network.is_some_and(|network| taken.contains(&network)));
        if taken {
            return Ok(Ok(method));
        }
        let kind = DeclineKind::NetworkRejected(network);
        Ok(Err(Decline { kind, code: "network_not_accepted".to_owned(), intent: None }))
    }

    /// Makes a customer whose card this is.
    pub(super) async fn customer(
        &self,
        method: &str,
        (attempt, merchant): (&str, &MerchantId),
        deadline: Deadline,
    ) -> Result<Result<String, Decline>, CallFailed> {
        let form =
            vec![("metadata[attempt]", attempt.to_owned()), ("metadata[merchant]", merchant.as_str().to_owned())];
        let step = Step { key: format!("{attempt}-customer"), path: &["customers"], money: false };
        let Made { id: customer } = self.post(step, &form, deadline).await?.done()?;
        let form = vec![("customer", customer.clone())];
        let path = ["payment_methods", method, "attach"];
        let step = Step { key: format!("{attempt}-attach"), path: &path, money: false };
        match self.post::<Made>(step, &form, deadline).await.map_err(CallFailed::halfway)? {
            Answer::Done(_) => Ok(Ok(customer)),
            Answer::Refused(status, problem) => declined(status, problem, None).map(Err),
        }
    }

    /// Carries `intent` on. One that has gone another way answers how it stands.
    async fn settle(
        &self,
        (intent, step): (&str, &str),
        form: &Form<'_>,
        attempt: &str,
    ) -> Result<Outcome, CallFailed> {
        let path = ["payment_intents", intent, step];
        let call = Step { key: format!("{attempt}-{step}"), path: &path, money: true };
        match self.post(call, form, self.deadline()).await? {
            Answer::Done(found) => outcome(same(found, intent)?, None),
            Answer::Refused(status, mut problem) => match problem.payment_intent.take() {
                Some(found) if status != 402 => outcome(same(*found, intent)?, None),
                intent => {
                    problem.payment_intent = intent;
                    declined(status, problem, None).map(Outcome::Declined)
                }
            },
        }
    }
}

fn keeps(wanted: &Charge<'_>) -> bool {
    wanted.keep_card && matches!(wanted.source, Source::Token(_))
}

/// What may stand on a bank statement: Latin letters among printable ASCII, without the marks that are forbidden there.
fn statement(text: &str) -> Option<String> {
    let allowed = |letter: &char| matches!(letter, ' '..='~') && !matches!(letter, '<' | '>' | '\\' | '\'' | '"' | '*');
    let text: String = text.chars().filter(allowed).take(LONGEST_STATEMENT).collect();
    let text = text.trim();
    text.contains(|letter: char| letter.is_ascii_alphabetic()).then(|| text.to_owned())
}

/// The intent that was asked about, and no other.
pub(super) fn same(found: Intent, asked: &str) -> Result<Intent, CallFailed> {
    if found.id == asked { Ok(found) } else { Err(CallFailed::Another { intent: found.id }) }
}

/// The intent of this attempt, and of no other. Some leave the metadata out of their answers.
pub(super) fn of_attempt(found: Intent, attempt: &str) -> Result<Intent, CallFailed> {
    let told = found.metadata.as_ref().and_then(|metadata| metadata.get("attempt"));
    if told.is_none_or(|told| told == attempt) { Ok(found) } else { Err(CallFailed::Another { intent: found.id }) }
}

/// What an intent that succeeded says that it took. Only where it says nothing it is as it was asked for.
fn said(intent: &Intent) -> Result<Option<Money>, CallFailed> {
    let (Some(units), Some(currency)) =
        (intent.amount_received.filter(|units| *units > 0).or(intent.amount), &intent.currency)
    else {
        return Ok(None);
    };
    let amount = money(units, currency).filter(|amount| amount.micros() > 0);
    amount.map(Some).ok_or(CallFailed::Unknown { money: true, why: "its amount is none that can be charged" })
}

/// How an intent stands.
pub(super) fn outcome(intent: Intent, network: Option<CardNetwork>) -> Result<Outcome, CallFailed> {
    let amount = if matches!(intent.status.as_str(), "succeeded" | "requires_capture") { said(&intent)? } else { None };
    let Intent { id, status, customer, payment_method, next_action, last_payment_error, .. } = intent;
    let vaulted = customer
        .zip(payment_method)
        .map(|(customer, method)| Vaulted { customer: customer.into_id(), payment_method: Reference::into_id(method) });
    Ok(match status.as_str() {
        "succeeded" => Outcome::Charged(Taken { intent: id, amount, network, vaulted }),
        "requires_capture" => Outcome::Held(Taken { intent: id, amount, network, vaulted }),
        "requires_action" | "requires_source_action" => {
            match next_action.and_then(|action| action.redirect_to_url?.url).and_then(|url| Url::parse(&url).ok()) {
                Some(acs_url) => Outcome::Challenge(Challenge { intent: id, acs_url }),
                // A challenge that we cannot show is a no; unfinished, it charges nothing.
                None => Outcome::Declined(unshown(id)),
            }
        }
        "requires_payment_method" | "requires_source" => {
            let problem = last_payment_error.map(|problem| *problem).unwrap_or_default();
            Outcome::Declined(Decline { intent: Some(id), ..decline(&problem, network) })
        }
        "requires_confirmation" | "processing" => Outcome::Undecided { intent: id },
        "canceled" => Outcome::Voided { intent: id },
        _ => return Err(CallFailed::Unknown { money: true, why: "its status is not known" }),
    })
}

pub(super) fn unshown(intent: String) -> Decline {
    Decline { kind: DeclineKind::Other, code: "challenge_without_address".to_owned(), intent: Some(intent) }
}

/// A refusal of a card or of what was made from the token; other refusals are nobody's decline.
pub(super) fn declined(status: u16, problem: Problem, network: Option<CardNetwork>) -> Result<Decline, CallFailed> {
    let of_card = status == 402 || problem.kind.as_deref() == Some("card_error") || of_token(&problem);
    if of_card { Ok(decline(&problem, network)) } else { Err(refused(status, &problem)) }
}

fn decline(problem: &Problem, known: Option<CardNetwork>) -> Decline {
    let told = problem.payment_method.as_ref().and_then(Method::network);
    let words = [problem.code.as_deref(), problem.decline_code.as_deref()];
    let kind = if words.contains(&Some("card_not_supported")) {
        DeclineKind::NetworkRejected(told.or(known))
    } else if of_token(problem) {
        DeclineKind::TokenInvalid
    } else if words == [None, None] && problem.kind.is_none() {
        DeclineKind::Other
    } else {
        DeclineKind::CardDeclined
    };
    let intent = problem.payment_intent.as_ref().or(problem.setup_intent.as_ref()).map(|intent| intent.id.clone());
    Decline { kind, code: problem.word(), intent }
}

/// Whether it is the token, or the payment method made from it, that cannot be used.
fn of_token(problem: &Problem) -> bool {
    let about = |name: &str| name.starts_with("payment_method") || name.starts_with("token_");
    let code = problem.code.as_deref().unwrap_or_default();
    let of_card = problem.kind.as_deref() == Some("card_error");
    code.starts_with("token_") || !of_card && (about(code) || problem.param.as_deref().is_some_and(about))
}

/// A refusal to make a payment method of the token (google-booking-server section 6.9: malformed, expired, used, another
/// merchant's).
fn unfit_token(status: u16, problem: Problem) -> Result<Decline, CallFailed> {
    let of_card = status == 402 || problem.kind.as_deref() == Some("card_error");
    let ours = problem.code.as_deref().is_some_and(|code| code.starts_with("parameter_"));
    if of_card {
        Ok(decline(&problem, None))
    } else if ours {
        Err(refused(status, &problem))
    } else {
        Ok(Decline { kind: DeclineKind::TokenInvalid, code: problem.word(), intent: None })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(value: serde_json::Value) -> Problem {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn bk_6_9_every_refusal_has_its_cause() {
        let visa = Some(CardNetwork::Visa);
        for (status, refusal, kind, code) in [
            (
                402,
                json!({"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}),
                DeclineKind::CardDeclined,
                "insufficient_funds",
            ),
            (402, json!({"type": "card_error", "code": "expired_card"}), DeclineKind::CardDeclined, "expired_card"),
            (402, json!({"code": "card_declined"}), DeclineKind::CardDeclined, "card_declined"),
            (
                402,
                json!({"type": "card_error", "code": "card_declined", "decline_code": "card_not_supported"}),
                DeclineKind::NetworkRejected(visa),
                "card_not_supported",
            ),
            (
                402,
                json!({"type": "card_error", "code": "authentication_required", "param": "payment_method"}),
                DeclineKind::CardDeclined,
                "authentication_required",
            ),
            (
                400,
                json!({"type": "invalid_request_error", "code": "token_already_used"}),
                DeclineKind::TokenInvalid,
                "token_already_used",
            ),
            (
                400,
                json!({"type": "invalid_request_error", "param": "payment_method"}),
                DeclineKind::TokenInvalid,
                "invalid_request_error",
            ),
        ] {
            let decline = declined(status, problem(refusal), visa).unwrap();
            assert_eq!((decline.kind, decline.code.as_str()), (kind, code));
        }
        let ours = json!({"type": "invalid_request_error", "code": "parameter_unknown", "param": "confirm"});
        let failed = CallFailed::Refused { status: 400, code: "parameter_unknown".to_owned() };
        assert_eq!(declined(400, problem(ours.clone()), None).err(), Some(failed.clone()));
        assert_eq!(unfit_token(400, problem(ours)).err(), Some(failed));
        let missing = json!({"type": "invalid_request_error", "code": "resource_missing", "param": "card[token]"});
        assert_eq!(unfit_token(400, problem(missing)).unwrap().kind, DeclineKind::TokenInvalid);
    }

    #[test]
    fn statements_hold_what_is_allowed_there() {
        assert_eq!(statement("Spa <One> *Ünter*").as_deref(), Some("Spa One nter"));
        assert_eq!(statement("12345"), None);
        assert_eq!(statement(&"abc ".repeat(10)).map(|text| text.len()), Some(22));
    }

    #[test]
    fn bk_6_4_a_success_says_what_was_taken_and_of_which_attempt() {
        let usd = |micros| Money::new(micros, crate::domain::Currency::parse("USD").unwrap());
        let read = |value| serde_json::from_value::<Intent>(value).unwrap();
        for (told, amount) in [
            (json!({"amount": 21_350, "amount_received": 21_349, "currency": "usd"}), Ok(Some(usd(213_490_000)))),
            (json!({"amount": 21_350, "amount_received": 0, "currency": "usd"}), Ok(Some(usd(213_500_000)))),
            (json!({"amount": 21_350}), Ok(None)),
            (json!({}), Ok(None)),
            (json!({"amount": 21_350, "currency": "xqz"}), Err(())),
            (json!({"amount": 0, "currency": "usd"}), Err(())),
        ] {
            let mut intent = told.clone();
            intent["id"] = json!("pi_1");
            intent["status"] = json!("succeeded");
            let taken = outcome(read(intent), None);
            let taken = taken.map_err(|_| ()).map(|outcome| match outcome {
                Outcome::Charged(taken) => taken.amount,
                other => panic!("{other:?}"),
            });
            assert_eq!(taken, amount, "{told}");
        }
        let of = |attempt| json!({"id": "pi_1", "status": "succeeded", "metadata": {"attempt": attempt}});
        assert!(of_attempt(read(of("a-1")), "a-1").is_ok());
        let another = CallFailed::Another { intent: "pi_1".to_owned() };
        assert_eq!(of_attempt(read(of("a-2")), "a-1").err(), Some(another.clone()));
        assert!(same(read(of("a-1")), "pi_1").is_ok());
        assert_eq!(same(read(of("a-1")), "pi_2").err(), Some(another));
    }

    #[test]
    fn a_status_that_nobody_knows_decides_nothing() {
        let intent = json!({"id": "pi_1", "status": "levitating"});
        assert!(matches!(
            outcome(serde_json::from_value(intent).unwrap(), None),
            Err(CallFailed::Unknown { money: true, .. })
        ));
    }
}
