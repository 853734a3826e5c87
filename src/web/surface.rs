//! What the handlers share.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::booking::BookingSurface;
use super::console::ConsoleSurface;
use super::pages::{IssuerMark, PageAssets};
use super::processor::ProcessorEvents;
use super::texts::Locale;
use crate::actors::{
    BankImport, DeadLetters, Figures, InventoryLoad, InvoiceDesk, InvoiceLetters, Jobs, Registry, StatementPolicy,
};
use crate::crypto::{BearerProfile, KeyRing, Purpose, ServiceTokens, UrlKeys};
use crate::domain::alarm::Alarm;
use crate::domain::invoice::InvoiceReference;
use crate::domain::payout::Payout;
use crate::domain::redirect_payment::{RedirectPayment, Terms};
use crate::domain::remittance::Remittance;
use crate::domain::{IssuerId, Piaid, Timestamp, TransactionId};
use crate::issuer::Issuers;
use crate::ports::{Clock, Entropy};
use crate::protocol::google_redirect::{Accounts, CallbackHosts};
use crate::protocol::outlook::{Account, KeySource, UserPolicy};
use crate::storage::{StorageError, Store};

/// An issuer's looks.
#[derive(Debug, Clone)]
pub struct OfferedIssuer {
    /// For the payer.
    pub name: String,
    /// The logo's bytes and media type, if it has one.
    pub logo: Option<(Vec<u8>, String)>,
}

/// Google's surface; absent without `[google]` (contract section 6): its paths answer 404.
pub struct GoogleSurface {
    /// The accounts and their keys.
    pub accounts: Arc<Accounts>,
    /// Where payers may be sent back to.
    pub callback_hosts: CallbackHosts,
    /// What payers of an account may choose from, by the account's index.
    pub offers: Vec<Vec<IssuerId>>,
    /// How long after a payment its money may go back, in milliseconds, by the account's index.
    pub refund_windows_ms: Vec<i64>,
    /// `google.begin_path`
    pub begin_path: String,
    /// `google.base_path`
    pub base_path: String,
    /// How long an issuer may be chosen, in milliseconds.
    pub choice_timeout_ms: i64,
}

/// Invoices: always there; what they cannot do without a section of the configuration they refuse.
pub struct InvoiceSurface {
    /// Where they are asked.
    pub desk: InvoiceDesk,
    /// Writes cards, and signs links.
    pub letters: InvoiceLetters,
    /// A bare mail address of the merchant's, for questions; `None` without `[smtp]`.
    pub contact: Option<Arc<str>>,
    /// Outlook; absent without `[outlook]`: its paths answer 404.
    pub outlook: Option<OutlookSurface>,
}

/// Outlook's surface.
pub struct OutlookSurface {
    /// Who we are there.
    pub account: Account,
    /// What bearer tokens have to say.
    pub profile: BearerProfile,
    /// The keys that sign them.
    pub keys: KeySource,
    /// The bare address that invoices are mailed from.
    pub sender: String,
    /// What happens to another user than the recipient.
    pub user_policy: UserPolicy,
    /// Opens the tokens of a card's actions.
    pub tokens: ServiceTokens,
}

/// Renders the metrics.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Everything a handler may use.
pub struct Surface {
    /// Google, if it is configured.
    pub google: Option<GoogleSurface>,
    /// The issuers' connectors.
    pub issuers: Arc<Issuers>,
    /// The issuers' looks.
    pub looks: HashMap<IssuerId, OfferedIssuer>,
    /// The redirect payments.
    pub payments: Registry<RedirectPayment>,
    /// The remittance statements.
    pub statements: Registry<Remittance>,
    /// What the configuration says about an account's statements.
    pub policies: Arc<HashMap<Piaid, StatementPolicy>>,
    /// Bank statements, and the transfers in them.
    pub bank: BankImport,
    /// Long work: exports, imports, bulk retries.
    pub jobs: Jobs,
    /// Feeds of the booking server; absent without `[booking]`.
    pub inventory: Option<InventoryLoad>,
    /// Invoices.
    pub invoices: InvoiceSurface,
    /// The booking server, if it is configured.
    pub booking: Option<BookingSurface>,
    /// The card processor's events, if their secret is configured.
    pub processor: Option<ProcessorEvents>,
    /// Payouts: the processor's to us, and ours to merchants.
    pub payouts: Registry<Payout>,
    /// How calls end is noted here.
    pub figures: Figures,
    /// The alarms.
    pub alarms: Registry<Alarm>,
    /// The dead letters.
    pub dead_letters: DeadLetters,
    /// For lists and probes of the admin listener only.
    pub store: Store,
    /// What the console has beside.
    pub console: ConsoleSurface,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For error ids.
    pub entropy: Arc<dyn Entropy>,
    /// Every key of the configuration, for people who rotate them; nothing secret.
    pub keys: Arc<KeyRing>,
    /// Signs and verifies the links that we mint.
    pub links: UrlKeys,
    /// `server.public_url` without a trailing slash.
    pub public_url: String,
    /// Its path, without a trailing slash; empty at the root.
    pub path_prefix: String,
    /// Whether the database answers.
    pub readiness: Readiness,
    /// Style sheet and icon.
    pub assets: PageAssets,
    /// The figures.
    pub metrics: Metrics,
}

