//! What is too much (contract sections 2 and 3).

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use roundtrip::crypto::Carrier;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::account::{begin_url, method_path};
use crate::harness::{Setup, World, until};

const GENERATE: &str = "generateRedirectPaymentUrl";

#[tokio::test]
async fn a_body_over_256_kib_is_too_large() {
    let world = Setup::pgp().start().await;
    let before = world.rows().await;
    for path in [
        method_path("echo"),
        method_path(GENERATE),
        method_path("getRedirectPaymentStatus"),
        "/redirect-fop-v1/echo".to_owned(),
        "/issuers/BANK_A/events".to_owned(),
    ] {
        let url = format!("{}{path}", world.origin);
        let fits = world.browser.post(&url, &[], vec![b'A'; 256 * 1024]).await;
        assert!(matches!(fits.status, 400 | 401), "{path}: {}", fits.status);
        let over = world.browser.post(&url, &[], vec![b'A'; 256 * 1024 + 1]).await;
        assert_eq!(over.status, 413, "{path}");
    }
    let (address, page) = world.choice("rq-0001").await;
    let form = world
        .browser
        .post(
            page.form(&address, "/choose"),
            &[("content-type", "application/x-www-form-urlencoded")],
            vec![b'A'; 300_000],
        )
        .await;
    assert!((400..500).contains(&form.status), "{}", form.status);
    let after = world.rows().await;
    assert_eq!(after["request_log"], before["request_log"] + 1, "nothing stored but the choice that was begun");
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let world = Setup::pgp().start().await;
    let address = world.origin.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        method_path("echo")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "A".repeat(0x10000));
    for _ in 0..8 {
        // The server may have answered and closed meanwhile.
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut head = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut head)).await.expect("an answer");
    // A reset, because we were still sending, is an answer too.
    assert!(read.is_err() || &head == b"HTTP/1.1 413", "{}", String::from_utf8_lossy(&head));
    world.at_bank("rq-0001").await;
}

#[tokio::test]
async fn a_body_that_never_comes_is_given_up() {
    let world = Setup::pgp().with(|setup| setup.more = "[limits]\nparallel = 1".to_owned()).start().await;
    let address = world.origin.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 1000\r\n\r\nAAAA", method_path("echo"));
    stream.write_all(head.as_bytes()).await.unwrap();
    // It holds the one place of this address.
    until("the place is taken", async || {
        (world.get(format!("{}/return/BANK_A", world.origin)).await.status == 429).then_some(())
    })
    .await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(25), stream.read_to_end(&mut answer)).await;
    read.expect("the connection is closed").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    world.at_bank("rq-0001").await;
}

/// A begin URL whose request line is `length` bytes long, by a parameter that nobody reads.
fn begin_of(world: &World, id: &str, length: usize) -> String {
    let url = world.peer().begin_url(&world.origin, &world.peer().redirect_request(id, Some("BANK_A"))).to_string();
    let line = "GET  HTTP/1.1".len() + url.len() - world.origin.len() + "&x=".len();
    format!("{url}&x={}", "x".repeat(length - line))
}

#[tokio::test]
async fn url_4_a_request_line_of_8_kib_works_and_a_longer_one_does_not() {
    let world = Setup::pgp().start().await;
    for length in [2_048, 4 * 1024, 8 * 1024 - 16] {
        let page = world.get(begin_of(&world, &format!("rq-{length}"), length)).await;
        world.bank().arrive(&page.location());
    }
    let before = world.rows().await;
    for length in [8 * 1024 + 16, 10 * 1024, 60 * 1024] {
        let page = world.get(begin_of(&world, "rq-long", length)).await;
        assert!((400..500).contains(&page.status) && !page.has_location(), "{length}: {}", page.status);
        let return_url = format!("{}/return/BANK_A?x={}", world.origin, "x".repeat(length));
        assert!((400..500).contains(&world.get(&return_url).await.status), "{length}");
        let post = world.browser.post(format!("{}/v1/echo?x={}", world.origin, "x".repeat(length)), &[], "A").await;
        assert!((400..500).contains(&post.status), "{length}");
    }
    assert_eq!(world.rows().await, before, "nothing may be stored");
}

#[tokio::test]
async fn url_3_begin_accepts_2048_characters() {
    let world = Setup::pgp().start().await;
    let callback_start = "https://payments.google.test/return?redirectRequestId=rq-0001&p=";
    // A description that does not compress makes up what the scheme leaves free; the callback is padded to the last character.
    let url = (0..900).step_by(50).find_map(|length| {
        let mut request = world.peer().redirect_request("rq-0001", Some("BANK_A"));
        request["transactionDescription"] = json!(noise(length + 1));
        let sealed = world.peer().seal(&request, Carrier::UrlParameter);
        let build =
            |pad: usize| begin_url(&world.origin, &format!("{callback_start}{}", "x".repeat(pad)), &sealed).to_string();
        let pad = 2_048_usize.checked_sub(build(0).len())?;
        (pad + callback_start.len() <= 512).then(|| build(pad))
    });
    let url = url.expect("some length fits");
    assert_eq!(url.len(), 2_048);
    world.bank().arrive(&world.get(url).await.location());
}

