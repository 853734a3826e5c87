//! Counterparts of the snapshot and of what it is made of.

use std::sync::Arc;

use crate::domain::booking::{
    Agreement, Booked, BookingStatus, Cancelled, Canceller, Challenge, Challenged, Charge, Dispute, DisputeStanding,
    Failed, Failure, FailureCause, Fee, Later, Means, Past, Paying, PrepaymentStatus, Receipt, Refund, RefundStanding,
    Resumed, SealedCard, State, Unclaimed,
};
use crate::domain::catalog::CardNetwork;
use crate::domain::{Money, Timestamp, TransactionId};
use crate::storage::CodecError;
use crate::storage::stored::{Stored, members, texts, variants};

fn known<T>(value: Option<T>) -> Result<T, CodecError> {
    value.ok_or_else(|| CodecError("an unknown word of Google's".to_owned()))
}

texts! {
    BookingStatus: |status: &BookingStatus| status.as_str(), |text| known(BookingStatus::parse(text));
    PrepaymentStatus: |status: &PrepaymentStatus| status.as_str(), |text| known(PrepaymentStatus::parse(text));
    FailureCause: |cause: &FailureCause| cause.as_str(), |text| known(FailureCause::parse(text));
}

/// Sealed already.
impl Stored for SealedCard {
    type As = <Arc<str> as Stored>::As;

    fn store(&self) -> Self::As {
        self.0.store()
    }

    fn restore(stored: Self::As) -> Result<Self, CodecError> {
        Arc::restore(stored).map(Self)
    }
}

variants! {
    Means as StoredMeans { Token(digest: [u8; 32]), Challenge(intent: Arc<str>), Adopted(resumed: Resumed), }
    Later as StoredLater {
        Nothing,
        Due {
            #[serde(rename = "at_ms")]
            at: Timestamp,
            number: u32,
        },
        Charging { number: u32 },
        GivenUp { code: Arc<str> },
    }
    Fee as StoredFee {
        Nothing,
        Charging { number: u32 },
        Charged(charge: Charge),
        Declined { number: u32, code: Arc<str> },
    }
    Canceller as StoredCanceller { User, Merchant, Customer, }
    RefundStanding as StoredRefundStanding { InFlight, Done { id: Arc<str> }, Failed { code: Arc<str> }, }
    DisputeStanding as StoredDisputeStanding { Open, Won, Lost, }
    State as StoredState {
        Unheard,
        Paying(paying: Box<Paying>),
        Failed(failed: Box<Failed>),
        Challenged(challenged: Box<Challenged>),
        Unclaimed(unclaimed: Box<Unclaimed>),
        Booked(booked: Box<Booked>),
    }
}

members! {
    Past as StoredPast {
        attempts: u32,
        refunds: Vec<Refund>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        disputes: Vec<Dispute>,
    }
    Paying as StoredPaying {
        agreement: Arc<Agreement>,
        past: Past,
        means: Means,
        #[serde(rename = "answer_by_ms")]
        answer_by: Timestamp,
    }
    Failure as StoredFailure {
        cause: FailureCause,
        network: Option<CardNetwork>,
        description: Arc<str>,
        not_reached: bool,
    }
    Failed as StoredFailed {
        agreement: Arc<Agreement>,
        past: Past,
        failure: Failure,
    }
    Challenge as StoredChallenge {
        acs_url: Arc<str>,
        intent: Arc<str>,
    }
    Challenged as StoredChallenged {
        agreement: Arc<Agreement>,
        past: Past,
        challenge: Challenge,
        #[serde(rename = "until_ms")]
        until: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<[u8; 32]>,
        adopted_by: Option<TransactionId>,
    }
    Receipt as StoredReceipt {
        transaction_id: Arc<str>,
        charged: Option<Money>,
        vault: Option<SealedCard>,
    }
    Unclaimed as StoredUnclaimed {
        agreement: Arc<Agreement>,
        past: Past,
        receipt: Receipt,
        #[serde(rename = "until_ms")]
        until: Timestamp,
    }
    Charge as StoredCharge {
        intent: Arc<str>,
        amount: Money,
    }
    Refund as StoredRefund {
        charge: Charge,
        orphan: bool,
        standing: RefundStanding,
        tries: u32,
    }
    Cancelled as StoredCancelled {
        by: Canceller,
        late: bool,
        deposit_back: bool,
    }
    Dispute as StoredDispute {
        id: Arc<str>,
        amount: Money,
        standing: DisputeStanding,
    }
    Booked as StoredBooked {
        agreement: Arc<Agreement>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Arc<Agreement>>,
        past: Past,
        status: BookingStatus,
        answered: BookingStatus,
        receipt: Option<Receipt>,
        charge: Option<Charge>,
        later: Later,
        fee: Fee,
        cancelled: Option<Cancelled>,
        disputes: Vec<Dispute>,
    }
}
