//! What bookings take in the commit that decides it: spots and packs, for exactly one, whatever happens beside it.

use std::collections::BTreeSet;
use std::sync::Arc;

use roundtrip::crypto::slot_key;
use roundtrip::domain::booking::{Agreement, Booking, Canceller, Input, PackUse, Request, State, Stated};
use roundtrip::domain::catalog::{ConfirmationMode, OptionKind, PaymentOptionId, SlotOffer, Terms};
use roundtrip::domain::{ClaimRefused, Machine, TransactionId};
use roundtrip::storage::{Change, Commit, CommitError, Committed, Placed, Position, Store};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::booking_dice::Dice;
use super::commit::hold_writers;
use super::fixture::{Home, LEASE_MS, NODE, NOW, next, open};
use super::inventory::{FIRST_S, load, slot, spots};
use super::on_both;

on_both! {
    bk_5_1_the_last_spot_is_won_by_exactly_one => last_spot_sqlite, last_spot_postgres;
    bk_5_1_a_user_holds_a_slot_once => same_user_sqlite, same_user_postgres;
    bk_5_1_who_gets_nothing_spoils_nothing_for_the_batch => one_batch_sqlite, one_batch_postgres;
    bk_5_1_a_spot_goes_back_and_never_makes_more_than_there_are => capped_sqlite, capped_postgres;
    bk_7_2_spots_are_taken_from_the_load_in_force => load_meanwhile_sqlite, load_meanwhile_postgres;
    bk_8_5_each_change_leaves_another_mark => marks_sqlite, marks_postgres;
    bk_3_14_the_last_use_of_a_pack_is_won_by_exactly_one => packs_sqlite, packs_postgres;
}

/// One booking as an actor would hold it.
#[derive(Clone)]
struct Visit {
    wanted: Arc<Agreement>,
    state: State,
    position: Option<Position>,
}

type Told = Result<Committed, CommitError>;

/// Everything costs nothing: booked in one commit.
fn free() -> Terms {
    Terms {
        price: None,
        tax: None,
        prepaid: false,
        bought: None,
        deposit: None,
        no_show_fee: None,
        card_required: false,
        cancel_by_s: FIRST_S,
        refund_by_s: FIRST_S,
        party_size: None,
    }
}

impl Visit {
    fn of(user: &str, slot: &SlotOffer) -> Self {
        Self::with(user, slot, None)
    }

    fn with(user: &str, slot: &SlotOffer, pack: Option<PackUse>) -> Self {
        let any = (*Dice::fixed().agreement()).clone();
        let mut guest = any.guest.clone();
        guest.user_id = user.into();
        let wanted = Agreement {
            id: TransactionId::from_uuid(Uuid::from_u64_pair(next(), 7)),
            slot: slot.id.clone(),
            slot_key: slot_key(&slot.id),
            confirmation: ConfirmationMode::Synchronous,
            guest,
            terms: free(),
            pack,
            ..any
        };
        Self { wanted: Arc::new(wanted), state: State::default(), position: None }
    }

    fn wish(&self) -> Input {
        Input::Create(Box::new(Request {
            agreement: self.wanted.clone(),
            stated: Stated::default(),
            token: None,
            chargeable: false,
            resumes: None,
            answer_by: NOW.plus_millis(3_500),
            opens_s: None,
            closes_s: NOW.as_secs() + 1,
        }))
    }

    /// Decides; the commit that results, and the snapshot that it leads to.
    fn decide(&self, input: &Input) -> (Commit<Booking>, State) {
        let decision = Booking::decide(&self.state, input, NOW).expect("the machine agrees");
        assert!(!decision.events.is_empty(), "{:?}", decision.reply);
        let state = decision.events.iter().fold(self.state.clone(), Booking::apply);
        let change = Some(Change {
            state: state.clone(),
            events: decision.events,
            effects: decision.effects,
            entries: decision.entries,
            records: decision.records,
        });
        let (id, position) = (self.wanted.id, self.position);
        let commit =
            Commit { id, position, change, answer: None, settles: None, now: NOW, node: NODE, lease_ms: LEASE_MS };
        (commit, state)
    }