/// Whether the database answers, asked at most once a second however often probes come: they are not rate limited, and
/// must not take the connections that payments need.
#[derive(Default)]
pub struct Readiness(tokio::sync::Mutex<Option<(std::time::Instant, Result<(), StorageError>)>>);

impl Readiness {
    pub(super) async fn look(&self, store: &Store) -> Result<(), StorageError> {
        // One asks, the others wait for its answer.
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < std::time::Duration::from_secs(1)
        {
            return answer.clone();
        }
        let answer = store.ping().await;
        *last = Some((std::time::Instant::now(), answer.clone()));
        answer
    }
}

/// Which of a payment's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PayPath {
    Page,
    Choose,
    Cancel,
    Search,
}

impl PayPath {
    const fn tail(self) -> &'static str {
        match self {
            Self::Page => "",
            Self::Choose => "/choose",
            Self::Cancel => "/cancel",
            Self::Search => "/search",
        }
    }
}

/// Which of an invoice's addresses. A page without a language is in the recipient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvoicePath {
    Page(Option<Locale>),
    Receipt(Option<Locale>),
    Pay,
    Transferred,
    Dispute,
    FreshLink,
}

impl InvoicePath {
    /// What runs out: links to pages, which are mailed and kept, and the forms of a page that was left open.
    pub(super) const RUN_OUT: [Self; 9] = [
        Self::Page(None),
        Self::Page(Some(Locale::En)),
        Self::Page(Some(Locale::De)),
        Self::Receipt(None),
        Self::Receipt(Some(Locale::En)),
        Self::Receipt(Some(Locale::De)),
        Self::Pay,
        Self::Transferred,
        Self::Dispute,
    ];

    const fn tail(self) -> &'static str {
        match self {
            Self::Page(None) => "",
            Self::Page(Some(Locale::En)) => "/en",
            Self::Page(Some(Locale::De)) => "/de",
            Self::Receipt(None) => "/receipt",
            Self::Receipt(Some(Locale::En)) => "/en/receipt",
            Self::Receipt(Some(Locale::De)) => "/de/receipt",
            Self::Pay => "/pay",
            Self::Transferred => "/transferred",
            Self::Dispute => "/dispute",
            Self::FreshLink => "/fresh-link",
        }
    }
}

/// How long a link to an invoice is honoured: as long as a signed URL may be (contract section 4).
const INVOICE_LINK_MS: i64 = 7 * 86_400_000;

impl Surface {
    /// The address of an invoice's page as it is signed: origin and path.
    pub(super) fn invoice_address(&self, reference: &InvoiceReference, path: InvoicePath) -> String {
        format!("{}/invoices/{reference}{}", self.public_url, path.tail())
    }

    /// A signed link to an invoice's page (contract section 3). `None` cannot happen with a public URL that was parsed.
    pub(super) fn invoice_link(&self, reference: &InvoiceReference, path: InvoicePath) -> Option<Url> {
        self.invoice_link_until(reference, path, self.clock.now().plus_millis(INVOICE_LINK_MS))
    }

    /// The same until `expires`: what stands on a page lives no longer than the link that led to it.
    pub(super) fn invoice_link_until(
        &self,
        reference: &InvoiceReference,
        path: InvoicePath,
        expires: Timestamp,
    ) -> Option<Url> {
        let url = Url::parse(&self.invoice_address(reference, path)).ok()?;
        Some(self.links.sign(Purpose::Invoice, url, expires))
    }

    /// The address of a payment's page as it is signed: origin and path.
    pub(super) fn pay_address(&self, id: TransactionId, path: PayPath) -> String {
        format!("{}/pay/{id}{}", self.public_url, path.tail())
    }

    /// A signed link to a payment's page (contract section 3), until `expires`. `None` cannot happen with a public URL
    /// that was parsed.
    pub(super) fn pay_link(&self, id: TransactionId, path: PayPath, expires: Timestamp) -> Option<Url> {
        let url = Url::parse(&self.pay_address(id, path)).ok()?;
        Some(self.links.sign(Purpose::Pay, url, expires))
    }

    /// The same without its origin, for the actions of forms: they stay on the host that the payer sees.
    pub(super) fn pay_action(&self, terms: &Terms, path: PayPath) -> String {
        self.pay_link(terms.id, path, terms.link_expires)
            .map(|url| url[url::Position::BeforePath..].to_owned())
            .unwrap_or_default()
    }

    /// Name and logo of an issuer.
    pub(super) fn mark(&self, id: &IssuerId) -> IssuerMark {
        let look = self.looks.get(id);
        IssuerMark {
            name: look.map_or_else(|| id.to_string(), |look| look.name.clone()),
            logo_url: look
                .filter(|look| look.logo.is_some())
                .map(|_| format!("{}/issuers/{id}/logo", self.path_prefix)),
        }
    }
}
