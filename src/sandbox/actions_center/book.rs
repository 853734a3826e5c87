//! What the stand-in remembers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::Slot;
use crate::sandbox::journal;

/// How many updates of the inventory are kept.
const UPDATES: usize = 500;

/// One call to the booking server and what it answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Exchange {
    /// `CreateBooking` and the like, or the path of the admin API.
    pub(super) method: String,
    pub(super) at_ms: i64,
    pub(super) sent: Value,
    /// None: there was no answer.
    pub(super) status: Option<u16>,
    /// The body, or why there is none.
    pub(super) answer: String,
}

impl Exchange {
    /// The answer, if it is one.
    pub(super) fn body(&self) -> Option<Value> {
        if self.status == Some(200) { serde_json::from_str(&self.answer).ok() } else { None }
    }
}

/// An update that the booking server sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Update {
    pub(super) at_ms: i64,
    /// Method, path and query.
    pub(super) call: String,
    pub(super) sent: String,
    /// Why it does not count.
    pub(super) problem: Option<String>,
    /// What it was answered with.
    pub(super) status: u16,
}

/// Somebody wants a booking.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Wish {
    /// Names the case; not the idempotency token, which is in the request.
    pub(super) case: String,
    pub(super) at_ms: i64,
    pub(super) merchant: String,
    pub(super) service: String,
    pub(super) user_id: String,
    /// CreateBooking as it goes out.
    pub(super) request: Value,
}

/// New slots for a part of a service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Replaced {
    pub(super) at_ms: i64,
    pub(super) merchant: String,
    pub(super) service: String,
    pub(super) start_s: i64,
    pub(super) end_s: i64,
    pub(super) slots: Vec<Slot>,
}

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Wished(Wish),
    Exchanged { case: String, exchange: Exchange },
    Updated { booking: String, update: Update, patch: Value },
    InventoryUpdated { update: Update, replaced: Option<Replaced> },
}

/// A wish and all that came of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Case {
    pub(super) wish: Wish,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) updates: Vec<Update>,
    /// `booking_id`, once there is one.
    pub(super) booking_id: Option<String>,
    /// As last heard, in an answer or in an update.
    pub(super) status: Option<String>,
    pub(super) prepayment: Option<String>,
    pub(super) slot: Value,
    /// `booking_failure` of the last answer.
    pub(super) failure: Option<Value>,
}

impl Case {
    /// The 3DS1 challenge that the user has to pass first.
    pub(super) fn challenge(&self) -> Option<&Value> {
        let failure = self.failure.as_ref().filter(|failure| failure["cause"] == "PAYMENT_REQUIRES_3DS1")?;
        failure.pointer("/payment_failure/threeds1_parameters")
    }

    fn hear(&mut self, exchange: &Exchange) {
        let Some(body) = exchange.body() else { return };
        match exchange.method.as_str() {
            "CreateBooking" | "UpdateBooking" => {
                self.failure = body.get("booking_failure").cloned();
                let Some(booking) = body.get("booking") else { return };
                let text = |pointer: &str| booking.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
                self.booking_id = text("/booking_id").or(self.booking_id.take());
                self.status = text("/status").or(self.status.take());
                self.prepayment = text("/payment_information/prepayment_status").or(self.prepayment.take());
                if let Some(slot) = booking.get("slot") {
                    self.slot = slot.clone();
                }
            }
            "GetBookingStatus" => {
                let text = |name: &str| body[name].as_str().map(str::to_owned);
                self.status = text("booking_status").or(self.status.take());
                self.prepayment = text("prepayment_status").or(self.prepayment.take());
            }
            _ => {}
        }
    }

    /// Takes a patch whose members are those of its mask.
    fn patch(&mut self, patch: &Value) {
        let text = |pointer: &str| patch.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        self.status = text("/status").or(self.status.take());
        self.prepayment = text("/paymentInformation/prepaymentStatus").or(self.prepayment.take());
    }
}

/// A pack or membership that a user has bought.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Owned {
    pub(super) id: String,
    pub(super) option: String,
    /// How many visits are left; 0 for a membership.
    pub(super) left: i64,
}

/// All of it.
#[derive(Default)]
pub(super) struct Book {
    pub(super) cases: BTreeMap<String, Case>,
    /// Cases by `booking_id`.
    by_booking: BTreeMap<String, String>,
    /// By user.
    pub(super) owned: BTreeMap<String, Vec<Owned>>,
    pub(super) inventory: Vec<Update>,
    pub(super) replaced: Vec<Replaced>,
}

impl Book {
    /// The case of a booking.
    pub(super) fn booking(&self, id: &str) -> Option<&Case> {
        self.cases.get(self.by_booking.get(id)?)
    }

    fn own(&mut self, user: &str, option: &Value) {
        let text = |name: &str| option[name].as_str().unwrap_or_default().to_owned();
        let left = option["current_count"].as_i64().unwrap_or_default();
        let owned = Owned { id: text("user_payment_option_id"), option: text("payment_option_id"), left };
        let options = self.owned.entry(user.to_owned()).or_default();
        options.retain(|known| known.id != owned.id);
        options.push(owned);
    }
}

impl journal::Book for Book {
    type Record = Record;

    fn apply(&mut self, record: Record) {
        match record {
            Record::Wished(wish) => {
                let case = Case {
                    slot: wish.request["slot"].clone(),
                    wish: wish.clone(),
                    exchanges: Vec::new(),
                    updates: Vec::new(),
                    booking_id: None,
                    status: None,
                    prepayment: None,
                    failure: None,
                };
                self.cases.insert(wish.case, case);
            }
            Record::Exchanged { case: id, exchange } => {
                let Some(case) = self.cases.get_mut(&id) else { return };
                case.hear(&exchange);
                self.by_booking.extend(case.booking_id.clone().map(|booking| (booking, id)));
                let user = case.wish.user_id.clone();
                let bought = exchange.body().and_then(|body| body.get("user_payment_option").cloned());
                case.exchanges.push(exchange);
                if let Some(option) = bought {
                    self.own(&user, &option);
                }
            }
            Record::Updated { booking, update, patch } => {
                let case = self.by_booking.get(&booking).and_then(|case| self.cases.get_mut(case));
                if let Some(case) = case {
                    if update.problem.is_none() {
                        case.patch(&patch);
                    }
                    case.updates.push(update);
                }
            }
            Record::InventoryUpdated { update, replaced } => {
                self.inventory.push(update);
                self.replaced.extend(replaced);
                let kept = |len: usize| len.saturating_sub(UPDATES);
                self.inventory.drain(..kept(self.inventory.len()));
                self.replaced.drain(..kept(self.replaced.len()));
            }
        }
    }
}
