//! The PaymentComplete webhook: the payer's approval, and what becomes of it (outlook-payments section 6).

use std::fmt;

use super::account::{PaymentStatus, ShownInvoice};
use super::address::ShippingAddress;
use super::amount::StatedAmount;
use super::context::UnverifiedContext;
use super::error::OutlookError;
use super::fields::{Fields, parse_object};
use super::json::Json;
use super::request::METHOD;
use super::token::{CheckFailed, Expected, PaymentToken};
use crate::protocol::letters::Words;

/// A longer id is none, in bytes.
const LONGEST_ID: usize = 1024;

/// What the payer told about themselves. Personal: not in logs.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Payer {
    /// `payerName`.
    pub name: Option<String>,
    /// `payerEmail`: chosen by the payer.
    pub email: Option<String>,
    /// `payerPhone`.
    pub phone: Option<String>,
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payer([redacted])")
    }
}

/// An approval. Its amount is compared with the invoice's, never used (R6).
#[derive(Debug, Clone)]
pub struct PaymentComplete {
    /// `requestId`: echoed exactly. Several attempts may come under one, so it names no attempt (section 6.8).
    pub request_id: String,
    /// Which invoice it is about, not verified.
    pub context: UnverifiedContext,
    /// The token.
    pub token: PaymentToken,
    /// What the payer approved.
    pub approved: StatedAmount,
    /// Where the goods are to go.
    pub address: Option<ShippingAddress>,
    /// The chosen way, by id.
    pub way: Option<String>,
    /// Who pays.
    pub payer: Payer,
}

impl PaymentComplete {
    /// Reads the body.
    ///
    /// # Errors
    /// 400, 404 or 413.
    pub fn unseal(unverified: &[u8]) -> Result<Self, OutlookError> {
        let body = parse_object(unverified)?;
        let body = Fields(&body);
        let request_id = body.required("requestId")?.to_owned();
        if request_id.len() > LONGEST_ID {
            return Err(OutlookError::Malformed("requestId"));
        }
        if body.text("methodName")? != Some(METHOD) {
            return Err(OutlookError::Malformed("methodName"));
        }
        let details = body.object("details")?.ok_or(OutlookError::Malformed("details"))?;
        let token = PaymentToken::parse(details.required("paymentToken")?)?;
        let approved = details.object("amount")?.ok_or(OutlookError::Malformed("amount"))?;
        let owned = |name| Ok::<_, OutlookError>(body.text(name)?.map(str::to_owned));
        Ok(Self {
            request_id,
            approved: StatedAmount::read(approved)?,
            context: UnverifiedContext::read(details)?,
            token,
            address: ShippingAddress::read(body)?,
            way: owned("shippingOption")?,
            payer: Payer { name: owned("payerName")?, email: owned("payerEmail")?, phone: owned("payerPhone")? },
        })
    }

    /// The checks of section 6.7 before anything is charged. `expected.request_id` is this call's.
    ///
    /// # Errors
    /// Which one failed: answered with [`Failure::Check`].
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), CheckFailed> {
        if !self.approved.is(expected.total) {
            return Err(CheckFailed::Amount);
        }
        self.token.check(expected)
    }
}

/// `innererror.code` (section 6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardFault {
    /// `invalid_number`.
    InvalidNumber,
    /// `invalid_expiry_month`.
    InvalidExpiryMonth,
    /// `invalid_expiry_year`.
    InvalidExpiryYear,
    /// `invalid_cvc`.
    InvalidCvc,
    /// `incorrect_number`.
    IncorrectNumber,
    /// `expired_card`.
    ExpiredCard,
    /// `incorrect_cvc`.
    IncorrectCvc,
    /// `incorrect_zip`.
    IncorrectZip,
    /// `card_declined`: also every decline that has no code of its own here.
    CardDeclined,
    /// `processing_error`: also whatever is not the card's fault.
    ProcessingError,
}

impl CardFault {
    const ALL: [Self; 10] = [
        Self::InvalidNumber,
        Self::InvalidExpiryMonth,
        Self::InvalidExpiryYear,
        Self::InvalidCvc,
        Self::IncorrectNumber,
        Self::ExpiredCard,
        Self::IncorrectCvc,
        Self::IncorrectZip,
        Self::CardDeclined,
        Self::ProcessingError,
    ];

