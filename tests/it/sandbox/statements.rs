//! The Google stand-in: remittance statements.

use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use roundtrip::crypto::Carrier;
use serde_json::{Value, json};

use super::location;
use super::world::{JOSE, PGP, START, World, error_of, open};

/// All kinds that name one difference, but for those of zero and negative totals.
const KINDS: [&str; 16] = [
    "correct",
    "amount_differs",
    "currency_differs",
    "fee_differs",
    "unknown_event",
    "duplicate_event",
    "declined_capture",
    "failed_refund",
    "missing_event",
    "total_differs",
    "event_count_differs",
    "page_repeats",
    "page_skips",
    "beyond_int64",
    "formula_id",
    "formula_member",
];

impl World {
    /// Issues a statement of the JOSE account, which the integrator takes; its id.
    async fn issue(&self, kind: &str, further: &[(&str, &str)]) -> String {
        self.answers(200, json!({"responseHeader": {}, "result": {"accepted": {}}}));
        let form: Vec<(&str, &str)> = [("piaid", JOSE), ("kind", kind)].into_iter().chain(further.to_vec()).collect();
        let answer = self.post("/statements", &form).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{kind}: {}", answer.text().await.unwrap());
        location(&answer).strip_prefix("/statements/").unwrap().to_owned()
    }

    async fn about(
        &self,
        method: &str,
        request_id: &str,
        (statement, members): (&str, Value),
    ) -> (StatusCode, Vec<u8>) {
        let mut request = json!({"requestHeader": self.header(request_id, JOSE), "statementId": statement});
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.call(method, JOSE, &request).await
    }

    async fn details(&self, request_id: &str, statement: &str, members: Value) -> Value {
        let (status, body) = self.about("remittanceStatementDetails", request_id, (statement, members)).await;
        let answer = open(&body, Carrier::Body);
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// All pages of a statement, as a careless integrator reads them.
    async fn read(&self, statement: &str) -> Seen {
        let mut seen = Seen::default();
        let mut members = json!({});
        loop {
            let page = self.details(&format!("dt-{statement}-{}", seen.pages), statement, members).await;
            seen.pages += 1;
            assert_eq!(page["totalEvents"], page["remittanceStatementSummary"]["totalEvents"]);
            for (list, events) in [("captureEvents", &mut seen.captures), ("refundEvents", &mut seen.refunds)] {
                events.extend(page[list].as_array().cloned().unwrap_or_default());
            }
            seen.summary = page["remittanceStatementSummary"].clone();
            match page.get("nextEventOffset") {
                Some(next) => members = json!({"eventOffset": next}),
                None => return seen,
            }
        }
    }

    /// Three payments that succeeded and one that was declined; a refund that succeeded and one that did not.
    async fn with_history() -> (Self, History) {
        let world = Self::new();
        let mut paid = Vec::new();
        for _ in 0..3 {
            paid.push(world.decided(JOSE, "success").await);
        }
        let declined = world.decided(JOSE, "insufficientFunds").await;
        let refunded = world.refund(&paid[0], "20.00").await;
        world.refunded(&refunded, JOSE, "success").await;
        let failed = world.refund(&paid[1], "10.00").await;
        world.refunded(&failed, JOSE, "accountClosed").await;
        paid.sort();
        (world, History { paid, declined, refunded, failed })
    }
}

struct History {
    /// Sorted: they were all decided at the same time, and are stated in this order.
    paid: Vec<String>,
    declined: String,
    refunded: String,
    failed: String,
}

impl History {
    /// What a right statement holds.
    fn seen(&self) -> Seen {
        let captures = self.paid.iter().map(|id| event(id, None, [120_000_000, 2_400_000])).collect();
        let integrator_id = format!("R-{}", self.refunded);
        let refunds = vec![event(&self.refunded, Some(&integrator_id), [20_000_000, 0])];
        Seen { captures, refunds, summary: Value::Null, pages: 1 }
    }
}

#[derive(Default, Clone, Debug, PartialEq)]
struct Seen {
    captures: Vec<Value>,
    refunds: Vec<Value>,
    summary: Value,
    pages: usize,
}

impl Seen {
    /// Due, processed, fees and number, as the events make them.
    fn totals(&self) -> [i64; 4] {
        let sum = |events: &[Value], member: &str| -> i64 {
            events.iter().map(|event| event[member]["amountMicros"].as_str().unwrap().parse::<i64>().unwrap()).sum()
        };
        let (processed, back) = (sum(&self.captures, "eventAmount"), sum(&self.refunds, "eventAmount"));
        let fees = sum(&self.captures, "feeAmount") + sum(&self.refunds, "feeAmount");
        [processed - back - fees, processed, fees, (self.captures.len() + self.refunds.len()) as i64]
    }

