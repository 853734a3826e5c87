use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roundtrip::crypto::{Carrier, GeneratedKey, Keyring, OpenError, Opened, Opener, Scheme, SealError};

use super::gpg::Gpg;
use super::{BODY, DAY_MS, from_wire, new_openpgp, now, open_with, ring, to_wire};

/// Our key, made by our generator.
fn ours() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    KEY.get_or_init(|| new_openpgp("Example Pay <keys@pay.example.com>"))
}

/// The peer: gpg, with a trusted key of its own making and a stranger's key from our generator.
struct Peer {
    gpg: Gpg,
    trusted: String,
    stranger: String,
}

fn peer() -> &'static Peer {
    static PEER: OnceLock<Peer> = OnceLock::new();
    PEER.get_or_init(|| {
        let gpg = Gpg::new();
        let trusted = gpg.generate("Google <pay@google.example>", "rsa2048", "1y");
        let stranger = new_openpgp("Stranger <who@example.net>");
        gpg.import(&stranger.private);
        gpg.import(&ours().public);
        Peer { gpg, trusted, stranger: stranger.id }
    })
}

impl Peer {
    fn seal(&self, extra: &[&str]) -> String {
        let mut arguments = vec!["-u", &self.trusted, "-r", &ours().id, "--digest-algo", "SHA384"];
        arguments.extend(["--cipher-algo", "AES256", "-s", "-e"]);
        arguments.splice(0..0, extra.iter().copied());
        to_wire(&self.gpg.must(&arguments, BODY).stdout)
    }
}

fn our_ring() -> Keyring {
    ring(Scheme::Pgp, &[ours().private.as_bytes()], &[&peer().gpg.export(&peer().trusted)])
}

fn assert_opened(result: Result<Opened, OpenError>) {
    let opened = result.expect("opens");
    assert_eq!(opened.plaintext.as_slice(), BODY);
    assert_eq!(opened.trusted_by, [0]);
    assert_eq!(opened.scheme, Scheme::Pgp);
}

const UNVERIFIED: Option<OpenError> = Some(OpenError::Unverified { recipient: Some(0) });

const UNDECRYPTABLE: Option<OpenError> = Some(OpenError::Undecryptable { recipient: Some(0) });

#[test]
fn pgp_1_decrypts_with_any_of_several_keys() {
    let second = new_openpgp("Second <two@pay.example.com>");
    peer().gpg.import(&second.public);
    let trusted = peer().gpg.export(&peer().trusted);
    for recipient in [&ours().id, &second.id] {
        let message = peer().gpg.must(&["-u", &peer().trusted, "-r", recipient, "-s", "-e"], BODY).stdout;
        let both = ring(Scheme::Pgp, &[ours().private.as_bytes(), second.private.as_bytes()], &[&trusted]);
        assert_opened(open_with(both, &to_wire(&message)));
        let anonymous = peer().gpg.must(&["-u", &peer().trusted, "-R", recipient, "-s", "-e"], BODY).stdout;
        let both = ring(Scheme::Pgp, &[ours().private.as_bytes(), second.private.as_bytes()], &[&trusted]);
        assert_opened(open_with(both, &to_wire(&anonymous)));
    }
}

#[test]
fn pgp_1_decrypts_with_any_of_several_subkeys() {
    let gpg = Gpg::new();
    let own = gpg.generate("Example Pay <subkeys@pay.example.com>", "rsa2048", "1y");
    gpg.must(&["--quick-add-key", &own, "rsa2048", "encr", "1y"], b"");
    let subkeys = gpg.encryption_subkeys(&own);
    assert_eq!(subkeys.len(), 2);
    for subkey in subkeys {
        let recipient = format!("{subkey}!");
        let message = gpg.must(&["-u", &own, "-r", &recipient, "-s", "-e"], BODY).stdout;
        let both = ring(Scheme::Pgp, &[&gpg.export_secret(&own)], &[&gpg.export(&own)]);
        assert_opened(open_with(both, &to_wire(&message)));
    }
}

#[test]
fn pgp_2_one_trusted_signature_among_others_is_enough() {
    let stranger = peer().stranger.as_str();
    assert_opened(open_with(our_ring(), &peer().seal(&["-u", stranger])));
}

