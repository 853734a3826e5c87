//! Every key of a configuration as operators see it: where it is used, what it does, how it stands, and what comes next
//! (flows-security section 3.4). One source for the list of keys, the alarms, the rotation and the console.

use super::KeyDescription;
use super::lint::KEY_ENDS_SOON_MS;
use crate::crypto::service_token::LONGEST_TOKEN_LIFE_MS;
use crate::crypto::signed_url::WEEK_MS;
use crate::domain::{IssuerId, Piaid, Timestamp};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Where a key is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPlace {
    /// Ours for an account of Google's: `own_keys`.
    Own(Piaid),
    /// Google's for that account: `peer_keys`.
    Peer(Piaid),
    /// Shared with an issuer: `issuers.keys`.
    Issuer(IssuerId),
    /// For what we sign for ourselves: `signing.keys`. Kept cards are sealed under keys derived from it.
    Signing,
}

impl KeyPlace {
    /// For how long what it signed may still be honoured after it stopped signing, in milliseconds; `None`: only the peer
    /// knows.
    pub const fn outlives_ms(&self) -> Option<i64> {
        match self {
            // Links live a week, the actions of a card in a mail 35 days (outlook-payments section 13.8).
            Self::Signing => Some(LONGEST_TOKEN_LIFE_MS),
            // A signed URL is good for a week (contract section 4), a webhook for minutes.
            Self::Issuer(_) => Some(WEEK_MS),
            Self::Own(_) | Self::Peer(_) => None,
        }
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// The first of ours: it signs, and decrypts or verifies too.
    Signs,
    /// It waits to be activated: it decrypts or verifies already.
    Next,
    /// It has signed, and decrypts what still comes for it.
    DecryptsOnly,
    /// It verifies: a peer's key, or a shared one that has signed.
    Verifies,
}

/// How long a key lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyHealth {
    /// For longer than 30 days, or for ever.
    Good,
    /// For so many whole days more: 30 at most.
    EndsIn {
        /// Whole days.
        days: i64,
    },
    /// Not any more.
    Expired,
    /// Its owner took it back.
    Revoked,
}

/// What is to be done about a key next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Nothing.
    Nothing,
    /// `keys rotate`: it signs, ends soon, and there is no other one yet.
    Rotate,
    /// `keys rotate --activate`, once every peer and every server knows it.
    Activate,
    /// `keys retire`: once the peer uses it no more.
    Retire,
    /// `keys retire` from then on: what it signed is honoured until then.
    RetireFrom(Timestamp),
    /// `keys retire --stopped DAY`: the configuration does not say since when it signs no more.
    SayWhenItStopped,
    /// Ask the peer for a newer one.
    AskPeer,
}

/// One key as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingKey {
    /// Where it is used.
    pub place: KeyPlace,
    /// Fingerprint, or `kid`.
    pub id: String,
    /// `RSA`, `EC P-256`, `HMAC-SHA256`, ….
    pub algorithm: String,
    /// Its size in bits.
    pub bits: u32,
    /// When it was made, if that is known.
    pub created: Option<Timestamp>,
    /// When it stops serving, if ever: with itself, or with the last of the subkeys that may be encrypted to.
    pub expires: Option<Timestamp>,
    /// What it does.
    pub role: KeyRole,
    /// How long it lasts.
    pub health: KeyHealth,
    /// What is to be done.
    pub next: NextStep,
}

/// A shared secret, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedKey {
    /// Its `kid`.
    pub id: String,
    /// Its size in bits.
    pub bits: u32,
    /// `made`: the day of its making, written by `keys rotate`.
    pub made: Option<Timestamp>,
    /// `signed_until`: the end of the day on which it stopped signing, written by `keys rotate --activate`.
    pub signed_until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
enum Group {
    Account { piaid: Piaid, own: Vec<KeyDescription>, peers: Vec<KeyDescription> },
    Shared { place: KeyPlace, keys: Vec<SharedKey> },
}

/// All keys of a configuration, in its order; nothing secret.
#[derive(Debug, Clone, Default)]
pub struct KeyRing(Vec<Group>);

impl KeyRing {
    /// With an account of Google's: our keys in the order of the configuration, and Google's.
    pub fn add_account(&mut self, piaid: Piaid, own: Vec<KeyDescription>, peers: Vec<KeyDescription>) {
        self.0.push(Group::Account { piaid, own, peers });
    }

    /// With the keys that are shared with an issuer, or are for ourselves (`None`), in the order of the configuration.
    pub fn add_shared(&mut self, issuer: Option<IssuerId>, keys: Vec<SharedKey>) {
        let place = issuer.map_or(KeyPlace::Signing, KeyPlace::Issuer);
        self.0.push(Group::Shared { place, keys });
    }

    /// How every key stands.
    pub fn at(&self, now: Timestamp) -> Vec<RingKey> {
        let of_group = |group: &Group| match group {
            Group::Account { piaid, own, peers } => {
                let mut keys = own_keys(piaid, own, now);
                keys.extend(peer_keys(piaid, peers, now));
                keys
            }
            Group::Shared { place, keys } => shared_keys(place, keys, now),
        };
        self.0.iter().flat_map(of_group).collect()
    }
}

