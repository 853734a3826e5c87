//! Bodies that trickle: whoever sends one is not waited for, and nobody else has to wait meanwhile (on a real socket).

use roundtrip::domain::{Role, Timestamp};
use roundtrip::storage::NewApiToken;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::visitor::{Visitor, console};
use crate::harness::World;

/// A world that waits one second.
async fn impatient() -> World {
    let mut setup = console();
    setup.server_more.push_str("admin_body_timeout_s = 1\nadmin_upload_window_s = 1\n");
    setup.start().await
}

/// Begins a request whose body says that it is longer than what comes of it.
async fn trickles(world: &World, (path, headers): (&str, &str), body: &[u8]) -> TcpStream {
    let address = world.nodes[0].admin.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 500000\r\n{headers}\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body).await.unwrap();
    socket
}

/// What comes back until the server closes.
async fn answer(mut socket: TcpStream) -> String {
    let mut all = Vec::new();
    // A reset after the answer is as good as a close.
    let _closed = socket.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}

fn cookies(visitor: &Visitor) -> String {
    let cookies: Vec<_> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("cookie: {}\r\n", cookies.join("; "))
}

#[tokio::test]
async fn con_9_a_form_that_trickles_is_answered_with_408_and_others_are_not_kept_waiting() {
    let world = impatient().await;
    let mut visitor = Visitor::signed_in(&world, Role::Finance).await;
    let form = format!("{}content-type: application/x-www-form-urlencoded\r\n", cookies(&visitor));
    let slow = trickles(&world, ("/console/account/password", &form), b"csrf=").await;
    let before =
        trickles(&world, ("/console/sign-in", "content-type: application/x-www-form-urlencoded\r\n"), b"n").await;
    // Both are waited for, by one worker: it answers others all the same.
    assert_eq!(visitor.get("/console/account").await.status, 200);
    let slow = answer(slow).await;
    assert!(slow.starts_with("HTTP/1.1 408 ") && slow.contains("It came too slowly"), "{slow}");
    assert!(slow.to_lowercase().contains("content-security-policy"), "a page like every other: {slow}");
    assert!(answer(before).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(visitor.get("/console/account").await.status, 200);
}

#[tokio::test]
async fn con_9_an_upload_that_trickles_is_answered_with_408() {
    let world = impatient().await;
    let mut visitor = Visitor::signed_in(&world, Role::Finance).await;
    visitor.get("/console/bank/import").await;
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--b\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"a.xml\"\r\n\r\n<Document",
        visitor.csrf()
    );
    let headers = format!("{}content-type: multipart/form-data; boundary=b\r\n", cookies(&visitor));
    let slow = answer(trickles(&world, ("/console/bank/import", &headers), body.as_bytes()).await).await;
    assert!(slow.starts_with("HTTP/1.1 408 ") && slow.contains("It came too slowly"), "{slow}");
    assert!(world.nodes[0].store.jobs(None, 10).await.unwrap().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn con_9_a_call_that_trickles_is_answered_with_a_problem() {
    let world = impatient().await;
    let token = "rt_token_of_a_slow_caller";
    let new = NewApiToken {
        id: uuid::Uuid::from_u128(404),
        name: "slow".to_owned(),
        scopes: "invoices:write,statements:write".to_owned(),
        user_name: None,
        sha256: roundtrip::crypto::content_hash(token.as_bytes()),
        created_at: Timestamp::from_secs(1_790_000_000),
    };
    world.nodes[0].store.create_token(new).await.unwrap();
    let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    for path in ["/api/v1/invoices", "/api/v1/bank/statements"] {
        let slow = answer(trickles(&world, (path, &headers), b"{").await).await;
        let (head, body) = slow.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 ") && head.contains("application/problem+json"), "{path}: {slow}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], 408, "{path}");
    }
}
