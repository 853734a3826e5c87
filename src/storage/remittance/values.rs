//! Counterparts of the values that snapshot, events and effects of a statement share.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::remittance::{
    Acceptance, Approval, Draft, Fetched, FindingKind, KindSum, MissingAge, MissingSum, Modification, Notice,
    PageProblem, Reconciled, Tally,
};
use crate::domain::{Currency, Hands, Money, Piaid, RequestId, Timestamp, TransactionId, UserName};
use crate::storage::CodecError;

/// `[micros, currency]`
#[derive(Serialize, Deserialize)]
pub(super) struct StoredMoney(i64, String);

impl From<Money> for StoredMoney {
    fn from(money: Money) -> Self {
        Self(money.micros(), money.currency().code().to_owned())
    }
}

impl TryFrom<StoredMoney> for Money {
    type Error = CodecError;

    fn try_from(StoredMoney(micros, currency): StoredMoney) -> Result<Self, CodecError> {
        Ok(Self::new(micros, Currency::parse(&currency)?))
    }
}

pub(super) fn money(of: Option<StoredMoney>) -> Result<Option<Money>, CodecError> {
    of.map(TryInto::try_into).transpose()
}

/// A sum as text: JSON numbers end at 64 bits.
fn sum(text: &str) -> Result<i128, CodecError> {
    text.parse().map_err(|_| CodecError(format!("{text:?} is not a sum")))
}

fn time(of: Option<i64>) -> Option<Timestamp> {
    of.map(Timestamp::from_millis)
}

fn ms(of: Option<Timestamp>) -> Option<i64> {
    of.map(Timestamp::as_millis)
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredNotice {
    id: String,
    piaid: String,
    statement_id: String,
    statement_ms: Option<i64>,
    period_start_ms: Option<i64>,
    period_end_ms: Option<i64>,
    due_ms: Option<i64>,
    total: StoredMoney,
    total_fees: Option<StoredMoney>,
    total_events: Option<u64>,
    memo_line: Option<String>,
    received_ms: i64,
}

impl From<&Notice> for StoredNotice {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id.to_string(),
            piaid: notice.piaid.to_string(),
            statement_id: notice.statement_id.to_string(),
            statement_ms: ms(notice.statement_date),
            period_start_ms: ms(notice.period_start),
            period_end_ms: ms(notice.period_end),
            due_ms: ms(notice.due),
            total: notice.total.into(),
            total_fees: notice.total_fees.map(Into::into),
            total_events: notice.total_events,
            memo_line: notice.memo_line.clone(),
            received_ms: notice.received_at.as_millis(),
        }
    }
}

impl TryFrom<StoredNotice> for Arc<Notice> {
    type Error = CodecError;

