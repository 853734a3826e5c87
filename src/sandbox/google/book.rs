//! What the shop remembers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channels::{Agreement, Word, agreement};
use super::exchange::{Exchange, Hosted};
use super::refund::{Refund, RefundWord};
use super::statements::{Acceptance, Call, Statement, StatementCase};
use crate::sandbox::journal;

/// How a payment is started (flows-security sections 5.1 and 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flow {
    /// The browser carries the request.
    Begin,
    /// generateRedirectPaymentUrl, then the browser.
    Generate,
}

/// What the payer wants to buy, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    /// The `requestId` of the request that starts the payment.
    pub(super) id: String,
    pub(super) piaid: String,
    pub(super) flow: Flow,
    pub(super) product: String,
    pub(super) amount_micros: i64,
    pub(super) currency: String,
    pub(super) issuer: Option<String>,
    pub(super) callback_url: String,
    pub(super) at_ms: i64,
}

/// Something that arrived on C1 or C2, or a refund's result.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Arrival<W = Word> {
    pub(super) at_ms: i64,
    /// The notification's own `requestId`.
    pub(super) request_id: Option<String>,
    /// The clear text; empty if it could not be opened.
    pub(super) clear: String,
    pub(super) word: Option<W>,
    /// Why it does not count.
    pub(super) problem: Option<String>,
    /// What it was answered with.
    pub(super) status: Option<u16>,
}

/// How a notification is answered although nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Misbehaviour {
    /// 503 with plain text, nothing stored.
    Unavailable,
    /// 500 with plain text, nothing stored.
    Plain,
    /// 404 with no body, nothing stored.
    Empty,
    /// Stored, but answered 503: the answer is lost.
    Lost,
}

impl Misbehaviour {
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::Unavailable | Self::Lost => 503,
            Self::Plain => 500,
            Self::Empty => 404,
        }
    }
}

/// How often to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Misbehaving {
    pub(super) how: Misbehaviour,
    pub(super) times: u32,
}

/// A request that was answered with 200, to be answered alike when it comes again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Accepted {
    #[serde(default)]
    pub(super) method: Hosted,
    pub(super) piaid: String,
    pub(super) request_id: String,
    /// All of the request but its timestamp.
    pub(super) content: Value,
}

/// A line of the journal. `order` is the order's `requestId`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Ordered(Order),
    Exchanged {
        order: String,
        exchange: Exchange,
    },
    Returned {
        order: String,
        arrival: Arrival,
    },
    Notified {
        order: String,
        arrival: Arrival,
        accepted: Option<Accepted>,
    },
    Refunded {
        order: String,
        refund: Refund,
    },
    /// `refund` is the `requestId` of the asynchronousRefund.
    RefundResult {
        refund: String,
        arrival: Arrival<RefundWord>,
        accepted: Option<Accepted>,
    },
    Issued(Box<Statement>),
    StatementSent {
        statement: String,
        exchange: Exchange,
    },
    StatementAsked {
        statement: String,
        call: Call,
        accepted: Option<Accepted>,
        acceptance: Option<Acceptance>,
    },
    /// For one order or statement, or (none) for all; zero times is never again.
    Misbehave {
        order: Option<String>,
        misbehaving: Misbehaving,
    },
    Misbehaved {
        order: Option<String>,
    },
}

/// One order and all that is known of its payment.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Case {
    pub(super) order: Order,
    pub(super) exchanges: Vec<Exchange>,
    /// C1.
    pub(super) returns: Vec<Arrival>,
    /// C2, refused ones included.
    pub(super) notifications: Vec<Arrival>,
    /// In the order in which they were asked for.
    pub(super) refunds: Vec<Refund>,
    pub(super) misbehaving: Option<Misbehaving>,
}

impl Case {
    /// C1's words that count, in their order.
    fn returned(&self) -> Vec<&Word> {
        counting(&self.returns)
    }

    /// C2's words that count, in their order.
    pub(super) fn notified(&self) -> Vec<&Word> {
        counting(&self.notifications)
    }

    /// C3's words, in their order.
    fn polled(&self) -> Vec<&Word> {
        self.exchanges.iter().filter_map(|exchange| exchange.word.as_ref()).collect()
    }

    /// The last thing that each channel said.
    pub(super) fn latest(&self) -> [Option<&Word>; 3] {
        [self.returned(), self.notified(), self.polled()].map(|words| words.last().copied())
    }

    /// Whether the channels agree.
    pub(super) fn agreement(&self) -> Agreement {
        agreement([self.returned(), self.notified(), self.polled()])
    }

