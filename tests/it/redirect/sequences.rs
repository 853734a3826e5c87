//! Whatever payers, issuers and time do, in whatever order: one payment, one outcome, three channels that agree.

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Bank, MINUTE, Page, Says, Setup, Visit, Word, World};

/// Something that happens to a payment.
#[derive(Debug, Clone)]
enum Step {
    /// The payer comes from Google, again.
    Begin,
    /// The payer opens our page.
    Page,
    /// The payer chooses an issuer on the list that was open in some tab.
    Choose(usize),
    Cancel,
    /// The payer comes back from an issuer with its word.
    Return(usize, Word),
    /// The issuer sends an event.
    Event(usize, Word),
    /// Minutes pass.
    Pass(i64),
}

fn word() -> impl Strategy<Value = Word> {
    prop::sample::select(vec![
        Word::APPROVED,
        Word::APPROVED,
        Word::DECLINED,
        Word::DECLINED.reason("insufficient_funds").raw_code("51"),
        Word::CANCELLED,
        Word::PENDING,
        Word::APPROVED.amount("10000", "INR"),
    ])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Begin),
        2 => Just(Step::Page),
        4 => (0..2_usize).prop_map(Step::Choose),
        1 => Just(Step::Cancel),
        4 => (0..2_usize, word()).prop_map(|(bank, word)| Step::Return(bank, word)),
        3 => (0..2_usize, word()).prop_map(|(bank, word)| Step::Event(bank, word)),
        1 => (1..40_i64).prop_map(Step::Pass),
    ]
}

/// The payment as the test knows it.
struct Payment<'a> {
    world: &'a World,
    id: String,
    begin: Url,
    address: Url,
    choose: Url,
    cancel: Url,
    /// What the issuers were told, once one was.
    visit: Option<(usize, Visit)>,
    /// The outcome, once there is one.
    outcome: Option<Value>,
    /// The node that is reached next.
    node: usize,
}

impl Payment<'_> {
    async fn take(&mut self, number: usize, step: &Step) {
        let world = self.world;
        let browser = &world.browser;
        match step {
            Step::Begin => self.see(&browser.get(self.at(&self.begin)).await),
            Step::Page => self.see(&browser.get(self.at(&self.address)).await),
            Step::Choose(bank) => {
                let page = browser.submit(self.at(&self.choose), &[("issuer", &world.banks[*bank].id)]).await;
                self.see(&page);
            }
            Step::Cancel => self.see(&browser.submit(self.at(&self.cancel), &[]).await),
            Step::Return(bank, word) => {
                let Some(visit) = self.visit_at(*bank) else { return };
                self.see(&browser.get(self.at(&world.banks[*bank].return_url(&visit, word))).await);
            }
            Step::Event(bank, word) => {
                let Some(visit) = self.visit_at(*bank) else { return };
                let event = Bank::event(&visit, word);
                let id = format!("msg_{}_{number}", self.id);
                let answer = world.banks[*bank].send(browser, &world.nodes[self.node].public, &id, &event).await;
                assert!(matches!(answer.status, 204 | 403), "{}", answer.status);
            }
            Step::Pass(minutes) => world.pass(minutes * MINUTE),
        }
        // Whoever is asked next, it is another one.
        self.node = (self.node + 1) % world.nodes.len();
        let request = world.peer().status_request(&format!("st-{}-{number}", self.id), &self.id);
        let origin = &world.nodes[self.node].public;
        let called = world.peer().call(browser, origin, "getRedirectPaymentStatus", &request).await;
        self.hear(&called.ok()["result"].clone(), "C3");
    }

    fn at(&self, url: &Url) -> String {
        url.as_str().replacen(&self.world.origin, &self.world.nodes[self.node].public, 1)
    }

    /// An issuer that was never told of the payment learns its id elsewhere; its word must not count.
    fn visit_at(&self, bank: usize) -> Option<Visit> {
        let (_, visit) = self.visit.as_ref()?;
        let return_url = format!("{}/return/{}", self.world.origin, self.world.banks[bank].id);
        Some(Visit { return_url, ..visit.clone() })
    }

    fn see(&mut self, page: &Page) {
        if !page.has_location() {
            assert!(matches!(page.status, 200 | 403 | 410), "{} {}", page.status, page.text());
            return;
        }
        let location = page.location();
        if location.path() == "/return" {
            let home = self.world.peer().read_home(&location);
            let result = home.result().clone();
            self.hear(&result, "C1");
        } else if location.path() == "/authorize" {
            let bank = self.world.banks.iter().position(|bank| location.as_str().starts_with(&bank.url("/"))).unwrap();
            let visit = self.world.banks[bank].arrive(&location);
            if let Some((known, first)) = &self.visit {
                assert_eq!((*known, &first.transaction_id), (bank, &visit.transaction_id), "one payment, one issuer");
            }
            self.visit = Some((bank, visit));
        } else {
            assert!(location.path().starts_with("/pay/"), "{location}");
        }
    }

    fn hear(&mut self, said: &Value, channel: &str) {
        match &self.outcome {
            Some(outcome) => assert_eq!(said, outcome, "{channel} must not change"),
            None if *said == json!({"pending": {}}) => {}
            None => self.outcome = Some(said.clone()),
        }
    }
}

#[test]
fn any_sequence_leaves_one_outcome_that_all_channels_tell() {
    sequences(Setup::jose(), 48);
}

#[test]
fn any_sequence_over_two_nodes_leaves_one_outcome_that_all_channels_tell() {
    sequences(Setup::jose().nodes(2), 32);
}

fn sequences(setup: Setup, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(setup.start());
    for bank in &world.banks {
        bank.says(Says::Word(Word::PENDING));
    }
    let number = std::cell::Cell::new(0_u32);
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..16))| {
        number.set(number.get() + 1);
        let id = format!("rq-{}", number.get());
        runtime.block_on(async {
            let begin = world.peer().begin_url(&world.origin, &world.peer().redirect_request(&id, None));
            let address = world.get(&begin).await.location();
            let page = world.get(&address).await;
            let (choose, cancel) = (page.form(&address, "/choose"), page.form(&address, "/cancel"));
            let mut payment =
                Payment { world: &world, id: id.clone(), begin, address, choose, cancel, visit: None, outcome: None, node: 0 };
            for (number, step) in steps.iter().enumerate() {
                payment.take(number, step).await;
            }
            if let Some(outcome) = &payment.outcome {
                prop_assert_eq!(&world.google.accepted(&id).await.clear["result"], outcome, "C2");
                let sent = world.google.notifications(&id);
                let ids: std::collections::HashSet<_> =
                    sent.iter().map(|one| one.clear["requestHeader"]["requestId"].to_string()).collect();
                prop_assert_eq!(ids.len(), 1, "once, as a logical notification");
            }
            Ok(())
        })?;
    });
}
