//! What Outlook finds in the HTML of a mail and draws beside it (outlook-payments sections 3.2 to 3.6, 13.2 and 13.4), judged when
//! the mail is delivered.

use serde_json::{Value, json};

use super::Registered;
use crate::config::OutlookMode;
use crate::crypto::CardVerifier;
use crate::sandbox::google::strict;

const EXTENSIONS: &str = "http://schema.org/extensions";
/// Section 3.3: stay below this.
const LARGEST_CONTEXT: usize = 1024;

/// Who a mail is from and for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'a> {
    /// The address in `From:`.
    pub(super) sender: &'a str,
    /// `To:` and `Cc:`.
    pub(super) visible: &'a [String],
    /// Whom the sender named to the mail server.
    pub(super) envelope: &'a [String],
}

/// A payment request (section 3.2).
#[derive(Debug, Clone)]
pub(super) struct PaymentRequest {
    pub(super) entity: Value,
    pub(super) context: Value,
    pub(super) signed: bool,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(super) enum Drawn {
    /// Nothing, and why.
    Nothing(String),
    Payment(PaymentRequest),
    /// An Adaptive Card.
    Card {
        card: Value,
        signed: bool,
    },
}

impl Drawn {
    pub(super) fn nothing(why: &str) -> Self {
        Self::Nothing(why.to_owned())
    }

    pub(super) fn replace_card(&mut self, new: Value) {
        match self {
            Self::Card { card, .. } => *card = new,
            Self::Nothing(_) | Self::Payment(_) => {}
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Nothing(why) => json!({"nothing": why}),
            Self::Payment(PaymentRequest { entity, context, signed }) => {
                json!({"payment": {"entity": entity, "productContext": context, "signed": signed}})
            }
            Self::Card { card, signed } => json!({"card": card, "signed": signed}),
        }
    }
}

/// Finds what a mail wants drawn, and judges it.
pub(super) fn read(html: &str, mailed: &Envelope<'_>, registered: &Registered) -> Drawn {
    judged(html, mailed, registered).unwrap_or_else(Drawn::Nothing)
}

fn judged(html: &str, mailed: &Envelope<'_>, registered: &Registered) -> Result<Drawn, String> {
    let scripts = scripts(html);
    let of = |wanted: &str| scripts.iter().filter(|script| script.media_type == wanted).collect::<Vec<_>>();
    let (requests, cards, sections) =
        (of("application/ld+json"), of("application/adaptivecard+json"), signed_sections(html));
    let drawn = match (requests.as_slice(), cards.as_slice(), sections.as_slice()) {
        ([], [], []) => return Err("it holds no markup".to_owned()),
        ([request], [], []) => payment_request(request, mailed, registered)?,
        ([], [card], []) => Drawn::Card { card: parsed(in_head(card)?)?, signed: false },
        ([], [], [jws]) => signed_card(jws, mailed, registered)?,
        _ => return Err("it holds more than one markup (M1)".to_owned()),
    };
    // Never Bcc (section 3.1).
    let seen = |one: &String| mailed.visible.iter().any(|visible| visible.eq_ignore_ascii_case(one));
    if mailed.visible.is_empty() || !mailed.envelope.iter().all(seen) {
        return Err("its reader is not a visible recipient".to_owned());
    }
    if let Drawn::Card { card, .. } = &drawn {
        let said = |name: &str| card.get(name).and_then(Value::as_str);
        if said("type") != Some("AdaptiveCard") || said("version") != Some("1.0") {
            return Err("it is no AdaptiveCard of version 1.0".to_owned());
        }
        if said("originator") != Some(&registered.originator) {
            return Err("its originator is not registered".to_owned());
        }
    }
    Ok(drawn)
}

fn in_head<'a>(script: &Script<'a>) -> Result<&'a str, String> {
    if script.in_head { Ok(script.content) } else { Err("its script is not in the head".to_owned()) }
}

fn parsed(text: &str) -> Result<Value, String> {
    strict::parse(text.as_bytes()).map_err(|error| format!("its markup is no JSON: {error}"))
}

fn text<'a>(of: &'a Value, name: &str) -> Result<&'a str, String> {
    of.get(name).and_then(Value::as_str).ok_or_else(|| format!("its {name} is missing"))
}

fn constant(of: &Value, name: &str, expected: &str) -> Result<(), String> {
    if text(of, name)? == expected { Ok(()) } else { Err(format!("its {name} is not {expected}")) }
}

fn verified(registered: &Registered, jws: &str) -> Result<Value, String> {
    let key: &CardVerifier = registered.verifier.as_ref().ok_or("it is signed, and no public key is registered")?;
    parsed(&key.verify(jws).ok_or("its signature does not verify with the registered key")?)
}

