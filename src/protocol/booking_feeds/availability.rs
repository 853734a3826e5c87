//! One availability: a slot, or a row of them (google-booking-server section 7.5).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::{Complaint, Fields, Taken, missing, object};
use super::terms::{MOST_SMALL, card, deposit, no_show_fee, option_ids, seconds};
use crate::domain::catalog::{
    ConfirmationMode, LAST_SECOND, LONGEST_S, MerchantId, Overrides, ServiceId, SlotId, SlotOffer,
};

const MODES: [(&str, i64, ConfirmationMode); 3] = [
    ("CONFIRMATION_MODE_UNSPECIFIED", 0, ConfirmationMode::Synchronous),
    ("CONFIRMATION_MODE_SYNCHRONOUS", 1, ConfirmationMode::Synchronous),
    ("CONFIRMATION_MODE_ASYNCHRONOUS", 2, ConfirmationMode::Asynchronous),
];

/// What a recurrence may span.
const DAY_S: i64 = 86_400;

/// A slot as stated, and how it recurs.
pub(super) struct Stated {
    pub(super) offer: SlotOffer,
    pub(super) recurrence: Option<Recurrence>,
}

/// `recurrence` and `schedule_exception`.
pub(super) struct Recurrence {
    every_s: i64,
    /// The last start, inclusive.
    until_s: i64,
    /// `[begin, end)`
    holes: Vec<(i64, i64)>,
}

impl Recurrence {
    /// The starts of the slots: every so often, but none that reaches into a hole.
    pub(super) fn starts(&self, first: &SlotOffer) -> impl Iterator<Item = i64> {
        let (start, length) = (first.id.start_s, first.id.duration_s);
        let step = usize::try_from(self.every_s).unwrap_or(usize::MAX).max(1);
        let free =
            move |at: &i64| !self.holes.iter().any(|(begin, end)| at < end && at.saturating_add(length) > *begin);
        (start..=self.until_s).step_by(step).filter(free)
    }
}

/// Whose the slot is, before it is known whether they exist.
pub(super) fn owner(members: &Map<String, Value>) -> Taken<(&str, &str)> {
    let fields = Fields::new(members);
    Ok((fields.required_text("merchant_id")?, fields.required_text("service_id")?))
}

pub(super) fn availability(
    members: &Map<String, Value>,
    (merchant, service): (&MerchantId, &ServiceId),
    notes: &mut Vec<Complaint>,
) -> Taken<Stated> {
    let fields = Fields::new(members);
    let start_s = fields.required_integer("start_sec", 0..=LAST_SECOND)?;
    let duration_s = fields.required_integer("duration_sec", 1..=LONGEST_S)?;
    let recurrence = fields.nested("recurrence", |recurrence| recurs(recurrence, start_s))?;
    let holes = fields.each("schedule_exception", hole)?;
    let recurrence = recurrence.map(|recurrence| Recurrence { holes, ..recurrence });
    let (spots_total, spots_open) = spots(fields, recurrence.is_some())?;
    let (staff, room, party_size) = fields.nested("resources", resources)?.unwrap_or_default();
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(Arc::from);
    let mut overrides = Overrides {
        options: option_ids(fields)?,
        deposit: deposit(fields, notes)?,
        no_show_fee: no_show_fee(fields)?,
        card: card(fields)?,
        ..Overrides::default()
    };
    fields.nested("scheduling_rule_overrides", |rules| {
        // A zero is what a generator writes that leaves nothing out.
        let at = |name| Ok(rules.integer(name, 0..=LAST_SECOND)?.filter(|at| *at > 0));
        overrides.first_bookable_s = at("first_bookable_sec")?;
        overrides.last_bookable_s = at("last_bookable_sec")?;
        overrides.last_online_cancellable_s = at("last_online_cancellable_sec")?;
        match overrides.last_online_cancellable_s {
            Some(last) if last > start_s => {
                let problem = format!("expected start_sec ({start_s}) or earlier, found {last}");
                Err(Complaint::new("last_online_cancellable_sec", problem))
            }
            Some(_) | None => Ok(()),
        }
    })?;
    let id =
        SlotId { merchant: merchant.clone(), service: service.clone(), start_s, duration_s, staff, room, party_size };
    let offer = SlotOffer {
        id,
        tag: text(fields.text("availability_tag")?),
        spots_total,
        spots_open,
        confirmation: fields.choice("confirmation_mode", &MODES)?.unwrap_or_default(),
        overrides,
    };
    Ok(Stated { offer, recurrence })
}

fn spots(fields: Fields<'_>, recurs: bool) -> Taken<(u32, u32)> {
    let count = |name: &str| -> Taken<u32> {
        // A recurrence implies 1 of 1.
        match fields.integer(name, 0..=if recurs { 1 } else { MOST_SMALL })? {
            Some(spots) => Ok(u32::try_from(spots).unwrap_or(0)),
            None if recurs => Ok(1),
            // proto3 leaves a zero out (section 2.3): a full slot has no spots_open.
            None => Ok(0),
        }
    };
    let (total, open) = (count("spots_total")?, count("spots_open")?);
    if open > total {
        return Err(Complaint::new("spots_open", format!("expected spots_total ({total}) or fewer, found {open}")));
    }
    Ok((total, open))
}

type Resources = (Option<Arc<str>>, Option<Arc<str>>, Option<u32>);

fn resources(resources: Fields<'_>) -> Taken<Resources> {
    let text = |name| Ok(resources.text(name)?.filter(|text| !text.is_empty()).map(Arc::from));
    let size = resources.integer("party_size", 0..=MOST_SMALL)?.filter(|size| *size > 0);
    Ok((text("staff_id")?, text("room_id")?, size.and_then(|size| u32::try_from(size).ok())))
}

fn recurs(recurrence: Fields<'_>, start_s: i64) -> Taken<Recurrence> {
    let until = match recurrence.integer("repeat_until_sec", 0..=LAST_SECOND)? {
        Some(until) => Some(until),
        None => recurrence.integer("repeat_until", 0..=LAST_SECOND)?,
    };
    let until_s = until.ok_or_else(|| missing("repeat_until_sec", "the last start in seconds since the epoch"))?;
    let every = match recurrence.integer("repeat_every_sec", 1..=LONGEST_S)? {
        Some(every) => Some(every),
        None => seconds(recurrence, "repeat_every")?.filter(|every| *every > 0),
    };
    let every_s = every.ok_or_else(|| missing("repeat_every_sec", "seconds between two starts"))?;
    if !(start_s..=start_s.saturating_add(DAY_S)).contains(&until_s) {
        let problem = format!("expected a time within 24 hours from start_sec ({start_s}), found {until_s}");
        return Err(Complaint::new("repeat_until_sec", problem));
    }
    Ok(Recurrence { every_s, until_s, holes: Vec::new() })
}

fn hole(value: &Value) -> Taken<(i64, i64)> {
    let range = object(value)?.nested("time_range", |range| {
        let begin = match range.integer("begin_sec", 0..=LAST_SECOND)? {
            Some(begin) => begin,
            None => range.required_integer("start_sec", 0..=LAST_SECOND)?,
        };
        let end = range.required_integer("end_sec", 0..=LAST_SECOND)?;
        if begin >= end {
            return Err(Complaint::new("end_sec", "expected a time after begin_sec"));
        }
        Ok((begin, end))
    })?;
    range.ok_or_else(|| missing("time_range", "an object with begin_sec and end_sec"))
}
