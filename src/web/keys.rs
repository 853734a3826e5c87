//! The keys over the admin API: what is public of them, how they stand, and which step is next (contract section 6). A rotation
//! changes files, so it is done on the server by `roundtrip keys`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::admin::allowed;
use super::statements::{either, no_store};
use super::surface::Surface;
use crate::crypto::{KeyHealth, KeyPlace, KeyRole, NextStep, RingKey};
use crate::domain::Timestamp;

/// `GET /api/v1/keys`: in the order of the configuration.
pub(super) async fn list(surface: web::Data<Surface>, request: HttpRequest) -> HttpResponse {
    let listed = async {
        allowed(&surface, &request, "keys:read").await?;
        let keys = surface.keys.at(surface.clock.now());
        Ok(no_store(json!({"keys": keys.iter().map(shown).collect::<Vec<_>>()})))
    };
    either(listed.await)
}

fn shown(key: &RingKey) -> Value {
    let (used_for, of) = match &key.place {
        KeyPlace::Own(piaid) => ("google_own", Some(piaid.as_str())),
        KeyPlace::Peer(piaid) => ("google_peer", Some(piaid.as_str())),
        KeyPlace::Issuer(issuer) => ("issuer", Some(issuer.as_str())),
        KeyPlace::Signing => ("signing", None),
    };
    let state = match key.health {
        KeyHealth::Good => "good",
        KeyHealth::EndsIn { .. } => "ends_soon",
        KeyHealth::Expired => "expired",
        KeyHealth::Revoked => "revoked",
    };
    let (next, next_from) = match key.next {
        NextStep::Nothing => (None, None),
        NextStep::Rotate => (Some("rotate"), None),
        NextStep::Activate => (Some("activate"), None),
        NextStep::Retire => (Some("retire"), None),
        NextStep::RetireFrom(from) => (Some("retire"), Some(from)),
        NextStep::SayWhenItStopped => (Some("say_when_it_stopped"), None),
        NextStep::AskPeer => (Some("ask_peer"), None),
    };
    json!({
        "keyId": key.id,
        "use": used_for,
        "of": of,
        "algorithm": key.algorithm,
        "bits": key.bits,
        "does": does(key.role),
        "state": state,
        "notBeforeMs": key.created.map(Timestamp::as_millis),
        "notAfterMs": key.expires.map(Timestamp::as_millis),
        "nextStep": next,
        "nextStepFromMs": next_from.map(Timestamp::as_millis),
    })
}

const fn does(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Signs => "signs",
        KeyRole::Next => "waits",
        KeyRole::DecryptsOnly => "decrypts",
        KeyRole::Verifies => "verifies",
    }
}