    async fn tell(&mut self, store: &Store, input: &Input) -> Told {
        let (commit, state) = self.decide(input);
        let committed = store.commit(commit).await?;
        self.state = state;
        self.position = Some(committed.position);
        Ok(committed)
    }

    async fn book(&mut self, store: &Store) -> Told {
        self.tell(store, &self.wish()).await
    }

    async fn cancel(&mut self, store: &Store) {
        self.tell(store, &Input::Cancel { by: Canceller::Merchant }).await.unwrap();
    }
}

fn refused(told: &Told) -> Option<ClaimRefused> {
    match told {
        Ok(_) => None,
        Err(CommitError::Refused(why)) => Some(*why),
        Err(error) => panic!("{error}"),
    }
}

/// All of them at once, on these stores by turns.
async fn book_at_once(stores: &[Store], visits: Vec<Visit>) -> Vec<Told> {
    let mut waiting: Vec<JoinHandle<Told>> = Vec::new();
    for (mut visit, store) in visits.into_iter().zip(stores.iter().cycle().cloned()) {
        waiting.push(tokio::spawn(async move { visit.book(&store).await }));
    }
    let mut told = Vec::new();
    for task in waiting {
        told.push(task.await.unwrap());
    }
    told
}

async fn bk_5_1_the_last_spot_is_won_by_exactly_one(home: &Home) {
    let stores = [home.store.clone(), open(&home.url).await];
    let offers: Vec<_> = (0..8).map(|at| slot(FIRST_S + at, 1)).collect();
    assert_eq!(load(&home.store, 100, "A", &offers).await, Placed::InForce);
    for offer in &offers {
        let visits = (0..12).map(|user| Visit::of(&format!("u-{user}"), offer)).collect();
        let told = book_at_once(&stores, visits).await;
        let reasons: Vec<_> = told.iter().filter_map(refused).collect();
        assert_eq!(reasons, [ClaimRefused::NoSpot; 11], "{told:?}");
        assert_eq!(spots(&home.store, offer.id.start_s).await, Some(0));
    }
    assert!(home.store.verify_journal().await.unwrap().is_sound());
}

async fn bk_5_1_a_user_holds_a_slot_once(home: &Home) {
    let store = &home.store;
    let offers = [slot(FIRST_S, 2), slot(FIRST_S + 1, 2)];
    load(store, 100, "A", &offers).await;
    let stores = [store.clone(), open(&home.url).await];
    let told = book_at_once(&stores, (0..6).map(|_| Visit::of("u-1", &offers[0])).collect()).await;
    let reasons: Vec<_> = told.iter().filter_map(refused).collect();
    assert_eq!(reasons, [ClaimRefused::HeldByUser; 5], "{told:?}");
    assert_eq!(spots(store, FIRST_S).await, Some(1));
    let mut other = Visit::of("u-1", &offers[1]);
    other.book(store).await.unwrap();
    assert_eq!(refused(&Visit::of("u-1", &offers[1]).book(store).await), Some(ClaimRefused::HeldByUser));
    other.cancel(store).await;
    Visit::of("u-1", &offers[1]).book(store).await.unwrap();
    assert_eq!(spots(store, FIRST_S + 1).await, Some(1));
}

