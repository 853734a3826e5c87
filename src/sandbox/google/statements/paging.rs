//! remittanceStatementDetails: the pages of a statement (API section 6.7).

use serde_json::{Value, json};

use super::kinds::Kind;
use super::{Event, Side, Statement};

/// `numberOfEvents` at most, and if it is not asked for.
pub(in crate::sandbox::google) const MOST_EVENTS: usize = 1000;

impl Statement {
    /// Events on the first page at most. Where a page repeats or skips there are two at least.
    fn most_on_a_page(&self) -> usize {
        let most = self.page_size.unwrap_or(MOST_EVENTS);
        match self.kind {
            Kind::PageRepeats | Kind::PageSkips => most.min(self.events.len().div_ceil(2)).max(1),
            _ => most,
        }
    }

    /// How many events all pages hold together.
    fn served(&self) -> usize {
        let all = self.events.len();
        match self.kind {
            Kind::PageRepeats => all + self.most_on_a_page().min(all),
            Kind::PageSkips => all.saturating_sub(1),
            _ => all,
        }
    }

    /// The event at a place among those of all pages.
    fn event_at(&self, place: usize) -> Option<&Event> {
        let first = self.most_on_a_page();
        self.events.get(match self.kind {
            Kind::PageRepeats if place >= first => place - first,
            Kind::PageSkips if place >= first => place + 1,
            _ => place,
        })
    }

    /// The members of the answer for up to `count` events from `offset` on; `None` if there is none so far behind.
    pub(in crate::sandbox::google) fn page(&self, offset: usize, count: usize) -> Option<Value> {
        let length = self.served();
        if offset > 0 && offset >= length {
            return None;
        }
        let end = length.min(offset.saturating_add(count.min(self.most_on_a_page())));
        let list = |side: Side| -> Vec<Value> {
            let events = (offset..end).filter_map(|place| self.event_at(place)).filter(|event| event.side == side);
            events.map(|event| event.json(&self.currency)).collect()
        };
        let mut answer = json!({
            "eventOffset": offset,
            "totalEvents": self.total_events,
            "remittanceStatementSummary": self.summary(),
        });
        if let Some(members) = answer.as_object_mut() {
            if end < length {
                members.insert("nextEventOffset".to_owned(), json!(end));
            }
            // An empty list is absent, as in every JSON that Google makes.
            for (name, side) in [("captureEvents", Side::Capture), ("refundEvents", Side::Refund)] {
                let events = list(side);
                if !events.is_empty() {
                    members.insert(name.to_owned(), Value::Array(events));
                }
            }
        }
        Some(answer)
    }
}
