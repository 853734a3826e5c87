//! The feeds, as Google reads them: merchants, services and slots (google-booking-server section 7).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::book::Replaced;
use crate::domain::catalog::TaxRate;
use crate::domain::{Currency, Money, Timestamp};
use crate::sandbox::SandboxError;
use crate::sandbox::page::shown;

/// A slot that can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) start_s: i64,
    pub(super) duration_s: i64,
    pub(super) spots_open: i64,
    pub(super) spots_total: i64,
    /// What identifies it beside its time, and what requests repeat: `availability_tag`, `resources`,
    /// `confirmation_mode`, in the names of section 3.1.
    pub(super) said: Value,
    /// Terms of its own: `payment_option_id`, `deposit`, `no_show_fee`, `require_credit_card`, in the feed's names.
    pub(super) terms: Value,
}

impl Slot {
    /// From a feed's `Availability` (section 7.5).
    fn of_feed(slot: &Value) -> Option<Self> {
        let number = |name: &str| integer(&slot[name]);
        let mut said = part(slot, &["availability_tag", "confirmation_mode"]);
        let resources = part(&slot["resources"], &["staff_id", "room_id", "party_size"]);
        if resources.as_object().is_some_and(|members| !members.is_empty()) {
            said["resources"] = resources;
        }
        Some(Self {
            start_s: number("start_sec")?,
            duration_s: number("duration_sec")?,
            spots_open: number("spots_open")?,
            spots_total: number("spots_total")?,
            said,
            terms: part(slot, &["payment_option_id", "deposit", "no_show_fee", "require_credit_card"]),
        })
    }

    /// `Slot` (section 3.1).
    pub(super) fn message(&self, merchant: &str, service: &str) -> Value {
        let mut message = self.said.clone();
        message["merchant_id"] = json!(merchant);
        message["service_id"] = json!(service);
        message["start_sec"] = json!(self.start_s.to_string());
        message["duration_sec"] = json!(self.duration_s.to_string());
        message
    }

    /// `SlotTime` (section 3.2).
    pub(super) fn slot_time(&self, service: &str) -> Value {
        let mut message = self.message("", service);
        if let Some(members) = message.as_object_mut() {
            members.remove("merchant_id");
            if let Some(resources) = members.remove("resources") {
                members.insert("resource_ids".to_owned(), resources);
            }
        }
        message
    }