    /// When Google first learned the final outcome: its accounting timestamp (flows-security section 5.5).
    pub(super) fn decided_at_ms(&self) -> Option<i64> {
        let arrivals = self.returns.iter().chain(&self.notifications).filter(|arrival| arrival.problem.is_none());
        let arrived = arrivals.filter_map(|arrival| Some((arrival.at_ms, arrival.word.as_ref()?)));
        let polled = self.exchanges.iter().filter_map(|exchange| Some((exchange.at_ms, exchange.word.as_ref()?)));
        arrived.chain(polled).filter(|(_, word)| word.is_final()).map(|(at_ms, _)| at_ms).min()
    }
}

fn counting(arrivals: &[Arrival]) -> Vec<&Word> {
    arrivals.iter().filter(|arrival| arrival.problem.is_none()).filter_map(|arrival| arrival.word.as_ref()).collect()
}

/// All of it.
#[derive(Default)]
pub(super) struct Book {
    pub(super) cases: BTreeMap<String, Case>,
    pub(super) misbehaving: Option<Misbehaving>,
    /// By account and `requestId`: what was accepted once.
    pub(super) accepted: BTreeMap<(String, String), Accepted>,
    /// The order of each refund, by the refund's `requestId`.
    refunds: BTreeMap<String, String>,
    pub(super) statements: BTreeMap<String, StatementCase>,
}

impl Book {
    fn case(&mut self, id: &str, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.get_mut(id) {
            change(case);
        }
    }

    /// A refund and its order.
    pub(super) fn refund(&self, id: &str) -> Option<(&Case, &Refund)> {
        let case = self.cases.get(self.refunds.get(id)?)?;
        Some((case, case.refunds.iter().find(|refund| refund.id == id)?))
    }

    fn misbehaving(&mut self, whose: Option<&str>) -> Option<&mut Option<Misbehaving>> {
        let Some(id) = whose else { return Some(&mut self.misbehaving) };
        match self.cases.get_mut(id) {
            Some(case) => Some(&mut case.misbehaving),
            None => self.statements.get_mut(id).map(|case| &mut case.misbehaving),
        }
    }

    /// The misbehaviour that a request about an order or a statement meets, and whose it is: its own first.
    pub(super) fn misbehaviour(&self, about: &str) -> Option<(Option<String>, Misbehaviour)> {
        let case = self.cases.get(about).and_then(|case| case.misbehaving);
        let own = case.or_else(|| self.statements.get(about)?.misbehaving).filter(|own| own.times > 0);
        match own {
            Some(own) => Some((Some(about.to_owned()), own.how)),
            None => self.misbehaving.filter(|all| all.times > 0).map(|all| (None, all.how)),
        }
    }

    fn remember(&mut self, accepted: Option<Accepted>) {
        if let Some(accepted) = accepted {
            self.accepted.insert((accepted.piaid.clone(), accepted.request_id.clone()), accepted);
        }
    }
}

impl journal::Book for Book {
    type Record = Record;

    fn apply(&mut self, record: Record) {
        match record {
            Record::Ordered(order) => {
                let case = Case {
                    order: order.clone(),
                    exchanges: vec![],
                    returns: vec![],
                    notifications: vec![],
                    refunds: vec![],
                    misbehaving: None,
                };
                self.cases.insert(order.id, case);
            }
            Record::Exchanged { order, exchange } => self.case(&order, |case| case.exchanges.push(exchange)),
            Record::Returned { order, arrival } => self.case(&order, |case| case.returns.push(arrival)),
            Record::Notified { order, arrival, accepted } => {
                self.case(&order, |case| case.notifications.push(arrival));
                self.remember(accepted);
            }
            Record::Refunded { order, refund } => {
                self.refunds.insert(refund.id.clone(), order.clone());
                self.case(&order, |case| case.refunds.push(refund));
            }
            Record::RefundResult { refund, arrival, accepted } => {
                if let Some(order) = self.refunds.get(&refund).cloned() {
                    let found = |case: &mut Case| {
                        if let Some(known) = case.refunds.iter_mut().find(|known| known.id == refund) {
                            known.results.push(arrival);
                        }
                    };
                    self.case(&order, found);
                }
                self.remember(accepted);
            }
            Record::Issued(statement) => {
                self.statements.insert(statement.id.clone(), StatementCase::new(*statement));
            }
            Record::StatementSent { statement, exchange } => {
                self.statements.entry(statement).and_modify(|case| case.exchanges.push(exchange));
            }
            Record::StatementAsked { statement, call, accepted, acceptance } => {
                self.statements.entry(statement).and_modify(|case| {
                    case.calls.push(call);
                    // The first acceptance stands; a later one says the same.
                    case.acceptance = case.acceptance.take().or(acceptance);
                });
                self.remember(accepted);
            }
            Record::Misbehave { order, misbehaving } => {
                if let Some(place) = self.misbehaving(order.as_deref()) {
                    *place = Some(misbehaving);
                }
            }
            Record::Misbehaved { order } => {
                if let Some(Some(misbehaving)) = self.misbehaving(order.as_deref()) {
                    misbehaving.times = misbehaving.times.saturating_sub(1);
                }
            }
        }
    }
}