async fn bk_5_1_who_gets_nothing_spoils_nothing_for_the_batch(home: &Home) {
    let store = &home.store;
    let offers = [slot(FIRST_S, 2), slot(FIRST_S + 1, 1), slot(FIRST_S + 2, 0)];
    load(store, 100, "A", &offers).await;
    // Two of one user, three for two spots, one for none, and one for a slot that was never published.
    let unknown = slot(FIRST_S + 9, 2);
    let wishes = [
        ("u-1", &offers[0]),
        ("u-1", &offers[0]),
        ("u-2", &offers[0]),
        ("u-3", &offers[0]),
        ("u-1", &offers[1]),
        ("u-2", &offers[2]),
        ("u-2", &unknown),
    ];
    let (_raw, held) = hold_writers(home).await;
    let mut waiting: Vec<JoinHandle<Told>> = Vec::new();
    for (user, offer) in wishes {
        let (mut visit, store) = (Visit::of(user, offer), store.clone());
        waiting.push(tokio::spawn(async move { visit.book(&store).await }));
    }
    // One thread: each task runs up to its first wait, which is for the writer.
    tokio::task::yield_now().await;
    held.rollback().await.unwrap();
    let mut told = Vec::new();
    for task in waiting {
        told.push(task.await.unwrap());
    }
    let reasons: Vec<_> = told.iter().map(refused).collect();
    let won = |range: std::ops::Range<usize>| reasons[range].iter().filter(|reason| reason.is_none()).count();
    // On PostgreSQL several batches run at once: who comes first is open, how many win is not.
    assert_eq!((won(0..4), won(4..5), won(5..7)), (2, 1, 0), "{reasons:?}");
    assert!(won(0..2) <= 1, "one user, one spot: {reasons:?}");
    assert_eq!(reasons[5..], [Some(ClaimRefused::NoSpot); 2]);
    for (at, left) in [(0, 0), (1, 0), (2, 0)] {
        assert_eq!(spots(store, FIRST_S + at).await, Some(left));
    }
    assert!(store.verify_journal().await.unwrap().is_sound());
}

async fn bk_5_1_a_spot_goes_back_and_never_makes_more_than_there_are(home: &Home) {
    let store = &home.store;
    let offer = slot(FIRST_S, 2);
    load(store, 100, "A", std::slice::from_ref(&offer)).await;
    let mut visits = [Visit::of("u-1", &offer), Visit::of("u-2", &offer)];
    for visit in &mut visits {
        visit.book(store).await.unwrap();
    }
    visits[0].cancel(store).await;
    assert_eq!(spots(store, FIRST_S).await, Some(1));
    // These feeds count the second booking's spot as open.
    load(store, 101, "B", std::slice::from_ref(&offer)).await;
    visits[1].cancel(store).await;
    assert_eq!(spots(store, FIRST_S).await, Some(2), "two in all");
}

async fn bk_7_2_spots_are_taken_from_the_load_in_force(home: &Home) {
    let store = &home.store;
    let (kept, dropped) = (slot(FIRST_S, 2), slot(FIRST_S + 1, 2));
    load(store, 100, "A", &[kept.clone(), dropped.clone()]).await;
    let mut first = Visit::of("u-1", &kept);
    first.book(store).await.unwrap();
    let mut stays = Visit::of("u-1", &dropped);
    stays.book(store).await.unwrap();
    // Decided on the old load, written after the new one came into force.
    let mut second = Visit::of("u-2", &kept);
    let mut gone = Visit::of("u-2", &dropped);
    let (wish, nothing) = (second.wish(), gone.wish());
    let one_left = slot(FIRST_S, 1);
    load(store, 101, "B", std::slice::from_ref(&one_left)).await;
    second.tell(store, &wish).await.unwrap();
    assert_eq!(spots(store, FIRST_S).await, Some(0), "taken from what the new feeds state");
    assert_eq!(refused(&gone.tell(store, &nothing).await), Some(ClaimRefused::NoSpot));
    assert_eq!(refused(&Visit::of("u-3", &kept).book(store).await), Some(ClaimRefused::NoSpot));
    // What the new feeds drop keeps its booking, and can be cancelled.
    stays.cancel(store).await;
    first.cancel(store).await;
    assert_eq!((spots(store, FIRST_S).await, spots(store, FIRST_S + 1).await), (Some(1), None));
    // Loads and bookings at once: none of the bookings is lost or counted twice by the last load.
    for generation in 102..106 {
        let offer = slot(FIRST_S, 2);
        let feeds = std::slice::from_ref(&offer);
        let loading = load(store, generation, "C", feeds);
        let mut visit = Visit::of(&format!("u-{generation}"), &kept);
        let (placed, told) = tokio::join!(loading, visit.book(store));
        assert_eq!(placed, Placed::InForce);
        let left = spots(store, FIRST_S).await.unwrap();
        assert!(left == 2 || told.is_ok() && left == 1, "{generation}: {left} {told:?}");
        if told.is_ok() {
            visit.cancel(store).await;
        }
        assert_eq!(spots(store, FIRST_S).await, Some(2));
    }
}