    /// Names it in a form.
    pub(super) fn key(&self) -> String {
        let of = |name: &str| self.said["resources"][name].to_string();
        let [staff, room, party] = ["staff_id", "room_id", "party_size"].map(of);
        format!("{} {} {staff} {room} {party}", self.start_s, self.duration_s)
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Some members of an object, those that are there.
fn part(value: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(*name)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

/// Merchants, services and slots.
#[derive(Default)]
pub(super) struct Catalog {
    /// When the newest feed was made, in seconds since the Unix epoch.
    pub(super) generated_s: i64,
    /// By id, in the feed's own form.
    pub(super) merchants: BTreeMap<String, Value>,
    /// By merchant and id, in the feed's own form.
    pub(super) services: BTreeMap<(String, String), Value>,
    /// By merchant and service, in the order of their time.
    slots: BTreeMap<(String, String), Vec<Slot>>,
}

impl Catalog {
    /// Reads the feeds, whatever each of them holds.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, SandboxError> {
        let mut catalog = Self::default();
        for file in files {
            let feed = parsed(file)?;
            let generated = integer(&feed["metadata"]["generation_timestamp"]).unwrap_or_default();
            catalog.generated_s = catalog.generated_s.max(generated);
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
            for merchant in list(&feed["merchant"]) {
                catalog.merchants.insert(text(&merchant, "merchant_id"), merchant);
            }
            for service in list(&feed["service"]) {
                catalog.services.insert((text(&service, "merchant_id"), text(&service, "service_id")), service);
            }
            for offered in list(&feed["service_availability"]).iter().flat_map(|one| list(&one["availability"])) {
                let key = (text(&offered, "merchant_id"), text(&offered, "service_id"));
                catalog.slots.entry(key).or_default().extend(Slot::of_feed(&offered));
            }
        }
        for slots in catalog.slots.values_mut() {
            slots.sort_by_key(|slot| slot.start_s);
        }
        Ok(catalog)
    }

    /// Takes an update: what is not listed is gone (section 8.5).
    pub(super) fn replace(&mut self, replaced: &Replaced) {
        let slots = self.slots.entry((replaced.merchant.clone(), replaced.service.clone())).or_default();
        slots.retain(|slot| !(replaced.start_s..replaced.end_s).contains(&slot.start_s));
        slots.extend(replaced.slots.iter().cloned());
        slots.sort_by_key(|slot| slot.start_s);
    }

    /// The slots of a service that have not begun.
    pub(super) fn coming(&self, merchant: &str, service: &str, now: Timestamp) -> impl Iterator<Item = &Slot> {
        let slots = self.slots.get(&(merchant.to_owned(), service.to_owned()));
        slots.into_iter().flatten().filter(move |slot| slot.start_s > now.as_secs())
    }

    /// A slot by its key.
    pub(super) fn slot(&self, merchant: &str, service: &str, key: &str) -> Option<&Slot> {
        self.slots.get(&(merchant.to_owned(), service.to_owned()))?.iter().find(|slot| slot.key() == key)
    }

    /// An option of a merchant (section 7.7).
    pub(super) fn option(&self, merchant: &str, id: &str) -> Option<&Value> {
        self.merchants.get(merchant)?["payment_option"]
            .as_array()?
            .iter()
            .find(|option| option["payment_option_id"] == id)
    }

    /// The options that a slot offers: its own, else its service's (section 7.6).
    pub(super) fn options(&self, merchant: &str, service: &Value, slot: Option<&Slot>) -> Vec<&Value> {
        let own = slot.and_then(|slot| slot.terms["payment_option_id"].as_array()).filter(|ids| !ids.is_empty());
        let ids = own.or_else(|| service["payment_option_id"].as_array());
        ids.into_iter().flatten().filter_map(|id| self.option(merchant, id.as_str()?)).collect()
    }

    /// What Google says of money in CreateBooking (sections 6 and 7.6): terms of the slot, with the option that is bought.
    pub(super) fn payment_information(&self, key: (&str, &str), slot: &Slot, bought: Option<&str>) -> Value {
        let (merchant, service) = key;
        let known = self.services.get(&(merchant.to_owned(), service.to_owned()));
        let service = known.cloned().unwrap_or_default();
        let term = |name: &str| slot.terms.get(name).or_else(|| service.get(name)).cloned();
        let (deposit, fee) = (term("deposit"), term("no_show_fee"));
        let prepaid = service["prepayment_type"] == "REQUIRED" || bought.is_some();
        if !prepaid && deposit.is_none() && fee.is_none() {
            return json!({"prepayment_status": "PREPAYMENT_NOT_PROVIDED"});
        }
        let options = self.options(merchant, &service, Some(slot));
        let option = match bought {
            Some(id) => options.into_iter().find(|option| option["payment_option_id"] == id),
            None => options.into_iter().find(|option| option["payment_option_type"] == "PAYMENT_OPTION_SINGLE_USE"),
        };
        let price = option.map_or(&service["price"], |option| &option["price"]);
        let rates = [option.map(|option| &option["tax_rate"]), Some(&service["tax_rate"])];
        let rate = rates.into_iter().flatten().find_map(|rate| integer(&rate["micro_percent"]));
        let of_merchant = || integer(&self.merchants.get(merchant)?["tax_rate"]["micro_percent"]);
        let mut information = json!({
            "prepayment_status": "PREPAYMENT_PROVIDED", "payment_processed_by": "PROCESSED_BY_PARTNER", "price": price,
        });
        let tax = money(price)
            .zip(rate.or_else(of_merchant))
            .and_then(|(price, rate)| TaxRate(u32::try_from(rate).ok()?).on(price));
        let optional = [
            ("tax_amount", tax.map(price_message)),
            ("deposit", deposit.filter(|_| !prepaid)),
            ("no_show_fee", fee),
            ("payment_option_id", bought.map(|id| json!(id))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                information[name] = value;
            }
        }
        information
    }

    /// What a service costs and asks for, in a line for people.
    pub(super) fn terms_shown(&self, service: &Value) -> String {
        let merchant = service["merchant_id"].as_str().unwrap_or_default();
        let mut said = Vec::new();
        said.extend(money(&service["price"]).map(|price| shown(price.micros(), price.currency().code())));
        let of = |name: &str, inner: &str| {
            let price = money(service.get(name)?.get(inner)?)?;
            Some(shown(price.micros(), price.currency().code()))
        };
        if service["prepayment_type"] == "REQUIRED" {
            said.push("paid when booked".to_owned());
        }
        let later = service["prepayment_terms"]["charge_timing"] == "CHARGE_LATER";
        let when = if later { "deposit, charged later" } else { "deposit" };
        said.extend(of("deposit", "deposit").map(|amount| format!("{amount} {when}")));
        said.extend(of("no_show_fee", "fee").map(|amount| format!("{amount} if you do not come")));
        if service["require_credit_card"] == "REQUIRE_CREDIT_CARD_ALWAYS" {
            said.push("card required".to_owned());
        }
        for option in self.options(merchant, service, None) {
            said.push(option["name"].as_str().unwrap_or_default().to_owned());
        }
        said.join(" · ")
    }
}

/// A `Price` (section 3.8).
pub(super) fn money(price: &Value) -> Option<Money> {
    let currency = Currency::parse(price["currency_code"].as_str()?).ok()?;
    Some(Money::new(integer(&price["price_micros"])?, currency))
}

fn price_message(amount: Money) -> Value {
    json!({"price_micros": amount.micros().to_string(), "currency_code": amount.currency().code()})
}

fn parsed(path: &Path) -> Result<Value, SandboxError> {
    let text = std::fs::read(path).map_err(|source| SandboxError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| SandboxError::Unreadable { path: path.to_owned(), reason: error.to_string() })
}
