//! A merchant who makes invoices through the server's admin API (contract section 6).

use std::sync::{MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::Outlook;
use super::calls::Call;
use crate::crypto::random_token;
use crate::domain::{Day, Timestamp};

/// How many invoices are remembered.
const KEPT: usize = 100;

/// A ready invoice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example {
    /// In the form.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    currency: &'static str,
    locale: &'static str,
    /// Label, and what it costs in micros.
    lines: &'static [(&'static str, i64)],
    tax_micros: Option<i64>,
    /// From today.
    due_days: i64,
    ships: bool,
}

const WRENCH: &[(&str, i64)] = &[("Torque wrench 40-200 Nm", 84_500_000), ("Calibration certificate", 19_000_000)];

/// Every one of the form.
pub(super) const EXAMPLES: [Example; 4] = [
    Example {
        name: "plain",
        title: "A service: 112.30 USD, due in two weeks",
        currency: "USD",
        locale: "en",
        lines: &[("Calibration on site", 84_500_000), ("Certificate", 19_000_000)],
        tax_micros: Some(8_800_000),
        due_days: 14,
        ships: false,
    },
    Example {
        name: "shipping",
        title: "Goods to ship: 112.30 USD and shipping",
        currency: "USD",
        locale: "en",
        lines: WRENCH,
        tax_micros: Some(8_800_000),
        due_days: 14,
        ships: true,
    },
    Example {
        name: "german",
        title: "In German: 238.00 EUR",
        currency: "EUR",
        locale: "de",
        lines: &[("Beratung, zwei Stunden", 200_000_000)],
        tax_micros: Some(38_000_000),
        due_days: 30,
        ships: false,
    },
    Example {
        name: "overdue",
        title: "Overdue: 45.00 USD, due ten days ago",
        currency: "USD",
        locale: "en",
        lines: &[("Yearly inspection", 45_000_000)],
        tax_micros: None,
        due_days: -10,
        ships: false,
    },
];

impl Example {
    /// The body of `POST /api/v1/invoices`.
    fn body(&self, reference: &str, (name, email): (&str, &str), now: Timestamp) -> Value {
        let lines = self.lines.iter().map(|(label, micros)| json!({"label": label, "amountMicros": micros}));
        let mut body = json!({
            "reference": reference,
            "recipient": {"name": name, "email": email, "locale": self.locale},
            "currency": self.currency,
            "lines": lines.collect::<Vec<_>>(),
            "dueDate": Day::of(now).plus_days(self.due_days).to_string(),
        });
        if let Some(tax) = self.tax_micros {
            body["taxMicros"] = json!(tax);
        }
        if self.ships {
            body["shipping"] = shipping();
        }
        body
    }
}

/// Two ways, one of them not to everywhere; neither to Bouvet Island.
fn shipping() -> Value {
    json!({"options": [
        {"id": "ground", "label": "Ground (4-6 days)", "amountMicros": 6_900_000, "countries": ["US", "DE"]},
        {"id": "express", "label": "Express (next day)", "amountMicros": 18_400_000, "countries": ["US"]},
    ]})
}

/// An invoice that was made here.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) reference: String,
    pub(super) title: &'static str,
    pub(super) calls: Vec<Call>,
}

/// What can be done with an invoice (contract section 6).
pub(super) const ACTS: [(&str, &str); 3] =
    [("send", "Send the mail again"), ("cancel", "Cancel the invoice"), ("refund", "Refund it")];

impl Outlook {
    pub(super) fn made(&self) -> MutexGuard<'_, Vec<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an invoice and has it sent. The reference.
    pub(super) async fn make(&self, example: &Example, recipient: (&str, &str)) -> String {
        let letters: String = random_token().chars().filter(char::is_ascii_alphanumeric).take(6).collect();
        let reference = format!("INV-{}", letters.to_uppercase());
        let body = example.body(&reference, recipient, self.clock.now());
        let mut calls = vec![self.administer("/api/v1/invoices", Some(body)).await];
        if calls.iter().all(|call| call.status == Some(201)) {
            calls.push(self.act(&reference, "send").await);
        }
        let mut made = self.made();
        made.insert(0, Made { reference: reference.clone(), title: example.title, calls });
        made.truncate(KEPT);
        reference
    }

    /// `/send`, `/cancel` or `/refund`.
    pub(super) async fn act(&self, reference: &str, act: &str) -> Call {
        self.administer(&format!("/api/v1/invoices/{reference}/{act}"), Some(json!({}))).await
    }

    /// The same, remembered with the invoice.
    pub(super) async fn act_and_note(&self, reference: &str, act: &str) {
        let call = self.act(reference, act).await;
        if let Some(made) = self.made().iter_mut().find(|made| made.reference == reference) {
            made.calls.push(call);
        }
    }

    /// How the invoice stands.
    pub(super) async fn look_at(&self, reference: &str) -> Call {
        self.administer(&format!("/api/v1/invoices/{reference}"), None).await
    }
}

/// The state that the admin API names, or why it does not.
pub(super) fn state(looked: &Call) -> String {
    let body = looked.body().unwrap_or_default();
    match (body["state"].as_str(), looked.status) {
        (Some(state), _) if body["overdue"] == true => format!("{state}, overdue"),
        (Some(state), _) => state.to_owned(),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => looked.answer.clone(),
    }
}
