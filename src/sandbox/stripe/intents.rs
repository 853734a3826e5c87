//! Payment intents and refunds.

use serde_json::{Value, json};

use super::book::{Failure, Intent, Method, Record, Refund};
use super::cards::Manner;
use super::form::{Changed, Done, Refusal};
use super::keeping::declined;
use super::{Work, new_id};

impl Work<'_> {
    /// `POST /v1/payment_intents`
    pub(super) fn make_intent(&self) -> Done {
        self.form.only(&[
            "amount",
            "currency",
            "payment_method",
            "payment_method_types[]",
            "customer",
            "confirm",
            "capture_method",
            "off_session",
            "setup_future_usage",
            "description",
            "statement_descriptor_suffix",
            "return_url",
            "metadata",
        ])?;
        let amount = self.form.number("amount")?.unwrap_or_default();
        if amount <= 0 {
            return Err(Refusal::invalid("parameter_invalid_integer", "amount", "This value must be greater than 0."));
        }
        let method = self.form.text("payment_method").map(|id| self.method(id)).transpose()?;
        let customer = self.form.owned("customer");
        customer.as_deref().map(|id| self.customer(id)).transpose()?;
        if let Some(owner) = method.and_then(|method| method.customer.as_ref())
            && customer.as_ref() != Some(owner)
        {
            let message = "The PaymentMethod belongs to a Customer: include it.";
            return Err(Refusal::invalid("", "payment_method", message));
        }
        let status = if method.is_some() { "requires_confirmation" } else { "requires_payment_method" };
        let intent = Intent {
            id: new_id("pi"),
            amount,
            currency: self.form.required("currency")?.to_owned(),
            status: status.to_owned(),
            manual: self.form.text("capture_method") == Some("manual"),
            off_session: self.form.is_true("off_session"),
            keeps: self.form.text("setup_future_usage").is_some(),
            received: 0,
            method: method.map(|method| method.id.clone()),
            customer,
            charge: None,
            metadata: self.form.metadata(),
            description: self.form.owned("description"),
            return_url: self.form.owned("return_url"),
            failure: None,
            created: self.now(),
        };
        if self.form.is_true("confirm") { self.confirm(intent) } else { Ok(self.intent_done(intent)) }
    }

    pub(super) fn intent(&self, id: &str) -> Result<&Intent, Refusal> {
        self.book.intents.get(id).ok_or_else(|| Refusal::missing("payment_intent", id))
    }

    /// `POST /v1/payment_intents/{id}/confirm`
    pub(super) fn confirm_intent(&self, id: &str) -> Done {
        self.form.only(&["return_url", "payment_method", "off_session"])?;
        let intent = self.intent(id)?;
        if !matches!(intent.status.as_str(), "requires_confirmation" | "requires_payment_method") {
            return Err(self.unexpected(intent));
        }
        let method = self.form.owned("payment_method").or_else(|| intent.method.clone());
        self.confirm(Intent { method, ..intent.clone() })
    }

    fn confirm(&self, intent: Intent) -> Done {
        let missing = || Refusal::invalid("parameter_missing", "payment_method", "There is no card to charge.");
        let method = self.method(intent.method.as_deref().ok_or_else(missing)?)?;
        if method.spent && method.customer.is_none() {
            let message = "The provided PaymentMethod was used before without a Customer, and cannot be used again.";
            return Err(Refusal::invalid("", "payment_method", message));
        }
        let challenges = matches!(method.manner, Manner::Challenges | Manner::ChallengesInVain);
        match (challenges && !(method.proved && intent.off_session), intent.off_session) {
            (true, true) => {
                let failure = Failure { code: "authentication_required".to_owned(), decline_code: None };
                Err(self.failed(intent, failure))
            }
            (true, false) => Ok(self.intent_done(Intent { status: "requires_action".to_owned(), ..intent })),
            (false, _) => self.collect(intent, method),
        }
    }

    /// Charges or holds.
    fn collect(&self, intent: Intent, method: &Method) -> Done {
        if let Some(failure) = declined(method, false) {
            return Err(self.failed(intent, failure));
        }
        let spent = Method { spent: true, proved: method.proved || intent.keeps, ..method.clone() };
        let (status, received) = if intent.manual { ("requires_capture", 0) } else { ("succeeded", intent.amount) };
        let charge = Some(new_id("ch"));
        let taken = Intent { status: status.to_owned(), received, charge, failure: None, ..intent };
        let (mut records, answer) = self.intent_done(taken);
        records.push(Record::Method(spent));
        Ok((records, answer))
    }

    /// An intent that is declined is still there, without its card.
    fn failed(&self, intent: Intent, failure: Failure) -> Refusal {
        let status = "requires_payment_method".to_owned();
        let failed = Intent { status, failure: Some(failure.clone()), ..intent };
        let mut error = failure.json();
        error["payment_intent"] = failed.json(self.origin);
        Refusal { status: 402, error, records: vec![Record::Intent(failed)] }
    }

    fn intent_done(&self, intent: Intent) -> Changed {
        let answer = intent.json(self.origin);
        (vec![Record::Intent(intent)], answer)
    }

    fn unexpected(&self, intent: &Intent) -> Refusal {
        let message = format!("This PaymentIntent has a status of {}.", intent.status);
        let mut refusal = Refusal::invalid("payment_intent_unexpected_state", "", &message);
        refusal.error["payment_intent"] = intent.json(self.origin);
        refusal
    }

    /// `POST /v1/payment_intents/{id}/capture`
    pub(super) fn capture(&self, id: &str) -> Done {
        self.form.only(&["amount_to_capture"])?;
        let intent = self.intent(id)?;
        if intent.status != "requires_capture" {
            return Err(self.unexpected(intent));
        }
        let received = self.form.number("amount_to_capture")?.unwrap_or(intent.amount);
        if received <= 0 || received > intent.amount {
            return Err(Refusal::invalid("amount_too_large", "amount_to_capture", "More than is held."));
        }
        Ok(self.intent_done(Intent { status: "succeeded".to_owned(), received, ..intent.clone() }))
    }

    /// `POST /v1/payment_intents/{id}/cancel`
    pub(super) fn cancel(&self, id: &str) -> Done {
        self.form.only(&["cancellation_reason"])?;
        let intent = self.intent(id)?;
        if matches!(intent.status.as_str(), "succeeded" | "canceled") {
            return Err(self.unexpected(intent));
        }
        Ok(self.intent_done(Intent { status: "canceled".to_owned(), ..intent.clone() }))
    }

    /// The payer came back from the challenge of a payment.
    pub(super) fn challenge_intent(&self, intent: &Intent, passed: bool) -> Vec<Record> {
        let method = intent.method.as_deref().and_then(|id| self.book.methods.get(id));
        let done = match method {
            Some(method) if passed => self.collect(intent.clone(), method),
            Some(_) | None => {
                let code = "payment_intent_authentication_failure".to_owned();
                Err(self.failed(intent.clone(), Failure { code, decline_code: None }))
            }
        };
        done.map_or_else(|refusal| refusal.records, |(records, _)| records)
    }

    /// `POST /v1/refunds`
    pub(super) fn make_refund(&self) -> Done {
        self.form.only(&["payment_intent", "amount", "reason", "metadata"])?;
        let intent = self.intent(self.form.required("payment_intent")?)?;
        let left = intent.received - self.book.given_back(&intent.id);
        let amount = self.form.number("amount")?.unwrap_or(left);
        let disputed =
            self.book.disputes.latest().any(|dispute| dispute.intent == intent.id && dispute.status != "won");
        if intent.received == 0 {
            return Err(Refusal::invalid("", "payment_intent", "This PaymentIntent has no successful charge."));
        } else if disputed {
            return Err(Refusal::invalid("charge_disputed", "", "The charge is disputed."));
        } else if left == 0 {
            return Err(Refusal::invalid("charge_already_refunded", "", "The charge has already been refunded."));
        } else if amount <= 0 || amount > left {
            return Err(Refusal::invalid("", "amount", "Refund amount is greater than unrefunded amount on charge."));
        }
        let manner = intent.method.as_deref().and_then(|id| self.book.methods.get(id)).map(|method| method.manner);
        let status = if manner == Some(Manner::RefundsPend) { "pending" } else { "succeeded" };
        let refund = Refund {
            id: new_id("re"),
            intent: intent.id.clone(),
            amount,
            currency: intent.currency.clone(),
            status: status.to_owned(),
            failure_reason: None,
            metadata: self.form.metadata(),
            created: self.now(),
        };
        let answer = refund.json();
        let mut records = vec![Record::Refund(refund.clone())];
        if manner == Some(Manner::RefundsFail) {
            records.extend(self.refund_fails(&refund));
        }
        Ok((records, answer))
    }

    /// A refund that was said to be done fails, and we are told.
    pub(super) fn refund_fails(&self, refund: &Refund) -> Vec<Record> {
        let failure_reason = Some("lost_or_stolen_card".to_owned());
        let failed = Refund { status: "failed".to_owned(), failure_reason, ..refund.clone() };
        let event = self.event("refund.failed", failed.json());
        vec![Record::Refund(failed), Record::Event(event)]
    }

    pub(super) fn refund(&self, id: &str) -> Result<&Refund, Refusal> {
        self.book.refunds.get(id).ok_or_else(|| Refusal::missing("refund", id))
    }

    /// `GET /v1/payment_intents` and its like: the newest first.
    pub(super) fn list(&self, kind: &str) -> Done {
        self.form.only(&["limit", "starting_after", "created[gte]", "payment_intent"])?;
        let all: Vec<Value> = match kind {
            "payment_intents" => self.book.intents.latest().map(|intent| intent.json(self.origin)).collect(),
            "setup_intents" => self.book.setups.latest().map(|setup| setup.json(self.origin)).collect(),
            "refunds" => self.book.refunds.latest().map(Refund::json).collect(),
            _ => return Err(Refusal { status: 404, error: json!({"type": "invalid_request_error"}), records: vec![] }),
        };
        let limit = self.form.number("limit")?.unwrap_or(10).clamp(1, 100) as usize;
        let since = self.form.number("created[gte]")?.unwrap_or_default();
        let of = self.form.text("payment_intent");
        let fits = |object: &Value| {
            object["created"].as_i64().is_some_and(|at| at >= since)
                && of.is_none_or(|id| object["payment_intent"] == id)
        };
        let mut fitting: Vec<Value> = all.into_iter().filter(fits).collect();
        if let Some(after) = self.form.text("starting_after") {
            let at = fitting.iter().position(|object| object["id"] == after);
            let at = at.ok_or_else(|| Refusal::missing("object", after))?;
            fitting.drain(..=at);
        }
        let has_more = fitting.len() > limit;
        fitting.truncate(limit);
        let url = format!("/v1/{kind}");
        Ok((Vec::new(), json!({"object": "list", "url": url, "has_more": has_more, "data": fitting})))
    }
}