async fn bk_8_5_each_change_leaves_another_mark(home: &Home) {
    let store = &home.store;
    let offer = slot(FIRST_S, 2);
    load(store, 100, "A", std::slice::from_ref(&offer)).await;
    let mut marks = BTreeSet::new();
    // All within one millisecond.
    for turn in 0..3 {
        let mut visit = Visit::of("u-1", &offer);
        visit.book(store).await.unwrap();
        let seen = store.untold_slots(10).await.unwrap();
        assert_eq!(seen.len(), 1, "{turn}");
        assert!(marks.insert(seen[0].mark), "{turn}: {seen:?}");
        visit.cancel(store).await;
        let then = store.untold_slots(10).await.unwrap();
        assert!(marks.insert(then[0].mark), "{turn}: {then:?}");
        assert_eq!(store.clear_untold(&seen).await.unwrap(), 0, "who has seen one change has not seen the next");
    }
    let last = store.untold_slots(10).await.unwrap();
    assert_eq!(store.clear_untold(&last).await.unwrap(), 1);
    // What is refused changes nothing that Google would have to be told.
    let mut full = [Visit::of("u-1", &offer), Visit::of("u-2", &offer)];
    for visit in &mut full {
        visit.book(store).await.unwrap();
    }
    let told = store.untold_slots(10).await.unwrap();
    assert_eq!(store.clear_untold(&told).await.unwrap(), 1);
    assert_eq!(refused(&Visit::of("u-3", &offer).book(store).await), Some(ClaimRefused::NoSpot));
    assert_eq!(store.untold_slots(10).await.unwrap(), []);
}

async fn bk_3_14_the_last_use_of_a_pack_is_won_by_exactly_one(home: &Home) {
    let store = &home.store;
    let offers: Vec<_> = (0..12).map(|at| slot(FIRST_S + at, 2)).collect();
    load(store, 100, "A", &offers).await;
    let pack = PackUse {
        id: "upo-1".into(),
        option: PaymentOptionId::parse("pack").unwrap(),
        kind: OptionKind::MultiUse { sessions: 2 },
        original: 2,
        before: 2,
        bought: true,
        valid_from_s: None,
        valid_until_s: None,
    };
    Visit::with("u-1", &offers[0], Some(pack.clone())).book(store).await.unwrap();
    let left = async || store.pack("upo-1").await.unwrap().unwrap().left;
    assert_eq!(left().await, 1, "the purchase is the first use");
    let last = PackUse { bought: false, before: 1, ..pack };
    let stores = [store.clone(), open(&home.url).await];
    let visits: Vec<Visit> = offers[1..].iter().map(|offer| Visit::with("u-1", offer, Some(last.clone()))).collect();
    let told = book_at_once(&stores, visits).await;
    let reasons: Vec<_> = told.iter().filter_map(refused).collect();
    assert_eq!(reasons, [ClaimRefused::PackChanged; 10], "{told:?}");
    assert_eq!(left().await, 0);
    let mut open = 0;
    for offer in &offers[1..] {
        open += spots(store, offer.id.start_s).await.unwrap();
    }
    assert_eq!(open, 21, "who got no use took no spot either");
}
