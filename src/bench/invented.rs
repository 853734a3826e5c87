//! Payments as the server would decide and store them, for the bare commit and for databases full of open payments.

use anyhow::Context as _;

use crate::crypto::{content_hash, transaction_id};
use crate::domain::redirect_payment::{
    Flow, GoogleStart, Input, IssuerReport, IssuerWord, Negative, Opening, Origin, RedirectPayment, RefundOrder,
    RefundReport, RefundWord, Reply, Start, State, Terms,
};
use crate::domain::{
    Currency, Decision, IssuerId, Machine, Money, Piaid, RefundId, RequestId, Timestamp, TransactionId,
};
use crate::storage::{Answer, Change, Commit, NodeId, OutboxKey, Position, RequestKey};

use super::parties::{AMOUNT_MICROS, CURRENCY, ISSUER, PAYMENT_TIMEOUT_S, PIAID};

/// Makes payments whose ids no other run shares.
#[derive(Debug, Clone)]
pub(super) struct Inventor {
    prefix: String,
    piaid: Piaid,
    issuer: IssuerId,
    amount: Money,
    node: NodeId,
}

/// One commit that only lacks the position of its payment.
pub(super) struct Step {
    change: Option<Change<RedirectPayment>>,
    answer: Option<Answer<RedirectPayment>>,
    settles: bool,
}

impl Step {
    /// Both in one commit, without what would be to be carried out.
    fn then(&mut self, next: Self) {
        let (Some(sum), Some(change)) = (self.change.as_mut(), next.change) else { return };
        sum.state = change.state;
        sum.events.extend(change.events);
        sum.entries.extend(change.entries);
        sum.records.extend(change.records);
    }
}

/// How a payment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// The payer has not chosen yet.
    Choosing,
    /// The payer is at the issuer.
    AtIssuer,
    /// Captured and told.
    Paid,
    /// Captured, told, and half of it given back.
    Refunded,
    /// Declined by the issuer.
    Declined,
    /// Given up by the payer.
    Cancelled,
    /// Nobody chose in time.
    Expired,
    /// Paid after it was told that it was declined.
    PaidLate,
}

/// The commits of one payment, in order.
pub(super) struct Script {
    id: TransactionId,
    pub(super) steps: Vec<Step>,
}

impl Inventor {
    /// `prefix` goes before the number in every request id.
    pub(super) fn new(prefix: &str) -> anyhow::Result<Self> {
        Ok(Self {
            prefix: prefix.to_owned(),
            piaid: Piaid::parse(PIAID)?,
            issuer: IssuerId::parse(ISSUER)?,
            amount: Money::payable(AMOUNT_MICROS, Currency::parse(CURRENCY)?)?,
            node: NodeId::from_uuid(uuid::Uuid::from_u128(1)),
        })
    }

    /// The request id of a payment.
    pub(super) fn request_id(&self, number: u64) -> anyhow::Result<RequestId> {
        Ok(RequestId::parse(&format!("{}-{number:08}", self.prefix))?)
    }

    /// The payment's own id.
    pub(super) fn id(&self, number: u64) -> anyhow::Result<TransactionId> {
        Ok(transaction_id(&self.piaid, &self.request_id(number)?))
    }

    /// Begins at `now`; `chosen`: the issuer came with the request.
    fn start(&self, number: u64, chosen: bool, now: Timestamp) -> anyhow::Result<Start> {
        let request_id = self.request_id(number)?;
        let timeout_ms = PAYMENT_TIMEOUT_S * 1000;
        let choose_by = now.plus_millis(timeout_ms);
        let terms = Terms {
            id: transaction_id(&self.piaid, &request_id),
            amount: self.amount,
            description: DESCRIPTION.to_owned(),
            created_at: now,
            choose_by,
            link_expires: choose_by.plus_millis(timeout_ms),
            origin: Origin::Google(GoogleStart {
                piaid: self.piaid.clone(),
                callback_url: callback_url(request_id.as_str()),
                flow: Flow::Begin,
                request_id,
            }),
        };
        let opening =
            if chosen { Opening::Chosen { issuer: self.issuer.clone(), timeout_ms } } else { Opening::PayerChooses };
        Ok(Start { terms, opening, stale: false, link: None })
    }

    fn step(&self, state: &mut State, input: &Input, (key, now): (Option<String>, Timestamp)) -> anyhow::Result<Step> {
        let Decision { events, effects, entries, records, reply } = RedirectPayment::decide(state, input, now)?;
        *state = events.iter().fold(state.clone(), RedirectPayment::apply);
        let change = (!events.is_empty()).then(|| Change { state: state.clone(), events, effects, entries, records });
        let answer = key.map(|request_id| self.answer(request_id, &reply));
        Ok(Step { change, answer, settles: *input == Input::NotificationAccepted })
    }

