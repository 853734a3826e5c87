//! What can be asked for, and how it stands in the database.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::catalog::MerchantId;
use crate::domain::{EffectLane, Piaid, Timestamp, TransactionId};
use crate::report::{Day, Format};
use crate::storage::{DeadLetterFilter, LetterAct, PaymentFilter};

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The payments that a search finds, as a file. Counts payments.
    PaymentsExport(PaymentFilter, Format),
    /// A report of finance's, as a file. Counts lines.
    Report(Report, Format),
    /// Bank statements, from the file that the job was given. Counts bytes that were read.
    BankImport,
    /// Dead letters are taken up again, or given up for good. Counts letters.
    Letters(LetterAct, DeadLetterFilter),
}

/// Which report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Of one remittance statement.
    Statement(TransactionId),
    /// Of all money of a period.
    Period(PeriodWork),
}

/// Which money of which period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodWork {
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// One account of Google's.
    pub account: Option<Piaid>,
    /// One merchant, instead of an account.
    pub merchant: Option<MerchantId>,
    /// `redirect`, `booking`, `outlook` or `all`.
    pub surface: String,
}

impl Work {
    /// The name in the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PaymentsExport(..) => "payments.export",
            Self::Report(Report::Statement(_), _) => "statement.report",
            Self::Report(Report::Period(_), _) => "period.report",
            Self::BankImport => "bank.import",
            Self::Letters(LetterAct::Retry, _) => "outbox.retry",
            Self::Letters(LetterAct::Discard, _) => "outbox.discard",
        }
    }

    /// What stands beside the kind.
    pub fn params(&self) -> Value {
        match self {
            Self::PaymentsExport(asked, format) => written(&PaymentsParams::of(asked, *format)),
            Self::Report(Report::Statement(id), format) => {
                json!({"transactionId": id.to_string(), "format": format.extension()})
            }
            Self::Report(Report::Period(period), format) => written(&PeriodParams::of(period, *format)),
            Self::BankImport => json!({}),
            Self::Letters(_, filter) => written(&LetterParams {
                lane: filter.lane.map(|lane| lane.as_str().to_owned()),
                kind: filter.kind.clone(),
                parked_before_ms: filter.parked_before.map(Timestamp::as_millis),
            }),
        }
    }

    /// Reads both. `None`: a later binary has written it.
    pub fn read(kind: &str, params: &Value) -> Option<Self> {
        match kind {
            "payments.export" => read::<PaymentsParams>(params)?.work(),
            "statement.report" => {
                let StatementParams { transaction_id, format } = read(params)?;
                let id = TransactionId::parse(&transaction_id).ok()?;
                Some(Self::Report(Report::Statement(id), Format::parse(&format).ok()?))
            }
            "period.report" => read::<PeriodParams>(params)?.work(),
            "bank.import" => Some(Self::BankImport),
            "outbox.retry" => Some(Self::Letters(LetterAct::Retry, read::<LetterParams>(params)?.filter()?)),
            "outbox.discard" => Some(Self::Letters(LetterAct::Discard, read::<LetterParams>(params)?.filter()?)),
            _ => None,
        }
    }
}

fn read<T: DeserializeOwned>(params: &Value) -> Option<T> {
    T::deserialize(params).ok()
}

