//! Mail that has come, in memory; the oldest goes when there is too much of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail_parser::{Address, MessageParser};
use serde_json::{Value, json};

use super::Registered;
use super::calls::Call;
use super::markup::{self, Drawn, Envelope};
use crate::domain::Timestamp;

/// How many mails are kept.
const KEPT: usize = 200;
/// How many calls of a mail's card are kept.
const CALLS: usize = 20;

/// A mail as it came.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    /// Counted from 1.
    pub(super) id: u64,
    pub(super) at: Timestamp,
    /// The bare address in `From:`.
    pub(super) from: String,
    /// The name in `From:`, or else the address.
    pub(super) from_name: String,
    /// Who is seen to get it: `To:` and `Cc:`.
    pub(super) to: Vec<String>,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// What Outlook draws beside it.
    pub(super) drawn: Drawn,
    /// What its card's actions were answered, the newest last.
    pub(super) calls: Vec<Call>,
}

impl Mail {
    /// Whose mailbox it lies in.
    pub(super) fn recipient(&self) -> &str {
        self.to.first().map_or("", String::as_str)
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "from": self.from, "to": self.to, "subject": self.subject, "text": self.text,
            "html": self.html, "drawn": self.drawn.json(), "calls": self.calls,
        })
    }
}

/// All mail.
pub(super) struct Mailbox {
    registered: Registered,
    mails: Mutex<Mails>,
}

#[derive(Default)]
struct Mails {
    count: u64,
    kept: VecDeque<Arc<Mail>>,
}

impl Mailbox {
    pub(super) fn new(registered: Registered) -> Self {
        Self { registered, mails: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Mails> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message; `envelope` is whom it was said to be for. False: it is none.
    pub(super) fn deliver(&self, message: &[u8], envelope: Vec<String>, now: Timestamp) -> bool {
        let Some(parsed) = MessageParser::default().parse(message) else { return false };
        let addresses = |field: Option<&Address<'_>>| -> Vec<String> {
            field.into_iter().flat_map(Address::iter).filter_map(|one| Some(one.address()?.to_owned())).collect()
        };
        let mut to = addresses(parsed.to());
        to.extend(addresses(parsed.cc()));
        let Some(from) = addresses(parsed.from()).into_iter().next() else { return false };
        let name = parsed.from().and_then(|field| field.first()?.name());
        let from_name = name.map_or_else(|| from.clone(), str::to_owned);
        // A multipart without an HTML part has one made of its text, which carries no card (section 3.1).
        let html = parsed.html_bodies().find(|part| part.is_text_html()).and_then(|part| part.text_contents());
        let drawn = match html {
            None => Drawn::nothing("the mail has no HTML"),
            Some(html) => {
                let mailed = Envelope { sender: &from, visible: &to, envelope: &envelope };
                markup::read(html, &mailed, &self.registered)
            }
        };
        let mut mails = self.lock();
        mails.count += 1;
        let mail = Mail {
            id: mails.count,
            at: now,
            from_name,
            to: if to.is_empty() { envelope } else { to },
            subject: parsed.subject().unwrap_or("(no subject)").to_owned(),
            text: parsed.body_text(0).map(std::borrow::Cow::into_owned).unwrap_or_default(),
            html: html.map(str::to_owned),
            drawn,
            from,
            calls: Vec::new(),
        };
        mails.kept.push_front(Arc::new(mail));
        mails.kept.truncate(KEPT);
        true
    }

    /// Newest first.
    pub(super) fn all(&self) -> Vec<Arc<Mail>> {
        self.lock().kept.iter().cloned().collect()
    }

    pub(super) fn find(&self, id: u64) -> Option<Arc<Mail>> {
        self.lock().kept.iter().find(|mail| mail.id == id).cloned()
    }

    /// Notes what an action of a mail's card was answered, and puts the card in the answer in the place of the drawn one
    /// (section 13.7).
    pub(super) fn hear(&self, id: u64, call: Call, card: Option<Value>) {
        let mut mails = self.lock();
        let Some(mail) = mails.kept.iter_mut().find(|mail| mail.id == id) else { return };
        let mail = Arc::make_mut(mail);
        mail.calls.push(call);
        let too_many = mail.calls.len().saturating_sub(CALLS);
        mail.calls.drain(..too_many);
        if let Some(card) = card {
            mail.drawn.replace_card(card);
        }
    }
}
