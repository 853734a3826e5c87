//! The parts of a statement's page that are figures: totals, findings by kind, what is missing by age.

use maud::{Markup, Render, html};

use super::reasons::Reasons;
use super::{findings_of, sum};
use crate::domain::remittance::{FeeConvention, FindingKind, KindSum, MissingAge, Modification, Reconciled};
use crate::storage::StatementRow;
use crate::web::console::parts::{Column, Mood, badge, facts, moment, money, nothing, table};
use crate::web::console::words::Words;

/// What is stated, what our books say, and whether it adds up.
pub(super) fn totals(words: &Words, done: &Reconciled, modification: &Modification) -> Markup {
    let currency = done.notice.total.currency();
    let ours: i128 = done.tally.kinds.values().map(|sum| sum.ours).sum();
    let stated: i128 = done.tally.kinds.values().map(|sum| sum.stated).sum();
    let preview = done.preview(modification);
    let rows: [(&str, Markup); 7] = [
        ("totals-total", money(words, done.notice.total)),
        ("totals-events", html! { (words.count(done.fetched.lines)) }),
        ("totals-stated", sum(words, stated, currency)),
        ("totals-ours", sum(words, ours, currency)),
        ("totals-difference", sum(words, stated - ours, currency)),
        ("totals-fees", sum(words, done.fetched.fee, currency)),
        ("totals-vat", sum(words, preview.vat_micros, currency)),
    ];
    html! {
        section aria-labelledby="totals" {
            h2 #totals { (words.say("totals-heading")) }
            (facts(rows.iter().map(|(key, value)| (words.say(key), value as &dyn Render))))
            (adds_up(words, done))
        }
    }
}

/// Whether the events come to the total, and how, or why not.
pub(super) fn adds_up(words: &Words, done: &Reconciled) -> Markup {
    match done.adds_up() {
        Ok(convention) => {
            let how = match convention {
                FeeConvention::Deducted => words.say("totals-deducted"),
                FeeConvention::Apart => words.say("totals-apart"),
            };
            html! { p { (badge(Mood::Good, &words.say("totals-adds-up"))) " " (how) } }
        }
        Err(why) => html! {
            p { (badge(Mood::Attention, &words.say("totals-does-not"))) " " (words.name("statement-sum", why)) }
        },
    }
}

/// The findings by kind, with what each means and why it is accepted.
pub(super) fn findings(words: &Words, (row, done): (&StatementRow, &Reconciled), reasons: &Reasons) -> Markup {
    let currency = done.notice.total.currency();
    let columns = [
        (words.say("findings-kind"), Column::Head),
        (words.say("findings-means"), Column::Text),
        (words.say("findings-count"), Column::Number),
        (words.say("findings-stated"), Column::Number),
        (words.say("findings-ours"), Column::Number),
        (words.say("findings-difference"), Column::Number),
        (words.say("findings-reason"), Column::Text),
    ];
    let line = |(kind, found): (&FindingKind, &KindSum)| {
        let name = words.name("finding", kind.as_str());
        vec![
            if *kind == FindingKind::Matched {
                html! { (name) }
            } else {
                html! { a href=(findings_of(row, *kind)) { (name) } }
            },
            html! { (words.name("finding-means", kind.as_str())) },
            html! { (words.count(found.count)) },
            sum(words, found.stated, currency),
            sum(words, found.ours, currency),
            sum(words, found.stated - found.ours, currency),
            reason(words, (done, reasons), (*kind, found)),
        ]
    };
    let found = done.tally.kinds.iter().filter(|(_, found)| found.count > 0);
    let rows: Vec<Vec<Markup>> = found.map(line).collect();
    html! {
        section aria-labelledby="found" {
            h2 #found { (words.say("findings-heading")) }
            @if rows.is_empty() { (nothing(&words.say("findings-none"))) }
            @else { (table(&words.say("findings-caption"), &columns, &rows)) }
        }
    }
}

/// Why a kind of difference is accepted: what an approval said, else what is written down, else that nothing is.
fn reason(words: &Words, (done, reasons): (&Reconciled, &Reasons), (kind, found): (FindingKind, &KindSum)) -> Markup {
    if kind == FindingKind::Matched {
        return html! { (words.say("findings-reason-none-needed")) };
    }
    if let Some(said) = done.reason(kind) {
        return html! { bdi { (said) } };
    }
    if let Some(draft) = done.drafts.get(kind.as_str()) {
        return html! {
            bdi { (draft.text) } " " span.muted { "\u{2013} " bdi { (draft.by) } ", " (moment(draft.at)) }
        };
    }
    let own = reasons.covered.get(&kind).copied().unwrap_or_default();
    let of = [("own", words.count(own).into()), ("count", words.count(found.count).into())];
    html! {
        @if reasons.lacking.contains(&kind) { (badge(Mood::Attention, &words.say("findings-reason-lacks"))) " " }
        @if own > 0 { (words.tell("findings-reason-own", &of)) }
    }
}

/// What our books have and no statement lists, by age.
pub(super) fn missing(words: &Words, done: &Reconciled) -> Markup {
    let currency = done.notice.total.currency();
    let columns = [
        (words.say("missing-age"), Column::Head),
        (words.say("findings-count"), Column::Number),
        (words.say("findings-ours"), Column::Number),
    ];
    let rows: Vec<Vec<Markup>> = MissingAge::ALL
        .iter()
        .filter_map(|age| {
            let found = done.tally.missing.get(age).filter(|found| found.count > 0)?;
            Some(vec![
                html! { (words.name("missing-age", age.as_str())) },
                html! { (words.count(found.count)) },
                sum(words, found.ours, currency),
            ])
        })
        .collect();
    html! {
        section aria-labelledby="missing" {
            h2 #missing { (words.say("missing-heading")) }
            p.lead { (words.say("missing-lead")) }
            @if rows.is_empty() { (nothing(&words.say("missing-none"))) }
            @else { (table(&words.say("missing-caption"), &columns, &rows)) }
        }
    }
}