    fn answer(&self, request_id: String, reply: &Reply) -> Answer<RedirectPayment> {
        Answer {
            content_hash: content_hash(request_id.as_bytes()),
            key: RequestKey { scope: format!("google:{}", self.piaid), request_id },
            method: "begin",
            reply: RedirectPayment::remembered(reply),
        }
    }

    /// The same, with another account, issuer and amount.
    pub(super) fn with(&self, piaid: Piaid, issuer: IssuerId, amount: Money) -> Self {
        Self { prefix: self.prefix.clone(), piaid, issuer, amount, node: self.node }
    }

    /// Whose payments these are, and what they amount to.
    pub(super) const fn of(&self) -> (&Piaid, Money) {
        (&self.piaid, self.amount)
    }

    /// Who commits them.
    pub(super) const fn node(&self) -> NodeId {
        self.node
    }

    /// The issuer's reference of a payment that was paid.
    pub(super) fn reference(number: u64) -> String {
        format!("A/{number}")
    }

    fn says(&self, number: u64, word: IssuerWord) -> Input {
        Input::Report(IssuerReport {
            issuer: self.issuer.clone(),
            reference: Self::reference(number),
            amount: self.amount,
            word,
        })
    }

    /// What happens to a payment after its start.
    fn inputs(&self, number: u64, (id, course): (TransactionId, Course)) -> anyhow::Result<Vec<Input>> {
        let word = |word| self.says(number, word);
        let declined = || word(IssuerWord::Declined(Negative::payer_left()));
        let paid = || vec![word(IssuerWord::Approved), Input::NotificationAccepted];
        Ok(match course {
            Course::Choosing | Course::AtIssuer => Vec::new(),
            Course::Paid => paid(),
            Course::Refunded => {
                let request_id = RequestId::parse(&format!("{}-r", self.request_id(number)?))?;
                let amount = Money::new(self.amount.micros() / 2 + 1, self.amount.currency());
                let order = RefundOrder { request_id, amount, window_ms: i64::MAX / 4 };
                let refund = RefundId { payment: id, number: 1 };
                let word = RefundWord::Refunded { reference: Some(format!("R/{number}")) };
                let told = RefundReport { id: refund, issuer: self.issuer.clone(), word };
                let mut inputs = paid();
                inputs.extend([Input::Refund(order), Input::RefundReport(told)]);
                inputs
            }
            Course::Declined => vec![declined(), Input::NotificationAccepted],
            Course::Cancelled => vec![word(IssuerWord::Cancelled(None)), Input::NotificationAccepted],
            Course::Expired => vec![Input::DeadlineReached, Input::NotificationAccepted],
            Course::PaidLate => vec![declined(), Input::NotificationAccepted, word(IssuerWord::Approved)],
        })
    }

    /// A payment from its beginning to where its course ends, in one commit, of which nothing is to be carried out.
    pub(super) fn whole(&self, number: u64, course: Course, now: Timestamp) -> anyhow::Result<Script> {
        let chosen = !matches!(course, Course::Choosing | Course::Expired);
        let start = self.start(number, chosen, now)?;
        let (id, late) = (start.terms.id, start.terms.choose_by);
        let mut state = State::Unstarted;
        let request_id = self.request_id(number)?.to_string();
        let mut whole = self.step(&mut state, &Input::Start(Box::new(start)), (Some(request_id), now))?;
        for input in self.inputs(number, (id, course))? {
            let then = if input == Input::DeadlineReached { late } else { now };
            let step = self.step(&mut state, &input, (None, then))?;
            whole.then(step);
        }
        if let Some(change) = whole.change.as_mut() {
            change.effects.clear();
        }
        Ok(Script { id, steps: vec![whole] })
    }

    /// A payment that stays open: where its payer chooses, or at the issuer.
    pub(super) fn open(&self, number: u64, now: Timestamp) -> anyhow::Result<Script> {
        let start = self.start(number, number.is_multiple_of(2), now)?;
        let id = start.terms.id;
        let request_id = self.request_id(number)?.to_string();
        let begun = self.step(&mut State::Unstarted, &Input::Start(Box::new(start)), (Some(request_id), now))?;
        Ok(Script { id, steps: vec![begun] })
    }

