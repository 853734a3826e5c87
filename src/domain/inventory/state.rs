//! The words of the inventory machine: snapshot, inputs, events, effects, replies.

use std::sync::Arc;

use crate::domain::TransactionId;
use crate::domain::catalog::{MerchantId, ServiceId};

/// A service, as Google knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Our id, derived from the two others.
    pub id: TransactionId,
    /// `merchant_id`.
    pub merchant: MerchantId,
    /// `service_id`.
    pub service: ServiceId,
}

/// `[start, end)`, in seconds since the Unix epoch; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start_s: i64,
    end_s: i64,
}

impl Window {
    /// From the first second to the first one after it; `None` when nothing lies between.
    pub const fn new(start_s: i64, end_s: i64) -> Option<Self> {
        if start_s < end_s { Some(Self { start_s, end_s }) } else { None }
    }

    /// The first second.
    pub const fn start_s(self) -> i64 {
        self.start_s
    }

    /// The first second after it.
    pub const fn end_s(self) -> i64 {
        self.end_s
    }

    /// The smallest window that holds both.
    #[must_use]
    pub fn widened(self, other: Self) -> Self {
        Self { start_s: self.start_s.min(other.start_s), end_s: self.end_s.max(other.end_s) }
    }

    /// Whether `other` lies inside.
    pub const fn holds(self, other: Self) -> bool {
        self.start_s <= other.start_s && other.end_s <= self.end_s
    }
}

/// The snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// No slot of it has changed yet.
    #[default]
    Unheard,
    /// Google knows everything.
    Told {
        /// The service.
        subject: Arc<Subject>,
        /// How often Google was told.
        number: u64,
    },
    /// One telling is under way.
    Telling {
        /// The service.
        subject: Arc<Subject>,
        /// The how-manieth telling it is, from 1.
        number: u64,
        /// What it tells.
        window: Window,
        /// What has changed since it began: told next.
        pending: Option<Window>,
    },
}

impl State {
    /// The service, once there is one.
    pub const fn subject(&self) -> Option<&Arc<Subject>> {
        match self {
            Self::Unheard => None,
            Self::Told { subject, .. } | Self::Telling { subject, .. } => Some(subject),
        }
    }
}

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Slots of the service that begin in the window have other spots than Google knows.
    SpotsChanged {
        /// The service.
        subject: Arc<Subject>,
        /// Where.
        window: Window,
    },
    /// Google has taken a telling.
    Told {
        /// Which: an older answer that arrives twice decides nothing.
        number: u64,
        /// Whether slots of its window changed while it was under way: they are told again.
        left: bool,
    },
    /// The deadline column has passed. There is no deadline; every machine must hear it.
    DeadlineReached,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Google is being told.
    Telling {
        /// The service.
        subject: Arc<Subject>,
        /// The how-manieth time.
        number: u64,
        /// What.
        window: Window,
    },
    /// More has changed meanwhile.
    Widened {
        /// All that is told next.
        pending: Window,
    },
    /// Google has been told.
    Told {
        /// Which telling.
        number: u64,
    },
}

/// What has to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send `availability:replace` with the slots of the window as they stand when it is sent. What came of it returns as
    /// [`Input::Told`].
    TellAvailability {
        /// The service.
        subject: Arc<Subject>,
        /// The number to answer with.
        number: u64,
        /// Which slots.
        window: Window,
    },
}

/// What the asker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Google hears of it, now or next.
    Noted,
}

/// Why the machine says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing has changed yet.
    #[error("nothing is known of this service")]
    Unknown,
}
