//! What the machine promises, for every history: tables for the named rules, properties for the rest.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Account, Attention, Currency, EffectLane, LedgerEntry, Money, TransactionId, UserName, unbalanced_currency,
};

const NOW: Timestamp = Timestamp::from_secs(1_794_009_600);

fn eur(micros: i64) -> Money {
    Money::new(micros, Currency::parse("EUR").unwrap())
}

fn id(number: u32) -> TransactionId {
    TransactionId::parse(&format!("01930d2c-7a44-8000-8000-{number:012}")).unwrap()
}

fn transfer(direction: Direction) -> Arc<Transfer> {
    let entry = BankEntry {
        statement: "2026-11-07/1".to_owned(),
        account: "DE02120300000000202051".to_owned(),
        servicer_reference: Some("2026110700001".to_owned()),
        entry_reference: None,
        part: 0,
        ordinal: 0,
        direction,
        reversal: false,
        amount: eur(109_900_000),
        booked_on: BankDay::parse("2026-11-07").unwrap(),
        valued_on: None,
        end_to_end: Vec::new(),
        texts: vec!["stmt-1AB-pp0-invisi".to_owned()],
        counterparty: Some("Google Payment Ltd".to_owned()),
    };
    Arc::new(Transfer { id: id(1), entry })
}

fn book(direction: Direction, statement: Option<u32>) -> Input {
    Input::Book { transfer: transfer(direction), statement: statement.map(id) }
}

fn rematch(statement: u32) -> Input {
    Input::Rematch { statement: id(statement), by: UserName::parse("fiona").ok() }
}

fn take_back() -> Input {
    Input::TakeBack { by: UserName::parse("fiona").unwrap(), why: "another month's".to_owned() }
}

fn answer(number: u32, answer: Answer) -> Input {
    Input::Answered { number, answer }
}

/// A history: every decision is applied; rejections change nothing.
#[derive(Default)]
struct History {
    state: State,
    journal: Vec<Event>,
    effects: Vec<Effect>,
    entries: Vec<LedgerEntry>,
}

impl History {
    fn tell(&mut self, input: &Input) -> Result<Reply, Rejection> {
        let decision = BankTransfer::decide(&self.state, input, NOW)?;
        assert!(decision.effects.len() <= decision.events.len(), "an effect needs an event of its own: {input:?}");
        assert_eq!(unbalanced_currency(&decision.entries), None, "{input:?}");
        self.state = decision.events.iter().fold(std::mem::take(&mut self.state), BankTransfer::apply);
        self.journal.extend(decision.events);
        self.effects.extend(decision.effects);
        self.entries.extend(decision.entries);
        Ok(decision.reply)
    }

    fn moved(&self, account: &Account) -> i64 {
        self.entries.iter().filter(|entry| entry.account == *account).map(|entry| entry.amount.micros()).sum()
    }
}

fn run(steps: Vec<(&'static str, Input, Reply)>) -> History {
    let mut history = History::default();
    for (desc, input, reply) in steps {
        assert_eq!(history.tell(&input), Ok(reply), "{desc}");
    }
    history
}

#[test]
fn a_transfer_with_a_memo_is_offered_and_taken() {
    let history = run(vec![
        ("the import", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9)))),
        ("the same file", book(Direction::Left, Some(9)), Reply::Stands(Standing::Offered(id(9)))),
        ("it is the payment", answer(1, Answer::Taken), Reply::Stands(Standing::Matched(id(9)))),
        ("the answer again", answer(1, Answer::Taken), Reply::Stands(Standing::Matched(id(9)))),
        (
            "a late contradiction",
            answer(1, Answer::Refused(Refusal::AlreadyPaid)),
            Reply::Stands(Standing::Matched(id(9))),
        ),
        ("the same file, much later", book(Direction::Left, None), Reply::Stands(Standing::Matched(id(9)))),
    ]);
    assert_eq!(
        history.effects,
        [Effect::OfferToStatement {
            transfer: id(1),
            offer: Offer { statement: id(9), number: 1, by_person: false },
            amount: eur(109_900_000),
            booked_at: NOW,
        }]
    );
    assert_eq!(BankTransfer::lane(&history.effects[0]), EffectLane::House);
    assert_eq!(BankTransfer::attention(&history.state), None);
}

