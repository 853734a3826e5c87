//! Payment methods, customers and setup intents.

use serde_json::json;

use super::book::{Customer, Failure, Method, Record, Setup};
use super::cards::{Manner, of_token};
use super::form::{Changed, Done, Refusal};
use super::{Work, new_id};

impl Work<'_> {
    /// `POST /v1/payment_methods`
    pub(super) fn make_method(&self) -> Done {
        self.form.only(&["type", "card[token]", "metadata"])?;
        if self.form.required("type")? != "card" {
            return Err(Refusal::invalid("", "type", "Only cards here"));
        }
        let token = self.form.required("card[token]")?;
        let unknown = || Refusal::invalid("resource_missing", "card[token]", "No such token");
        let (card, once) = of_token(token).ok_or_else(unknown)?;
        if once && self.book.tokens.contains(token) {
            let message = "You cannot use a Stripe token more than once.";
            return Err(Refusal::invalid("token_already_used", "card[token]", message));
        }
        let method = Method {
            id: new_id("pm"),
            brand: card.brand.to_owned(),
            last4: card.last4.to_owned(),
            manner: card.manner,
            customer: None,
            proved: false,
            spent: false,
            created: self.now(),
        };
        let answer = method.json();
        let mut records = vec![Record::Method(method)];
        records.extend(once.then(|| Record::Token(token.to_owned())));
        Ok((records, answer))
    }

    pub(super) fn method(&self, id: &str) -> Result<&Method, Refusal> {
        self.book.methods.get(id).ok_or_else(|| Refusal::missing("payment_method", id))
    }

    /// `POST /v1/payment_methods/{id}/attach`
    pub(super) fn attach(&self, id: &str) -> Done {
        self.form.only(&["customer"])?;
        let method = self.method(id)?;
        let customer = self.form.required("customer")?;
        self.customer(customer)?;
        if method.spent || method.customer.as_deref().is_some_and(|owner| owner != customer) {
            let message = "This PaymentMethod was used before, or belongs to another customer.";
            return Err(Refusal::invalid("", "payment_method", message));
        }
        if let Some(failure) = declined(method, true) {
            return Err(Refusal { status: 402, error: failure.json(), records: Vec::new() });
        }
        let method = Method { customer: Some(customer.to_owned()), ..method.clone() };
        let answer = method.json();
        Ok((vec![Record::Method(method)], answer))
    }

    /// `POST /v1/customers`
    pub(super) fn make_customer(&self) -> Done {
        self.form.only(&["metadata", "description"])?;
        let customer = Customer { id: new_id("cus"), metadata: self.form.metadata(), created: self.now() };
        let answer = customer.json();
        Ok((vec![Record::Customer(customer)], answer))
    }

    pub(super) fn customer(&self, id: &str) -> Result<&Customer, Refusal> {
        self.book.customers.get(id).ok_or_else(|| Refusal::missing("customer", id))
    }

    /// `POST /v1/setup_intents`
    pub(super) fn make_setup(&self) -> Done {
        let known =
            ["customer", "usage", "payment_method_types[]", "payment_method", "confirm", "return_url", "metadata"];
        self.form.only(&known)?;
        let customer = self.form.owned("customer");
        customer.as_deref().map(|id| self.customer(id)).transpose()?;
        let setup = Setup {
            id: new_id("seti"),
            status: "requires_payment_method".to_owned(),
            usage: self.form.text("usage").unwrap_or("off_session").to_owned(),
            method: None,
            customer,
            metadata: self.form.metadata(),
            return_url: self.form.owned("return_url"),
            failure: None,
            created: self.now(),
        };
        match self.form.text("payment_method") {
            Some(method) if self.form.is_true("confirm") => self.set_up(setup, method),
            Some(method) => {
                let method = Some(self.method(method)?.id.clone());
                Ok(self.setup_done(Setup { method, status: "requires_confirmation".to_owned(), ..setup }))
            }
            None => Ok(self.setup_done(setup)),
        }
    }

    pub(super) fn setup(&self, id: &str) -> Result<&Setup, Refusal> {
        self.book.setups.get(id).ok_or_else(|| Refusal::missing("setup_intent", id))
    }

    /// `POST /v1/setup_intents/{id}/confirm`
    pub(super) fn confirm_setup(&self, id: &str) -> Done {
        self.form.only(&["payment_method", "return_url"])?;
        let setup = self.setup(id)?;
        if !matches!(setup.status.as_str(), "requires_payment_method" | "requires_confirmation") {
            let message = "You cannot confirm this SetupIntent because it has another status.";
            let mut refusal = Refusal::invalid("setup_intent_unexpected_state", "", message);
            refusal.error["setup_intent"] = setup.json(self.origin);
            return Err(refusal);
        }
        let method = self.form.owned("payment_method").or_else(|| setup.method.clone());
        let missing = || Refusal::invalid("parameter_missing", "payment_method", "There is no card to set up.");
        let return_url = self.form.owned("return_url").or_else(|| setup.return_url.clone());
        self.set_up(Setup { return_url, ..setup.clone() }, &method.ok_or_else(missing)?)
    }

    fn set_up(&self, setup: Setup, method: &str) -> Done {
        let method = self.method(method)?;
        let with = Setup { method: Some(method.id.clone()), ..setup };
        if let Some(failure) = declined(method, true) {
            let failed = Setup { status: "requires_payment_method".to_owned(), failure: Some(failure.clone()), ..with };
            let mut error = failure.json();
            error["setup_intent"] = failed.json(self.origin);
            return Err(Refusal { status: 402, error, records: vec![Record::Setup(failed)] });
        }
        let challenges = matches!(method.manner, Manner::Challenges | Manner::ChallengesInVain) && !method.proved;
        if challenges {
            return Ok(self.setup_done(Setup { status: "requires_action".to_owned(), ..with }));
        }
        let proved = Method { proved: true, customer: with.customer.clone(), ..method.clone() };
        let (mut records, answer) = self.setup_done(Setup { status: "succeeded".to_owned(), ..with });
        records.push(Record::Method(proved));
        Ok((records, answer))
    }

    fn setup_done(&self, setup: Setup) -> Changed {
        let answer = setup.json(self.origin);
        (vec![Record::Setup(setup)], answer)
    }

    /// The payer came back from the challenge of a setup.
    pub(super) fn challenge_setup(&self, setup: &Setup, passed: bool) -> Vec<Record> {
        let method = setup.method.as_deref().and_then(|id| self.book.methods.get(id));
        if passed {
            let proved =
                method.map(|method| Method { proved: true, customer: setup.customer.clone(), ..method.clone() });
            let done = Setup { status: "succeeded".to_owned(), ..setup.clone() };
            return proved.map(Record::Method).into_iter().chain([Record::Setup(done)]).collect();
        }
        let failure = Some(Failure { code: "setup_intent_authentication_failure".to_owned(), decline_code: None });
        vec![Record::Setup(Setup { status: "requires_payment_method".to_owned(), failure, ..setup.clone() })]
    }

    /// `GET /v1/customers/{id}` and its like.
    pub(super) fn show(&self, kind: &str, id: &str) -> Done {
        let shown = match kind {
            "payment_methods" => self.method(id)?.json(),
            "customers" => self.customer(id)?.json(),
            "setup_intents" => self.setup(id)?.json(self.origin),
            "payment_intents" => self.intent(id)?.json(self.origin),
            "refunds" => self.refund(id)?.json(),
            _ => return Err(Refusal { status: 404, error: json!({"type": "invalid_request_error"}), records: vec![] }),
        };
        Ok((Vec::new(), shown))
    }
}

/// Why a card is declined, if it is: when it is kept, or when it is charged.
pub(super) fn declined(method: &Method, kept: bool) -> Option<Failure> {
    let why = match method.manner {
        Manner::Declined(why) => why,
        Manner::FailsWhenCharged | Manner::ChallengesInVain if !kept => super::cards::Why::Generic,
        Manner::FailsWhenCharged
        | Manner::ChallengesInVain
        | Manner::Works
        | Manner::Challenges
        | Manner::RefundsFail
        | Manner::RefundsPend => return None,
    };
    let (code, decline_code) = why.codes();
    Some(Failure { code: code.to_owned(), decline_code: decline_code.map(str::to_owned) })
}