    /// From the processor's `code` of a declined card: its own, or else `card_declined`. What the processor refuses for
    /// another reason than the card is [`Self::ProcessingError`].
    pub fn of_card_error(code: &str) -> Self {
        Self::ALL.into_iter().find(|fault| fault.code() == code).unwrap_or(Self::CardDeclined)
    }

    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidNumber => "invalid_number",
            Self::InvalidExpiryMonth => "invalid_expiry_month",
            Self::InvalidExpiryYear => "invalid_expiry_year",
            Self::InvalidCvc => "invalid_cvc",
            Self::IncorrectNumber => "incorrect_number",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::IncorrectZip => "incorrect_zip",
            Self::CardDeclined => "card_declined",
            Self::ProcessingError => "processing_error",
        }
    }
}

/// Why nothing was paid by this approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The card was declined.
    Card(CardFault),
    /// It does not fit the invoice.
    Check(CheckFailed),
    /// It was paid by something else.
    AlreadyPaid,
    /// Cancelled, or otherwise not to be paid any more.
    NotPayable,
    /// Another attempt is under way.
    UnderWay,
    /// It cannot be shipped as asked.
    NotShipped,
    /// Whether it was charged could not be found out in time (section 6.8).
    Unconfirmed,
}

/// What becomes of an approval; both are answered with 200. The same approval gets the same answer, byte for byte.
#[derive(Debug, Clone, Copy)]
pub enum CompleteAnswer<'a> {
    /// It was paid.
    Success {
        /// The receipt's number.
        receipt: &'a str,
    },
    /// It was not.
    Fail(Failure),
}

impl CompleteAnswer<'_> {
    /// The body of the 200, [`super::JSON_TYPE`].
    pub fn seal(&self, request_id: &str, shown: &ShownInvoice<'_>) -> String {
        let words = Words::of(shown.content.recipient.language);
        let mut members = vec![("requestId", Json::text(request_id))];
        match self {
            Self::Success { receipt } => members.extend([
                ("result", Json::text("success")),
                ("details", Json::text(words.pane_thanks.replace("{receipt}", receipt))),
                ("entity", shown.entity(PaymentStatus::Complete, shown.nothing(), Some(receipt))),
            ]),
            Self::Fail(failure) => members.extend([
                ("result", Json::text("fail")),
                ("details", Json::text(failure.sentence(words))),
                ("error", failure.error(words)),
            ]),
        }
        Json::Object(members).write()
    }
}

impl Failure {
    /// One sentence for the payer.
    const fn sentence(self, words: &Words) -> &'static str {
        match self {
            Self::Card(CardFault::ProcessingError) => words.pane_not_processed,
            Self::Card(_) => words.pane_declined,
            Self::Check(CheckFailed::Amount | CheckFailed::TokenAmount) => words.pane_amount_changed,
            Self::Check(_) => words.pane_not_processed,
            Self::AlreadyPaid => words.pane_already_paid,
            Self::NotPayable => words.pane_not_payable,
            Self::UnderWay => words.pane_under_way,
            Self::NotShipped => words.pane_address_refused,
            Self::Unconfirmed => words.pane_unconfirmed,
        }
    }

    /// `error` (section 6.6): `card_error` is the only code of the top level, also where it is not the card's fault.
    fn error(self, words: &Words) -> Json {
        let (fault, inner) = match self {
            Self::Card(fault) => (fault, words.fault(fault.code())),
            _ => (CardFault::ProcessingError, self.sentence(words)),
        };
        let message = if matches!(self, Self::Card(_)) { words.pane_not_charged } else { self.sentence(words) };
        let mut members = vec![("code", Json::text("card_error")), ("message", Json::text(message))];
        if matches!(self, Self::Card(_)) {
            members.push(("target", Json::text("stripeToken")));
        }
        let inner = Json::Object(vec![("code", Json::text(fault.code())), ("message", Json::text(inner))]);
        members.push(("innererror", inner));
        Json::Object(members)
    }
}