    /// The same, as the summary tells them.
    fn told(&self) -> [i64; 4] {
        let amount = |name: &str| self.summary[name]["amountMicros"].as_str().unwrap().parse().unwrap();
        let events = self.summary["totalEvents"].as_i64().unwrap();
        [amount("totalDueByIntegrator"), amount("totalProcessedAmount"), amount("totalFeesAmount"), events]
    }
}

fn event(id: &str, integrator_id: Option<&str>, micros: [i64; 2]) -> Value {
    let [amount, fee] = micros.map(|micros| json!({"amountMicros": micros.to_string(), "currencyCode": "INR"}));
    let mut event = json!({"eventRequestId": id, "eventAmount": amount, "feeAmount": fee});
    if let Some(id) = integrator_id {
        event["paymentIntegratorEventId"] = json!(id);
    }
    event
}

#[actix_web::test]
async fn each_kind_of_statement_has_the_difference_it_promises_and_no_other() {
    let (world, history) = World::with_history().await;
    for kind in KINDS {
        let id = world.issue(kind, &[]).await;
        let (seen, mut expected) = (world.read(&id).await, history.seen());
        let right = expected.totals();
        // The totals, where they do not follow the events.
        let mut told = None;
        match kind {
            "correct" => {}
            "amount_differs" => expected.captures[0]["eventAmount"]["amountMicros"] = json!("120010000"),
            "currency_differs" => {
                expected.captures[0]["eventAmount"]["currencyCode"] = json!("USD");
                told = Some(right);
            }
            "fee_differs" => expected.captures[0]["feeAmount"]["amountMicros"] = json!("2410000"),
            "unknown_event" => {
                expected.captures.push(event(&format!("rq-unknown-{id}"), None, [1_000_000, 20_000]));
            }
            "formula_id" => expected.captures.push(event("=cmd()", Some("=cmd()"), [1_000_000, 20_000])),
            "duplicate_event" => expected.captures.push(expected.captures[0].clone()),
            "declined_capture" => expected.captures.push(event(&history.declined, None, [120_000_000, 2_400_000])),
            "failed_refund" => {
                let integrator_id = format!("R-{}", history.failed);
                expected.refunds.push(event(&history.failed, Some(&integrator_id), [10_000_000, 0]));
            }
            "missing_event" => drop(expected.captures.remove(0)),
            "total_differs" => told = Some([right[0] + 10_000, right[1], right[2], right[3]]),
            "event_count_differs" => told = Some([right[0], right[1], right[2], right[3] + 1]),
            // Four events, two on the first page: the payments stand before the refund.
            "page_repeats" => {
                let again = expected.captures[..2].to_vec();
                expected.captures.splice(2..2, again);
                (expected.pages, told) = (3, Some(right));
            }
            "page_skips" => {
                expected.captures.remove(2);
                (expected.pages, told) = (2, Some(right));
            }
            "beyond_int64" => {
                expected.captures[0]["eventAmount"]["amountMicros"] = json!("9223372036854775808000000");
                told = Some(right);
            }
            "formula_member" => {
                for event in expected.captures.iter_mut().chain(&mut expected.refunds) {
                    event["eventDescription"] = json!("=cmd()");
                }
            }
            other => panic!("{other} has no expectation"),
        }
        assert_eq!(seen.told(), told.unwrap_or_else(|| expected.totals()), "{kind}");
        expected.summary = seen.summary.clone();
        assert_eq!(seen, expected, "{kind}");
        let shown = world.page(&format!("/statements/{id}")).await;
        assert!(shown.contains(&id) && !shown.contains("<script"), "{kind}");
    }
    assert!(world.page("/statements").await.contains("micros over 64 bits"));
}

#[actix_web::test]
async fn the_notification_sums_the_statement_up_and_is_repeated_or_changed_on_demand() {
    let (world, history) = World::with_history().await;
    let id = world.issue("correct", &[]).await;
    let (path, mut first) = world.asked().pop().unwrap();
    assert_eq!(path, "v1/remittanceStatementNotification");
    assert_eq!(first["requestHeader"], world.header(&id, JOSE));
    let seen = world.read(&id).await;
    assert_eq!(first["remittanceStatementSummary"], seen.summary);
    assert_eq!(seen.told(), history.seen().totals());
    let at = |name: &str| seen.summary.pointer(name).unwrap()["epochMillis"].as_str().unwrap().parse::<i64>().unwrap();
    let now = START.as_millis();
    assert_eq!((at("/statementDate"), at("/dateDue")), (now, now + 14 * 86_400_000));
    assert!(at("/billingPeriod/startDate") <= now && at("/billingPeriod/endDate") > now);
    world.clock.advance(1_000);
    for what in ["replay", "changed"] {
        let answer = world.post(&format!("/statements/{id}/{what}"), &[]).await;
        assert_eq!(location(&answer), format!("/statements/{id}"));
        let (_, mut again) = world.asked().pop().unwrap();
        assert_ne!(again["requestHeader"]["requestTimestamp"].take(), first["requestHeader"]["requestTimestamp"]);
        if what == "changed" {
            let due = again["remittanceStatementSummary"]["totalDueByIntegrator"]["amountMicros"].take();
            assert_eq!(due, (seen.told()[0] + 10_000).to_string());
            first["remittanceStatementSummary"]["totalDueByIntegrator"]["amountMicros"].take();
        }
        let stamp = first["requestHeader"]["requestTimestamp"].take();
        assert_eq!(again, first);
        first["requestHeader"]["requestTimestamp"] = stamp;
    }
}

#[actix_web::test]
async fn pages_lead_to_the_end_and_hold_no_more_than_was_asked_for() {
    let (world, history) = World::with_history().await;
    let (one, two) = (world.issue("correct", &[("page_size", "1")]).await, world.issue("correct", &[]).await);
    let mut expected = history.seen();
    let seen = world.read(&one).await;
    (expected.summary, expected.pages) = (seen.summary.clone(), 4);
    assert_eq!(seen, expected);
    let page = world.details("dt-1", &two, json!({"eventOffset": 1, "numberOfEvents": 2})).await;
    assert_eq!(
        (&page["eventOffset"], &page["nextEventOffset"], &page["totalEvents"]),
        (&json!(1), &json!(3), &json!(4))
    );
    assert_eq!(page["captureEvents"].as_array().unwrap()[..], expected.captures[1..]);
    assert_eq!(page.get("refundEvents"), None);
    let last = world.details("dt-2", &two, json!({"eventOffset": 3, "numberOfEvents": 1_000})).await;
    assert_eq!((last.get("nextEventOffset"), last.get("captureEvents")), (None, None));
    assert_eq!(last["refundEvents"].as_array().unwrap()[..], expected.refunds[..]);
}

#[actix_web::test]
async fn each_wrong_request_about_a_statement_gets_its_error() {
    let (world, _) = World::with_history().await;
    let id = world.issue("correct", &[]).await;
    let id = id.as_str();
    let (details, modify) = ("remittanceStatementDetails", "acceptRemittanceStatementWithModifications");
    let vat = |ratio: Value| json!({"feeToVatModification": {"vatToFeeRatioInMicros": ratio}});
    for (method, statement, members, status, member) in [
        (details, "stmt-unknown", json!({}), 404, "invalidIdentifier"),
        (details, id, json!({"statementId": null}), 400, "missingRequiredField"),
        (details, id, json!({"eventOffset": 4}), 400, "invalidFieldValue"),
        (details, id, json!({"eventOffset": "0"}), 400, "invalidFieldValue"),
        (details, id, json!({"numberOfEvents": 0}), 400, "invalidFieldValue"),
        (details, id, json!({"numberOfEvents": 1_001}), 400, "invalidFieldValue"),
        ("acceptRemittanceStatement", "stmt-unknown", json!({}), 404, "invalidIdentifier"),
        ("acceptRemittanceStatement", id, vat(json!("150000")), 400, "invalidFieldValue"),
        (modify, "stmt-unknown", vat(json!("150000")), 404, "invalidIdentifier"),
        (modify, id, json!({}), 400, "missingRequiredField"),
        (modify, id, json!({"feeToVatModification": {}}), 400, "missingRequiredField"),
        (modify, id, json!({"settlementExchangeRateModification": {}}), 400, "invalidFieldValue"),
        (modify, id, vat(json!(150_000)), 400, "invalidFieldValue"),
        (modify, id, vat(json!("1000001")), 400, "invalidFieldValue"),
        (modify, id, vat(json!("-1")), 400, "invalidFieldValue"),
    ] {
        let answer = world.about(method, "x-1", (statement, members.clone())).await;
        assert_eq!(error_of(&answer), (status, member.to_owned()), "{method} {members}");
    }
    let foreign = json!({"requestHeader": world.header("x-1", PGP), "statementId": id});
    let answer = world.call(details, PGP, &foreign).await;
    assert_eq!(error_of(&answer), (404, "invalidIdentifier".to_owned()), "another account's statement");
    assert_eq!(world.json(&format!("/statements/{id}/json")).await["case"]["acceptance"], Value::Null);
    world.details("x-1", id, json!({})).await;
}

#[actix_web::test]
async fn a_repeated_request_is_answered_alike_and_a_changed_one_refused() {
    let (world, _) = World::with_history().await;
    let id = world.issue("correct", &[]).await;
    let first = world.details("dt-1", &id, json!({"numberOfEvents": 2})).await;
    let mut world = world.restarted().await;
    world.clock.advance(1_000);
    let mut again = world.details("dt-1", &id, json!({"numberOfEvents": 2})).await;
    again["responseHeader"] = first["responseHeader"].clone();
    assert_eq!(again, first);
    for (method, members) in [
        ("remittanceStatementDetails", json!({"numberOfEvents": 3})),
        ("acceptRemittanceStatement", json!({"numberOfEvents": 2})),
    ] {
        let answer = world.about(method, "dt-1", (&id, members)).await;
        assert_eq!(error_of(&answer), (412, "idempotencyViolation".to_owned()), "{method}");
    }
    let accept = async |world: &World, request_id: &str| {
        let (status, body) = world.about("acceptRemittanceStatement", request_id, (&id, json!({}))).await;
        assert_eq!(open(&body, Carrier::Body)["result"], json!({"success": {}}), "{request_id}");
        assert_eq!(status, StatusCode::OK);
    };
    for request_id in ["ac-1", "ac-1", "ac-2"] {
        accept(&world, request_id).await;
        world = world.restarted().await;
    }
    let vat = json!({"feeToVatModification": {"vatToFeeRatioInMicros": "150000"}});
    let other = world.about("acceptRemittanceStatementWithModifications", "ac-3", (&id, vat)).await;
    assert_eq!(error_of(&other), (400, "preconditionViolation".to_owned()), "other terms than the first");
    let case = &world.json(&format!("/statements/{id}/json")).await["case"];
    assert_eq!(
        (&case["acceptance"]["request_id"], &case["acceptance"]["vat_to_fee_ratio_micros"]),
        (&json!("ac-1"), &Value::Null)
    );
    let statuses: Vec<&Value> = case["calls"].as_array().unwrap().iter().map(|call| &call["status"]).collect();
    assert_eq!(statuses, [200, 200, 412, 412, 200, 200, 200, 400]);
}

#[actix_web::test]
async fn what_was_accepted_is_not_stated_again_and_its_vat_is_shown() {
    let (world, history) = World::with_history().await;
    let id = world.issue("correct", &[("percent", "1.25"), ("fixed", "0.30")]).await;
    let seen = world.read(&id).await;
    assert_eq!(seen.captures[0]["feeAmount"]["amountMicros"], "1800000", "1.25 % of 120.00, and 0.30");
    // 17.5 % of the fees of 5.40 is 0.945: half-even takes it to 0.94.
    let vat = json!({"feeToVatModification": {"vatToFeeRatioInMicros": "175000"}});
    let accepted = world.about("acceptRemittanceStatementWithModifications", "am-1", (&id, vat)).await;
    assert_eq!(accepted.0, StatusCode::OK);
    let told = world.json(&format!("/statements/{id}/json")).await;
    assert_eq!((&told["vatMicros"], &told["case"]["acceptance"]["request_id"]), (&json!(940_000), &json!("am-1")));
    assert!(world.page(&format!("/statements/{id}")).await.contains("with VAT of 17.5 %"));
    let nothing = world.post("/statements", &[("piaid", JOSE), ("kind", "correct")]).await;
    assert_eq!(nothing.status(), StatusCode::BAD_REQUEST);
    assert!(nothing.text().await.unwrap().contains("Nothing is due"));
    let later = world.refund(&history.paid[1], "5.00").await;
    world.refunded(&later, JOSE, "success").await;
    let seen = world.read(&world.issue("correct", &[]).await).await;
    assert_eq!((seen.captures.len(), seen.refunds.len(), seen.told()), (0, 1, [-5_000_000, 0, 0, 1]));
}

#[actix_web::test]
async fn a_revised_statement_is_right_and_keeps_the_billing_period() {
    let (world, history) = World::with_history().await;
    let wrong = world.issue("missing_event", &[("page_size", "2")]).await;
    world.clock.advance(10_000);
    world.decided(JOSE, "success").await;
    let answer = world.post(&format!("/statements/{wrong}/revise"), &[]).await;
    let revised = location(&answer).strip_prefix("/statements/").unwrap().to_owned();
    assert_ne!(revised, wrong);
    let (before, after) = (world.read(&wrong).await, world.read(&revised).await);
    assert_eq!(after.summary["billingPeriod"], before.summary["billingPeriod"]);
    assert_ne!(after.summary["remittanceInstructions"], before.summary["remittanceInstructions"]);
    let mut expected = history.seen();
    (expected.summary, expected.pages) = (after.summary.clone(), 2);
    assert_eq!(after, expected);
    assert_eq!(after.told(), expected.totals());
    let (_, notified) = world.asked().pop().unwrap();
    assert_eq!(notified["requestHeader"]["requestId"], revised);
    assert_eq!(world.json(&format!("/statements/{revised}/json")).await["case"]["statement"]["revises"], wrong);
}

#[actix_web::test]
async fn totals_may_be_zero_or_negative() {
    let (world, history) = World::with_history().await;
    let refused = world.post("/statements", &[("piaid", JOSE), ("kind", "zero_total")]).await;
    assert!(refused.text().await.unwrap().contains("refunded wholly"));
    let rest = world.refund(&history.paid[2], "").await;
    world.refunded(&rest, JOSE, "success").await;
    let whole = world.json(&format!("/orders/{}/json", history.paid[2])).await;
    assert_eq!(whole["restMicros"], "0");
    let zero = world.read(&world.issue("zero_total", &[]).await).await;
    let [due, processed, fees, _] = zero.told();
    assert_eq!((due, processed, fees), (0, 120_000_000, 0));
    assert_eq!(zero.told(), zero.totals());
    let negative = world.read(&world.issue("negative_total", &[]).await).await;
    assert!(negative.told()[0] < 0, "{:?}", negative.told());
    assert_eq!(negative.told(), negative.totals());
}

#[actix_web::test]
async fn a_kind_that_lacks_its_event_is_refused_with_a_reason() {
    let world = World::new();
    let nothing = world.post("/statements", &[("piaid", JOSE), ("kind", "correct")]).await;
    assert_eq!(nothing.status(), StatusCode::BAD_REQUEST);
    world.decided(JOSE, "success").await;
    for (kind, further, reason) in [
        ("declined_capture", ("page_size", ""), "was declined"),
        ("failed_refund", ("page_size", ""), "did not succeed"),
        ("negative_total", ("page_size", ""), "a refund that succeeded"),
        ("page_skips", ("page_size", ""), "two events"),
        ("correct", ("currency", "EUR"), "Nothing is due in this currency"),
        ("correct", ("page_size", "1001"), "1 to 1000"),
        ("correct", ("percent", "x"), "percentage"),
        ("correct", ("percent", "101"), "percentage"),
    ] {
        let answer = world.post("/statements", &[("piaid", JOSE), ("kind", kind), further]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{kind}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(reason), "{kind}: {text}");
    }
    assert!(world.asked().is_empty(), "nothing was sent");
}

#[actix_web::test]
async fn requests_about_a_statement_are_answered_badly_as_often_as_asked_for() {
    let (world, _) = World::with_history().await;
    let id = world.issue("correct", &[]).await;
    let accept = async || world.about("acceptRemittanceStatement", "ac-1", (&id, json!({}))).await.0.as_u16();
    let accepted = async || !world.json(&format!("/statements/{id}/json")).await["case"]["acceptance"].is_null();
    let set = world.post("/misbehave", &[("order", &id), ("how", "unavailable"), ("times", "1")]).await;
    assert_eq!(location(&set), format!("/statements/{id}"));
    assert_eq!((accept().await, accepted().await), (503, false));
    world.post("/misbehave", &[("how", "lost"), ("times", "1")]).await;
    assert_eq!((accept().await, accepted().await), (503, true), "stored, though the answer was lost");
    assert_eq!(accept().await, 200);
}

/// Prints what a program that knows camt.053 takes from one.
const READER: &str = r#"
import json, sys, xml.etree.ElementTree as ET
ns = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
found = []
for entry in ET.fromstring(sys.stdin.buffer.read()).findall("c:BkToCstmrStmt/c:Stmt/c:Ntry", ns):
    amount = entry.find("c:Amt", ns)
    found.append({
        "amount": amount.text, "currency": amount.get("Ccy"), "direction": entry.find("c:CdtDbtInd", ns).text,
        "status": entry.find("c:Sts/c:Cd", ns).text, "booked": entry.find("c:BookgDt/c:Dt", ns).text,
        "memo": [line.text for line in entry.findall("c:NtryDtls/c:TxDtls/c:RmtInf/c:Ustrd", ns)],
    })
print(json.dumps(found))
"#;

fn booked(xml: &str) -> Value {
    let mut reader = Command::new("/usr/bin/python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python runs");
    reader.stdin.take().expect("a pipe").write_all(xml.as_bytes()).expect("written");
    let output = reader.wait_with_output().expect("python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("json")
}

#[actix_web::test]
async fn the_bank_books_the_transfer_with_the_memo_line() {
    let (world, history) = World::with_history().await;
    let id = world.issue("correct", &[]).await;
    let memo = world.read(&id).await.summary["remittanceInstructions"]["memoLineId"].clone();
    let entry = |amount: &str, direction: &str| {
        json!([{
            "amount": amount, "currency": "INR", "direction": direction, "status": "BOOK", "booked": "2027-01-15",
            "memo": [memo],
        }])
    };
    // Three payments of 120.00 without their fees of 2.40, and a refund of 20.00.
    assert_eq!(history.seen().totals()[0], 332_800_000);
    let file = |query: &str| format!("/statements/{id}/camt053.xml{query}");
    assert_eq!(booked(&world.page(&file("")).await), entry("332.80", "DBIT"));
    assert_eq!(booked(&world.page(&file("?amount=1.5")).await), entry("1.50", "DBIT"));
    let bad = world.browser.get(format!("{}{}", world.origin, file("?amount=x"))).send().await.unwrap();
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
}
