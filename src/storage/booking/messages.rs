//! Counterparts of events, effects and replies.

use std::sync::Arc;

use crate::domain::booking::{
    Agreement, BookingStatus, Cancelled, Challenge, Charge, Collecting, Dispute, Effect, Event, Failure, Means, Notice,
    PrepaymentStatus, Receipt, RefundStanding, Reply, SealedCard, View, Why,
};
use crate::domain::catalog::{MerchantId, ServiceId};
use crate::domain::{Money, Timestamp, TransactionId, UserName};
use crate::storage::stored::{members, variants};

variants! {
    Collecting as StoredCollecting { Deposit, Fee, }
    Why as StoredWhy {
        Answered,
        Cancelled,
        NoShow,
        Penalized,
        DepositCharged,
        Refunded { number: u32, tries: u32 },
        RefundFailed { number: u32, tries: u32 },
    }
    Event as StoredEvent {
        Booked { agreement: Arc<Agreement> },
        Attempted {
            agreement: Arc<Agreement>,
            means: Means,
            #[serde(rename = "answer_by_ms")]
            answer_by: Timestamp,
        },
        Paid(receipt: Receipt),
        PaidLate {
            receipt: Receipt,
            #[serde(rename = "until_ms")]
            until: Timestamp,
        },
        Claimed,
        Expired,
        AttemptFailed(failure: Failure),
        Challenged {
            challenge: Challenge,
            #[serde(rename = "until_ms")]
            until: Timestamp,
        },
        Adopted { by: TransactionId },
        ChallengeDropped,
        Abandoned { intent: Arc<str>, charged: Option<Money> },
        Cancelled(cancelled: Cancelled),
        Moved { agreement: Arc<Agreement> },
        Accepted,
        DeclinedByMerchant,
        NoShow,
        Collecting { what: Collecting, number: u32 },
        Collected { what: Collecting, charge: Charge },
        CollectingFailed {
            what: Collecting,
            number: u32,
            code: Arc<str>,
            #[serde(rename = "again_ms")]
            again: Option<Timestamp>,
        },
        RefundBegan { charge: Charge, orphan: bool, by: Option<UserName> },
        RefundRetried { number: u32, by: UserName },
        RefundStands { number: u32, standing: RefundStanding },
        Disputed(dispute: Dispute),
        OrphanDisputed(dispute: Dispute),
    }
    Effect as StoredEffect {
        Pay { attempt: u32, agreement: Arc<Agreement>, means: Means },
        Abandon { booking: TransactionId, intent: Arc<str>, amount: Option<Money> },
        Collect {
            booking: TransactionId,
            merchant: MerchantId,
            what: Collecting,
            number: u32,
            amount: Money,
            card: SealedCard,
        },
        Refund { booking: TransactionId, number: u32, tries: u32, charge: Charge },
        Tell(notice: Box<Notice>),
    }
    Reply as StoredReply {
        Created(view: Box<View>),
        Stands(view: Box<View>),
        Paying { attempt: u32, answer_by: Timestamp },
        Unclaimed,
        Failed(failure: Failure),
        Challenged { challenge: Challenge, attempt: u32 },
        Adopted { intent: Arc<str> },
        Nothing,
    }
}

members! {
    Notice as StoredNotice {
        booking: TransactionId,
        merchant: MerchantId,
        service: ServiceId,
        why: Why,
        status: BookingStatus,
        prepayment: Option<(PrepaymentStatus, Arc<str>)>,
    }
    View as StoredView {
        agreement: Arc<Agreement>,
        status: BookingStatus,
        prepayment: PrepaymentStatus,
        refunding: bool,
        transaction_id: Option<Arc<str>>,
        pack_left: Option<u32>,
    }
}