    /// A payment that is captured and told, in one commit: what a statement will list.
    pub(super) fn captured(&self, number: u64, now: Timestamp) -> anyhow::Result<Script> {
        let script = self.paid(number, false, now)?;
        let id = script.id();
        let mut steps = script.steps.into_iter();
        let mut whole = steps.next().context("a payment without steps")?;
        for step in steps {
            whole.then(step);
        }
        Ok(Script { id, steps: vec![whole] })
    }

    /// A payment from its beginning to Google's acknowledgement; `asked`: with a request for its status.
    pub(super) fn paid(&self, number: u64, asked: bool, now: Timestamp) -> anyhow::Result<Script> {
        let start = self.start(number, true, now)?;
        let id = start.terms.id;
        let request_id = self.request_id(number)?.to_string();
        let report = IssuerReport {
            issuer: self.issuer.clone(),
            reference: format!("A/{number}"),
            amount: self.amount,
            word: IssuerWord::Approved,
        };
        let status_id = format!("{request_id}-s");
        let mut state = State::Unstarted;
        let mut steps = vec![
            self.step(&mut state, &Input::Start(Box::new(start)), (Some(request_id), now))?,
            self.step(&mut state, &Input::Report(report), (None, now))?,
        ];
        if asked {
            steps.push(self.step(&mut state, &Input::AskStatus, (Some(status_id), now))?);
        }
        steps.push(self.step(&mut state, &Input::NotificationAccepted, (None, now))?);
        Ok(Script { id, steps })
    }

    /// The commit of a step.
    pub(super) fn commit(&self, id: TransactionId, step: Step, at: &At) -> Commit<RedirectPayment> {
        Commit {
            id,
            position: at.position,
            change: step.change,
            answer: step.answer,
            settles: at.leased.filter(|_| step.settles),
            now: at.now,
            node: self.node,
            lease_ms: 5_000,
        }
    }
}

/// Where a payment stands between two of its commits.
pub(super) struct At {
    /// After the last commit.
    pub(super) position: Option<Position>,
    /// The outbox row that the last step but one left.
    pub(super) leased: Option<OutboxKey>,
    /// The time.
    pub(super) now: Timestamp,
}

impl Script {
    /// The payment.
    pub(super) const fn id(&self) -> TransactionId {
        self.id
    }
}

/// What is bought.
pub(super) const DESCRIPTION: &str = "Roundtrip bench, one coffee grinder";

/// Where the payer goes when it is over. Nobody follows it: the payer stops here.
pub(super) fn callback_url(request_id: &str) -> String {
    format!("https://payments.google.com/payments/v4/redirect/return?redirectRequestId={request_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_has_three_commits_and_a_fourth_when_it_is_asked_for() {
        let inventor = Inventor::new("t").unwrap();
        let now = Timestamp::from_secs(1_800_000_000);
        let shape = |script: &Script| {
            let one = |step: &Step| (step.change.is_some(), step.answer.is_some(), step.settles);
            script.steps.iter().map(one).collect::<Vec<_>>()
        };
        let (start, paid, asked) = ((true, true, false), (true, false, false), (false, true, false));
        let notified = (true, false, true);
        assert_eq!(shape(&inventor.paid(1, false, now).unwrap()), [start, paid, notified]);
        assert_eq!(shape(&inventor.paid(1, true, now).unwrap()), [start, paid, asked, notified]);
        assert_eq!(shape(&inventor.open(1, now).unwrap()), [start]);
        assert_eq!(inventor.open(1, now).unwrap().id(), inventor.id(1).unwrap());
    }

    #[test]
    fn every_course_ends_where_it_says_in_one_commit_that_asks_for_nothing() {
        let inventor = Inventor::new("t").unwrap();
        let now = Timestamp::from_secs(1_800_000_000);
        for (course, name) in [
            (Course::Choosing, "AwaitingIssuerChoice"),
            (Course::AtIssuer, "AtIssuer"),
            (Course::Paid, "Paid"),
            (Course::Refunded, "Paid"),
            (Course::Declined, "Declined"),
            (Course::Cancelled, "Abandoned"),
            (Course::Expired, "Expired"),
            (Course::PaidLate, "PaidAfterClose"),
        ] {
            let script = inventor.whole(7, course, now).unwrap();
            let [step] = script.steps.as_slice() else { panic!("one commit") };
            let change = step.change.as_ref().unwrap();
            assert_eq!(RedirectPayment::state_name(&change.state), name, "{course:?}");
            assert!(change.effects.is_empty() && step.answer.is_some(), "{course:?}");
            let folded = change.events.iter().fold(State::Unstarted, RedirectPayment::apply);
            assert_eq!(folded, change.state, "{course:?}");
        }
    }
}
