//! The result, in the shape of Google's client (google-booking-server section 10.2), with every error beside it.

use super::feed::Slot;
use crate::domain::Timestamp;

/// What one call did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    method: &'static str,
    slot: Option<String>,
    what: String,
}

impl Finding {
    /// About a slot.
    pub(super) fn of(method: &'static str, slot: &Slot, what: impl Into<String>) -> Self {
        let start = Timestamp::from_secs(slot.start_s).to_utc();
        let slot = format!("{}/{} {start} for {} s", slot.merchant, slot.service, slot.duration_s);
        Self { method, slot: Some(slot), what: what.into() }
    }

    /// About no slot in particular.
    pub(super) fn general(method: &'static str, what: impl Into<String>) -> Self {
        Self { method, slot: None, what: what.into() }
    }
}

/// Says lines and remembers whether anything was wrong.
pub(super) struct Findings<'a> {
    say: &'a mut dyn FnMut(&str),
    failed: bool,
}

impl<'a> Findings<'a> {
    pub(super) fn new(say: &'a mut dyn FnMut(&str)) -> Self {
        Self { say, failed: false }
    }

    /// A step that is done once for each of `tried` slots.
    pub(super) fn counted(&mut self, step: &str, tried: usize, errors: &[Finding]) {
        // A slot may have several errors; what Google counts is slots.
        let mut slots: Vec<_> = errors.iter().map(|error| &error.slot).collect();
        slots.dedup();
        self.tell(errors);
        (self.say)(&format!("{step} Errors: {} out of {tried}.", slots.len()));
        // Nothing tried is nothing shown.
        self.failed |= tried == 0;
    }

    /// A step that is done once.
    pub(super) fn whole(&mut self, step: &str, errors: &[Finding]) {
        self.tell(errors);
        (self.say)(&format!("{step} {}.", if errors.is_empty() { "Succeeded" } else { "Failed" }));
    }

    /// A step that could not be tried, which is nobody's fault.
    pub(super) fn skipped(&mut self, step: &str, why: &str) {
        (self.say)(&format!("{step} Skipped: {why}."));
    }

    /// The last line; whether all passed.
    pub(super) fn finish(self) -> bool {
        (self.say)(if self.failed { "Some Tests Failed." } else { "All Tests Pass!" });
        !self.failed
    }

    fn tell(&mut self, errors: &[Finding]) {
        self.failed |= !errors.is_empty();
        for Finding { method, slot, what } in errors {
            let line = match slot {
                Some(slot) => format!("  {method}, {slot}: {what}"),
                None => format!("  {method}: {what}"),
            };
            (self.say)(&line);
        }
    }
}
