//! What Outlook draws a card from, in the mail itself (outlook-payments sections 3.2 to 3.6, 13.2 and 13.4).
//!
//! A mail has one of four forms, and never two (M1): the payment request or the Adaptive Card, each plain or signed.

use super::account::{Account, ShownInvoice, specification};
use super::card::Card;
use super::context;
use super::json::Json;
use crate::crypto::{CardSigner, CardSignerError, recipient_digest};
use crate::domain::{Day, Timestamp};
use crate::protocol::letters::MailMarkup;

/// Of everything with a `@context` in mail (section 3.2).
const EXTENSIONS: &str = "http://schema.org/extensions";

/// How a mail is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// With which key.
    pub signer: &'a CardSigner,
    /// The bare address in `From:`.
    pub sender: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Whether `iat` of payment requests is a text, as in Microsoft's one sample (section 3.6); a number otherwise.
    pub iat_as_text: bool,
}

/// The payment request of an invoice, `ActionRequest` (sections 3.2 to 3.4).
pub fn action_request(shown: &ShownInvoice<'_>, today: Day) -> String {
    let ShownInvoice { account, content, page } = *shown;
    let status = if today > content.due { "PaymentPastDue" } else { "PaymentDue" };
    let price = Json::text(content.total.decimal());
    let action = Json::Object(vec![
        ("@type", Json::text("PaymentAction")),
        ("merchantId", Json::text(account.merchant_id.as_str())),
        ("displayId", Json::text(account.display_id.as_str())),
        ("productContext", context::of_invoice(content)),
    ]);
    let entity = Json::Object(vec![
        ("@type", Json::text("invoice")),
        ("broker", organization(account)),
        ("identifier", Json::text(content.reference.as_str())),
        ("invoiceDate", Json::text(Day::of(content.created_at).to_string())),
        ("paymentDueDate", Json::text(content.due.to_string())),
        ("totalPaymentDue", specification(price, content.total)),
        ("url", Json::text(page.as_str())),
        ("paymentStatus", Json::text(format!("http://schema.org/{status}"))),
    ]);
    Json::Object(vec![
        ("@type", Json::text("ActionRequest")),
        ("@context", Json::text(EXTENSIONS)),
        ("originator", Json::text(account.originator.as_str())),
        ("actions", Json::List(vec![action])),
        ("entity", entity),
    ])
    .write()
}

fn organization(account: &Account) -> Json {
    let mut members = vec![("@type", Json::text("Organization")), ("name", Json::text(account.name.as_str()))];
    members.extend(account.logo.as_ref().map(|logo| ("logo", Json::text(logo.as_str()))));
    Json::Object(members)
}

/// The script that holds a payment request, signed if there is a key for it (sections 3.5 and 3.6).
///
/// # Errors
/// The key does not sign.
pub fn payment_request_markup(
    shown: &ShownInvoice<'_>,
    today: Day,
    signing: Option<Signing<'_>>,
) -> Result<MailMarkup, CardSignerError> {
    let request = action_request(shown, today);
    let json = match signing {
        None => request,
        Some(signing) => {
            let iat = signing.now.as_secs().to_string();
            let payload = Json::Object(vec![
                ("originator", Json::text(shown.account.originator.as_str())),
                ("iat", if signing.iat_as_text { Json::Text(iat) } else { Json::Digits(iat) }),
                ("sender", Json::text(signing.sender)),
                // Ours for this recipient, and not an address.
                ("sub", Json::text(recipient_digest(&shown.content.recipient.email))),
                ("actionRequestSerialized", Json::text(request)),
            ]);
            Json::Object(vec![
                ("@type", Json::text("SignedActionRequest")),
                ("@context", Json::text(EXTENSIONS)),
                ("signedActionRequest", Json::text(signing.signer.sign(&payload.write())?)),
            ])
            .write()
        }
    };
    Ok(MailMarkup { head: script("application/ld+json", &json), end_of_body: String::new() })
}

/// The script that holds a card, or with a key the section that holds it signed (sections 13.2 and 13.4).
///
/// # Errors
/// The key does not sign.
pub fn card_markup(card: &Card<'_>, signing: Option<Signing<'_>>) -> Result<MailMarkup, CardSignerError> {
    let json = card.write();
    let Some(signing) = signing else {
        return Ok(MailMarkup { head: script("application/adaptivecard+json", &json), end_of_body: String::new() });
    };
    let recipients = Json::List(vec![Json::text(card.shown.content.recipient.email.as_ref())]).write();
    let payload = Json::Object(vec![
        ("originator", Json::text(card.shown.account.originator.as_str())),
        ("iat", Json::Digits(signing.now.as_secs().to_string())),
        ("sender", Json::text(signing.sender)),
        ("recipientsSerialized", Json::text(recipients)),
        ("adaptiveCardSerialized", Json::text(json)),
    ]);
    let signed = signing.signer.sign(&payload.write())?;
    Ok(MailMarkup { head: String::new(), end_of_body: section(&signed) })
}

/// A script in `<head>`: no text of the JSON can close it, or keep it open (M3).
fn script(media_type: &str, json: &str) -> String {
    let json = json.replace("</", "<\\/").replace("<!", "\\u003c!");
    format!("<script type=\"{media_type}\">{json}</script>")
}

/// The section at the end of `<body>` (section 13.4). A compact JWS needs no escape.
fn section(jws: &str) -> String {
    format!(
        "<section itemscope itemtype=\"http://schema.org/SignedAdaptiveCard\">\
         <meta itemprop=\"@context\" content=\"{EXTENSIONS}\" />\
         <meta itemprop=\"@type\" content=\"SignedAdaptiveCard\" />\
         <div itemprop=\"signedAdaptiveCard\" style=\"mso-hide:all;display:none;max-height:0px;overflow:hidden;\">{jws}</div>\
         </section>"
    )
}
