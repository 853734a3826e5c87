//! The admin API: a token never does more than its person may, and what changes something is noted before.

use roundtrip::domain::{Role, UserName};
use roundtrip::ports::Clock as _;
use roundtrip::storage::{AuditFilter, NewApiToken, NewUser};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use crate::harness::browser::Page;
use crate::harness::{Setup, World};

const UNKNOWN: &str = "01930d2c-7a44-7000-8000-0123456789ab";

/// A token of everything that a scope can be, for each role and for nobody; the token is the role's name.
async fn office() -> World {
    let world = Setup::pgp().start().await;
    let store = &world.nodes[0].store;
    let created_at = world.clock.now();
    let everything = ["payments", "refunds", "statements", "reports", "invoices", "bookings", "outbox", "keys"]
        .map(|area| format!("{area}:read,{area}:write"))
        .join(",");
    let named = Role::ALL.map(|role| (role.as_str(), Some(role)));
    for (number, (name, role)) in (100..).zip(named.into_iter().chain([("nobody", None)])) {
        if let Some(role) = role {
            let name = UserName::parse(name).unwrap();
            store.create_user(NewUser { name, role, created_at }).await.unwrap();
        }
        let token = NewApiToken {
            id: uuid::Uuid::from_u128(number),
            name: String::new(),
            scopes: everything.clone(),
            user_name: role.map(|role| role.as_str().to_owned()),
            sha256: roundtrip::crypto::content_hash(name.as_bytes()),
            created_at,
        };
        store.create_token(token).await.unwrap();
    }
    world
}

async fn post(world: &World, who: &str, path: &str) -> Page {
    let authorization = format!("Bearer {who}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    world.browser.post(format!("{}/api/v1/{path}", world.nodes[0].admin), &headers, "{}").await
}

async fn get(world: &World, who: &str, path: &str) -> Page {
    let authorization = format!("Bearer {who}");
    let url = format!("{}/api/v1/{path}", world.nodes[0].admin);
    world.browser.get_with(url, &[("authorization", &authorization)]).await
}

#[actix_web::test]
async fn con_1_a_token_does_no_more_than_its_persons_role_allows() {
    let world = office().await;
    let refund = format!("payments/{UNKNOWN}/refund");
    let acts = [
        (refund.as_str(), ["finance", "admin"].as_slice()),
        ("statements/none/accept", &["finance", "admin"]),
        ("bank/statements", &["finance", "admin", "nobody"]),
    ];
    for (path, may) in acts {
        for who in ["viewer", "finance", "operator", "admin", "nobody"] {
            let page = post(&world, who, path).await;
            let refused_by_role = page.status == 403 && page.text().contains("role that does not allow");
            let known = who != "nobody";
            assert_eq!(refused_by_role, known && !may.contains(&who), "{who} {path}: {} {}", page.status, page.text());
            if refused_by_role {
                assert_eq!(page.header("content-type"), "application/problem+json");
            } else if known {
                assert!(!matches!(page.status, 401 | 403), "{who} {path}: {} {}", page.status, page.text());
            }
        }
    }
    for who in ["viewer", "finance", "operator", "admin", "nobody"] {
        assert_eq!(get(&world, who, "ledger").await.status, 200, "{who} looks");
    }
}

#[actix_web::test]
async fn con_1_calls_that_change_something_are_noted_before_they_are_carried_out() {
    let world = office().await;
    let store = &world.nodes[0].store;
    let noted = async || {
        let rows = store.audit(&AuditFilter::default(), None, 100).await.unwrap();
        assert!(store.verify_audit().await.unwrap().is_sound());
        rows.into_iter().rev().map(|row| (row.actor, row.action, row.subject, row.outcome.as_str())).collect::<Vec<_>>()
    };
    get(&world, "finance", "ledger").await;
    post(&world, "stranger", &format!("payments/{UNKNOWN}/refund")).await;
    assert_eq!(noted().await, [], "neither looks nor strangers");
    post(&world, "finance", &format!("payments/{UNKNOWN}/refund?secret=1")).await;
    post(&world, "viewer", &format!("payments/{UNKNOWN}/refund")).await;
    let subject = format!("/api/v1/payments/{UNKNOWN}/refund");
    let by = |number: u128, name: &str| format!("token:{} user:{name}", uuid::Uuid::from_u128(number));
    let rows = noted().await;
    let told: Vec<_> =
        rows.iter().map(|(actor, _, subject, outcome)| (actor.clone(), subject.clone(), *outcome)).collect();
    assert_eq!(told, [(by(101, "finance"), subject.clone(), "asked"), (by(100, "viewer"), subject, "refused")]);
    for (_, action, _, _) in &rows {
        assert!(action.starts_with("POST /api/v1/payments/{") && action.ends_with("}/refund"), "{action}");
    }

    let mut options = ConnectOptions::new(world.database());
    options.sqlx_logging(false).max_connections(1);
    let raw = Database::connect(options).await.unwrap();
    raw.execute_unprepared("ALTER TABLE audit_log RENAME TO audit_log_gone").await.unwrap();
    raw.close().await.unwrap();
    let page = post(&world, "finance", &format!("payments/{UNKNOWN}/refund")).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (503, "application/problem+json"),
        "what cannot be noted is not done"
    );
    assert_eq!(get(&world, "finance", "ledger").await.status, 200, "looking needs no note");
}
