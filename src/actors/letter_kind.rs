//! What a dead letter would have done, and whether money hangs on it: giving up such a letter is a decision about money.

use crate::domain::alarm::{self, Alarm};
use crate::domain::bank_transfer::{self, BankTransfer};
use crate::domain::booking::{self, Booking, Why};
use crate::domain::inventory::{self, Inventory};
use crate::domain::invoice::{self, Invoice};
use crate::domain::payout::Payout;
use crate::domain::redirect_payment::{self, RedirectPayment};
use crate::domain::remittance::{self, Remittance};
use crate::storage::{Codec as _, OutboxRow, StorageError};

/// The kinds of effects that the outbox carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// An invoice hears how an attempt to pay it ended.
    InvoiceHearsOfPayment,
    /// An invoice hears what became of a refund.
    InvoiceHearsOfRefund,
    /// Google hears how a payment ended.
    PaymentResult,
    /// An issuer is asked how a payment stands.
    StatusQuestion,
    /// An issuer gives money back.
    IssuerRefund,
    /// Google hears what became of a refund.
    RefundResult,
    /// Late money goes back, where the account wants it so.
    LateMoney,
    /// A statement takes the place of an earlier one.
    StatementReplaced,
    /// A page of a statement is fetched.
    StatementPage,
    /// Events of a statement are judged.
    StatementJudged,
    /// What a statement lacks is counted.
    StatementCounted,
    /// Google hears that it will be paid.
    StatementAccepted,
    /// A transfer is offered to the statement that it may belong to.
    TransferOffered,
    /// A transfer is taken back from the statement that it was said to have paid.
    TransferTakenBack,
    /// The card of a booking is charged or kept.
    BookingPaid,
    /// A challenged charge of a booking is given up.
    BookingAbandoned,
    /// A kept card is charged.
    BookingCollected,
    /// The charge of a booking is given back.
    BookingRefunded,
    /// Google hears how a booking stands.
    BookingTold,
    /// Google hears how the money of a booking stands.
    BookingMoneyTold,
    /// Google hears of free spots.
    AvailabilityTold,
    /// The card token of an invoice is charged.
    InvoiceCharged,
    /// The charge of an invoice is given back.
    InvoiceCardRefunded,
    /// A redirect payment of an invoice is begun.
    InvoicePaymentBegun,
    /// A redirect payment of an invoice gives money back.
    InvoicePaymentRefunded,
    /// A letter to the recipient of an invoice.
    InvoiceMailed,
    /// An alarm is mailed.
    AlarmMailed,
    /// An alarm is posted.
    AlarmPosted,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::InvoiceHearsOfPayment,
        Self::InvoiceHearsOfRefund,
        Self::PaymentResult,
        Self::StatusQuestion,
        Self::IssuerRefund,
        Self::RefundResult,
        Self::LateMoney,
        Self::StatementReplaced,
        Self::StatementPage,
        Self::StatementJudged,
        Self::StatementCounted,
        Self::StatementAccepted,
        Self::TransferOffered,
        Self::TransferTakenBack,
        Self::BookingPaid,
        Self::BookingAbandoned,
        Self::BookingCollected,
        Self::BookingRefunded,
        Self::BookingTold,
        Self::BookingMoneyTold,
        Self::AvailabilityTold,
        Self::InvoiceCharged,
        Self::InvoiceCardRefunded,
        Self::InvoicePaymentBegun,
        Self::InvoicePaymentRefunded,
        Self::InvoiceMailed,
        Self::AlarmMailed,
        Self::AlarmPosted,
    ];

    /// Whether it moves money, or tells or asks what became of money: without it somebody is not paid, is not paid back, or
    /// never hears of it.
    pub const fn moves_money(self) -> bool {
        match self {
            Self::IssuerRefund
            | Self::LateMoney
            | Self::BookingPaid
            | Self::BookingAbandoned
            | Self::BookingCollected
            | Self::BookingRefunded
            | Self::InvoiceCharged
            | Self::InvoiceCardRefunded
            | Self::InvoicePaymentBegun
            | Self::InvoicePaymentRefunded => true,
            // The outcome of money, on its way to whom it concerns; the question by which it is known; and the word that a
            // statement will be paid, or was.
            Self::InvoiceHearsOfPayment
            | Self::InvoiceHearsOfRefund
            | Self::PaymentResult
            | Self::StatusQuestion
            | Self::RefundResult
            | Self::BookingMoneyTold
            | Self::StatementAccepted
            | Self::TransferOffered
            | Self::TransferTakenBack => true,
            // What a statement says is fetched and judged: nobody is paid before a person has accepted it.
            Self::StatementReplaced | Self::StatementPage | Self::StatementJudged | Self::StatementCounted => false,
            Self::BookingTold | Self::AvailabilityTold => false,
            Self::InvoiceMailed | Self::AlarmMailed | Self::AlarmPosted => false,
        }
    }

    /// What a row is. `None`: this node does not know what it says.
    pub fn of(row: &OutboxRow) -> Option<Self> {
        match Self::read(row) {
            Ok(kind) => kind,
            Err(error) => {
                tracing::warn!(outbox.key = %row.key, error = %error, "a dead letter cannot be read");
                None
            }
        }
    }

    fn read(row: &OutboxRow) -> Result<Option<Self>, StorageError> {
        let kind = match row.kind.as_str() {
            RedirectPayment::KIND => of_payment(&row.effect::<RedirectPayment>()?),
            Remittance::KIND => of_statement(&row.effect::<Remittance>()?),
            BankTransfer::KIND => match row.effect::<BankTransfer>()? {
                bank_transfer::Effect::OfferToStatement { .. } => Self::TransferOffered,
                bank_transfer::Effect::TakeFromStatement { .. } => Self::TransferTakenBack,
            },
            Booking::KIND => of_booking(&row.effect::<Booking>()?),
            Inventory::KIND => match row.effect::<Inventory>()? {
                inventory::Effect::TellAvailability { .. } => Self::AvailabilityTold,
            },
            Invoice::KIND => of_invoice(&row.effect::<Invoice>()?),
            Alarm::KIND => match row.effect::<Alarm>()? {
                alarm::Effect::MailAlarm(_) => Self::AlarmMailed,
                alarm::Effect::PostAlarm(_) => Self::AlarmPosted,
            },
            Payout::KIND => match row.effect::<Payout>()? {},
            // A later binary has written it.
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }
}

