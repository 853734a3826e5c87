//! `CreateBookingRequest` (google-booking-server section 5.1).

use std::fmt;

use serde_json::{Map, Value};

use super::echo::Echo;
use super::error::BadRequest;
use super::fields::Fields;
use super::messages::CREATE_BOOKING;
use super::private::Private;
use super::slot::StatedSlot;
use crate::domain::Money;
use crate::domain::booking::PrepaymentStatus;
use crate::domain::catalog::PaymentOptionId;

/// Names hold at most so many characters (section 3.5).
const LONGEST_NAME: usize = 40;
/// Members of a request that no answer may repeat (section 3.11).
const REQUEST_ONLY: [&str; 3] = ["pa_response", "fraud_signals", "md_merchant_data"];

/// What Google asks to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateBooking {
    /// `slot`.
    pub slot: StatedSlot,
    /// `user_information`.
    pub user: UserInformation,
    /// `payment_information`; `None`: absent.
    pub payment: Option<StatedPayment>,
    /// `payment_information` for the answer to an unpaid booking: as it was sent, without what is for the request only,
    /// and always `PREPAYMENT_NOT_PROVIDED` (sections 5.1 and 6.3).
    pub payment_echo: Echo,
    /// `payment_processing_parameters`; `None`: no token came.
    pub token: Option<PaymentToken>,
    /// `idempotency_token`: opaque, 1 to 255 bytes.
    pub idempotency_token: String,
    /// `additional_request`: the user's words to the merchant.
    pub additional_request: Option<Private>,
    /// `offer_id`.
    pub offer_id: Option<String>,
}

/// `UserInformation` (section 3.5): personal data, `[redacted]` in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserInformation {
    /// `user_id`, chosen by Google, 1 to 255 bytes.
    pub user_id: String,
    /// `given_name`, cut after 40 characters: a long name is no reason to turn a guest away. May be empty where Google
    /// says so, as people have one name only.
    pub given_name: String,
    /// `family_name`, likewise.
    pub family_name: String,
    /// `telephone`, as Google writes it.
    pub telephone: String,
    /// `email`, as Google writes it.
    pub email: String,
    /// `address`.
    pub address: Option<PostalAddress>,
    /// `language_code` (BCP 47).
    pub language_code: Option<String>,
}

/// `PostalAddress` (section 3.5): personal data, `[redacted]` in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    /// `country` (ISO 3166-1 alpha-2).
    pub country: Option<String>,
    /// `locality`.
    pub locality: Option<String>,
    /// `region`.
    pub region: Option<String>,
    /// `postal_code`.
    pub postal_code: Option<String>,
    /// `street_address`.
    pub street_address: Option<String>,
}

/// `PaymentInformation` of a request (section 3.11). Amounts are Google's statements: to be compared with the terms as
/// far as they are there, never to be charged (sections 6.4 and 13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedPayment {
    /// `prepayment_status`; `None`: absent, unspecified, or credited.
    pub status: Option<PrepaymentStatus>,
    /// `price`.
    pub price: Option<Money>,
    /// `tax_amount`.
    pub tax: Option<Money>,
    /// `deposit.deposit`, before a `PER_PERSON` is multiplied.
    pub deposit: Option<Money>,
    /// `no_show_fee.fee`, before a `PER_PERSON` is multiplied.
    pub no_show_fee: Option<Money>,
    /// `payment_option_id`: what is bought. `None` where a [`StatedPayment::user_payment_option_id`] is stated: what the
    /// user owns already is used, and nothing is charged (they may be a proto `oneof`, section 3.11).
    pub payment_option_id: Option<PaymentOptionId>,
    /// `user_payment_option_id`: what the user owns.
    pub user_payment_option_id: Option<String>,
    /// `pa_response`: the answer to a 3DS1 challenge (section 6.8).
    pub pa_response: Option<Private>,
    /// `md_merchant_data`: ours, come back with `pa_response`.
    pub md_merchant_data: Option<String>,
    /// `fraud_signals`: for the processor.
    pub fraud_signals: Option<Private>,
}

/// The one-time payment token (section 3.12). Never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentToken {
    /// `unparsed_payment_method_token`, or the deprecated `payment_method_token`: unchanged.
    pub token: Private,
    /// `payment_processor`, or the deprecated `processor` by its name there: the gateway that it was made for.
    pub processor: Option<String>,
}

