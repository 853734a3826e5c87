//! Every sentence a payer reads, in English and German: each in one place per language (`static/texts/*.ftl`).
//!
//! A text is a variant of `Message` that carries its variables, so a missing key or variable does not compile here, and
//! the tests below hold the files to the variants.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

pub use super::locale::Locale;
use crate::domain::{Day, Money};

/// Declares the messages: variant, variables, key in the text files.
macro_rules! messages {
    ($($name:ident $({ $($variable:ident: $kind:ty),+ })? = $key:literal;)+) => {
        /// One sentence with its variables; what it says stands in the text files under its key.
        #[derive(Debug, Clone, Copy)]
        pub(in crate::web) enum Message<'a> {
            $($name $({ $($variable: $kind),+ })?),+
        }

        impl<'a> Message<'a> {
            const fn key(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $key),+
                }
            }

            fn variables(self) -> FluentArgs<'a> {
                #[allow(unused_mut)]
                let mut variables = FluentArgs::new();
                match self {
                    $(Self::$name $({ $($variable),+ })? => {
                        $($(variables.set(stringify!($variable), $variable);)+)?
                    })+
                }
                variables
            }

            /// Every key with the names of its variables.
            #[cfg(test)]
            const DECLARED: &'static [(&'static str, &'static [&'static str])] =
                &[$(($key, &[$($(stringify!($variable)),+)?])),+];
        }
    };
}