fn written<T: Serialize>(params: &T) -> Value {
    // Plain members: there is nothing that could not be written.
    serde_json::to_value(params).unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentsParams {
    account: Option<String>,
    issuer: Option<String>,
    state: Option<String>,
    #[serde(default)]
    needs_attention: bool,
    currency: Option<String>,
    min_micros: Option<i64>,
    max_micros: Option<i64>,
    from_ms: Option<i64>,
    until_ms: Option<i64>,
    format: String,
}

impl PaymentsParams {
    fn of(asked: &PaymentFilter, format: Format) -> Self {
        Self {
            account: asked.account.clone(),
            issuer: asked.issuer.clone(),
            state: asked.state.clone(),
            needs_attention: asked.needs_attention,
            currency: asked.currency.clone(),
            min_micros: asked.amount.map(|(least, _)| least),
            max_micros: asked.amount.map(|(_, most)| most),
            from_ms: asked.from.map(Timestamp::as_millis),
            until_ms: asked.until.map(Timestamp::as_millis),
            format: format.extension().to_owned(),
        }
    }

    fn work(self) -> Option<Work> {
        let asked = PaymentFilter {
            account: self.account,
            issuer: self.issuer,
            state: self.state,
            needs_attention: self.needs_attention,
            currency: self.currency,
            amount: self.min_micros.zip(self.max_micros),
            from: self.from_ms.map(Timestamp::from_millis),
            until: self.until_ms.map(Timestamp::from_millis),
        };
        Some(Work::PaymentsExport(asked, Format::parse(&self.format).ok()?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementParams {
    transaction_id: String,
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeriodParams {
    from: String,
    to: String,
    account: Option<String>,
    merchant: Option<String>,
    surface: String,
    format: String,
}

impl PeriodParams {
    fn of(period: &PeriodWork, format: Format) -> Self {
        Self {
            from: period.from.to_string(),
            to: period.to.to_string(),
            account: period.account.as_ref().map(ToString::to_string),
            merchant: period.merchant.as_ref().map(|merchant| merchant.as_str().to_owned()),
            surface: period.surface.clone(),
            format: format.extension().to_owned(),
        }
    }

    fn work(self) -> Option<Work> {
        let period = PeriodWork {
            from: Day::parse(&self.from).ok()?,
            to: Day::parse(&self.to).ok()?,
            account: self.account.as_deref().map(Piaid::parse).transpose().ok()?,
            merchant: self.merchant.as_deref().map(MerchantId::parse).transpose().ok()?,
            surface: self.surface,
        };
        Some(Work::Report(Report::Period(period), Format::parse(&self.format).ok()?))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LetterParams {
    lane: Option<String>,
    kind: Option<String>,
    parked_before_ms: Option<i64>,
}

impl LetterParams {
    /// `None`: a later binary knows a lane that this one does not.
    fn filter(self) -> Option<DeadLetterFilter> {
        let lane = match self.lane {
            Some(lane) => Some(EffectLane::parse(&lane)?),
            None => None,
        };
        let parked_before = self.parked_before_ms.map(Timestamp::from_millis);
        Some(DeadLetterFilter { lane, kind: self.kind, parked_before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_7_what_is_asked_for_is_read_as_it_is_written() {
        let payments = PaymentFilter {
            account: Some("ExamplePay_INR".to_owned()),
            issuer: Some("BANK_A".to_owned()),
            state: Some("Paid".to_owned()),
            needs_attention: true,
            currency: Some("INR".to_owned()),
            amount: Some((-5, i64::MAX)),
            from: Some(Timestamp::from_millis(1)),
            until: Some(Timestamp::from_millis(i64::MAX)),
        };
        let period = PeriodWork {
            from: Day::parse("2026-01-31").unwrap(),
            to: Day::parse("2026-02-01").unwrap(),
            account: None,
            merchant: Some(MerchantId::parse("m-1").unwrap()),
            surface: "booking".to_owned(),
        };
        let letters = DeadLetterFilter { lane: Some(EffectLane::Google), kind: None, parked_before: None };
        for (kind, work) in [
            ("payments.export", Work::PaymentsExport(payments, Format::Xlsx)),
            ("payments.export", Work::PaymentsExport(PaymentFilter::default(), Format::Csv)),
            ("statement.report", {
                let id = TransactionId::from_uuid(uuid::Uuid::from_u128(7));
                Work::Report(Report::Statement(id), Format::Csv)
            }),
            ("period.report", Work::Report(Report::Period(period), Format::Xlsx)),
            ("bank.import", Work::BankImport),
            ("outbox.retry", Work::Letters(LetterAct::Retry, letters.clone())),
            ("outbox.discard", Work::Letters(LetterAct::Discard, letters)),
        ] {
            assert_eq!(work.kind(), kind);
            assert_eq!(Work::read(kind, &work.params()).as_ref(), Some(&work));
        }
        assert_eq!(Work::read("payments.forget", &json!({})), None);
        assert_eq!(Work::read("period.report", &json!({"from": "yesterday"})), None);
    }
}