/// What both signed forms say of themselves (sections 3.6 and 13.4).
fn is_ours(payload: &Value, mailed: &Envelope<'_>, registered: &Registered) -> Result<(), String> {
    constant(payload, "originator", &registered.originator)?;
    if !text(payload, "sender")?.eq_ignore_ascii_case(mailed.sender) {
        return Err("it is signed for another sender".to_owned());
    }
    Ok(())
}

fn payment_request(script: &Script<'_>, mailed: &Envelope<'_>, registered: &Registered) -> Result<Drawn, String> {
    match registered.mode {
        OutlookMode::Legacy => {}
        OutlookMode::Entra => return Err("payment requests are drawn no more (section 12)".to_owned()),
    }
    let found = parsed(in_head(script)?)?;
    let signed = text(&found, "@type")? == "SignedActionRequest";
    let request = if signed {
        constant(&found, "@context", EXTENSIONS)?;
        let payload = verified(registered, text(&found, "signedActionRequest")?)?;
        is_ours(&payload, mailed, registered)?;
        // A number; the one published sample has a text (section 3.6).
        let at = &payload["iat"];
        if !at.is_i64() && at.as_str().is_none_or(|at| at.parse::<i64>().is_err()) {
            return Err("its iat is no time".to_owned());
        }
        if text(&payload, "sub")?.contains('@') {
            return Err("its sub is a mail address".to_owned());
        }
        parsed(text(&payload, "actionRequestSerialized")?)?
    } else {
        found
    };
    constant(&request, "@type", "ActionRequest")?;
    constant(&request, "@context", EXTENSIONS)?;
    constant(&request, "originator", &registered.originator)?;
    let action = request["actions"].get(0).ok_or("it has no action")?;
    constant(action, "@type", "PaymentAction")?;
    constant(action, "merchantId", &registered.merchant_id)?;
    text(action, "displayId")?;
    let context = action.get("productContext").filter(|context| context.is_object());
    let context = context.ok_or("its productContext is no object")?.clone();
    if context.to_string().len() > LARGEST_CONTEXT {
        return Err("its productContext is too large".to_owned());
    }
    let entity = request.get("entity").filter(|entity| entity.is_object()).ok_or("it has no entity")?.clone();
    if !text(&entity, "@type")?.eq_ignore_ascii_case("invoice") {
        return Err("its entity is no invoice".to_owned());
    }
    Ok(Drawn::Payment(PaymentRequest { entity, context, signed }))
}

fn signed_card(jws: &str, mailed: &Envelope<'_>, registered: &Registered) -> Result<Drawn, String> {
    let payload = verified(registered, jws)?;
    is_ours(&payload, mailed, registered)?;
    if !payload["iat"].is_i64() {
        return Err("its iat is no number".to_owned());
    }
    let recipients = parsed(text(&payload, "recipientsSerialized")?)?;
    let sorted = |addresses: Vec<&str>| {
        let mut sorted: Vec<String> = addresses.into_iter().map(str::to_lowercase).collect();
        sorted.sort();
        sorted
    };
    let named = recipients.as_array().ok_or("its recipients are no list")?.iter().filter_map(Value::as_str).collect();
    if sorted(named) != sorted(mailed.visible.iter().map(String::as_str).collect()) {
        return Err("it is signed for other recipients".to_owned());
    }
    Ok(Drawn::Card { card: parsed(text(&payload, "adaptiveCardSerialized")?)?, signed: true })
}

struct Script<'a> {
    media_type: String,
    content: &'a str,
    in_head: bool,
}

/// Every script with a type. Lower case keeps the positions, being ASCII's alone.
fn scripts(html: &str) -> Vec<Script<'_>> {
    let lower = html.to_ascii_lowercase();
    let head_ends = lower.find("</head").unwrap_or(0);
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some((tag, inside, end)) = element(&lower, from) {
        let media_type = attribute(lower.get(tag..inside).unwrap_or_default(), "type");
        if let (Some(media_type), Some(content)) = (media_type, html.get(inside..end)) {
            found.push(Script { media_type: media_type.to_owned(), content, in_head: tag < head_ends });
        }
        from = end;
    }
    found
}