/// Whether giving this row up is a decision about money. What cannot be read may be one.
pub fn moves_money(row: &OutboxRow) -> bool {
    LetterKind::of(row).is_none_or(LetterKind::moves_money)
}

fn of_payment(effect: &redirect_payment::Effect) -> LetterKind {
    use redirect_payment::Effect;
    match effect {
        Effect::TellInvoice { .. } => LetterKind::InvoiceHearsOfPayment,
        Effect::TellInvoiceOfRefund { .. } => LetterKind::InvoiceHearsOfRefund,
        Effect::NotifyPaymentComplete { .. } => LetterKind::PaymentResult,
        Effect::AskIssuerForStatus { .. } => LetterKind::StatusQuestion,
        Effect::RefundAtIssuer { .. } => LetterKind::IssuerRefund,
        Effect::NotifyRefundResult { .. } => LetterKind::RefundResult,
        Effect::ConsiderGivingBack { .. } => LetterKind::LateMoney,
    }
}

fn of_statement(effect: &remittance::Effect) -> LetterKind {
    use remittance::Effect;
    match effect {
        Effect::ReplaceEarlier { .. } => LetterKind::StatementReplaced,
        Effect::FetchPage { .. } => LetterKind::StatementPage,
        Effect::Judge { .. } => LetterKind::StatementJudged,
        Effect::CountMissing { .. } => LetterKind::StatementCounted,
        Effect::Accept { .. } => LetterKind::StatementAccepted,
    }
}

fn of_booking(effect: &booking::Effect) -> LetterKind {
    use booking::Effect;
    match effect {
        Effect::Pay { .. } => LetterKind::BookingPaid,
        Effect::Abandon { .. } => LetterKind::BookingAbandoned,
        Effect::Collect { .. } => LetterKind::BookingCollected,
        Effect::Refund { .. } => LetterKind::BookingRefunded,
        Effect::Tell(notice) => match notice.why {
            Why::Penalized | Why::DepositCharged | Why::Refunded { .. } | Why::RefundFailed { .. } => {
                LetterKind::BookingMoneyTold
            }
            Why::Answered | Why::Cancelled | Why::NoShow if notice.prepayment.is_some() => LetterKind::BookingMoneyTold,
            Why::Answered | Why::Cancelled | Why::NoShow => LetterKind::BookingTold,
        },
    }
}

