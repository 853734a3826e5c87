//! TLS, addresses, content types (flows-security sections 2 and 3.1).

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use roundtrip::crypto::{Carrier, Scheme};
use serde_json::json;

use crate::harness::account::{callback_of, method_path};
use crate::harness::ports::free_port;
use crate::harness::tls::{Authority, Certificate};
use crate::harness::{Google, Outside, Setup, Word, World, until};

async fn tls_world(certificate: &Certificate, dir: &Path) -> World {
    let (chain, key) = certificate.write(dir);
    let lines = format!("tls_cert_file = \"{}\"\ntls_key_file = \"{}\"", chain.display(), key.display());
    Setup::pgp().with(|setup| setup.server_more = lines).start().await
}

/// One handshake of the OpenSSL command line; the protocol and suite that were agreed, or what was said instead.
async fn handshake(world: &World, arguments: &[&str]) -> Result<String, String> {
    let address = world.origin.trim_start_matches("https://").to_owned();
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let output = Command::new("openssl")
            .args(["s_client", "-brief", "-connect", &address])
            .args(&arguments)
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let agreed = said.contains("CONNECTION ESTABLISHED");
        if output.status.success() && agreed { Ok(said) } else { Err(said) }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn tls_1_nothing_below_1_2_is_spoken() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = Authority::new().certify("localhost", &rcgen::PKCS_ECDSA_P256_SHA256);
    let world = tls_world(&certificate, dir.path()).await;
    for version in ["-tls1", "-tls1_1"] {
        // The client itself would refuse these, were it not told otherwise.
        let said = handshake(&world, &[version, "-cipher", "ALL:@SECLEVEL=0"]).await.expect_err(version);
        assert!(said.contains("SSL alert number"), "it is the server that refuses: {said}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        handshake(&world, &[version]).await.unwrap_or_else(|said| panic!("{version}: {said}"));
    }
}

#[tokio::test]
async fn tls_2_only_the_listed_suites_are_spoken() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    for (algorithm, name) in [(&rcgen::PKCS_ECDSA_P256_SHA256, "ECDSA"), (&rcgen::PKCS_RSA_SHA256, "RSA")] {
        let world = tls_world(&authority.certify("localhost", algorithm), dir.path()).await;
        let spoken = [format!("ECDHE-{name}-AES128-GCM-SHA256"), format!("ECDHE-{name}-CHACHA20-POLY1305")];
        for suite in &spoken {
            let said = handshake(&world, &["-tls1_2", "-cipher", suite])
                .await
                .unwrap_or_else(|said| panic!("{suite}: {said}"));
            assert!(said.contains(suite.as_str()), "{said}");
        }
        // Everything that OpenSSL knows, without the six of the list.
        let listed = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:\
                      ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256";
        let others = format!("ALL:COMPLEMENTOFALL:!{}:@SECLEVEL=0", listed.replace(':', ":!"));
        handshake(&world, &["-tls1_2", "-cipher", &others]).await.expect_err("a suite off the list was spoken");
        handshake(&world, &["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"]).await.expect_err("TLS 1.3");
        for suite in ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"] {
            handshake(&world, &["-tls1_3", "-ciphersuites", suite])
                .await
                .unwrap_or_else(|said| panic!("{suite}: {said}"));
        }
    }
}

/// The built binary with Google behind TLS at `localhost`, and trust in `authority` alone.
#[tokio::test]
async fn tls_3_a_wrong_host_name_gets_nothing() {
    let outside = Outside::new(Setup::jose()).await;
    let (peer, bank, browser) = (&outside.peer, &outside.banks[0], &outside.browser);
    let authority = Authority::new();
    let trusted = authority.write(outside.dir());
    let port = free_port();
    let wrong = authority.certify("wrong.example", &rcgen::PKCS_ECDSA_P256_SHA256);
    let google = Google::on(port, Some(wrong.server_config()), vec![peer.clone()]);
    let endpoint = format!("https://localhost:{port}/gsp");
    let server = outside.serve(0, &endpoint, &[("SSL_CERT_FILE", &trusted)]).await;
    let page = browser.get(peer.begin_url(&server.public, &peer.redirect_request("rq-0001", Some("BANK_A")))).await;
    let visit = bank.arrive(&page.location());
    let home = browser.get(bank.return_url(&visit, &Word::APPROVED)).await;
    assert_eq!(peer.read_home(&home.location()).result(), &json!({"success": {}}));

    until("handshakes that were broken off", async || {
        (google.listener.broken.load(std::sync::atomic::Ordering::SeqCst) >= 2).then_some(())
    })
    .await;
    assert!(google.notifications("rq-0001").is_empty(), "C2 went to a server of another name");
    drop(google);
    until("the port is free again", async || {
        let bound = std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        bound.then_some(())
    })
    .await;
    // The same server under the right name is told.
    let right = authority.certify("localhost", &rcgen::PKCS_ECDSA_P256_SHA256);
    let google = Google::on(port, Some(right.server_config()), vec![peer.clone()]);
    assert_eq!(google.accepted("rq-0001").await.clear["result"], json!({"success": {}}));
    server.kill();
}

