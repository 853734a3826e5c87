//! From an invoice as it stands to the page that shows it, for a guest with a genuine link.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use url::Url;

use super::pages::{
    Choice, Entered, InvoiceReceipt, InvoiceSheet, IssuerMark, Neutral, PayOn, PricedWay, Trouble, UnderWay, invoice,
    invoice_receipt,
};
use super::respond::{Visitor, form_policy};
use super::surface::{InvoicePath, PayPath, Surface};
use super::texts::Locale;
use crate::actors::{InvoiceError, SeenInvoice};
use crate::domain::invoice::{Address, By, Content, InvoiceReference, Rejection, ShippingWay, Stage, Via, View, quote};
use crate::domain::redirect_payment::{self, Standing};
use crate::domain::{IssuerId, Money, Timestamp};
use crate::issuer::SignedRedirect;

/// The answer to who gets no page.
pub(super) type Refused = Box<HttpResponse>;

#[allow(clippy::unnecessary_box_returns, reason = "the error of results is boxed")]
pub(super) fn refused(visitor: &Visitor<'_>, kind: Neutral) -> Refused {
    Box::new(visitor.neutral(kind))
}

/// Who has come with a genuine link.
pub(super) struct Guest<'a> {
    pub(super) surface: &'a Surface,
    pub(super) visitor: Visitor<'a>,
    pub(super) reference: InvoiceReference,
    /// When the link runs out: what stands on the page lives no longer.
    pub(super) expires: Timestamp,
    /// The language that was asked for; `None`: the recipient's.
    pub(super) language: Option<Locale>,
}