#[test]
fn what_the_bank_booked_is_in_the_books_once_and_the_right_way_round() {
    for (direction, bank, offered) in
        [(Direction::Left, -109_900_000, 109_900_000), (Direction::Came, 109_900_000, -109_900_000)]
    {
        let mut history = History::default();
        for _ in 0..3 {
            history.tell(&book(direction, Some(9))).unwrap();
        }
        assert_eq!(history.moved(&Account::Bank), bank, "{direction:?}");
        assert_eq!(history.moved(&Account::Suspense), -bank, "{direction:?}");
        let Effect::OfferToStatement { amount, .. } = &history.effects[0] else { panic!("it is offered") };
        assert_eq!(amount.micros(), offered, "{direction:?}: positive when we paid");
        assert!(history.entries.iter().all(|entry| entry.reason == "bank transfer"));
    }
}

#[test]
fn an_unknown_memo_stands_before_finance_until_somebody_finds_the_statement() {
    let mut history = run(vec![("no such memo", book(Direction::Left, None), Reply::Booked(Standing::Unmatched))]);
    assert_eq!(BankTransfer::attention(&history.state), Some(Attention::UnexplainedTransfer));
    assert!(history.effects.is_empty());
    assert_eq!(history.tell(&rematch(9)), Ok(Reply::Stands(Standing::Offered(id(9)))));
    assert_eq!(BankTransfer::attention(&history.state), None);
    assert_eq!(history.tell(&rematch(9)), Ok(Reply::Stands(Standing::Offered(id(9)))));
    assert_eq!(history.tell(&rematch(8)), Err(Rejection::BeingAsked));
    assert_eq!(history.effects.len(), 1);
    let Some(Event::Offered { by, .. }) = history.journal.last() else { panic!("the journal says who") };
    assert_eq!(by.as_ref().map(UserName::as_str), Some("fiona"));
}

#[test]
fn a_refused_transfer_stands_before_finance_and_may_be_offered_again() {
    let refused = |why| answer(1, Answer::Refused(why));
    let mut history = run(vec![
        ("the import", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9)))),
        ("too little", refused(Refusal::WrongAmount), Reply::Stands(Standing::Differs(id(9), Refusal::WrongAmount))),
    ]);
    assert_eq!(BankTransfer::attention(&history.state), Some(Attention::UnexplainedTransfer));
    assert_eq!(history.tell(&rematch(8)), Ok(Reply::Stands(Standing::Offered(id(8)))));
    // The first answer arrives once more: it is not about this offer.
    assert_eq!(history.tell(&refused(Refusal::WrongAmount)), Ok(Reply::Stands(Standing::Offered(id(8)))));
    assert_eq!(history.tell(&answer(2, Answer::Taken)), Ok(Reply::Stands(Standing::Matched(id(8)))));
    assert_eq!(history.tell(&rematch(7)), Err(Rejection::Explained));
    let keys: Vec<String> = history.effects.iter().map(BankTransfer::idempotency_key).collect();
    assert_eq!(keys, [format!("offer-{}-1", id(1)), format!("offer-{}-2", id(1))], "each offer has a key of its own");
}

#[test]
fn a_payout_explains_what_no_statement_takes_once_and_books_nothing() {
    let paid_out = |number| Input::PaidOut { payout: id(number) };
    let mut history = run(vec![("no memo", book(Direction::Came, None), Reply::Booked(Standing::Unmatched))]);
    let entries = history.entries.len();
    for _ in 0..2 {
        assert_eq!(history.tell(&paid_out(5)), Ok(Reply::Stands(Standing::PaidOut(id(5)))));
    }
    assert_eq!((BankTransfer::attention(&history.state), history.entries.len()), (None, entries));
    assert_eq!(history.tell(&paid_out(6)), Err(Rejection::Explained));
    assert_eq!(history.tell(&rematch(9)), Err(Rejection::Explained));
    let mut asked = run(vec![("a memo", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9))))]);
    assert_eq!(asked.tell(&paid_out(5)), Err(Rejection::BeingAsked));
    asked.tell(&answer(1, Answer::Taken)).unwrap();
    assert_eq!(asked.tell(&paid_out(5)), Err(Rejection::Explained));
}

