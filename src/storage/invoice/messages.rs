//! Counterparts of events, effects and replies.

use std::sync::Arc;

use crate::domain::booking::{Dispute, RefundStanding};
use crate::domain::invoice::{
    Attempt, Content, Effect, End, Event, InvoiceReference, Letter, Marks, Payment, Refund, Reply, Stage, View,
};
use crate::domain::{IssuerId, Money, Timestamp, TransactionId, UserName};
use crate::storage::stored::{members, variants};

variants! {
    Event as StoredEvent {
        Created { content: Arc<Content> },
        LetterAsked {
            number: u32,
            letter: Letter,
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
        Mailed {
            number: u32,
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
        NotMailed { number: u32 },
        Reminded { reminders: u32 },
        Attempted(attempt: Attempt),
        PaymentStarted { attempt: u32 },
        AttemptFailed { end: End },
        Paid(payment: Payment),
        RefundBegan(refund: Refund),
        RefundRetried { number: u32, by: Option<UserName> },
        RefundStands { number: u32, standing: RefundStanding },
        ChargeDisputed(dispute: Dispute),
        Cancelled {
            by: Option<UserName>,
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
        Transferred {
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
        Disputed {
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
        Resolved { by: UserName },
    }
    Effect as StoredEffect {
        Charge {
            invoice: TransactionId,
            reference: InvoiceReference,
            attempt: u32,
            amount: Money,
            digest: [u8; 32],
        },
        RefundCard { invoice: TransactionId, number: u32, tries: u32, intent: Arc<str>, amount: Money },
        StartPayment {
            invoice: TransactionId,
            reference: InvoiceReference,
            attempt: u32,
            amount: Money,
            issuer: Option<(IssuerId, i64)>,
        },
        RefundPayment { invoice: TransactionId, attempt: u32, number: u32, tries: u32, amount: Money },
        Mail { invoice: TransactionId, number: u32, letter: Letter },
    }
    Stage as StoredStage {
        Open,
        BeingPaid(attempt: Attempt),
        Paid { payment: Payment, receipt: Arc<str>, disputes: Vec<Dispute> },
        Cancelled {
            #[serde(rename = "at_ms")]
            at: Timestamp,
        },
    }
    Reply as StoredReply {
        Stands(view: Box<View>),
        Charging {
            attempt: u32,
            #[serde(rename = "answer_by_ms")]
            answer_by: Timestamp,
        },
        CardEnded { attempt: u32, end: End },
        AtPayment { attempt: u32, started: bool },
        Nothing,
    }
}

members! {
    View as StoredView {
        content: Arc<Content>,
        stage: Stage,
        marks: Marks,
        #[serde(rename = "sent_ms")]
        sent: Option<Timestamp>,
        refunds: Vec<Refund>,
    }
}