fn described(place: KeyPlace, key: &KeyDescription, (role, now): (KeyRole, Timestamp)) -> RingKey {
    let expires = end(key);
    RingKey {
        place,
        id: key.id.clone(),
        algorithm: key.algorithm.clone(),
        bits: key.bits,
        created: key.created,
        expires,
        role,
        health: if key.revoked { KeyHealth::Revoked } else { health(expires, now) },
        next: NextStep::Nothing,
    }
}

/// When a key stops serving: with itself, or with the last of the subkeys that may be encrypted to.
fn end(key: &KeyDescription) -> Option<Timestamp> {
    let subkeys = || key.subkeys.iter().filter(|subkey| subkey.encrypts && !subkey.revoked);
    let forever = subkeys().any(|subkey| subkey.expires.is_none());
    let last_subkey = subkeys().filter_map(|subkey| subkey.expires).max().filter(|_| !forever);
    key.expires.into_iter().chain(last_subkey).min()
}

fn health(expires: Option<Timestamp>, now: Timestamp) -> KeyHealth {
    match expires.map(|expires| expires.millis_since(now)) {
        Some(left) if left <= 0 => KeyHealth::Expired,
        Some(left) if left <= KEY_ENDS_SOON_MS => KeyHealth::EndsIn { days: left / DAY_MS },
        Some(_) | None => KeyHealth::Good,
    }
}

/// The first signs. Of the others, what is younger than it waits to be activated.
fn own_keys(piaid: &Piaid, own: &[KeyDescription], now: Timestamp) -> Vec<RingKey> {
    let signs_since = own.first().and_then(|key| key.created);
    let role = |place: usize, key: &KeyDescription| match (place, key.created, signs_since) {
        (0, _, _) => KeyRole::Signs,
        (_, Some(created), Some(signing)) if created >= signing => KeyRole::Next,
        // A key of ours says when it was made; one that another tool made need not.
        (_, Some(_), None) => KeyRole::Next,
        (_, _, _) => KeyRole::DecryptsOnly,
    };
    let keys = own.iter().enumerate();
    let mut keys: Vec<RingKey> =
        keys.map(|(at, key)| described(KeyPlace::Own(piaid.clone()), key, (role(at, key), now))).collect();
    let has_next = keys.iter().any(|key| key.role == KeyRole::Next && key.health != KeyHealth::Expired);
    for key in &mut keys {
        key.next = match key.role {
            KeyRole::Signs if key.health != KeyHealth::Good && !has_next => NextStep::Rotate,
            KeyRole::Signs | KeyRole::Verifies => NextStep::Nothing,
            KeyRole::Next => NextStep::Activate,
            KeyRole::DecryptsOnly => NextStep::Retire,
        };
    }
    keys
}

/// Any of them verifies.
fn peer_keys(piaid: &Piaid, peers: &[KeyDescription], now: Timestamp) -> Vec<RingKey> {
    let place = || KeyPlace::Peer(piaid.clone());
    let mut keys: Vec<RingKey> = peers.iter().map(|key| described(place(), key, (KeyRole::Verifies, now))).collect();
    let has_good = keys.iter().any(|key| key.health == KeyHealth::Good);
    for key in &mut keys {
        key.next = match (key.health, has_good) {
            (KeyHealth::Good | KeyHealth::EndsIn { .. }, true) => NextStep::Nothing,
            (KeyHealth::Expired | KeyHealth::Revoked, true) => NextStep::Retire,
            (_, false) => NextStep::AskPeer,
        };
    }
    keys
}