#[test]
fn con_4_a_match_is_taken_back_by_a_person_and_no_import_makes_it_again() {
    let mut history = run(vec![
        ("the import", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9)))),
        ("it is the payment", answer(1, Answer::Taken), Reply::Stands(Standing::Matched(id(9)))),
        ("no, it is not", take_back(), Reply::Stands(Standing::TakingBack(id(9)))),
        ("the same again", take_back(), Reply::Stands(Standing::TakingBack(id(9)))),
        ("the same file", book(Direction::Left, Some(9)), Reply::Stands(Standing::TakingBack(id(9)))),
        ("an old answer", answer(1, Answer::Taken), Reply::Stands(Standing::TakingBack(id(9)))),
    ]);
    assert_eq!(history.tell(&rematch(8)), Err(Rejection::BeingAsked));
    assert_eq!(history.tell(&Input::PaidOut { payout: id(5) }), Err(Rejection::BeingAsked));
    let (entries, gone) = (history.entries.len(), Reply::Stands(Standing::Differs(id(9), Refusal::TakenBack)));
    for _ in 0..2 {
        assert_eq!(history.tell(&answer(1, Answer::LetGo)), Ok(gone));
        assert_eq!(history.tell(&take_back()), Ok(gone), "it is taken back already");
    }
    assert_eq!(history.entries.len(), entries, "its own side is what the bank says, and stays");
    assert_eq!(BankTransfer::attention(&history.state), Some(Attention::UnexplainedTransfer));
    let by_import = |statement| Input::Rematch { statement: id(statement), by: None };
    for statement in [9, 8] {
        assert_eq!(history.tell(&by_import(statement)), Ok(gone), "a person has said that it is not");
    }
    assert_eq!(history.tell(&rematch(9)), Ok(Reply::Stands(Standing::Offered(id(9)))), "a person may say that it is");
    assert_eq!(history.tell(&answer(1, Answer::LetGo)), Ok(Reply::Stands(Standing::Offered(id(9)))));
    history.tell(&answer(2, Answer::Taken)).unwrap();
    history.tell(&take_back()).unwrap();
    let keys: Vec<String> = history.effects.iter().map(BankTransfer::idempotency_key).collect();
    let (offer, back) = (format!("offer-{}", id(1)), format!("take-back-{}", id(1)));
    assert_eq!(keys, [format!("{offer}-1"), format!("{back}-1"), format!("{offer}-2"), format!("{back}-2")]);
}

/// What it was taken back from is known of the last statement alone; that a person has it in hand stays.
#[test]
fn con_4_no_import_offers_on_what_a_person_has_taken_in_hand() {
    let by_import = |statement| Input::Rematch { statement: id(statement), by: None };
    let differs = |statement, why| Ok(Reply::Stands(Standing::Differs(id(statement), why)));
    let mut history = run(vec![
        ("the import", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9)))),
        ("it is the payment", answer(1, Answer::Taken), Reply::Stands(Standing::Matched(id(9)))),
        ("no, it is not", take_back(), Reply::Stands(Standing::TakingBack(id(9)))),
    ]);
    assert_eq!(history.tell(&answer(1, Answer::LetGo)), differs(9, Refusal::TakenBack));
    // The person tries another one, which does not take it.
    history.tell(&rematch(8)).unwrap();
    assert_eq!(history.tell(&answer(2, Answer::Refused(Refusal::WrongAmount))), differs(8, Refusal::WrongAmount));
    for statement in [9, 8, 7] {
        assert_eq!(history.tell(&by_import(statement)), differs(8, Refusal::WrongAmount), "{statement}");
    }
    assert_eq!(history.tell(&Input::PaidOut { payout: id(5) }), Ok(Reply::Stands(Standing::PaidOut(id(5)))));
    // What no person has touched an import offers again.
    let mut history = run(vec![
        ("the import", book(Direction::Left, Some(9)), Reply::Booked(Standing::Offered(id(9)))),
        (
            "too early",
            answer(1, Answer::Refused(Refusal::WrongAmount)),
            Reply::Stands(Standing::Differs(id(9), Refusal::WrongAmount)),
        ),
    ]);
    assert_eq!(history.tell(&by_import(9)), Ok(Reply::Stands(Standing::Offered(id(9)))));
}

