//! Invoices in every state worth looking at, for the tests.

use std::sync::Arc;

use super::*;
use crate::domain::booking::RefundStanding;
use crate::domain::invoice::{
    Address, Content, InvoiceReference, Line, Marks, Order, Payer, Payment, Recipient, Refund, ShippingWay, Source, Via,
};
use crate::domain::{Currency, IssuerId, Language, Money, TransactionId};
use crate::web::texts::Locale;

const SIGNED: &str = "?exp=1&kid=k&sig=s";
const NOW: Timestamp = Timestamp::from_secs(1_735_689_600);

pub(super) fn money(micros: i64) -> Money {
    Money::new(micros, Currency::parse("EUR").unwrap())
}

fn mark(name: &str) -> IssuerMark {
    IssuerMark { name: name.to_owned(), logo_url: Some("logos/bank-a.svg".to_owned()) }
}

pub(super) fn content() -> Content {
    let line = |label: &str, micros| Line { label: label.into(), micros };
    Content {
        id: TransactionId::from_uuid(uuid::Uuid::from_u128(7)),
        reference: InvoiceReference::parse("INV-2025-0447").unwrap(),
        recipient: Recipient {
            name: "Dana Lindqvist".into(),
            email: "dana@fabrikat.example".into(),
            language: Language::English,
        },
        lines: vec![
            line("Torque wrench TW-40, 20 to 200 Nm, with certificate", 1_084_500_000),
            line("Calibration", 19_000_000),
            line("Discount", -50_000_000),
        ],
        tax_micros: Some(200_160_000),
        total: money(1_253_660_000),
        due: Day::of(NOW).plus_days(30),
        shipping: Vec::new(),
        nonce: "n".into(),
        created_at: NOW,
    }
}

pub(super) fn ways() -> Vec<ShippingWay> {
    let way = |id: &str, label: &str, micros, countries: &[&str]| ShippingWay {
        id: id.into(),
        label: label.into(),
        micros,
        countries: countries.iter().map(|code| Arc::from(*code)).collect(),
    };
    vec![way("ground", "Ground", 6_900_000, &["US", "CA", "FJ"]), way("express", "Express", 24_000_000, &[])]
}

pub(super) fn choice(content: &Content) -> Choice {
    let priced = |way: &ShippingWay| PricedWay {
        id: way.id.clone(),
        label: way.label.clone(),
        amount: money(way.micros),
        total: money(content.total.micros() + way.micros),
        countries: way.countries.clone(),
    };
    let issuer = |id: &str, name: &str| (IssuerId::parse(id).unwrap(), mark(name));
    Choice {
        action: format!("/invoices/INV-2025-0447/pay{SIGNED}"),
        issuers: vec![issuer("BANK_A", "Bank A"), issuer("BANK_B", "Überlandbank")],
        ways: content.shipping.iter().map(priced).collect(),
        is_sent: !content.shipping.is_empty(),
        entered: Entered::default(),
    }
}

pub(super) fn open() -> InvoiceSheet {
    of(content())
}

pub(super) fn of(content: Content) -> InvoiceSheet {
    let at = |tail: &str| format!("/invoices/INV-2025-0447{tail}{SIGNED}");
    InvoiceSheet {
        merchant: "Nordlicht Werkzeug GmbH".into(),
        contact: Some("billing@nordlicht.example".into()),
        pay_on: PayOn::Choose(choice(&content)),
        view: View {
            content: Arc::new(content),
            stage: Stage::Open,
            marks: Marks::default(),
            sent: None,
            refunds: Vec::new(),
        },
        overdue: false,
        paid_at: None,
        last_end: None,
        trouble: None,
        other_language_url: at("/de"),
        receipt_url: at("/receipt"),
        transferred_action: at("/transferred"),
        dispute_action: at("/dispute"),
        language: "",
    }
}

pub(super) fn shipped() -> InvoiceSheet {
    of(Content { shipping: ways(), ..content() })
}

pub(super) fn paid(refunds: &[(i64, bool, RefundStanding)]) -> InvoiceSheet {
    let address = Address {
        country: Some("US".into()),
        lines: vec!["1412 Alder Street".into(), "Portland 97205".into()],
        ..Address::default()
    };
    let content = Content { shipping: ways(), ..content() };
    let total = money(content.total.micros() + 6_900_000);
    let order = Order { total, address: Some(address), way: Some("ground".into()), payer: Payer::default() };
    let mut page = of(content);
    let via = Via::Redirect { issuer: IssuerId::parse("BANK_A").ok() };
    let payment = Payment { attempt: 1, via, order, at: NOW };
    page.view.stage = Stage::Paid { payment, receipt: "R-6WG2028B67".into(), disputes: Vec::new() };
    page.view.refunds = refunds
        .iter()
        .map(|(micros, late, standing)| Refund {
            of: Source::Redirect { attempt: 1 },
            amount: money(*micros),
            late: *late,
            by: None,
            standing: standing.clone(),
            tries: 1,
        })
        .collect();
    (page.paid_at, page.pay_on) = (Some(mark("Bank A")), PayOn::Nothing);
    page
}