impl fmt::Debug for UserInformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads `CreateBookingRequest`.
///
/// # Errors
/// What is not JSON, a required field that is missing (sections 3.1, 3.5 and 5.1), a value of a wrong kind.
pub fn read_create_booking(unverified: &[u8]) -> Result<CreateBooking, BadRequest> {
    let mut root = Fields::read(unverified, CREATE_BOOKING)?;
    let idempotency_token = root.id("idempotency_token")?;
    let slot = StatedSlot::read(root.required_message("slot")?).map_err(|wrong| wrong.within("slot"))?;
    let user = read_user(root.required_message("user_information")?);
    let payment = match root.message("payment_information") {
        Some(stated) => Some(read_payment(stated).map_err(|wrong| wrong.within("payment_information"))?),
        None => None,
    };
    let (payment, echoed) = payment.map_or_else(|| (None, Map::new()), |(payment, echoed)| (Some(payment), echoed));
    Ok(CreateBooking {
        slot,
        user: user.map_err(|wrong| wrong.within("user_information"))?,
        payment,
        payment_echo: unpaid(echoed),
        token: root.message("payment_processing_parameters").and_then(read_token),
        idempotency_token,
        additional_request: root.text("additional_request").map(Private::new),
        offer_id: root.text("offer_id"),
    })
}

fn read_user(mut user: Fields) -> Result<UserInformation, BadRequest> {
    let missing = BadRequest::missing;
    let user_id = user.id("user_id")?;
    let given_name = user.stated("given_name").ok_or_else(|| missing("given_name"))?;
    let family_name = user.stated("family_name").ok_or_else(|| missing("family_name"))?;
    let telephone = user.text("telephone").ok_or_else(|| missing("telephone"))?;
    let email = user.text("email").ok_or_else(|| missing("email"))?;
    let cut = |name: String| name.chars().take(LONGEST_NAME).collect();
    Ok(UserInformation {
        user_id,
        given_name: cut(given_name),
        family_name: cut(family_name),
        telephone,
        email,
        address: user.message("address").map(|mut address| PostalAddress {
            country: address.text("country"),
            locality: address.text("locality"),
            region: address.text("region"),
            postal_code: address.text("postal_code"),
            street_address: address.text("street_address"),
        }),
        language_code: user.text("language_code"),
    })
}

/// What is stated, and what of it may be repeated.
fn read_payment(mut payment: Fields) -> Result<(StatedPayment, Map<String, Value>), BadRequest> {
    let [pa_response, fraud_signals, md_merchant_data] = REQUEST_ONLY.map(|name| payment.text(name));
    let mut echoed = payment.echo().members().clone();
    let user_payment_option_id = payment.text("user_payment_option_id");
    if user_payment_option_id.is_some() {
        echoed.remove("payment_option_id");
    }
    let payment_option_id =
        payment.parsed("payment_option_id", PaymentOptionId::parse)?.filter(|_| user_payment_option_id.is_none());
    let inner = |payment: &mut Fields, outer: &str, inner: &str| match payment.message(outer) {
        Some(mut message) => message.price(inner).map_err(|wrong| wrong.within(outer)),
        None => Ok(None),
    };
    let stated = StatedPayment {
        status: payment.text("prepayment_status").as_deref().and_then(PrepaymentStatus::parse),
        price: payment.price("price")?,
        tax: payment.price("tax_amount")?,
        deposit: inner(&mut payment, "deposit", "deposit")?,
        no_show_fee: inner(&mut payment, "no_show_fee", "fee")?,
        payment_option_id,
        user_payment_option_id,
        pa_response: pa_response.map(Private::new),
        md_merchant_data,
        fraud_signals: fraud_signals.map(Private::new),
    };
    Ok((stated, echoed))
}

fn unpaid(mut echoed: Map<String, Value>) -> Echo {
    echoed.insert("prepayment_status".to_owned(), PrepaymentStatus::NotProvided.as_str().into());
    Echo::new(echoed)
}

fn read_token(mut parameters: Fields) -> Option<PaymentToken> {
    let deprecated = parameters.text("payment_method_token");
    let token = parameters.text("unparsed_payment_method_token").or(deprecated)?;
    let by_enum = match parameters.text("processor").as_deref() {
        Some("PROCESSOR_STRIPE") => Some("stripe".to_owned()),
        Some("PROCESSOR_BRAINTREE") => Some("braintree".to_owned()),
        Some(_) | None => None,
    };
    Some(PaymentToken { token: Private::new(token), processor: parameters.text("payment_processor").or(by_enum) })
}