    fn try_from(stored: StoredNotice) -> Result<Self, CodecError> {
        Ok(Self::new(Notice {
            id: TransactionId::parse(&stored.id)?,
            piaid: Piaid::parse(&stored.piaid)?,
            statement_id: RequestId::parse(&stored.statement_id)?,
            statement_date: time(stored.statement_ms),
            period_start: time(stored.period_start_ms),
            period_end: time(stored.period_end_ms),
            due: time(stored.due_ms),
            total: stored.total.try_into()?,
            total_fees: money(stored.total_fees)?,
            total_events: stored.total_events,
            memo_line: stored.memo_line,
            received_at: Timestamp::from_millis(stored.received_ms),
        }))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredFetched {
    lines: u64,
    captures: u64,
    amount: String,
    fee: String,
    total_events: Option<u64>,
    next_offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<&Fetched> for StoredFetched {
    fn from(fetched: &Fetched) -> Self {
        Self {
            lines: fetched.lines,
            captures: fetched.captures,
            amount: fetched.amount.to_string(),
            fee: fetched.fee.to_string(),
            total_events: fetched.total_events,
            next_offset: fetched.next_offset,
            problem: fetched.problem.map(|problem| problem.as_str().to_owned()),
        }
    }
}

impl TryFrom<StoredFetched> for Fetched {
    type Error = CodecError;

    fn try_from(stored: StoredFetched) -> Result<Self, CodecError> {
        Ok(Self {
            lines: stored.lines,
            captures: stored.captures,
            amount: sum(&stored.amount)?,
            fee: sum(&stored.fee)?,
            total_events: stored.total_events,
            next_offset: stored.next_offset,
            problem: match stored.problem {
                None => None,
                Some(text) => {
                    Some(PageProblem::parse(&text).ok_or_else(|| CodecError(format!("an unknown problem {text:?}")))?)
                }
            },
        })
    }
}

/// `{age: [count, sum]}`
#[derive(Serialize, Deserialize)]
pub(super) struct StoredMissing(BTreeMap<String, (u64, String)>);

impl From<&BTreeMap<MissingAge, MissingSum>> for StoredMissing {
    fn from(missing: &BTreeMap<MissingAge, MissingSum>) -> Self {
        let entry =
            |(age, sum): (&MissingAge, &MissingSum)| (age.as_str().to_owned(), (sum.count, sum.ours.to_string()));
        Self(missing.iter().map(entry).collect())
    }
}

impl TryFrom<StoredMissing> for BTreeMap<MissingAge, MissingSum> {
    type Error = CodecError;

    fn try_from(StoredMissing(stored): StoredMissing) -> Result<Self, CodecError> {
        let entry = |(age, (count, ours)): (String, (u64, String))| {
            let age = MissingAge::parse(&age).ok_or_else(|| CodecError(format!("an unknown age {age}")))?;
            Ok((age, MissingSum { count, ours: sum(&ours)? }))
        };
        stored.into_iter().map(entry).collect()
    }
}

/// `{finding: [count, stated, ours]}`
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTally {
    lines: u64,
    kinds: BTreeMap<String, (u64, String, String)>,
    missing: StoredMissing,
}

impl From<&Tally> for StoredTally {
    fn from(tally: &Tally) -> Self {
        let entry = |(kind, sum): (&FindingKind, &KindSum)| {
            (kind.as_str().to_owned(), (sum.count, sum.stated.to_string(), sum.ours.to_string()))
        };
        Self { lines: tally.lines, kinds: tally.kinds.iter().map(entry).collect(), missing: (&tally.missing).into() }
    }
}

impl TryFrom<StoredTally> for Tally {
    type Error = CodecError;

    fn try_from(stored: StoredTally) -> Result<Self, CodecError> {
        let entry = |(kind, (count, stated, ours)): (String, (u64, String, String))| {
            let kind = FindingKind::parse(&kind).ok_or_else(|| CodecError(format!("an unknown finding {kind}")))?;
            Ok((kind, KindSum { count, stated: sum(&stated)?, ours: sum(&ours)? }))
        };
        Ok(Self {
            lines: stored.lines,
            kinds: stored.kinds.into_iter().map(entry).collect::<Result<_, CodecError>>()?,
            missing: stored.missing.try_into()?,
        })
    }
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct StoredModification {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vat_to_fee_millionths: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<String>,
}

impl From<&Modification> for StoredModification {
    fn from(of: &Modification) -> Self {
        Self { vat_to_fee_millionths: of.vat_to_fee_millionths, exchange_rate: of.exchange_rate.clone() }
    }
}

impl From<StoredModification> for Modification {
    fn from(stored: StoredModification) -> Self {
        Self { vat_to_fee_millionths: stored.vat_to_fee_millionths, exchange_rate: stored.exchange_rate }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredApproval {
    by: Option<String>,
    /// Approvals in nobody else's hands are written as they were before anybody asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    held_by: Vec<String>,
    at_ms: i64,
    reasons: BTreeMap<String, String>,
    modification: StoredModification,
}

impl From<&Approval> for StoredApproval {
    fn from(approval: &Approval) -> Self {
        Self {
            by: approval.by.as_ref().map(ToString::to_string),
            held_by: approval.held_by.iter().map(ToString::to_string).collect(),
            at_ms: approval.at.as_millis(),
            reasons: approval.reasons.clone(),
            modification: (&approval.modification).into(),
        }
    }
}

impl TryFrom<StoredApproval> for Approval {
    type Error = CodecError;

    fn try_from(stored: StoredApproval) -> Result<Self, CodecError> {
        let held_by = stored.held_by.iter().map(|name| UserName::parse(name));
        Ok(Self {
            by: stored.by.map(|by| UserName::parse(&by)).transpose()?,
            held_by: Hands::of(held_by.collect::<Result<Vec<_>, _>>()?),
            at: Timestamp::from_millis(stored.at_ms),
            reasons: stored.reasons,
            modification: stored.modification.into(),
        })
    }
}

/// `{about: [by, at, text]}`
#[derive(Serialize, Deserialize, Default)]
pub(super) struct StoredDrafts(BTreeMap<String, (String, i64, String)>);

impl StoredDrafts {
    /// Statements without drafts are written as they were before there were any.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&BTreeMap<String, Draft>> for StoredDrafts {
    fn from(drafts: &BTreeMap<String, Draft>) -> Self {
        let entry = |(about, draft): (&String, &Draft)| {
            (about.clone(), (draft.by.to_string(), draft.at.as_millis(), draft.text.clone()))
        };
        Self(drafts.iter().map(entry).collect())
    }
}

impl TryFrom<StoredDrafts> for BTreeMap<String, Draft> {
    type Error = CodecError;

    fn try_from(StoredDrafts(stored): StoredDrafts) -> Result<Self, CodecError> {
        let entry = |(about, (by, at, text)): (String, (String, i64, String))| {
            Ok((about, Draft { by: UserName::parse(&by)?, at: Timestamp::from_millis(at), text }))
        };
        stored.into_iter().map(entry).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredReconciled {
    notice: StoredNotice,
    fetched: StoredFetched,
    tally: StoredTally,
    round: u32,
    approvals: Vec<StoredApproval>,
    #[serde(default, skip_serializing_if = "StoredDrafts::is_empty")]
    drafts: StoredDrafts,
}

impl From<&Reconciled> for StoredReconciled {
    fn from(done: &Reconciled) -> Self {
        Self {
            notice: done.notice.as_ref().into(),
            fetched: (&done.fetched).into(),
            tally: (&done.tally).into(),
            round: done.round,
            approvals: done.approvals.iter().map(Into::into).collect(),
            drafts: (&done.drafts).into(),
        }
    }
}

impl TryFrom<StoredReconciled> for Reconciled {
    type Error = CodecError;

    fn try_from(stored: StoredReconciled) -> Result<Self, CodecError> {
        Ok(Self {
            notice: stored.notice.try_into()?,
            fetched: stored.fetched.try_into()?,
            tally: stored.tally.try_into()?,
            round: stored.round,
            approvals: stored.approvals.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            drafts: stored.drafts.try_into()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredAcceptance {
    reconciled: StoredReconciled,
    modification: StoredModification,
    told: bool,
    modified_total: Option<StoredMoney>,
    /// Not in rows from before it could be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    taken_back: BTreeMap<String, u32>,
}

impl From<&Acceptance> for StoredAcceptance {
    fn from(acceptance: &Acceptance) -> Self {
        Self {
            reconciled: (&acceptance.reconciled).into(),
            modification: (&acceptance.modification).into(),
            told: acceptance.told,
            modified_total: acceptance.modified_total.map(Into::into),
            taken_back: acceptance.taken_back.iter().map(|(id, number)| (id.to_string(), *number)).collect(),
        }
    }
}

impl TryFrom<StoredAcceptance> for Acceptance {
    type Error = CodecError;

    fn try_from(stored: StoredAcceptance) -> Result<Self, CodecError> {
        Ok(Self {
            reconciled: stored.reconciled.try_into()?,
            modification: stored.modification.into(),
            told: stored.told,
            modified_total: money(stored.modified_total)?,
            taken_back: stored
                .taken_back
                .into_iter()
                .map(|(id, number)| Ok((TransactionId::parse(&id)?, number)))
                .collect::<Result<_, CodecError>>()?,
        })
    }
}
