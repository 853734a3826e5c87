//! The admin API's own description (contract section 3).

use actix_web::HttpResponse;
use actix_web::http::header;

/// The OpenAPI 3.1 document of the admin API, written by hand. Tests hold it to the routes that there are.
pub const OPENAPI: &str = include_str!("../../static/openapi.json");

/// `GET /api/v1/openapi.json`: for anybody who reaches the listener; it says nothing of this server.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(OPENAPI)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;
    use crate::domain::Timestamp;
    use crate::web::{bank, bookings, invoices, payouts, statements};

    fn document() -> Value {
        serde_json::from_str(OPENAPI).unwrap()
    }

    /// Path, method and operation.
    fn operations(document: &Value) -> Vec<(String, String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, methods): (&String, &Value)| {
            let methods = methods.as_object().unwrap();
            methods.iter().map(|(method, call)| (path.clone(), method.clone(), call.clone())).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    #[test]
    fn con_6_every_reference_leads_somewhere_and_every_component_is_used() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in &found {
            let target = target.strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{target} is not there");
        }
        for (kind, components) in document["components"].as_object().unwrap() {
            for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
                let path = format!("#/components/{kind}/{name}");
                assert!(found.contains(&path.as_str()), "{path} is used nowhere");
            }
        }
    }

    #[test]
    fn con_6_operations_are_whole_and_their_ids_differ() {
        let document = document();
        let mut ids = HashSet::new();
        for (path, method, call) in operations(&document) {
            let place = format!("{method} {path}");
            assert!(ids.insert(call["operationId"].as_str().unwrap().to_owned()), "{place}: its id stands twice");
            assert!(call["summary"].is_string() && call["tags"].is_array(), "{place}");
            let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
            let named: Vec<String> = parameters
                .iter()
                .map(|parameter| resolved(&document, parameter))
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect();
            let in_path: Vec<&str> =
                path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default()).collect();
            assert_eq!(named, in_path, "{place}: its parameters");
            let answers = call["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{place}: no success");
            let scoped = call["security"].as_array().is_some_and(|security| !security.is_empty());
            assert_eq!(scoped, answers.contains_key("401") && answers.contains_key("403"), "{place}: who may");
        }
    }

    #[test]
    fn con_6_scopes_are_those_that_tokens_have_and_writes_need_a_write_scope() {
        let document = document();
        let areas = ["payments", "refunds", "statements", "reports", "invoices", "bookings", "outbox", "keys"];
        for (path, method, call) in operations(&document) {
            let Some(scope) = call.pointer("/security/0/bearer/0").and_then(Value::as_str) else { continue };
            let (area, right) = scope.split_once(':').unwrap();
            assert!(areas.contains(&area), "{path}: {scope}");
            assert_eq!(right, if method == "get" { "read" } else { "write" }, "{method} {path}");
            assert!(call["description"].as_str().unwrap().contains(&format!("Scope: {scope}.")), "{path}");
        }
    }

    fn example(document: &Value, path: &str) -> Value {
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"].clone()
    }

    fn reads<T: DeserializeOwned>(document: &Value, path: &str) {
        let example = example(document, path);
        assert!(example.is_object(), "{path} has no example");
        let read: Result<T, _> = serde_json::from_value(example);
        assert!(read.is_ok(), "{path}: {:?}", read.err());
    }

    #[test]
    fn con_6_examples_are_bodies_that_the_handlers_read() {
        let document = document();
        reads::<statements::AcceptBody>(&document, "/api/v1/statements/{id}/accept");
        reads::<bank::MatchBody>(&document, "/api/v1/bank/transfers/{transactionId}/match");
        reads::<payouts::ReasonBody>(&document, "/api/v1/bank/transfers/{transactionId}/take-back");
        reads::<payouts::RecordBody>(&document, "/api/v1/merchants/{merchantId}/payouts");
        reads::<payouts::ReasonBody>(&document, "/api/v1/merchants/{merchantId}/payouts/{reference}/take-back");
        reads::<payouts::ReasonBody>(&document, "/api/v1/processor/payouts/{reference}/close");
        reads::<bookings::CancelBody>(&document, "/api/v1/bookings/{bookingId}/cancel");
        reads::<bookings::NoShowBody>(&document, "/api/v1/bookings/{bookingId}/no-show");
        reads::<bookings::RefundBody>(&document, "/api/v1/bookings/{bookingId}/refund");
        reads::<invoices::RefundBody>(&document, "/api/v1/invoices/{reference}/refund");
        reads::<invoices::MarkPaidBody>(&document, "/api/v1/invoices/{reference}/mark-paid");
        let draft = example(&document, "/api/v1/invoices").to_string();
        let read = invoices::draft::read(draft.as_bytes(), "nonce", Timestamp::from_secs(1_795_000_000));
        assert!(read.is_ok(), "{:?}", read.err());
    }

    /// The members of a body's schema, and those that it needs.
    #[test]
    fn con_6_bodies_that_refuse_unknown_members_say_so() {
        let document = document();
        for (path, method, call) in operations(&document) {
            let Some(body) = call.pointer("/requestBody/content/application~1json") else { continue };
            let schema = resolved(&document, &body["schema"]);
            let closed = schema["additionalProperties"] == Value::Bool(false);
            // Feeds are Google's: what is unknown in them is passed over.
            assert_eq!(closed, path != "/api/v1/booking/feeds", "{method} {path}");
            let example = body["example"].as_object();
            for name in example.into_iter().flat_map(|members| members.keys()) {
                assert!(schema["properties"].get(name).is_some(), "{method} {path}: {name} is no member");
            }
        }
    }
}