pub(super) fn done() -> RefundStanding {
    RefundStanding::Done { id: "re_1".into() }
}

fn cancelled() -> InvoiceSheet {
    let mut page = open();
    (page.view.stage, page.pay_on) = (Stage::Cancelled { at: NOW }, PayOn::Nothing);
    page
}

/// While an attempt is under way.
pub(super) fn being_paid(under_way: UnderWay) -> InvoiceSheet {
    use crate::domain::invoice::{Attempt, By};
    let mut page = open();
    let order = Order { total: page.view.content.total, address: None, way: None, payer: Payer::default() };
    let by = By::Card { digest: [7; 32], answer_by: NOW };
    page.view.stage = Stage::BeingPaid(Attempt { number: 1, by, order, at: NOW });
    page.pay_on = PayOn::UnderWay(under_way);
    page
}

pub(super) fn at_issuer() -> UnderWay {
    UnderWay::AtIssuer {
        issuer: mark("Bank A"),
        action: format!("/invoices/INV-2025-0447/pay{SIGNED}"),
        payment_url: format!("/pay/01930d2c{SIGNED}"),
    }
}

fn hostile() -> InvoiceSheet {
    let nasty = "\"><script>x</script> \u{202e}evil";
    let mut content = Content { shipping: ways(), ..content() };
    content.lines.push(Line { label: format!("{nasty} {}", "undividable".repeat(20)).into(), micros: 0 });
    content.recipient.name = nasty.into();
    content.shipping[0].label = nasty.into();
    let mut page = of(content);
    (page.merchant, page.contact) = (nasty.into(), Some(nasty.into()));
    if let PayOn::Choose(choice) = &mut page.pay_on {
        choice.entered =
            Entered { way: nasty.to_owned(), country: "\"<".to_owned(), address: "</textarea><b>".to_owned() };
        choice.issuers[0].1 = IssuerMark { name: nasty.to_owned(), logo_url: None };
    }
    page
}

/// Every page of an invoice in every state, by name.
pub(in crate::web::pages) fn pages(assets: &PageAssets, locale: Locale) -> Vec<(String, Markup)> {
    let texts = Texts::of(locale);
    let check_again_url = format!("/invoices/INV-2025-0447{SIGNED}");
    let (mut overdue, mut failed, mut said, mut offline, mut refused) = (open(), open(), open(), open(), shipped());
    (overdue.overdue, offline.pay_on) = (true, PayOn::NotOnline);
    failed.last_end = Some(End::NotPaid { why: "risk".into() });
    said.view.marks = Marks { transferred: Some(NOW), disputed: Some(NOW) };
    (refused.trouble, refused.language) = (Some(Trouble::NotShipped), "en");
    let back = [
        (12_300_000, false, done()),
        (1_000_000, false, RefundStanding::InFlight),
        (2_000_000, false, RefundStanding::Failed { code: "lost".into() }),
        (3_000_000, true, done()),
    ];
    let receipt = InvoiceReceipt {
        merchant: "Nordlicht Werkzeug GmbH".into(),
        contact: Some("billing@nordlicht.example".into()),
        view: paid(&back).view,
        paid_at: Some(mark("Bank A")),
        invoice_url: check_again_url.clone(),
        other_language_url: check_again_url.clone(),
    };
    let expired = LinkExpired { fresh_link_action: format!("/invoices/INV-2025-0447/fresh-link{SIGNED}") };
    let sheets = [
        ("open", open()),
        ("overdue", overdue),
        ("shipping", shipped()),
        ("refused", refused),
        ("failed", failed),
        ("said", said),
        ("offline", offline),
        ("at-bank", being_paid(at_issuer())),
        (
            "undecided",
            being_paid(UnderWay::Undecided { issuer: mark("Bank A"), check_again_url: check_again_url.clone() }),
        ),
        ("soon", being_paid(UnderWay::Soon { check_again_url: check_again_url.clone(), payment_url: None })),
        ("card", being_paid(UnderWay::Card { check_again_url })),
        ("paid", paid(&[])),
        ("refunds", paid(&back)),
        ("cancelled", cancelled()),
        ("hostile", hostile()),
    ];
    let mut pages: Vec<(String, Markup)> =
        sheets.iter().map(|(name, page)| (format!("invoice-{name}"), invoice(page, assets, texts))).collect();
    pages.push(("invoice-receipt".to_owned(), invoice_receipt(&receipt, assets, texts)));
    pages.push(("invoice-link-expired".to_owned(), link_expired(&expired, assets, texts)));
    pages.push(("invoice-link-asked".to_owned(), link_asked(assets, texts)));
    pages.push(("invoice-link-not-now".to_owned(), link_not_now(assets, texts)));
    pages
}
