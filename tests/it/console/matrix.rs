//! Every page of the console, for every role and for nobody.

use roundtrip::domain::{Capability, Role};
use roundtrip::web::console::{Needs, routes};

use super::visitor::{Visitor, console};

/// A path of this pattern: nothing stands there, which is enough to see who would be let in.
fn example(pattern: &str) -> String {
    let mut path = String::new();
    for segment in pattern.split('/').skip(1) {
        path.push('/');
        let (name, rest) = match segment.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(found) => found,
            None => (segment, ""),
        };
        let value = match name.split(':').next().unwrap() {
            "number" | "part" | "line" => "1",
            "extension" | "format" => "csv",
            _ if segment.starts_with('{') => "01930d2c-7a44-7000-8000-0123456789ab",
            literal => literal,
        };
        path.push_str(value);
        path.push_str(rest);
    }
    path
}

#[tokio::test]
async fn con_9_every_page_lets_in_exactly_the_roles_that_it_needs() {
    let world = console().start().await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let mut visitor = Visitor::signed_in(&world, role).await;
        visitor.get("/console/account").await;
        for route in routes() {
            // These end the session.
            if route.path == "/sign-out" || route.path == "/account/sessions" || route.path.starts_with("/sign-in") {
                continue;
            }
            let path = format!("/console{}", example(route.path));
            let csrf = visitor.csrf();
            let kept = visitor.last.clone();
            let page = if route.method() == "GET" {
                visitor.get(&path).await
            } else {
                visitor.post(&path, &[("csrf", &csrf)], &[]).await
            };
            visitor.last = kept;
            let status = page.status;
            let may = match route.needs {
                Needs::Nothing | Needs::SignedIn => true,
                Needs::SigningIn => false,
                Needs::Capability(_) | Needs::Either(..) => route.needs.allows(role),
            };
            if may == (status == 403) || status >= 500 {
                wrong.push(format!("{} {} {}: {status}", role.as_str(), route.method(), path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn con_9_whoever_is_not_signed_in_sees_nothing_and_does_nothing() {
    let world = console().start().await;
    for route in routes() {
        let mut visitor = Visitor::new(&world);
        let path = format!("/console{}", example(route.path));
        let (get, csrf) = (route.method() == "GET", {
            visitor.get("/console/sign-in").await;
            visitor.csrf()
        });
        let page = if get { visitor.get(&path).await } else { visitor.post(&path, &[("csrf", &csrf)], &[]).await };
        match route.needs {
            Needs::Nothing => assert!([200, 403].contains(&page.status), "{path}: {}", page.status),
            Needs::SigningIn | Needs::SignedIn | Needs::Capability(_) | Needs::Either(..) if get => {
                assert_eq!(page.status, 303, "{path}");
                assert!(page.header("location").starts_with("/console/sign-in"), "{path}");
                assert!(page.body.is_empty(), "{path}");
            }
            Needs::SigningIn | Needs::SignedIn | Needs::Capability(_) | Needs::Either(..) => {
                assert_eq!(page.status, 403, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn con_9_what_is_not_in_the_table_does_not_exist_for_anybody() {
    let world = console().start().await;
    let mut stranger = Visitor::new(&world);
    assert_eq!(stranger.get("/console/nothing").await.status, 303);
    let mut viewer = Visitor::signed_in(&world, Role::Viewer).await;
    assert_eq!(viewer.get("/console/people").await.status, 403);
    viewer.sees("Your role does not allow this");
    let mut admin = Visitor::signed_in(&world, Role::Admin).await;
    assert_eq!(admin.get("/console/nothing").await.status, 404);
    assert_eq!(admin.get("/console/sign-out").await.status, 405);
    // And none of it on the public listener.
    for route in routes() {
        let page = world.get(format!("{}/console{}", world.origin, example(route.path))).await;
        assert_eq!(page.status, 404, "{}", route.path);
    }
}

#[test]
fn con_9_every_act_needs_more_than_to_look() {
    // What they see they may have as a file, and whom they seek travels in a form.
    let only_look = ["/payments/export", "/statements/period", "/statements/{id}/report", "/invoices/~search"];
    for route in routes().filter(|route| route.method() == "POST" && !only_look.contains(&route.path)) {
        assert_ne!(route.needs, Needs::Capability(Capability::Look), "{} does something that viewers may", route.path);
    }
}
