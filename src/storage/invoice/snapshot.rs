//! Counterparts of the snapshot and of what it is made of.

use std::sync::Arc;

use crate::domain::booking::{Dispute, RefundStanding};
use crate::domain::invoice::{
    Address, Attempt, By, Cancelled, Content, Declined, End, Ended, InvoiceReference, Letter, Line, Marks, Open, Order,
    Paid, Past, Payer, Payment, Post, Recipient, Refund, ShippingWay, Source, State, Via, Waiting,
};
use crate::domain::{Day, IssuerId, Language, Money, Timestamp, TransactionId, UserName};
use crate::storage::CodecError;
use crate::storage::stored::{members, texts, variants};

texts! {
    InvoiceReference: |reference: &InvoiceReference| reference.as_str().to_owned(), InvoiceReference::parse;
    IssuerId: |issuer: &IssuerId| issuer.as_str().to_owned(), IssuerId::parse;
    Day: |day: &Day| day.to_string(), day;
    Language: |language: &Language| language.tag(), language;
}

fn day(text: &str) -> Result<Day, CodecError> {
    Day::parse(text).ok_or_else(|| CodecError("not a day".to_owned()))
}

fn language(text: &str) -> Result<Language, CodecError> {
    let found = [Language::English, Language::German].into_iter().find(|language| language.tag() == text);
    found.ok_or_else(|| CodecError("an unknown language".to_owned()))
}

variants! {
    By as StoredBy {
        Card {
            digest: [u8; 32],
            #[serde(rename = "answer_by_ms")]
            answer_by: Timestamp,
        },
        Redirect { issuer: Option<IssuerId>, started: bool },
    }
    End as StoredEnd { Paid, Declined(declined: Declined), NotReached, NotPaid { why: Arc<str> }, }
    Via as StoredVia {
        Card { intent: Arc<str> },
        Redirect { issuer: Option<IssuerId> },
        Transfer { by: UserName, note: Arc<str> },
    }
    Source as StoredSource { Card { intent: Arc<str> }, Redirect { attempt: u32 }, }
    Letter as StoredLetter { Invoice, DueSoon, Overdue, FreshLink, Receipt, Cancelled, NotPaid, }
    State as StoredState {
        Unheard,
        Open(open: Box<Open>),
        Paid(paid: Box<Paid>),
        Cancelled(cancelled: Box<Cancelled>),
    }
}

members! {
    Recipient as StoredRecipient {
        name: Arc<str>,
        email: Arc<str>,
        language: Language,
    }
    Line as StoredLine {
        label: Arc<str>,
        micros: i64,
    }
    ShippingWay as StoredShippingWay {
        id: Arc<str>,
        label: Arc<str>,
        micros: i64,
        countries: Vec<Arc<str>>,
    }
    Content as StoredContent {
        id: TransactionId,
        reference: InvoiceReference,
        recipient: Recipient,
        lines: Vec<Line>,
        tax_micros: Option<i64>,
        total: Money,
        due: Day,
        shipping: Vec<ShippingWay>,
        nonce: Arc<str>,
        #[serde(rename = "created_at_ms")]
        created_at: Timestamp,
    }
    Address as StoredAddress {
        country: Option<Arc<str>>,
        lines: Vec<Arc<str>>,
        region: Option<Arc<str>>,
        city: Option<Arc<str>>,
        dependent_locality: Option<Arc<str>>,
        postal_code: Option<Arc<str>>,
        sorting_code: Option<Arc<str>>,
        organization: Option<Arc<str>>,
        recipient: Option<Arc<str>>,
        phone: Option<Arc<str>>,
    }
    Payer as StoredPayer {
        name: Option<Arc<str>>,
        email: Option<Arc<str>>,
        phone: Option<Arc<str>>,
    }
    Order as StoredOrder {
        total: Money,
        address: Option<Address>,
        way: Option<Arc<str>>,
        payer: Payer,
    }
    Attempt as StoredAttempt {
        number: u32,
        by: By,
        order: Order,
        #[serde(rename = "at_ms")]
        at: Timestamp,
    }
    Declined as StoredDeclined {
        code: Arc<str>,
        of_card: bool,
    }
    Ended as StoredEnded {
        digest: Option<[u8; 32]>,
        amount: Money,
        end: End,
    }
    Refund as StoredRefund {
        of: Source,
        amount: Money,
        late: bool,
        by: Option<UserName>,
        standing: RefundStanding,
        tries: u32,
    }
    Waiting as StoredWaiting {
        number: u32,
        letter: Letter,
        #[serde(rename = "at_ms")]
        at: Timestamp,
    }
    Post as StoredPost {
        letters: u32,
        waiting: Vec<Waiting>,
        #[serde(rename = "sent_ms")]
        sent: Option<Timestamp>,
        reminders: u32,
        #[serde(rename = "fresh_ms")]
        fresh: Vec<Timestamp>,
    }
    Marks as StoredMarks {
        #[serde(rename = "transferred_ms")]
        transferred: Option<Timestamp>,
        #[serde(rename = "disputed_ms")]
        disputed: Option<Timestamp>,
    }
    Past as StoredPast {
        content: Arc<Content>,
        ended: Vec<Ended>,
        refunds: Vec<Refund>,
        post: Post,
        marks: Marks,
    }
    Open as StoredOpen {
        past: Past,
        under_way: Option<Attempt>,
    }
    Payment as StoredPayment {
        attempt: u32,
        via: Via,
        order: Order,
        #[serde(rename = "at_ms")]
        at: Timestamp,
    }
    Paid as StoredPaid {
        past: Past,
        payment: Payment,
        disputes: Vec<Dispute>,
    }
    Cancelled as StoredCancelled {
        past: Past,
        by: Option<UserName>,
        #[serde(rename = "at_ms")]
        at: Timestamp,
    }
}