#[tokio::test]
async fn ct_1_pgp_bodies_are_base64url_of_an_octet_stream() {
    let world = Setup::pgp().start().await;
    let echo = world.call("echo", &world.peer().echo_request("echo-1")).await;
    world.paid("rq-0001").await;
    let c2 = world.google.accepted("rq-0001").await;
    let error = world.call("getRedirectPaymentStatus", &world.peer().status_request("st-1", "rq-nobody")).await;
    assert_eq!((echo.status(), error.status()), (200, 404));
    for (desc, content_type, body) in [
        ("answer", echo.page.header("content-type"), echo.page.text()),
        ("error", error.page.header("content-type"), error.page.text()),
        ("C2", c2.content_type.as_str(), c2.raw.clone()),
    ] {
        assert_eq!(content_type, "application/octet-stream; charset=utf-8", "{desc}");
        assert!(
            body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)),
            "{desc}: no line breaks, base64url"
        );
        let message = URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).unwrap();
        assert!(message[0] & 0x80 != 0, "{desc}: a binary OpenPGP packet, not armour");
    }
}

#[tokio::test]
async fn ct_2_jose_bodies_are_compact_and_not_encoded_again() {
    let world = Setup::jose().start().await;
    let echo = world.call("echo", &world.peer().echo_request("echo-1")).await;
    world.paid("rq-0001").await;
    let c2 = world.google.accepted("rq-0001").await;
    let error = world.call("getRedirectPaymentStatus", &world.peer().status_request("st-1", "rq-nobody")).await;
    assert_eq!((echo.status(), error.status()), (200, 404));
    for (desc, content_type, body) in [
        ("answer", echo.page.header("content-type"), echo.page.text()),
        ("error", error.page.header("content-type"), error.page.text()),
        ("C2", c2.content_type.as_str(), c2.raw.clone()),
    ] {
        assert_eq!(content_type, "application/jose; charset=utf-8", "{desc}");
        let parts: Vec<&str> = body.split('.').collect();
        assert_eq!(parts.len(), 5, "{desc}: four dots");
        let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
        assert!(
            header["alg"].is_string() && header["enc"].is_string() && header["kid"] == "google",
            "{desc}: {header}"
        );
    }
}

#[tokio::test]
async fn ct_3_redirect_parameters_are_base64url_in_both_schemes() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let visit = world.at_bank("rq-0001").await;
        let home = world.goes_home(&visit, &Word::APPROVED).await;
        let sealed = &home.sealed;
        assert!(
            sealed.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            "unpadded, without a dot: {sealed}"
        );
        let inner = URL_SAFE_NO_PAD.decode(sealed).unwrap();
        match scheme {
            Scheme::Pgp => assert!(inner[0] & 0x80 != 0, "a binary packet"),
            Scheme::Jose => assert_eq!(String::from_utf8_lossy(&inner).matches('.').count(), 4, "a compact JWE inside"),
        }
    }
}

#[tokio::test]
async fn ct_4_variants_of_encoding_and_content_type_are_accepted() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        let media_type = scheme.content_type().split(';').next().unwrap();
        let url = format!("{}{}", world.origin, method_path("echo"));
        let sealed = || world.peer().seal(&world.peer().echo_request("echo-1"), Carrier::Body);
        let unpadded = |text: &str| text.trim_end_matches('=').to_owned();
        for (desc, content_type, body) in [
            ("as specified", Some(scheme.content_type()), sealed()),
            ("no charset", Some(media_type), sealed()),
            ("upper case", Some("APPLICATION/OCTET-STREAM; CHARSET=UTF-8"), sealed()),
            ("no content type", None, sealed()),
            ("without padding", Some(media_type), unpadded(&sealed())),
            ("with a line end", Some(media_type), format!("{}\r\n", sealed())),
            ("in the other alphabet", Some(media_type), sealed().replace('-', "+").replace('_', "/")),
            ("encoded once more", Some(media_type), URL_SAFE.encode(sealed())),
        ] {
            let pgp_only = desc == "in the other alphabet";
            let jose_only = desc == "encoded once more";
            if (pgp_only && scheme == Scheme::Jose) || (jose_only && scheme == Scheme::Pgp) {
                continue;
            }
            let headers: Vec<(&'static str, &str)> =
                content_type.iter().map(|value| ("content-type", *value)).collect();
            let page = world.browser.post(&url, &headers, body).await;
            assert_eq!(page.status, 200, "{} {desc}", scheme.as_str());
        }
    }
}

#[tokio::test]
async fn ct_4_a_padded_redirect_parameter_is_accepted() {
    for scheme in [Scheme::Pgp, Scheme::Jose] {
        let world = Setup::of(scheme).start().await;
        for (number, padding) in ["", "=", "==", "%3D", "%3D%3D", "%253D%253D"].into_iter().enumerate() {
            let id = format!("rq-{number}");
            let sealed = world.peer().seal(&world.peer().redirect_request(&id, Some("BANK_A")), Carrier::UrlParameter);
            let callback = crate::harness::su1::encoded(&callback_of(&id));
            let url = format!("{}/begin?callbackUrl={callback}&redirectRequest={sealed}{padding}", world.origin);
            world.bank().arrive(&world.get(url).await.location());
        }
    }
}