#[test]
fn con_4_only_a_match_is_taken_back() {
    let mut history = History::default();
    assert_eq!(history.tell(&take_back()), Err(Rejection::Unknown));
    history.tell(&book(Direction::Left, None)).unwrap();
    assert_eq!(history.tell(&take_back()), Err(Rejection::NotMatched));
    history.tell(&rematch(9)).unwrap();
    assert_eq!(history.tell(&take_back()), Err(Rejection::BeingAsked));
    history.tell(&answer(1, Answer::Refused(Refusal::WrongAmount))).unwrap();
    assert_eq!(history.tell(&take_back()), Err(Rejection::NotMatched));
    history.tell(&Input::PaidOut { payout: id(5) }).unwrap();
    assert_eq!(history.tell(&take_back()), Err(Rejection::IsPayout));
}

#[test]
fn nothing_can_be_asked_of_what_is_not_known() {
    for input in [Input::PaidOut { payout: id(5) }, rematch(9), answer(1, Answer::Taken), Input::DeadlineReached] {
        assert_eq!(History::default().tell(&input), Err(Rejection::Unknown), "{input:?}");
    }
}

#[test]
fn refusals_come_back_by_their_names() {
    for refusal in Refusal::ALL {
        assert_eq!(Refusal::parse(refusal.as_str()), Some(refusal));
    }
    assert_eq!(Refusal::parse("whim"), None);
}

fn any_input() -> impl Strategy<Value = Input> {
    let why = prop::sample::select(Refusal::ALL.to_vec());
    let any_answer = prop_oneof![Just(Answer::Taken), Just(Answer::LetGo), why.prop_map(Answer::Refused)];
    prop_oneof![
        2 => prop::option::of(7..10_u32).prop_map(|statement| book(Direction::Left, statement)),
        2 => (7..10_u32).prop_map(rematch),
        3 => (1..4_u32, any_answer).prop_map(|(number, said)| answer(number, said)),
        1 => (5..7_u32).prop_map(|payout| Input::PaidOut { payout: id(payout) }),
        1 => Just(take_back()),
        1 => Just(Input::DeadlineReached),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: booked once, one question at a time, taken at most once and for ever, and the
    /// journal folds to the snapshot.
    #[test]
    fn a_transfer_is_booked_once_and_explained_at_most_once(inputs in prop::collection::vec(any_input(), 0..40)) {
        let mut history = History::default();
        let mut taken = None;
        for input in inputs {
            let before = history.state.clone();
            let told = history.tell(&input);
            if told.is_err() {
                prop_assert_eq!(&before, &history.state, "a rejection changes nothing");
            }
            let standing = history.state.standing();
            match standing {
                Some(Standing::Matched(statement) | Standing::TakingBack(statement)) => {
                    prop_assert_eq!(*taken.get_or_insert(statement), statement, "what has paid one pays no other");
                }
                // Only a person ends it, and only by way of the statement.
                _ if history.journal.last() == Some(&Event::TakenBack) => taken = None,
                _ => prop_assert!(taken.is_none(), "a match is for ever"),
            }
            let finance = matches!(standing, Some(Standing::Unmatched | Standing::Differs(..)));
            prop_assert_eq!(BankTransfer::attention(&history.state).is_some(), finance);
            let answered =
                history.journal.iter().filter(|event| matches!(event, Event::Taken | Event::Refused(_) | Event::TakenBack)).count();
            let open = usize::from(matches!(standing, Some(Standing::Offered(_) | Standing::TakingBack(_))));
            prop_assert_eq!(history.effects.len(), answered + open, "one question at a time");
        }
        let folded = history.journal.iter().fold(State::default(), BankTransfer::apply);
        prop_assert_eq!(&folded, &history.state, "fold(journal) == snapshot");
        prop_assert_eq!(unbalanced_currency(&history.entries), None);
        let booked = if history.state == State::Unheard { 0 } else { -109_900_000 };
        prop_assert_eq!(history.moved(&Account::Bank), booked, "in the books once");
        let mut keys: Vec<_> = history.effects.iter().map(BankTransfer::idempotency_key).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), history.effects.len(), "every effect has a key of its own");
    }
}