#[test]
fn pgp_3_refuses_unsigned_and_unknown_signers() {
    let unsigned = peer().gpg.must(&["-r", &ours().id, "-e"], BODY).stdout;
    assert_eq!(open_with(our_ring(), &to_wire(&unsigned)).err(), UNVERIFIED);
    let stranger = peer().gpg.must(&["-u", &peer().stranger, "-r", &ours().id, "-s", "-e"], BODY).stdout;
    assert_eq!(open_with(our_ring(), &to_wire(&stranger)).err(), UNVERIFIED);
}

#[test]
fn pgp_3_refuses_what_was_only_signed_or_is_for_others() {
    let signed = peer().gpg.must(&["-u", &peer().trusted, "-s"], BODY).stdout;
    let result = open_with(our_ring(), &to_wire(&signed));
    assert_eq!(result.err(), Some(OpenError::Undecryptable { recipient: None }));
    let misdirected = peer().gpg.must(&["-u", &peer().trusted, "-r", &peer().stranger, "-s", "-e"], BODY).stdout;
    let result = open_with(our_ring(), &to_wire(&misdirected));
    assert_eq!(result.err(), Some(OpenError::Undecryptable { recipient: None }));
}

#[test]
fn pgp_4_refuses_weak_digests() {
    for digest in ["SHA1", "RIPEMD160"] {
        let arguments =
            ["-u", &peer().trusted, "-r", &ours().id, "--digest-algo", digest, "--cipher-algo", "AES256", "-s", "-e"];
        let message = peer().gpg.must(&arguments, BODY).stdout;
        assert_eq!(open_with(our_ring(), &to_wire(&message)).err(), UNVERIFIED, "{digest}");
    }
}

#[test]
fn pgp_4_refuses_weak_ciphers_and_missing_integrity_protection() {
    for cipher in ["CAST5", "3DES", "BLOWFISH"] {
        let arguments = ["-u", &peer().trusted, "-r", &ours().id, "--cipher-algo", cipher, "-s", "-e"];
        let message = peer().gpg.must(&arguments, BODY).stdout;
        assert_eq!(open_with(our_ring(), &to_wire(&message)).err(), UNDECRYPTABLE, "{cipher}");
    }
    let sealed = from_wire(&our_ring().seal(BODY, Carrier::Body, now()).expect("seals"));
    let at = sealed.iter().position(|&byte| byte == 0xd2).expect("a data packet");
    let mut unprotected = sealed;
    unprotected[at] = 0xc9;
    assert!(matches!(open_with(our_ring(), &to_wire(&unprotected)), Err(OpenError::Undecryptable { .. })));
}

#[test]
fn pgp_4_a_changed_message_gives_the_one_answer_wherever_it_was_changed() {
    let sealed = from_wire(&{
        let wire = peer().seal(&[]);
        format!("{wire}{}", "=".repeat((4 - wire.len() % 4) % 4))
    });
    for at in [40, 200, sealed.len() - 40, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(open_with(our_ring(), &to_wire(&changed)).err(), UNDECRYPTABLE, "octet {at}");
    }
}

#[test]
fn pgp_5_gpg_reads_what_we_seal_and_finds_sha384_and_aes256() {
    for carrier in [Carrier::Body, Carrier::UrlParameter] {
        let wire = our_ring().seal(BODY, carrier, now()).expect("seals");
        assert!(wire.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)), "ct_1: {wire}");
        assert!(carrier == Carrier::Body || !wire.contains('='), "ct_3: {wire}");
        let binary = URL_SAFE_NO_PAD.decode(wire.trim_end_matches('=')).expect("base64url");
        assert!(binary[0] & 0x80 != 0, "binary, not armoured");
        let run = peer().gpg.decrypt(&binary);
        assert_eq!(run.stdout, BODY, "{}", run.status);
        for line in ["DECRYPTION_INFO 2 9", "DECRYPTION_OKAY", "GOODMDC", "GOODSIG"] {
            assert!(run.status.contains(line), "{line}: {}", run.status);
        }
        let valid = run.status.lines().find(|line| line.contains("VALIDSIG")).expect("VALIDSIG");
        let fields: Vec<&str> = valid.split(' ').collect();
        assert_eq!((fields[2], fields[9]), (ours().id.as_str(), "9"), "signer and SHA-384: {valid}");
    }
}