fn of_invoice(effect: &invoice::Effect) -> LetterKind {
    use invoice::Effect;
    match effect {
        Effect::Charge { .. } => LetterKind::InvoiceCharged,
        Effect::RefundCard { .. } => LetterKind::InvoiceCardRefunded,
        Effect::StartPayment { .. } => LetterKind::InvoicePaymentBegun,
        Effect::RefundPayment { .. } => LetterKind::InvoicePaymentRefunded,
        Effect::Mail { .. } => LetterKind::InvoiceMailed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::{Currency, IssuerId, Money, Piaid, RefundId, RequestId, Timestamp, TransactionId};
    use crate::storage::{Codec, OutboxKey};

    #[test]
    fn con_6_whether_money_hangs_on_a_letter_is_what_the_table_says() {
        use LetterKind::*;
        let money = [
            InvoiceHearsOfPayment,
            InvoiceHearsOfRefund,
            PaymentResult,
            StatusQuestion,
            IssuerRefund,
            RefundResult,
            LateMoney,
            StatementAccepted,
            TransferOffered,
            TransferTakenBack,
            BookingPaid,
            BookingAbandoned,
            BookingCollected,
            BookingRefunded,
            BookingMoneyTold,
            InvoiceCharged,
            InvoiceCardRefunded,
            InvoicePaymentBegun,
            InvoicePaymentRefunded,
        ];
        let none = [
            StatementReplaced,
            StatementPage,
            StatementJudged,
            StatementCounted,
            BookingTold,
            AvailabilityTold,
            InvoiceMailed,
            AlarmMailed,
            AlarmPosted,
        ];
        for kind in money {
            assert!(kind.moves_money(), "{kind:?}");
        }
        for kind in none {
            assert!(!kind.moves_money(), "{kind:?}");
        }
        let told: HashSet<_> = money.into_iter().chain(none).collect();
        assert_eq!(told, LetterKind::ALL.into_iter().collect(), "the table names every kind");
        assert_eq!(told.len(), LetterKind::ALL.len(), "once");
    }

    fn row(kind: &str, payload: String) -> OutboxRow {
        let (transaction, at) = (TransactionId::from_uuid(uuid::Uuid::from_u128(7)), Timestamp::from_millis(0));
        OutboxRow {
            key: OutboxKey { transaction, number: 1 },
            kind: kind.to_owned(),
            lane: "google".to_owned(),
            idempotency_key: String::new(),
            payload,
            attempts: 0,
            created_at: at,
            trying_since: at,
            last_error: None,
            parked_at: Some(at),
            due_at: at,
            leased: false,
            fresh: false,
        }
    }

    fn of<M: Codec>(effect: &M::Effect) -> Option<LetterKind> {
        LetterKind::of(&row(M::KIND, M::encode_effect(effect).unwrap()))
    }

    #[test]
    fn con_6_a_row_is_of_the_kind_that_its_effect_is() {
        let id = TransactionId::from_uuid(uuid::Uuid::from_u128(7));
        let refund = redirect_payment::Effect::RefundAtIssuer {
            refund: RefundId { payment: id, number: 1 },
            issuer: IssuerId::parse("BANK_A").unwrap(),
            reference: "A/77".to_owned(),
            amount: Money::new(1_000_000, Currency::parse("EUR").unwrap()),
            question: 0,
        };
        assert_eq!(of::<RedirectPayment>(&refund), Some(LetterKind::IssuerRefund));
        let page = remittance::Effect::FetchPage {
            id,
            piaid: Piaid::parse("ExamplePay_INR").unwrap(),
            statement_id: RequestId::parse("st-1").unwrap(),
            offset: None,
        };
        assert_eq!(of::<Remittance>(&page), Some(LetterKind::StatementPage));
        let mut notice = booking::Notice {
            booking: id,
            merchant: crate::domain::catalog::MerchantId::parse("m").unwrap(),
            service: crate::domain::catalog::ServiceId::parse("s").unwrap(),
            why: Why::Cancelled,
            status: booking::BookingStatus::Canceled,
            prepayment: None,
        };
        let tells = |notice: &booking::Notice| of::<Booking>(&booking::Effect::Tell(Box::new(notice.clone())));
        assert_eq!(tells(&notice), Some(LetterKind::BookingTold));
        notice.prepayment = Some((booking::PrepaymentStatus::Refunded, "tx".into()));
        assert_eq!(tells(&notice), Some(LetterKind::BookingMoneyTold));
        notice = booking::Notice { why: Why::Penalized, prepayment: None, ..notice };
        assert_eq!(tells(&notice), Some(LetterKind::BookingMoneyTold));
    }

    #[test]
    fn con_6_what_cannot_be_read_may_move_money() {
        for (kind, payload) in [("redirect_payment", "{}"), ("lottery", "{}"), ("alarm", "no JSON")] {
            let row = row(kind, payload.to_owned());
            assert_eq!((LetterKind::of(&row), moves_money(&row)), (None, true), "{kind}");
        }
    }
}
