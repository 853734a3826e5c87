//! Floor 3: order. One actor drives one transaction; the outbox carries out effects; the sweeper minds deadlines.
//!
//! [`Registry`] finds or spawns the actor of a transaction, [`shell`](self) makes it decide, commit and answer. The row is
//! the truth: an actor can be lost at any moment, and two of one transaction only cost a version conflict.

mod alarm_effects;
mod availability_watch;
mod bank_effects;
mod bank_import;
mod booking_desk;
mod booking_effects;
mod charge_events;
mod charging;
mod dead_letters;
mod deadlines;
mod figures;
mod inventory_effects;
mod inventory_load;
mod invoice_desk;
mod invoice_effects;
mod invoice_letters;
mod invoice_look;
mod invoice_payment;
mod jobs;
mod letter_kind;
mod outbox;
mod payment_effects;
mod preview;
mod registry;
mod route;
mod settlements;
mod shell;
mod statement_effects;
mod token_vault;
mod unexplained;
mod watch;

pub use alarm_effects::{AlarmEffects, AlarmWebhook};
pub use availability_watch::AvailabilityWatch;
pub use bank_effects::BankEffects;
pub use bank_import::{Balances, BankImport, ImportError, Imported};
pub use booking_desk::{BookingDesk, Checked, DeskAnswer, DeskError};
pub use booking_effects::BookingEffects;
pub use charge_events::{ChargeEvents, NotHeard};
pub use dead_letters::{DeadLetter, DeadLetters, Preview};
pub use deadlines::Deadlines;
pub use figures::{FigureKeeper, Figures};
pub use inventory_effects::InventoryEffects;
pub use inventory_load::{InventoryError, InventoryLoad, InventoryLoaded};
pub use invoice_desk::{Act, CardAnswer, CardPayment, CardStanding, InvoiceDesk, InvoiceError};
pub use invoice_effects::InvoiceEffects;
pub use invoice_letters::{InvoiceLetters, MailForm, OutlookMail, Unwritten};
pub use invoice_look::SeenInvoice;
pub use invoice_payment::InvoicePayments;
pub use jobs::{
    Advanced, AtOnce, DrainJobs, HeldJob, JobRunner, JobSettings, Jobs, MadeReport, MakeReport, NewJob, PeriodWork,
    Report, Stop, SubmitError, Unmade, Work,
};
pub use letter_kind::{LetterKind, moves_money};
pub use outbox::{Drain, Outbox, OutboxHandle, OutboxSettings};
pub use payment_effects::{LateMoney, PaymentEffects};
pub use preview::{Description, Hindrance, Member, REDACTED, Since};
pub use registry::{Registry, RegistrySettings};
pub use route::{Carried, Effects, Failure, Pace, Routes};
pub use settlements::{Listener, Settlements};
pub use shell::{Ask, AskError, Asked, Changed, Means, RememberAs, Seen, Shell, Told};
pub use statement_effects::{Ahead, StatementEffects, StatementPolicy};
pub use token_vault::TokenVault;
pub use watch::{EndingKey, Looked, Watch};