messages! {
    SecurePayment = "secure-payment";
    BankLoginNote = "bank-login-note";
    ChooseTitle { amount: &'a str } = "choose-title";
    ChooseFor = "choose-for";
    ChooseHeading = "choose-heading";
    ChooseNone = "choose-none";
    CancelPayment = "cancel-payment";
    SearchLabel = "search-label";
    SearchSubmit = "search-submit";
    SearchFound { found: usize, total: usize } = "search-found";
    SearchNothing { query: &'a str, total: usize } = "search-nothing";
    SearchShowAll { total: usize } = "search-show-all";
    AtBankTitle { issuer: &'a str } = "at-bank-title";
    AtBankLead { issuer: &'a str, amount: &'a str } = "at-bank-lead";
    AtBankOnceTitle = "at-bank-once-title";
    AtBankOnce { issuer: &'a str } = "at-bank-once";
    AtBankContinue { issuer: &'a str } = "at-bank-continue";
    AtBankCheck = "at-bank-check";
    Amount = "amount";
    Bank = "bank";
    WaitingTitle = "waiting-title";
    WaitingLead { issuer: &'a str } = "waiting-lead";
    WaitingDiffers { issuer: &'a str } = "waiting-differs";
    WaitingSafeTitle = "waiting-safe-title";
    WaitingSafe { issuer: &'a str } = "waiting-safe";
    WaitingCheck = "waiting-check";
    BackToShop = "back-to-shop";
    InvoiceTitle { reference: &'a str } = "invoice-title";
    InvoiceFrom = "invoice-from";
    InvoiceTo = "invoice-to";
    InvoiceIssued = "invoice-issued";
    InvoiceDue = "invoice-due";
    InvoiceNumber = "invoice-number";
    InvoiceItems = "invoice-items";
    InvoiceTax = "invoice-tax";
    InvoiceShipping = "invoice-shipping";
    InvoiceShippingBy { way: &'a str } = "invoice-shipping-by";
    InvoiceShippingLater = "invoice-shipping-later";
    InvoiceTotal = "invoice-total";
    InvoiceDeliverTo = "invoice-deliver-to";
    InvoiceContact = "invoice-contact";
    InvoiceState = "invoice-state";
    StateOpen = "state-open";
    StateOverdue = "state-overdue";
    StateBeingPaid = "state-being-paid";
    StatePaid = "state-paid";
    StatePartlyRefunded = "state-partly-refunded";
    StateRefunded = "state-refunded";
    StateCancelled = "state-cancelled";
    StateTransferred = "state-transferred";
    StateDisputed = "state-disputed";
    LeadOpen { amount: &'a str, due: &'a str } = "lead-open";
    LeadOverdue { amount: &'a str, due: &'a str } = "lead-overdue";
    LeadPaid { amount: &'a str, day: &'a str } = "lead-paid";
    LeadCancelled { merchant: &'a str } = "lead-cancelled";
    AttemptAtTitle { issuer: &'a str } = "attempt-at-title";
    AttemptAt { issuer: &'a str } = "attempt-at";
    AttemptLook = "attempt-look";
    AttemptPendingTitle { issuer: &'a str } = "attempt-pending-title";
    AttemptPending = "attempt-pending";
    AttemptSoonTitle = "attempt-soon-title";
    AttemptSoon = "attempt-soon";
    AttemptCardTitle = "attempt-card-title";
    AttemptCard = "attempt-card";
    LastFailedTitle = "last-failed-title";
    LastFailed = "last-failed";
    LastCancelledTitle = "last-cancelled-title";
    LastCancelled = "last-cancelled";
    NoIssuerTitle = "no-issuer-title";
    NoIssuer { merchant: &'a str, reference: &'a str } = "no-issuer";
    WayHeading = "way-heading";
    WayOnly { countries: &'a str } = "way-only";
    WayTotal { amount: &'a str } = "way-total";
    WayCountry = "way-country";
    WayChoose = "way-choose";
    WayElsewhere = "way-elsewhere";
    WayAddress = "way-address";
    CountryName { code: &'a str } = "country-name";
    NotShippedTitle = "not-shipped-title";
    NotShipped = "not-shipped";
    NotTakenTitle = "not-taken-title";
    NotTaken = "not-taken";
    TooManyAttemptsTitle = "too-many-attempts-title";
    TooManyAttempts { merchant: &'a str } = "too-many-attempts";
    SayHeading = "say-heading";
    SayTransferred = "say-transferred";
    SayDispute = "say-dispute";
    SaidTransferredTitle = "said-transferred-title";
    SaidTransferred { day: &'a str, merchant: &'a str } = "said-transferred";
    SaidDisputeTitle = "said-dispute-title";
    SaidDispute { day: &'a str, merchant: &'a str } = "said-dispute";
    PaidAmount = "paid-amount";
    PaidOn = "paid-on";
    PaidWith = "paid-with";
    PaidByCard = "paid-by-card";
    PaidByTransfer = "paid-by-transfer";
    PaidAtBank = "paid-at-bank";
    RefundDone = "refund-done";
    RefundUnderWay = "refund-under-way";
    RefundUnclear = "refund-unclear";
    RefundLate = "refund-late";
    ReceiptTitle = "receipt-title";
    ReceiptNumber = "receipt-number";
    ReceiptLead { merchant: &'a str, reference: &'a str } = "receipt-lead";
    ReceiptLink = "receipt-link";
    ReceiptBack = "receipt-back";
    OtherLanguage = "other-language";
    LinkExpired = "link-expired";
    LinkSend = "link-send";
    LinkAskedTitle = "link-asked-title";
    LinkAsked = "link-asked";
    LinkNotNowTitle = "link-not-now-title";
    LinkNotNow = "link-not-now";
    NeutralRefusedTitle = "neutral-refused-title";
    NeutralRefused = "neutral-refused";
    NeutralExpiredTitle = "neutral-expired-title";
    NeutralExpired = "neutral-expired";
    NeutralNotFoundTitle = "neutral-not-found-title";
    NeutralNotFound = "neutral-not-found";
    NeutralTooManyTitle = "neutral-too-many-title";
    NeutralTooMany = "neutral-too-many";
    NeutralUnavailableTitle = "neutral-unavailable-title";
    NeutralUnavailable = "neutral-unavailable";
    NeutralBadRequestTitle = "neutral-bad-request-title";
    NeutralBadRequest = "neutral-bad-request";
    NeutralPaidAlready = "neutral-paid-already";
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| Texts::load(Locale::En));
static GERMAN: LazyLock<Texts> = LazyLock::new(|| Texts::load(Locale::De));

/// The sentences of one language.
pub struct Texts {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The texts of a language, read once per process.
    pub fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::De => &GERMAN,
        }
    }

    /// The language.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The sentence. Not escaped: it is for maud, which escapes.
    pub(in crate::web) fn say(&self, message: Message<'_>) -> String {
        let key = message.key();
        let Some(pattern) = self.bundle.get_message(key).and_then(|found| found.value()) else {
            return key.to_owned(); // cannot happen: a test holds the files to the declared keys
        };
        let variables = message.variables();
        self.bundle.format_pattern(pattern, Some(&variables), &mut Vec::new()).into_owned()
    }

    /// An amount as this language writes it.
    pub(in crate::web) fn money(&self, amount: Money) -> String {
        self.locale.money(amount)
    }

    /// A day as this language writes it.
    pub(in crate::web) fn day(&self, day: Day) -> String {
        self.locale.day(day)
    }

    /// Syntax errors leave the readable part standing; a test proves that there are none.
    fn load(locale: Locale) -> Self {
        let resource = FluentResource::try_new(locale.source().to_owned()).unwrap_or_else(|(readable, _)| readable);
        let mut bundle = FluentBundle::new_concurrent(vec![locale.language()]);
        bundle.set_use_isolating(false); // the pages isolate foreign text with <bdi>; the marks would be visible in some fonts
        bundle.add_resource_overriding(resource);
        Self { locale, bundle }
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("locale", &self.locale).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Keys and the variables used in their text, read from the file itself.
    fn written(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in locale.source().lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                current = line.split(" =").next().unwrap().to_owned();
                assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{current} stands twice");
            }
            for variable in line.split('$').skip(1) {
                let name = variable.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                found.get_mut(&current).unwrap().insert(name.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_text_with_the_same_variables() {
        let declared: BTreeMap<String, BTreeSet<String>> = Message::DECLARED
            .iter()
            .map(|(key, names)| ((*key).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
            .collect();
        assert_eq!(declared.len(), Message::DECLARED.len(), "a key is declared twice");
        for locale in Locale::ALL {
            assert_eq!(written(locale), declared, "{}", locale.tag());
        }
    }

    #[test]
    fn every_text_is_well_formed_and_formats_without_an_error() {
        for locale in Locale::ALL {
            FluentResource::try_new(locale.source().to_owned()).expect("no syntax errors");
            let texts = Texts::of(locale);
            for (key, names) in Message::DECLARED {
                let variables: FluentArgs = names.iter().map(|name| (*name, "x")).collect();
                let pattern = texts.bundle.get_message(key).unwrap().value().unwrap();
                let mut errors = Vec::new();
                let text = texts.bundle.format_pattern(pattern, Some(&variables), &mut errors);
                assert!(errors.is_empty() && !text.trim().is_empty(), "{} {key}: {errors:?}", locale.tag());
            }
        }
    }

    #[test]
    fn texts_differ_between_the_languages() {
        for (key, _) in Message::DECLARED {
            let of = |locale| {
                let message = Texts::of(locale).bundle.get_message(key).unwrap();
                Texts::of(locale).bundle.format_pattern(message.value().unwrap(), None, &mut Vec::new()).into_owned()
            };
            assert_ne!(of(Locale::En), of(Locale::De), "{key} is not translated");
        }
    }

    #[test]
    fn variables_stand_in_the_text_without_isolation_marks() {
        let said = Texts::of(Locale::En).say(Message::SearchFound { found: 3, total: 24 });
        assert_eq!(said, "3 of 24 shown");
        let said = Texts::of(Locale::De).say(Message::AtBankLead { issuer: "Bank Ä", amount: "1,00 EUR" });
        assert_eq!(said, "Bezahlen Sie 1,00 EUR bei Bank Ä.");
    }
}
