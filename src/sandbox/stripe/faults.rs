//! What goes wrong on purpose.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429; nothing is done.
    Busy,
    /// 500; nothing is done and nothing remembered.
    ErrorBefore,
    /// The work is done, and 500 answered: now, and again for the same key.
    ErrorAfter,
    /// The connection ends without an answer; nothing is done.
    DropBefore,
    /// The work is done, and the connection ends without an answer.
    DropAfter,
    /// The work is done, and the answer comes so much later. The key is in use until then.
    Late(Duration),
    /// The work is done with another value of a field: another amount, another currency, another attempt.
    Changed(&'static str, &'static str),
    /// The work is done, and the answer held back until [`StripeHandle::release`](super::StripeHandle::release). The key is
    /// in use until then.
    Held,
}

/// When it goes wrong.
struct Plan {
    on: String,
    fault: Fault,
    left: usize,
}

/// All that is to go wrong, and what is held back.
pub(super) struct Faults {
    plans: Mutex<Vec<Plan>>,
    releases: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { plans: Mutex::default(), releases: watch::Sender::new(0) }
    }
}

impl Faults {
    pub(super) fn plan(&self, on: &str, fault: Fault, times: usize) {
        let plan = Plan { on: on.to_owned(), fault, left: times };
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
    }

    /// What goes wrong with this request: the oldest plan that fits.
    pub(super) fn next(&self, request: &str) -> Option<Fault> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.iter_mut().find(|plan| plan.left > 0 && request.starts_with(&plan.on))?;
        plan.left -= 1;
        let fault = plan.fault;
        plans.retain(|plan| plan.left > 0);
        Some(fault)
    }

    pub(super) fn release(&self) {
        self.releases.send_modify(|releases| *releases += 1);
    }

    /// Returns at the next release after this call.
    pub(super) fn held(&self) -> impl Future<Output = ()> + use<> {
        let mut releases = self.releases.subscribe();
        async move {
            // Fails only when the server is gone, and then nobody waits for the answer.
            let _released = releases.changed().await;
        }
    }
}