/// The first signs. What `rotate` has made since, and `--activate` not yet put first, waits.
fn shared_keys(place: &KeyPlace, keys: &[SharedKey], now: Timestamp) -> Vec<RingKey> {
    let signs_since = keys.first().and_then(|key| key.made);
    let shown = |(at, key): (usize, &SharedKey)| {
        let younger = key.made.is_some_and(|made| signs_since.is_none_or(|signing| made >= signing));
        let role = match key.signed_until {
            _ if at == 0 => KeyRole::Signs,
            None if younger => KeyRole::Next,
            None | Some(_) => KeyRole::Verifies,
        };
        let next = match (role, key.signed_until, place.outlives_ms()) {
            (KeyRole::Signs, _, _) => NextStep::Nothing,
            (KeyRole::Next, _, _) => NextStep::Activate,
            (KeyRole::Verifies | KeyRole::DecryptsOnly, Some(until), Some(outlives_ms)) => {
                let free = until.plus_millis(outlives_ms);
                if free <= now { NextStep::Retire } else { NextStep::RetireFrom(free) }
            }
            (KeyRole::Verifies | KeyRole::DecryptsOnly, _, _) => NextStep::SayWhenItStopped,
        };
        RingKey {
            place: place.clone(),
            id: key.id.clone(),
            algorithm: "HMAC-SHA256".to_owned(),
            bits: key.bits,
            created: key.made,
            expires: None,
            role,
            health: KeyHealth::Good,
            next,
        }
    };
    keys.iter().enumerate().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Scheme;

    const NOW: Timestamp = Timestamp::from_secs(1_795_000_000);

    fn days(days: i64) -> Timestamp {
        NOW.plus_millis(days * DAY_MS)
    }

    fn piaid() -> Piaid {
        Piaid::parse("ExamplePay_INR").unwrap()
    }

    fn key(id: &str, created: Option<Timestamp>, expires: Option<Timestamp>) -> KeyDescription {
        KeyDescription {
            scheme: Scheme::Jose,
            id: id.to_owned(),
            algorithm: "RSA".to_owned(),
            bits: 2048,
            private: true,
            created,
            expires,
            revoked: false,
            signs: true,
            encrypts: true,
            user_ids: Vec::new(),
            subkeys: Vec::new(),
            material: [0; 32],
        }
    }

    fn own(keys: Vec<KeyDescription>) -> Vec<(String, KeyRole, KeyHealth, NextStep)> {
        let mut ring = KeyRing::default();
        ring.add_account(piaid(), keys, Vec::new());
        ring.at(NOW).into_iter().map(|key| (key.id, key.role, key.health, key.next)).collect()
    }

    #[test]
    fn con_6_a_key_of_ours_goes_from_next_to_signing_to_decrypting() {
        let old = || key("old", Some(days(-360)), Some(days(5)));
        let new = || key("new", Some(days(-1)), Some(days(364)));
        let alone = own(vec![old()]);
        assert_eq!(alone, [("old".to_owned(), KeyRole::Signs, KeyHealth::EndsIn { days: 5 }, NextStep::Rotate)]);
        let added = own(vec![old(), new()]);
        assert_eq!((added[0].1, added[0].3), (KeyRole::Signs, NextStep::Nothing));
        assert_eq!((added[1].1, added[1].3), (KeyRole::Next, NextStep::Activate));
        let active = own(vec![new(), old()]);
        assert_eq!((active[0].1, active[0].3), (KeyRole::Signs, NextStep::Nothing));
        assert_eq!((active[1].1, active[1].3), (KeyRole::DecryptsOnly, NextStep::Retire));
        assert_eq!(own(vec![key("x", Some(days(-9)), Some(NOW))])[0].2, KeyHealth::Expired);
        assert_eq!(own(vec![key("x", None, None)])[0].2, KeyHealth::Good);
    }

    #[test]
    fn con_6_a_peers_key_is_asked_for_when_none_lasts() {
        let mut ring = KeyRing::default();
        ring.add_account(piaid(), Vec::new(), vec![key("old", None, Some(days(-1)))]);
        assert_eq!(ring.at(NOW)[0].next, NextStep::AskPeer);
        let mut ring = KeyRing::default();
        let peers = vec![key("old", None, Some(days(-1))), key("new", None, Some(days(99)))];
        ring.add_account(piaid(), Vec::new(), peers);
        let steps: Vec<NextStep> = ring.at(NOW).iter().map(|key| key.next).collect();
        assert_eq!(steps, [NextStep::Retire, NextStep::Nothing]);
    }

    #[test]
    fn con_6_a_signing_key_is_free_when_nothing_that_it_signed_is_honoured() {
        let shared = |id: &str, made: Option<Timestamp>, signed_until: Option<Timestamp>| SharedKey {
            id: id.to_owned(),
            bits: 256,
            made,
            signed_until,
        };
        let next = |issuer: Option<IssuerId>, keys: Vec<SharedKey>| {
            let mut ring = KeyRing::default();
            ring.add_shared(issuer, keys);
            ring.at(NOW).iter().map(|key| (key.role, key.next)).collect::<Vec<_>>()
        };
        let bank = || Some(IssuerId::parse("BANK_A").unwrap());
        let first = || shared("1", None, None);
        assert_eq!(next(None, vec![first()]), [(KeyRole::Signs, NextStep::Nothing)]);
        assert_eq!(next(None, vec![first(), shared("2", Some(NOW), None)])[1], (KeyRole::Next, NextStep::Activate));
        assert_eq!(
            next(None, vec![first(), shared("2", None, None)])[1],
            (KeyRole::Verifies, NextStep::SayWhenItStopped)
        );
        let stopped = |ago: i64| vec![shared("2", Some(days(-60)), None), shared("1", None, Some(days(-ago)))];
        let free = |ago: i64, life_ms: i64| NextStep::RetireFrom(days(-ago).plus_millis(life_ms));
        assert_eq!(next(None, stopped(10))[1].1, free(10, LONGEST_TOKEN_LIFE_MS));
        assert_eq!(next(None, stopped(36))[1].1, NextStep::Retire);
        assert_eq!(next(bank(), stopped(6))[1].1, free(6, WEEK_MS));
        assert_eq!(next(bank(), stopped(7))[1].1, NextStep::Retire);
    }
}