/// Where the next script's tag begins, its content begins, and its content ends.
fn element(lower: &str, from: usize) -> Option<(usize, usize, usize)> {
    let tag = from + lower.get(from..)?.find("<script")?;
    let inside = tag + lower.get(tag..)?.find('>')? + 1;
    let end = inside + lower.get(inside..)?.find("</script")?;
    Some((tag, inside, end))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// The JWS of every section at the end of the body (section 13.4).
fn signed_sections(html: &str) -> Vec<String> {
    let sections = html.split("itemtype=\"http://schema.org/SignedAdaptiveCard\"").skip(1);
    let jws = |section: &str| {
        let (_, rest) = section.split_once("itemprop=\"signedAdaptiveCard\"")?;
        let (_, rest) = rest.split_once('>')?;
        rest.split_once('<').map(|(jws, _)| jws.trim().to_owned())
    };
    // One that cannot be read is there all the same.
    sections.map(|section| jws(section).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::crypto::{CardSigner, generate_card_key};

    fn registered(mode: OutlookMode, signer: &CardSigner) -> Registered {
        Registered {
            mode,
            originator: "o-1".to_owned(),
            merchant_id: "m-1".to_owned(),
            audience: "m-1".to_owned(),
            verifier: Some(signer.verifier()),
            webhooks: Url::parse("http://127.0.0.1:1/").unwrap(),
        }
    }

    fn signer() -> CardSigner {
        CardSigner::from_pem(generate_card_key().unwrap().as_bytes()).unwrap()
    }

    fn request() -> Value {
        json!({
            "@type": "ActionRequest", "@context": EXTENSIONS, "originator": "o-1",
            "actions": [{"@type": "PaymentAction", "merchantId": "m-1", "displayId": "d-1", "productContext": {"ref": "R"}}],
            "entity": {"@type": "invoice", "identifier": "R"},
        })
    }

    fn signed(signer: &CardSigner, sender: &str) -> String {
        let payload = json!({
            "originator": "o-1", "iat": 7, "sender": sender, "sub": "c-1",
            "actionRequestSerialized": request().to_string(),
        });
        let jws = signer.sign(&payload.to_string()).unwrap();
        let request = json!({"@type": "SignedActionRequest", "@context": EXTENSIONS, "signedActionRequest": jws});
        in_script("application/ld+json", &request)
    }

    fn in_script(media_type: &str, json: &Value) -> String {
        format!("<html><HEAD><Script type=\"{media_type}\">{json}</SCRIPT></HEAD><body></body></html>")
    }

    fn drawn(html: &str, registered: &Registered) -> Value {
        let visible = ["dana@x.example".to_owned()];
        let mailed = Envelope { sender: "pay@x.example", visible: &visible, envelope: &visible };
        read(html, &mailed, registered).json()
    }

    #[test]
    fn a_payment_request_is_drawn_if_it_is_the_merchant_s_and_signed_by_its_key() {
        let (ours, theirs) = (signer(), signer());
        let known = registered(OutlookMode::Legacy, &ours);
        assert_eq!(drawn(&signed(&ours, "PAY@x.example"), &known)["payment"]["signed"], true);
        let plain = in_script("application/ld+json", &request());
        assert_eq!(drawn(&plain, &known)["payment"]["productContext"], json!({"ref": "R"}));
        let mut stranger = request();
        stranger["actions"][0]["merchantId"] = json!("m-2");
        for (html, why) in [
            (signed(&theirs, "pay@x.example"), "signature"),
            (signed(&ours, "eve@x.example"), "another sender"),
            (in_script("application/ld+json", &stranger), "merchantId"),
            (plain.replace("<HEAD>", "").replace("</HEAD>", ""), "head"),
            (format!("{plain}{plain}"), "M1"),
            ("<p>Hello".to_owned(), "no markup"),
        ] {
            let nothing = drawn(&html, &known)["nothing"].as_str().unwrap().to_owned();
            assert!(nothing.contains(why), "{why}: {nothing}");
        }
        let today = registered(OutlookMode::Entra, &ours);
        assert!(drawn(&plain, &today)["nothing"].is_string());
    }

    #[test]
    fn a_card_is_drawn_for_the_recipients_that_it_was_signed_for() {
        let ours = signer();
        let known = registered(OutlookMode::Entra, &ours);
        let card = json!({"type": "AdaptiveCard", "version": "1.0", "originator": "o-1"});
        let section = |recipients: &Value| {
            let payload = json!({
                "originator": "o-1", "iat": 7, "sender": "pay@x.example",
                "recipientsSerialized": recipients.to_string(), "adaptiveCardSerialized": card.to_string(),
            });
            let jws = ours.sign(&payload.to_string()).unwrap();
            format!(
                "<section itemscope itemtype=\"http://schema.org/SignedAdaptiveCard\">\
                 <div itemprop=\"signedAdaptiveCard\" style=\"display:none\">{jws}</div></section>"
            )
        };
        assert_eq!(drawn(&section(&json!(["Dana@x.example"])), &known), json!({"card": card, "signed": true}));
        assert!(drawn(&section(&json!(["eve@x.example"])), &known)["nothing"].is_string());
        let plain = in_script("application/adaptivecard+json", &card);
        assert_eq!(drawn(&plain, &known), json!({"card": card, "signed": false}));
        assert!(drawn(&plain.replace("o-1", "o-2"), &known)["nothing"].is_string());
    }
}
