//! The payment pane (outlook-payments section 1.3): what the payer sees and has chosen. Kept in memory; the oldest one goes.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};

use super::calls::Call;
use super::messages::Place;
use super::pages::shortened;
use super::strict;
use super::tokens::Actor;

/// How many panes are kept.
const KEPT: usize = 200;

/// Which of the three panes stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// "Pay your invoice".
    Review,
    /// "Payment Information".
    Payment,
    /// The result.
    Result,
}

/// Where it is to go, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Shipping {
    /// The address, and what the form calls it.
    pub(super) place: Option<(&'static str, Value)>,
    pub(super) option: Option<String>,
}

/// One visit to the pane.
#[derive(Debug, Clone)]
pub(super) struct Pane {
    pub(super) id: String,
    pub(super) mail: u64,
    pub(super) actor: Actor,
    pub(super) step: Step,
    /// The last answer with which the invoice could be paid.
    pub(super) last: Option<Value>,
    /// The invoice as last heard.
    pub(super) entity: Option<Value>,
    /// What the payer is told to be wrong.
    pub(super) problem: Option<String>,
    pub(super) shipping: Shipping,
    /// The last approval as it was sent.
    pub(super) approval: Option<Value>,
    /// Its answer.
    pub(super) outcome: Option<Value>,
    pub(super) calls: Vec<Call>,
}

impl Pane {
    pub(super) fn new(id: String, mail: u64, actor: Actor) -> Self {
        Self {
            id,
            mail,
            actor,
            step: Step::Review,
            last: None,
            entity: None,
            problem: None,
            shipping: Shipping::default(),
            approval: None,
            outcome: None,
            calls: Vec::new(),
        }
    }

    /// Whether the merchant wants to know where it goes.
    pub(super) fn ships(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last["options"]["requestShipping"] == true)
    }

    /// Whether there is nothing left to choose.
    pub(super) fn can_be_paid(&self) -> bool {
        let chosen = self.shipping.place.is_some() && self.shipping.option.is_some();
        self.last.is_some() && (chosen || !self.ships())
    }

    /// An answer of PaymentRequest; `wanted` is what it was asked with.
    pub(super) fn hear_request(&mut self, mut call: Call, wanted: Shipping) {
        call.complaints = strict::pane_answer(&call);
        self.problem = None;
        match call.body() {
            None => self.problem = Some("Something went wrong at the merchant. Please try again later.".to_owned()),
            Some(answer) => {
                self.entity = answer.pointer("/methodData/0/data/entity").cloned();
                self.problem = answer["details"]["error"].as_str().map(str::to_owned);
                if strict::payable_total(&answer).is_some() {
                    self.shipping = Shipping { option: wanted.option.or_else(|| selected(&answer)), ..wanted };
                    self.last = Some(answer);
                } else if self.problem.is_none() {
                    self.last = None;
                }
            }
        }
        self.calls.push(call);
    }

    /// An answer of PaymentComplete.
    pub(super) fn hear_complete(&mut self, mut call: Call) {
        call.complaints = strict::complete_answer(&call);
        self.step = Step::Result;
        self.approval = Some(call.sent.clone());
        self.outcome = call.body();
        if let Some(entity) = self.outcome.as_ref().and_then(|outcome| outcome.get("entity")) {
            self.entity = Some(entity.clone());
        }
        self.calls.push(call);
    }

    /// For programs; tokens are cut short.
    pub(super) fn json(&self) -> Value {
        json!({
            "step": self.step, "entity": self.entity, "problem": self.problem, "last": self.last,
            "address": self.shipping.place.as_ref().map(|(_, address)| address), "option": self.shipping.option,
            "outcome": self.outcome, "calls": self.calls.iter().map(|call| shortened(&json!(call))).collect::<Vec<_>>(),
        })
    }
}

/// The shipping option that the merchant preselected: no event follows for it (section 4.3).
fn selected(answer: &Value) -> Option<String> {
    let options = answer["details"]["shippingOptions"].as_array()?.iter().rev();
    let mut selected = options.filter(|option| option["selected"] == true);
    selected.next()?["id"].as_str().map(str::to_owned)
}

impl Shipping {
    /// Another address: an option of the old one may not be there any more.
    pub(super) fn at(place: &Place, recipient: &str) -> Self {
        Self { place: Some((place.name, place.address(recipient))), option: None }
    }
}

/// All panes.
#[derive(Default)]
pub(super) struct Panes(VecDeque<Pane>);

impl Panes {
    pub(super) fn add(&mut self, pane: Pane) {
        self.0.push_front(pane);
        self.0.truncate(KEPT);
    }

    pub(super) fn find(&mut self, id: &str) -> Option<&mut Pane> {
        self.0.iter_mut().find(|pane| pane.id == id)
    }

    /// Those that were opened from a mail, the newest first.
    pub(super) fn of_mail(&self, mail: u64) -> Vec<(String, Step)> {
        self.0.iter().filter(|pane| pane.mail == mail).map(|pane| (pane.id.clone(), pane.step)).collect()
    }
}
