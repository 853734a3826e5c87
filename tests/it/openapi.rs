//! The admin API's own description, held to the server that answers (contract sections 3 and 6).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

use reqwest::Method;
use serde_json::Value;

use crate::harness::Setup;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// The example or, of an enumeration, the first word.
fn value(parameter: &Value) -> String {
    let found = parameter.get("example").or_else(|| parameter.pointer("/schema/enum/0")).unwrap_or(&Value::Null);
    match found {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{parameter} has no example: {other}"),
    }
}

/// The address of an operation, with its path and required query filled in.
fn address(document: &Value, path: &str, call: &Value) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in call["parameters"].as_array().into_iter().flatten() {
        let parameter = resolved(document, parameter);
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &value(parameter)),
            "query" if parameter["required"] == true => query.push(format!("{name}={}", value(parameter))),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

#[tokio::test]
async fn con_6_every_documented_operation_is_there_wants_a_token_and_no_other_method_is() {
    let world = Setup::pgp().start().await;
    let admin = &world.nodes[0].admin;
    let client = reqwest::Client::new();
    let answer = client.get(format!("{admin}/api/v1/openapi.json")).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    let document: Value = answer.json().await.unwrap();
    let mut asked = 0;
    for (path, calls) in document["paths"].as_object().unwrap() {
        let any = calls.as_object().unwrap().values().next().unwrap();
        for method in METHODS {
            let place = format!("{method} {path}");
            let call = &calls[method];
            let url = format!("{admin}{}", address(&document, path, if call.is_null() { any } else { call }));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = client.request(method, url).send().await.unwrap();
            let status = answer.status().as_u16();
            let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
            let scoped = call["security"].as_array().is_some_and(|security| !security.is_empty());
            if call.is_null() {
                // Probes are not of the API: what they answer to other methods is the server's own affair.
                if path.starts_with("/api/") {
                    assert_eq!((status, kind.as_deref()), (405, Some("application/problem+json")), "{place}");
                } else {
                    assert!(matches!(status, 404 | 405), "{place}: {status}");
                }
            } else if scoped {
                asked += 1;
                assert_eq!(
                    answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap()),
                    Some("Bearer"),
                    "{place}"
                );
                assert_eq!((status, kind.as_deref()), (401, Some("application/problem+json")), "{place}");
                let body: Value = answer.json().await.unwrap();
                assert_eq!((&body["status"], body["detail"].is_string()), (&Value::from(401), true), "{place}");
            } else {
                assert_eq!(status, 200, "{place}");
            }
        }
    }
    assert!(asked > 40, "only {asked} operations were asked for");
}

#[tokio::test]
async fn con_6_the_document_is_not_on_the_public_listener() {
    let world = Setup::pgp().start().await;
    let answer = reqwest::get(format!("{}/api/v1/openapi.json", world.nodes[0].public)).await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
}
