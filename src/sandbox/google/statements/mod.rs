//! Remittance statements as Google issues them (API sections 5.5 and 6.5 to 6.7; flows-security section 5.5).

mod camt;
pub(super) mod desk;
mod fees;
mod issue;
mod kinds;
mod pages;
mod paging;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::fees::FeeRule;
use self::kinds::Kind;
pub(super) use self::paging::MOST_EVENTS;
use super::book::Misbehaving;
use super::exchange::{Exchange, Hosted};
use super::messages::amount;
use crate::domain::Currency;

/// Which list of the details an event stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Capture,
    Refund,
}

/// One event, as it is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    side: Side,
    /// Google's `requestId` of the payment or of the refund.
    request_id: String,
    /// `paymentIntegratorRefundId` of a refund. Google learns no such id of a payment.
    integrator_id: Option<String>,
    /// Digits, which some statements make too many on purpose.
    amount_micros: String,
    currency: String,
    fee_micros: i64,
    /// Members beyond the specification.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    unknown: Map<String, Value>,
}

impl Event {
    fn json(&self, statement_currency: &str) -> Value {
        let mut event = json!({
            "eventRequestId": self.request_id,
            "eventAmount": amount(&self.amount_micros, &self.currency),
            "feeAmount": amount(self.fee_micros, statement_currency),
        });
        if let Some(members) = event.as_object_mut() {
            let integrator_id = self.integrator_id.iter().map(|id| ("paymentIntegratorEventId".to_owned(), json!(id)));
            members.extend(integrator_id.chain(self.unknown.clone()));
        }
        event
    }
}

/// One statement. It never changes; what follows is a revised one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Statement {
    /// The `requestId` of the notification.
    pub(super) id: String,
    pub(super) piaid: String,
    kind: Kind,
    currency: String,
    at_ms: i64,
    /// The billing period, half-open.
    period_ms: (i64, i64),
    due_ms: i64,
    /// Goes on the bank transfer.
    memo_line_id: String,
    total_due_micros: i64,
    total_processed_micros: i64,
    total_fees_micros: i64,
    total_events: usize,
    fees: FeeRule,
    /// Most events on a page, if fewer than the specification's.
    page_size: Option<usize>,
    /// The statement that this one replaces.
    revises: Option<String>,
    /// Captures and refunds mixed, by their time; offsets count in this order.
    events: Vec<Event>,
}

impl Statement {
    /// `RemittanceStatementSummary` (API section 5.5).
    pub(super) fn summary(&self) -> Value {
        let at = |millis: i64| json!({"epochMillis": millis.to_string()});
        json!({
            "statementDate": at(self.at_ms),
            "billingPeriod": {"startDate": at(self.period_ms.0), "endDate": at(self.period_ms.1)},
            "dateDue": at(self.due_ms),
            "totalDueByIntegrator": amount(self.total_due_micros, &self.currency),
            "totalProcessedAmount": amount(self.total_processed_micros, &self.currency),
            "totalFeesAmount": amount(self.total_fees_micros, &self.currency),
            "totalEvents": self.total_events,
            "remittanceInstructions": {"memoLineId": self.memo_line_id},
        })
    }

    /// Micros in one minor unit of the statement's currency.
    fn unit_micros(&self) -> i64 {
        Currency::parse(&self.currency).map_or(10_000, |currency| currency.minor_unit_micros())
    }
}

/// That the integrator will pay a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Acceptance {
    /// The accepting request.
    pub(super) request_id: String,
    pub(super) at_ms: i64,
    /// The share of the fees that is VAT, in micros; none: as it is (API section 6.6).
    pub(super) vat_to_fee_ratio_micros: Option<i64>,
}

/// One request of the integrator about a statement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) method: Hosted,
    pub(super) at_ms: i64,
    pub(super) request_id: String,
    pub(super) clear: String,
    pub(super) status: u16,
    pub(super) problem: Option<String>,
}

/// A statement and all that was said about it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StatementCase {
    pub(super) statement: Statement,
    /// The notification, as often as it was sent.
    pub(super) exchanges: Vec<Exchange>,
    pub(super) calls: Vec<Call>,
    pub(super) acceptance: Option<Acceptance>,
    pub(super) misbehaving: Option<Misbehaving>,
}

impl StatementCase {
    /// A statement that nobody has heard of.
    pub(super) const fn new(statement: Statement) -> Self {
        Self { statement, exchanges: vec![], calls: vec![], acceptance: None, misbehaving: None }
    }

    /// What of the fees becomes VAT by the acceptance, half-even at the minor unit (checklist REM-4).
    fn vat_micros(&self) -> Option<i64> {
        let ratio = self.acceptance.as_ref()?.vat_to_fee_ratio_micros?;
        let numerator = i128::from(self.statement.total_fees_micros) * i128::from(ratio);
        fees::to_minor_units(numerator, 1_000_000, self.statement.unit_micros())
    }
}