#[test]
fn pgp_7_signs_with_all_keys_when_told_to() {
    let second = new_openpgp("Successor <next@pay.example.com>");
    peer().gpg.import(&second.public);
    let trusted = peer().gpg.export(&peer().trusted);
    let both = || ring(Scheme::Pgp, &[ours().private.as_bytes(), second.private.as_bytes()], &[&trusted]);
    for (ring, expected) in [(both(), 1), (both().sign_with_all(true), 2)] {
        let run = peer().gpg.decrypt(&from_wire(&ring.seal(BODY, Carrier::Body, now()).expect("seals")));
        assert_eq!(run.stdout, BODY);
        assert_eq!(run.status.matches("] VALIDSIG ").count(), expected, "{}", run.status);
    }
}

#[test]
fn pgp_8_reads_binary_and_armoured_with_every_compression() {
    for armour in [&["--armor"][..], &[]] {
        for compression in ["none", "zip", "zlib"] {
            let mut extra = armour.to_vec();
            extra.extend(["--compress-algo", compression]);
            assert_opened(open_with(our_ring(), &peer().seal(&extra)));
        }
    }
}

#[test]
fn pgp_8_reads_long_messages_in_partial_packets() {
    let long: Vec<u8> = BODY.iter().copied().cycle().take(300_000).collect();
    let arguments = ["-u", &peer().trusted, "-r", &ours().id, "--compress-algo", "none", "-s", "-e"];
    let message = peer().gpg.must(&arguments, &long).stdout;
    let opened = open_with(our_ring(), &to_wire(&message)).expect("opens");
    assert_eq!(opened.plaintext.as_slice(), long);
}

#[test]
fn a_message_that_inflates_beyond_the_limit_is_refused() {
    let bomb = vec![b'a'; 3_000_000];
    let arguments = ["-u", &peer().trusted, "-r", &ours().id, "-s", "-e"];
    let message = to_wire(&peer().gpg.must(&arguments, &bomb).stdout);
    assert!(message.len() < 20_000);
    assert!(open_with(our_ring(), &message).is_err());
    let roomy = Opener::new(vec![Arc::new(our_ring())]).max_inflated(4_000_000);
    assert_eq!(roomy.open(message.as_bytes(), Carrier::Body, now()).expect("opens").plaintext.len(), bomb.len());
}

#[test]
fn a_peers_expired_key_neither_verifies_nor_is_encrypted_to() {
    let gpg = Gpg::new();
    let brief = gpg.generate("Brief <day@google.example>", "rsa2048", "2d");
    gpg.import(&ours().public);
    let message = to_wire(&gpg.must(&["-u", &brief, "-r", &ours().id, "-s", "-e"], BODY).stdout);
    let ring = Arc::new(ring(Scheme::Pgp, &[ours().private.as_bytes()], &[&gpg.export(&brief)]));
    let opener = Opener::new(vec![Arc::clone(&ring)]);
    let at = |days: i64| now().plus_millis(days * DAY_MS);
    assert_opened(opener.open(message.as_bytes(), Carrier::Body, at(1)));
    assert!(ring.seal(BODY, Carrier::Body, at(1)).is_ok());
    assert_eq!(opener.open(message.as_bytes(), Carrier::Body, at(2)).err(), UNVERIFIED);
    assert_eq!(ring.seal(BODY, Carrier::Body, at(2)).err(), Some(SealError::NoEncryptionKey));
    assert_eq!(ring.seal(BODY, Carrier::Body, at(365)).err(), Some(SealError::NoSigningKey));
}

