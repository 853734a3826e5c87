//! The Adaptive Card of an invoice, in the mail and as the answer to its actions (outlook-payments sections 13.2 and 13.7).

use url::Url;

use super::account::ShownInvoice;
use super::action::CardAction;
use super::json::Json;
use crate::protocol::letters::Words;

/// How the invoice stands, as the card shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState<'a> {
    /// To be paid.
    Open,
    /// To be paid, and late.
    Overdue,
    /// Paid.
    Paid {
        /// The receipt's number.
        receipt: &'a str,
    },
    /// Cancelled.
    Cancelled,
}

/// The service tokens of a card's actions.
#[derive(Clone, Copy)]
pub struct CardTokens<'a> {
    /// For [`CardAction::Refresh`].
    pub refresh: &'a str,
    /// For [`CardAction::Transferred`].
    pub transferred: &'a str,
    /// For [`CardAction::Dispute`].
    pub dispute: &'a str,
}

impl std::fmt::Debug for CardTokens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardTokens([redacted])")
    }
}

/// A card.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// The invoice.
    pub shown: &'a ShownInvoice<'a>,
    /// How it stands.
    pub state: CardState<'a>,
    /// The recipient has said that it was paid by transfer: shown, and not asked again.
    pub transferred: bool,
    /// The recipient disputes it: shown, and not asked again.
    pub disputed: bool,
    /// `{public_url}/outlook/actions`, without a final slash.
    pub actions: &'a Url,
    /// What the actions carry.
    pub tokens: CardTokens<'a>,
    /// `correlationId`: a UUID of ours, which comes back in `Card-Correlation-Id`.
    pub correlation_id: &'a str,
}

impl Card<'_> {
    /// The card's JSON: the script's content, or the body of an answer with [`super::CARD_UPDATE`].
    pub fn write(&self) -> String {
        let content = self.shown.content;
        let words = Words::of(content.recipient.language);
        let block = |members: Vec<(&'static str, Json)>| {
            let mut all = vec![("type", Json::text("TextBlock"))];
            all.extend(members);
            Json::Object(all)
        };
        let mut body = vec![
            block(vec![
                ("size", Json::text("large")),
                ("weight", Json::text("bolder")),
                ("text", Json::text(format!("{} {}", words.invoice, content.reference))),
            ]),
            block(vec![
                ("text", Json::text(self.shown.account.name.as_str())),
                ("isSubtle", Json::Bool(true)),
                ("spacing", Json::text("none")),
            ]),
            self.facts(words),
        ];
        if self.payable() && !content.shipping.is_empty() {
            body.push(block(vec![("text", Json::text(words.plus_shipping)), ("wrap", Json::Bool(true))]));
        }
        Json::Object(vec![
            ("$schema", Json::text("https://adaptivecards.io/schemas/adaptive-card.json")),
            ("type", Json::text("AdaptiveCard")),
            ("version", Json::text("1.0")),
            ("originator", Json::text(self.shown.account.originator.as_str())),
            ("correlationId", Json::text(self.correlation_id)),
            ("hideOriginalBody", Json::Bool(true)),
            ("expectedActors", Json::List(vec![Json::text(content.recipient.email.as_ref())])),
            ("autoInvokeAction", self.http(CardAction::Refresh, None)),
            ("body", Json::List(body)),
            ("actions", self.buttons(words)),
        ])
        .write()
    }

    const fn payable(&self) -> bool {
        matches!(self.state, CardState::Open | CardState::Overdue)
    }

    fn facts(&self, words: &Words) -> Json {
        let content = self.shown.content;
        let status = match self.state {
            CardState::Paid { .. } => words.status_paid,
            CardState::Cancelled => words.status_cancelled,
            CardState::Open | CardState::Overdue if self.disputed => words.status_disputed,
            CardState::Open | CardState::Overdue if self.transferred => words.status_transferred,
            CardState::Open => words.status_open,
            CardState::Overdue => words.status_overdue,
        };
        let amount = if self.payable() { words.amount } else { words.total };
        let mut facts = vec![(amount, words.money(content.total)), (words.due_on, words.day(content.due))];
        facts.push((words.status, status.to_owned()));
        if let CardState::Paid { receipt } = self.state {
            facts.push((words.receipt_number, receipt.to_owned()));
        }
        let facts = facts
            .into_iter()
            .map(|(title, value)| Json::Object(vec![("title", Json::text(title)), ("value", Json::text(value))]));
        Json::Object(vec![("type", Json::text("FactSet")), ("facts", Json::List(facts.collect()))])
    }

    /// What was done once is not offered again (section 13.7); a page to pay on is only looked at by GET (section 13.2).
    fn buttons(&self, words: &Words) -> Json {
        let title = if self.payable() { words.view_and_pay } else { words.view };
        let mut buttons = vec![Json::Object(vec![
            ("type", Json::text("Action.OpenUrl")),
            ("title", Json::text(title)),
            ("url", Json::text(self.shown.page.as_str())),
        ])];
        if self.payable() && !self.transferred && !self.disputed {
            buttons.push(self.http(CardAction::Transferred, Some(words.card_transferred)));
        }
        if self.payable() && !self.disputed {
            buttons.push(self.http(CardAction::Dispute, Some(words.card_dispute)));
        }
        buttons.push(self.http(CardAction::Refresh, Some(words.card_refresh)));
        Json::List(buttons)
    }

    fn http(&self, action: CardAction, title: Option<&str>) -> Json {
        let token = match action {
            CardAction::Refresh => self.tokens.refresh,
            CardAction::Transferred => self.tokens.transferred,
            CardAction::Dispute => self.tokens.dispute,
        };
        let url = format!("{}/{}", self.actions.as_str().trim_end_matches('/'), action.segment());
        let content_type =
            Json::Object(vec![("name", Json::text("Content-Type")), ("value", Json::text("application/json"))]);
        let mut members = vec![("type", Json::text("Action.Http"))];
        members.extend(title.map(|title| ("title", Json::text(title))));
        members.extend([
            ("method", Json::text("POST")),
            ("url", Json::Text(url)),
            ("headers", Json::List(vec![content_type])),
            ("body", Json::Text(Json::Object(vec![("t", Json::text(token))]).write())),
        ]);
        Json::Object(members)
    }
}
