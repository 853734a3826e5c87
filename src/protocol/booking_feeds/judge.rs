//! Checks each entity against those before, and hands it on (google-booking-server section 7.9).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::FeedKind;
use super::availability::{Stated, availability, owner};
use super::error::{FeedError, FeedWarning, Warnings};
use super::fields::{Complaint, Taken};
use super::merchant::merchant;
use super::service::service;
use super::spelling::{modernise, respell};
use super::write::{rest_of_slot, text};
use crate::crypto::slot_key;
use crate::domain::catalog::{
    CardRequirement, ConfirmationMode, Merchant, OptionKind, PaymentOption, PaymentOptionId, Prepayment, Published,
    Service, ServiceId, SlotKey, SlotOffer,
};
use crate::domain::{Currency, Money, Timestamp};

/// How many entities are handed out at once.
pub(super) const BATCH: usize = 4_000;
/// What availability has to cover, in seconds (section 7.1); a day is left for the hour at which it is made.
const COVERED_S: i64 = 29 * 86_400;

/// Some entities, in the order of the feeds.
#[derive(Debug)]
pub enum FromFeed {
    /// Merchants.
    Merchants(Vec<Published<Merchant>>),
    /// Services.
    Services(Vec<Published<Service>>),
    /// Slots with their keys; recurrences are told as the slots that they come to.
    Slots(Vec<(SlotKey, Published<SlotOffer>)>),
}

/// What feeds came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedTotals {
    /// `generation_timestamp`, in seconds since the Unix epoch.
    pub generation: i64,
    /// How many merchants.
    pub merchants: u64,
    /// How many services.
    pub services: u64,
    /// How many slots.
    pub slots: u64,
    /// What Google will not like.
    pub warnings: Warnings,
}

/// A merchant that was read.
struct Known {
    merchant: Merchant,
    file: Arc<str>,
    currency: Option<Currency>,
    services: HashMap<Arc<str>, KnownService>,
}

struct KnownService {
    service: Service,
    file: Arc<str>,
    /// The last start of a slot.
    last_s: Option<i64>,
    plain: bool,
    recurring: bool,
}

/// Reads feeds one after the other.
pub(super) struct Judge<T> {
    take: T,
    pub(super) totals: FeedTotals,
    known: HashMap<Arc<str>, Known>,
    options: HashMap<PaymentOptionId, PaymentOption>,
    keys: HashSet<SlotKey>,
    pub(super) merchants: Vec<Published<Merchant>>,
    pub(super) services: Vec<Published<Service>>,
    pub(super) slots: Vec<(SlotKey, Published<SlotOffer>)>,
    pub(super) notes: Vec<Complaint>,
}