#[test]
fn a_peers_revoked_key_neither_verifies_nor_is_encrypted_to() {
    let gpg = Gpg::new();
    let revoked = gpg.generate("Revoked <gone@google.example>", "rsa2048", "1y");
    gpg.import(&ours().public);
    let message = to_wire(&gpg.must(&["-u", &revoked, "-r", &ours().id, "-s", "-e"], BODY).stdout);
    let own = ours().private.as_bytes();
    assert_opened(open_with(ring(Scheme::Pgp, &[own], &[&gpg.export(&revoked)]), &message));
    gpg.revoke(&revoked);
    let ring = || ring(Scheme::Pgp, &[own], &[&gpg.export(&revoked)]);
    assert_eq!(open_with(ring(), &message).err(), UNVERIFIED);
    assert_eq!(ring().seal(BODY, Carrier::Body, now()).err(), Some(SealError::NoEncryptionKey));
}

#[test]
fn curve25519_keys_work_on_both_sides() {
    let gpg = Gpg::new();
    let own = gpg.generate("Curve <own@pay.example.com>", "ed25519", "1y");
    let peers = gpg.generate("Curve <peer@google.example>", "ed25519", "1y");
    let ring = || ring(Scheme::Pgp, &[&gpg.export_secret(&own)], &[&gpg.export(&peers)]);
    let message = gpg.must(&["-u", &peers, "-r", &own, "-s", "-e"], BODY).stdout;
    assert_opened(open_with(ring(), &to_wire(&message)));
    let run = gpg.decrypt(&from_wire(&ring().seal(BODY, Carrier::Body, now()).expect("seals")));
    assert_eq!(run.stdout, BODY);
    assert!(run.status.contains("VALIDSIG"), "{}", run.status);
}

#[test]
fn key_2_keys_rotate_on_both_sides_without_an_outage() {
    let peer_new = new_openpgp("Google <next@google.example>");
    let own_new = new_openpgp("Example Pay <next@pay.example.com>");
    let gpg = &peer().gpg;
    gpg.import(&peer_new.private);
    gpg.import(&own_new.public);
    let old = gpg.export(&peer().trusted);
    let seal =
        |signer: &str, recipient: &str| to_wire(&gpg.must(&["-u", signer, "-r", recipient, "-s", "-e"], BODY).stdout);
    let both = || {
        ring(Scheme::Pgp, &[own_new.private.as_bytes(), ours().private.as_bytes()], &[&old, peer_new.public.as_bytes()])
    };
    for signer in [&peer().trusted, &peer_new.id] {
        for recipient in [&ours().id, &own_new.id] {
            assert_opened(open_with(both(), &seal(signer, recipient)));
        }
    }
    let only_new = || ring(Scheme::Pgp, &[own_new.private.as_bytes()], &[peer_new.public.as_bytes()]);
    assert_opened(open_with(only_new(), &seal(&peer_new.id, &own_new.id)));
    assert!(open_with(only_new(), &seal(&peer().trusted, &own_new.id)).is_err());
    assert!(open_with(only_new(), &seal(&peer_new.id, &ours().id)).is_err());
}

#[test]
fn a_signature_counts_only_for_the_accounts_that_trust_it_and_hold_the_key() {
    let other_own = new_openpgp("Other Account <other@pay.example.com>");
    peer().gpg.import(&other_own.public);
    let trusted = peer().gpg.export(&peer().trusted);
    let stranger = peer().gpg.export(&peer().stranger);
    let ours = ours().private.as_bytes();
    let other = other_own.private.as_bytes();
    let opener = Opener::new(vec![
        Arc::new(ring(Scheme::Pgp, &[ours], &[&stranger])),
        Arc::new(ring(Scheme::Pgp, &[ours], &[&trusted])),
        Arc::new(ring(Scheme::Pgp, &[other], &[&trusted])),
        Arc::new(ring(Scheme::Pgp, &[ours], &[&trusted, &stranger])),
    ]);
    let open = |wire: &str| opener.open(wire.as_bytes(), Carrier::Body, now());
    assert_eq!(open(&peer().seal(&[])).expect("opens").trusted_by, [1, 3]);
    assert_eq!(open(&peer().seal(&["-u", &peer().stranger])).expect("opens").trusted_by, [0, 1, 3]);
    let to_other = ["-u", &peer().stranger, "-r", &other_own.id, "-s", "-e"];
    let result = open(&to_wire(&peer().gpg.must(&to_other, BODY).stdout));
    assert_eq!(result.err(), Some(OpenError::Unverified { recipient: Some(2) }));
}