/// Letters and digits without a pattern.
fn noise(length: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(alphabet[(state % 64) as usize])
        })
        .collect()
}

/// What goes into a URL is compressed in both schemes, and both ways of wrapping are read in a body.
#[tokio::test]
async fn a_decompression_bomb_is_refused() {
    for world in [Setup::pgp().start().await, Setup::jose().start().await] {
        let before = world.rows().await;
        // Compresses to a small fraction, and inflates to more than the limit.
        let mut request = world.peer().generate_request("rq-0001", None);
        request["somethingNew"] = json!("0".repeat(20 * 1024 * 1024));
        let bomb = world.peer().seal(&request, Carrier::UrlParameter);
        assert!(bomb.len() < 256 * 1024, "{} bytes are no bomb", bomb.len());
        let url = format!("{}{}", world.origin, method_path(GENERATE));
        let called = world.peer().call_sealed(&world.browser, &url, bomb).await;
        assert!((400..500).contains(&called.status()), "{}", called.status());
        assert_eq!(world.rows().await, before);
        // A large one that stays within the limit is read.
        let mut request = world.peer().generate_request("rq-0002", None);
        request["somethingNew"] = json!("0".repeat(600 * 1024));
        let large = world.peer().seal(&request, Carrier::UrlParameter);
        world.peer().call_sealed(&world.browser, &url, large).await.payment_url();
    }
}

#[tokio::test]
async fn a_compressed_body_is_no_way_around_the_limits() {
    let world = Setup::pgp().start().await;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'A'; 64 * 1024 * 1024]).unwrap();
    let body = encoder.finish().unwrap();
    for encoding in ["deflate", "gzip", "br", "zstd"] {
        let page = world
            .browser
            .post(format!("{}/v1/echo", world.origin), &[("content-encoding", encoding)], body.clone())
            .await;
        assert!((400..500).contains(&page.status), "{encoding}: {}", page.status);
    }
}

#[tokio::test]
async fn too_many_requests_of_one_address_are_told_when_to_come_back() {
    let world = Setup::pgp().with(|setup| setup.more = "[limits]\nrequests_per_minute = 60".to_owned()).start().await;
    let before = world.rows().await;
    let mut refused = None;
    for _ in 0..80 {
        let page = world.get(format!("{}/return/BANK_A", world.origin)).await;
        match page.status {
            403 => assert!(refused.is_none(), "a limit that was reached stays reached for a while"),
            429 => refused = Some(page),
            other => panic!("{other}"),
        }
    }
    let refused = refused.expect("80 requests are more than 60");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(world.begin("rq-0001", Some("BANK_A")).await.status, 429);
    assert_eq!(world.rows().await, before, "nothing may be stored");
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(world.get(format!("{}{probe}", world.origin)).await.status, 200, "probes are not counted");
    }
}

#[tokio::test]
async fn a_proxy_is_believed_about_the_payers_address_only_if_it_is_trusted() {
    for (trusted, refused) in [("[\"127.0.0.0/8\"]", 0), ("[]", 20)] {
        let setup = Setup::pgp().with(|setup| {
            setup.more = "[limits]\nrequests_per_minute = 20".to_owned();
            setup.server_more = format!("trusted_proxies = {trusted}");
        });
        let world = setup.start().await;
        let mut count = 0;
        for number in 0..40 {
            let address = format!("198.51.100.{number}");
            let page = world
                .browser
                .get_with(format!("{}/return/BANK_A", world.origin), &[("x-forwarded-for", &address)])
                .await;
            count += usize::from(page.status == 429);
        }
        assert!(count.abs_diff(refused) <= 2, "{count} refused with trusted_proxies = {trusted}");
    }
}

#[tokio::test]
async fn without_a_google_section_its_paths_do_not_exist() {
    let world = Setup::pgp().with(|setup| setup.google = false).start().await;
    for path in ["/begin", "/begin?callbackUrl=x&redirectRequest=y"] {
        assert_eq!(world.get(format!("{}{path}", world.origin)).await.status, 404, "{path}");
    }
    for path in [
        method_path("echo"),
        method_path(GENERATE),
        method_path("getRedirectPaymentStatus"),
        "/redirect-fop-v1/echo".to_owned(),
    ] {
        assert_eq!(world.browser.post(format!("{}{path}", world.origin), &[], "x").await.status, 404, "{path}");
    }
    assert_eq!(world.get(format!("{}/readyz", world.origin)).await.status, 200);
}

#[tokio::test]
async fn the_admin_paths_do_not_exist_outside() {
    let world = Setup::pgp().start().await;
    for path in ["/api/v1/payments?requestId=x", "/metrics", "/console/", "/api/v1/openapi.json"] {
        assert_eq!(world.get(format!("{}{path}", world.origin)).await.status, 404, "{path}");
    }
    let admin = &world.nodes[0].admin;
    assert_eq!(world.get(format!("{admin}/api/v1/payments?requestId=x")).await.status, 401);
    assert_eq!(world.get(format!("{admin}/begin")).await.status, 404);
    assert_eq!(world.get(format!("{admin}/healthz")).await.status, 200);
}