impl Guest<'_> {
    /// The same, reading another language.
    pub(super) fn reading(self, language: Option<Locale>) -> Self {
        Self { language: language.or(self.language), ..self }
    }

    /// The invoice, and the guest who reads it in the recipient's language unless another was asked for.
    pub(super) async fn look(self) -> Result<(Self, SeenInvoice), Refused> {
        match self.surface.invoices.desk.look(&self.reference).await {
            Ok(Some(looked)) => {
                let locale = self.language.unwrap_or_else(|| looked.view.content.recipient.language.into());
                Ok((Self { visitor: self.visitor.speaking(locale), ..self }, looked))
            }
            Ok(None) => Err(refused(&self.visitor, Neutral::NotFound)),
            Err(_unavailable) => Err(refused(&self.visitor, Neutral::Unavailable)),
        }
    }

    /// Back to the page, which says how it stands.
    pub(super) fn to_page(&self) -> HttpResponse {
        let path = InvoicePath::Page(self.language);
        match self.surface.invoice_link_until(&self.reference, path, self.expires) {
            Some(url) => self.visitor.redirect(&url),
            None => self.visitor.neutral(Neutral::Unavailable),
        }
    }

    /// After a form.
    pub(super) fn after(&self, asked: Result<View, InvoiceError>) -> HttpResponse {
        match asked {
            Ok(_) | Err(InvoiceError::Rejected(Rejection::BeingPaid | Rejection::Paid | Rejection::Cancelled)) => {
                self.to_page()
            }
            Err(InvoiceError::Rejected(Rejection::Unknown)) => self.visitor.neutral(Neutral::NotFound),
            Err(InvoiceError::Rejected(
                Rejection::OtherContent
                | Rejection::NotPaid
                | Rejection::PaidByTransfer
                | Rejection::RefundExceeds(_)
                | Rejection::NotPayable
                | Rejection::AmountDiffers(_)
                | Rejection::NotShipped
                | Rejection::TooManyAttempts
                | Rejection::TooOften
                | Rejection::NoAttempt
                | Rejection::NotOurs,
            )) => self.visitor.neutral(Neutral::BadRequest),
            Err(
                InvoiceError::NoProcessor
                | InvoiceError::NoMail
                | InvoiceError::OtherRequest
                | InvoiceError::Overloaded
                | InvoiceError::Unavailable,
            ) => self.visitor.neutral(Neutral::Unavailable),
        }
    }

    /// The page; with what was wrong with the form that was sent, and what it held.
    pub(super) fn sheet(&self, looked: SeenInvoice, trouble: Option<(Trouble, Entered)>) -> HttpResponse {
        let (surface, SeenInvoice { view, last_end, payment }) = (self.surface, looked);
        let (trouble, entered) = trouble.map_or((None, Entered::default()), |(what, entered)| (Some(what), entered));
        let (pay_on, targets) = self.pay_on(&view, payment.as_ref(), entered);
        let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let page = InvoiceSheet {
            merchant: surface.invoices.letters.merchant.clone(),
            contact: surface.invoices.contact.clone(),
            overdue: view.is_overdue(surface.clock.now()),
            paid_at: self.paid_at(&view),
            last_end,
            pay_on,
            trouble,
            other_language_url: self.href(InvoicePath::Page(Some(self.visitor.texts.locale().other()))),
            receipt_url: self.href(InvoicePath::Receipt(self.language)),
            transferred_action: self.href(InvoicePath::Transferred),
            dispute_action: self.href(InvoicePath::Dispute),
            language: self.language.map_or("", Locale::tag),
            view,
        };
        let markup = invoice(&page, &surface.assets, self.visitor.texts);
        self.visitor.page_as(status, markup, &form_policy(&targets, None))
    }

    /// The receipt of a paid invoice.
    pub(super) fn receipt(&self, view: View) -> HttpResponse {
        let surface = self.surface;
        let page = InvoiceReceipt {
            merchant: surface.invoices.letters.merchant.clone(),
            contact: surface.invoices.contact.clone(),
            paid_at: self.paid_at(&view),
            invoice_url: self.href(InvoicePath::Page(self.language)),
            other_language_url: self.href(InvoicePath::Receipt(Some(self.visitor.texts.locale().other()))),
            view,
        };
        let markup = invoice_receipt(&page, &surface.assets, self.visitor.texts);
        self.visitor.page(markup, &form_policy(&[], None))
    }

    /// An address of this invoice, without its origin, for links and forms: they stay on the host that the payer sees.
    fn href(&self, path: InvoicePath) -> String {
        let url = self.surface.invoice_link_until(&self.reference, path, self.expires);
        url.map(|url| url[url::Position::BeforePath..].to_owned()).unwrap_or_default()
    }

    fn paid_at(&self, view: &View) -> Option<IssuerMark> {
        match &view.stage {
            Stage::Paid { payment, .. } => match &payment.via {
                Via::Redirect { issuer } => issuer.as_ref().map(|issuer| self.surface.mark(issuer)),
                Via::Card { .. } | Via::Transfer { .. } => None,
            },
            Stage::Open | Stage::BeingPaid(_) | Stage::Cancelled { .. } => None,
        }
    }

    /// How the payer goes on, and where forms may lead to from there.
    fn pay_on(&self, view: &View, payment: Option<&Standing>, entered: Entered) -> (PayOn, Vec<&Url>) {
        match &view.stage {
            Stage::Open => {
                let fitting = fitting(self.surface, &view.content);
                let targets = fitting.iter().map(|issuer| &issuer.authorize_url).collect();
                let choice = self.choice(&view.content, &fitting, entered);
                (if fitting.is_empty() { PayOn::NotOnline } else { PayOn::Choose(choice) }, targets)
            }
            Stage::BeingPaid(attempt) => {
                let under_way = match (&attempt.by, payment) {
                    (By::Card { .. }, _) => UnderWay::Card { check_again_url: self.again() },
                    (By::Redirect { .. }, None) => UnderWay::Soon { check_again_url: self.again(), payment_url: None },
                    (By::Redirect { .. }, Some(standing)) => self.under_way(standing),
                };
                let issuer = payment.and_then(|standing| issuer_of(&standing.stage));
                let target = issuer.and_then(|id| self.surface.issuers.get(id)).map(|issuer| &issuer.authorize_url);
                (PayOn::UnderWay(under_way), target.into_iter().collect())
            }
            Stage::Paid { .. } | Stage::Cancelled { .. } => (PayOn::Nothing, Vec::new()),
        }
    }

    fn under_way(&self, standing: &Standing) -> UnderWay {
        use redirect_payment::Stage as At;
        let payment_url = || self.surface.pay_action(&standing.terms, PayPath::Page);
        match &standing.stage {
            At::AtIssuer { issuer, until: Some(_), .. } => UnderWay::AtIssuer {
                issuer: self.surface.mark(issuer),
                action: self.href(InvoicePath::Pay),
                payment_url: payment_url(),
            },
            At::AtIssuer { issuer, until: None, .. } | At::Undecided { issuer, .. } => {
                UnderWay::Undecided { issuer: self.surface.mark(issuer), check_again_url: self.again() }
            }
            At::Choosing => UnderWay::Soon { check_again_url: self.again(), payment_url: Some(payment_url()) },
            At::Closed { .. } => UnderWay::Soon { check_again_url: self.again(), payment_url: None },
        }
    }

    /// This page once more.
    fn again(&self) -> String {
        self.href(InvoicePath::Page(self.language))
    }

    fn choice(&self, content: &Content, fitting: &[&Arc<SignedRedirect>], entered: Entered) -> Choice {
        // Where only one way leads everywhere there is nothing to choose.
        let ways = match content.shipping.as_slice() {
            [only] if only.countries.is_empty() => Vec::new(),
            [] | [_, ..] => priced_ways(content),
        };
        Choice {
            action: self.href(InvoicePath::Pay),
            issuers: fitting.iter().map(|issuer| (issuer.id().clone(), self.surface.mark(issuer.id()))).collect(),
            ways,
            is_sent: !content.shipping.is_empty(),
            entered,
        }
    }
}

const fn issuer_of(stage: &redirect_payment::Stage) -> Option<&IssuerId> {
    match stage {
        redirect_payment::Stage::AtIssuer { issuer, .. } | redirect_payment::Stage::Undecided { issuer, .. } => {
            Some(issuer)
        }
        redirect_payment::Stage::Choosing | redirect_payment::Stage::Closed { .. } => None,
    }
}

/// Every way of shipping, at what it makes of the price.
fn priced_ways(content: &Content) -> Vec<PricedWay> {
    let priced = |way: &ShippingWay| {
        let address = Address { country: way.countries.first().cloned(), ..Address::default() };
        PricedWay {
            id: way.id.clone(),
            label: way.label.clone(),
            amount: Money::new(way.micros, content.total.currency()),
            total: quote(content, Some(&address), Some(&way.id)).total,
            countries: way.countries.clone(),
        }
    };
    content.shipping.iter().map(priced).collect()
}

/// The issuers that take what it costs, in whichever way it is sent, in the order of the configuration.
fn fitting<'a>(surface: &'a Surface, content: &Content) -> Vec<&'a Arc<SignedRedirect>> {
    let mut totals: Vec<Money> = priced_ways(content).into_iter().map(|way| way.total).collect();
    if totals.is_empty() {
        totals.push(content.total);
    }
    let takes_any = |issuer: &&Arc<SignedRedirect>| totals.iter().any(|total| issuer.refuses(*total).is_none());
    surface.issuers.all().filter(takes_any).collect()
}