impl<T: FnMut(FromFeed) -> bool> Judge<T> {
    pub(super) fn new(generation: i64, warnings: Warnings, take: T) -> Self {
        Self {
            take,
            totals: FeedTotals { generation, warnings, ..FeedTotals::default() },
            known: HashMap::new(),
            options: HashMap::new(),
            keys: HashSet::new(),
            merchants: Vec::new(),
            services: Vec::new(),
            slots: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Hands out what is left of a kind.
    pub(super) fn hand_out(&mut self) -> Result<(), FeedError> {
        let batches = [
            FromFeed::Merchants(std::mem::take(&mut self.merchants)),
            FromFeed::Services(std::mem::take(&mut self.services)),
            FromFeed::Slots(std::mem::take(&mut self.slots)),
        ];
        for batch in batches {
            let empty = match &batch {
                FromFeed::Merchants(merchants) => merchants.is_empty(),
                FromFeed::Services(services) => services.is_empty(),
                FromFeed::Slots(slots) => slots.is_empty(),
            };
            if !empty && !(self.take)(batch) {
                return Err(FeedError::Stopped);
            }
        }
        Ok(())
    }

    /// The last warnings are about services as a whole.
    pub(super) fn finish(mut self) -> FeedTotals {
        let until = self.totals.generation.saturating_add(COVERED_S);
        let mut short: Vec<(FeedWarning, (Arc<str>, ServiceId))> = Vec::new();
        for (merchant, known) in &self.known {
            for service in known.services.values() {
                let id = &service.service.id;
                let mut warn = |problem: String| {
                    let entity = Some(format!("service {merchant}/{id}"));
                    let warning = FeedWarning { file: service.file.to_string(), entity, field: None, problem };
                    short.push((warning, (merchant.clone(), id.clone())));
                };
                match service.last_s {
                    None => warn("has no availability: Google expects 30 days of it".to_owned()),
                    Some(last) if last < until => {
                        let last = Timestamp::from_secs(last).to_utc();
                        warn(format!("its availability ends at {last}: Google expects 30 days of it"));
                    }
                    Some(_) => {}
                }
                if service.plain && service.recurring {
                    warn("mixes recurrences with plain slots".to_owned());
                }
            }
        }
        short.sort_by(|a, b| a.1.cmp(&b.1));
        for (warning, _) in short {
            self.totals.warnings.add(warning);
        }
        self.totals
    }

    pub(super) fn merchant(&mut self, members: &mut Map<String, Value>, file: &Arc<str>) -> Taken<()> {
        prepare(FeedKind::Merchants, members, &mut self.notes)?;
        let merchant = merchant(members, &mut self.notes)?;
        let id: Arc<str> = merchant.id.as_str().into();
        if let Some(before) = self.known.get(&id) {
            return Err(Complaint::new("merchant_id", format!("{id} stands twice: also in {}", before.file)));
        }
        let mut known =
            Known { merchant: merchant.clone(), file: file.clone(), currency: None, services: HashMap::new() };
        for (index, option) in merchant.options.iter().enumerate() {
            known.spends(option.price, &format!("payment_option[{index}].price"), &mut self.notes);
            match self.options.get(&option.id) {
                Some(other) if other != option => self.notes.push(Complaint::new(
                    format!("payment_option[{index}]"),
                    format!("{} is another option at another merchant: an id is the same option everywhere", option.id),
                )),
                Some(_) => {}
                None => {
                    self.options.insert(option.id.clone(), option.clone());
                }
            }
        }
        self.known.insert(id, known);
        self.totals.merchants += 1;
        self.merchants.push(Published { offer: merchant, words: Some(text(members)) });
        Ok(())
    }

    pub(super) fn service(&mut self, members: &mut Map<String, Value>, file: &Arc<str>) -> Taken<()> {
        prepare(FeedKind::Services, members, &mut self.notes)?;
        let service = service(members, &mut self.notes)?;
        let Some(known) = self.known.get_mut(service.merchant.as_str()) else {
            return Err(no_merchant(service.merchant.as_str()));
        };
        if let Some(before) = known.services.get(service.id.as_str()) {
            return Err(Complaint::new("service_id", format!("{} stands twice: also in {}", service.id, before.file)));
        }
        known.offers(&service.options)?;
        let terms = Asked::of(&service, None);
        terms.charged_by(&known.merchant)?;
        let prices = [
            ("price", service.price),
            ("deposit", service.deposit.map(|deposit| deposit.amount)),
            ("no_show_fee", service.no_show_fee.map(|fee| fee.amount)),
        ];
        for (field, price) in prices {
            if let Some(price) = price {
                known.spends(price, field, &mut self.notes);
            }
        }
        let one =
            KnownService { service: service.clone(), file: file.clone(), last_s: None, plain: false, recurring: false };
        known.services.insert(service.id.as_str().into(), one);
        self.totals.services += 1;
        self.services.push(Published { offer: service, words: Some(text(members)) });
        Ok(())
    }

    pub(super) fn slot(&mut self, members: &mut Map<String, Value>) -> Taken<()> {
        prepare(FeedKind::Availability, members, &mut self.notes)?;
        let (merchant, service) = owner(members)?;
        let known = self.known.get_mut(merchant).ok_or_else(|| no_merchant(merchant))?;
        let Known { merchant: of, services, currency, .. } = known;
        let Some(found) = services.get_mut(service) else {
            let problem = format!("there is no service {service} of merchant {merchant} in the service feed");
            return Err(Complaint::new("service_id", problem));
        };
        let Stated { offer, recurrence } = availability(members, (&of.id, &found.service.id), &mut self.notes)?;
        offered(of, &offer.overrides.options)?;
        let terms = Asked::of(&found.service, Some(&offer));
        terms.charged_by(of)?;
        terms.confirmed(offer.confirmation)?;
        let own = &offer.overrides;
        for (field, price) in [
            ("deposit", own.deposit.map(|deposit| deposit.amount)),
            ("no_show_fee", own.no_show_fee.map(|fee| fee.amount)),
        ] {
            if let Some(price) = price {
                spends(currency, price, field, &mut self.notes);
            }
        }
        *(if recurrence.is_some() { &mut found.recurring } else { &mut found.plain }) = true;
        let words = rest_of_slot(members);
        let starts: Vec<i64> = match &recurrence {
            Some(recurrence) => recurrence.starts(&offer).collect(),
            None => vec![offer.id.start_s],
        };
        for start_s in starts {
            found.last_s = found.last_s.max(Some(start_s));
            let mut offer = offer.clone();
            offer.id.start_s = start_s;
            let key = slot_key(&offer.id);
            if !self.keys.insert(key) {
                let problem =
                    format!("stands twice: another slot has the same ids, start ({start_s}), duration and resources");
                return Err(Complaint::new("", problem));
            }
            self.slots.push((key, Published { offer, words: words.clone() }));
            self.totals.slots += 1;
        }
        Ok(())
    }
}

fn prepare(kind: FeedKind, members: &mut Map<String, Value>, notes: &mut Vec<Complaint>) -> Taken<()> {
    respell(members)?;
    modernise(kind, members, notes)
}

fn no_merchant(id: &str) -> Complaint {
    Complaint::new("merchant_id", format!("there is no merchant {id} in the merchant feed"))
}

impl Known {
    fn offers(&self, options: &[PaymentOptionId]) -> Taken<()> {
        offered(&self.merchant, options)
    }

    fn spends(&mut self, price: Money, field: &str, notes: &mut Vec<Complaint>) {
        spends(&mut self.currency, price, field, notes);
    }
}

/// Ids must exist at the merchant (section 7.5).
fn offered(merchant: &Merchant, options: &[PaymentOptionId]) -> Taken<()> {
    let unknown = options.iter().enumerate().find(|(_, id)| merchant.option(id).is_none());
    unknown.map_or(Ok(()), |(index, id)| {
        let problem = format!("merchant {} has no payment_option {id}", merchant.id);
        Err(Complaint::new(format!("payment_option_id[{index}]"), problem))
    })
}

fn spends(currency: &mut Option<Currency>, price: Money, field: &str, notes: &mut Vec<Complaint>) {
    let first = *currency.get_or_insert(price.currency());
    if first != price.currency() {
        let problem = format!("is in {}, other amounts of the merchant are in {first}", price.currency());
        notes.push(Complaint::new(field, problem));
    }
}

/// The member that makes a booking need a payment, if one does (section 7.6).
struct Asked(Option<&'static str>, Vec<PaymentOptionId>);

impl Asked {
    fn of(service: &Service, slot: Option<&SlotOffer>) -> Self {
        let own = slot.map(|slot| &slot.overrides);
        let card = own.and_then(|own| own.card).unwrap_or(service.card);
        let deposit = service.deposit.is_some() || own.is_some_and(|own| own.deposit.is_some());
        let fee = service.no_show_fee.is_some() || own.is_some_and(|own| own.no_show_fee.is_some());
        let reasons = [
            ("prepayment_type", service.prepayment != Prepayment::None),
            ("deposit", deposit),
            ("no_show_fee", fee),
            ("require_credit_card", card == CardRequirement::Always),
        ];
        let reason = reasons.into_iter().find(|(_, asks)| *asks).map(|(field, _)| field);
        let own = own.map(|own| &own.options).filter(|options| !options.is_empty());
        Self(reason, own.unwrap_or(&service.options).clone())
    }

    /// Payments need a processor (section 6.1). A single-use option is only another price; packs and memberships are bought.
    fn charged_by(&self, merchant: &Merchant) -> Taken<()> {
        if merchant.gateway.is_some() {
            return Ok(());
        }
        let bought =
            |id: &PaymentOptionId| merchant.option(id).is_some_and(|option| option.kind != OptionKind::SingleUse);
        let reason = self.0.or_else(|| self.1.iter().any(bought).then_some("payment_option_id"));
        reason.map_or(Ok(()), |field| {
            let problem = format!("asks for a payment, but merchant {} has no tokenization_config", merchant.id);
            Err(Complaint::new(field, problem))
        })
    }

    /// Payments cannot be combined with asynchronous confirmation (section 3.4).
    fn confirmed(&self, mode: ConfirmationMode) -> Taken<()> {
        match (mode, self.0) {
            (ConfirmationMode::Asynchronous, Some(field)) => {
                let problem = format!("expected CONFIRMATION_MODE_SYNCHRONOUS, because {field} asks for a payment");
                Err(Complaint::new("confirmation_mode", problem))
            }
            (ConfirmationMode::Asynchronous, None) | (ConfirmationMode::Synchronous, _) => Ok(()),
        }
    }
}
