//! Loads of the feeds, what is in force, and what Google has not been told.

use roundtrip::crypto::slot_key;
use roundtrip::domain::catalog::{
    Activation, CardNetwork, CardRequirement, ChargeTiming, ConfirmationMode, Deposit, Interval, Merchant, MerchantId,
    NoShowFee, OptionKind, Overrides, PaymentOption, PaymentOptionId, Prepayment, PriceType, Published,
    SchedulingRules, Service, ServiceId, SlotId, SlotKey, SlotOffer, TaxRate,
};
use roundtrip::domain::{Currency, Money};
use roundtrip::storage::{FeedBatch, Placed, StorageError, Store};

use super::fixture::{Home, NOW, open};
use super::on_both;

on_both! {
    bk_7_2_a_load_is_in_force_at_once_or_not_at_all => load_in_force_sqlite, load_in_force_postgres;
    bk_7_2_the_newest_generation_wins => newest_wins_sqlite, newest_wins_postgres;
    bk_7_2_of_two_loads_at_once_one_wins => one_wins_sqlite, one_wins_postgres;
    a_load_that_writes_nothing_is_given_up => given_up_sqlite, given_up_postgres;
    what_is_stored_is_read_back => read_back_sqlite, read_back_postgres;
    bk_4_2_slots_are_found_by_key_and_by_time => found_sqlite, found_postgres;
    bk_8_5_a_changed_slot_keeps_its_mark_until_that_change_is_taken_on => untold_sqlite, untold_postgres;
    identical_slots_cannot_be_stored => identical_sqlite, identical_postgres;
}

fn usd(micros: i64) -> Money {
    Money::new(micros, Currency::parse("USD").unwrap())
}

fn spa() -> MerchantId {
    MerchantId::parse("spa-1").unwrap()
}

fn full() -> ServiceId {
    ServiceId::parse("full").unwrap()
}

fn merchant(name: &str) -> Published<Merchant> {
    let option = PaymentOption {
        id: PaymentOptionId::parse("pack").unwrap(),
        name: "Fünf \"Besuche\"".into(),
        price: usd(600_000_000),
        tax_rate: Some(TaxRate(5_000_000)),
        kind: OptionKind::MultiUse { sessions: 5 },
        purchase_interval: Some(Interval { start: NOW, end: NOW.plus_millis(1_000) }),
        valid_interval: None,
        valid_duration_s: Some(86_400),
        activation: Activation::OnFirstUse,
        new_to_merchant: true,
        new_to_option: false,
    };
    let offer = Merchant {
        id: spa(),
        name: name.into(),
        tax_rate: TaxRate(6_750_000),
        networks: Some(vec![CardNetwork::Visa, CardNetwork::Jcb]),
        gateway: Some("stripe".into()),
        options: vec![option],
    };
    Published { offer, words: Some(r#"{"merchant_id":"spa-1"}"#.into()) }
}

fn deposit() -> Deposit {
    Deposit { amount: usd(25_000_000), refund_before_s: 14_400, price_type: PriceType::PerPerson }
}

fn service() -> Published<Service> {
    let offer = Service {
        merchant: spa(),
        id: full(),
        name: "Full treatment".into(),
        price: Some(usd(200_000_000)),
        tax_rate: Some(TaxRate(0)),
        prepayment: Prepayment::Optional,
        charge_timing: ChargeTiming::Later { before_start_s: 3_600 },
        rules: SchedulingRules { min_advance_booking_s: Some(60), min_advance_online_canceling_s: None },
        options: vec![PaymentOptionId::parse("pack").unwrap()],
        deposit: Some(deposit()),
        no_show_fee: Some(NoShowFee { amount: usd(30_000_000), price_type: PriceType::Fixed }),
        card: CardRequirement::Always,
    };
    Published { offer, words: None }
}

/// The first slot of a day that begins with it.
pub(super) const FIRST_S: i64 = 20_700 * 86_400;

pub(super) fn slot(start_s: i64, spots_open: u32) -> SlotOffer {
    SlotOffer {
        id: SlotId {
            merchant: spa(),
            service: full(),
            start_s,
            duration_s: 5_400,
            staff: None,
            room: None,
            party_size: None,
        },
        tag: None,
        spots_total: 2,
        spots_open,
        confirmation: ConfirmationMode::Synchronous,
        overrides: Overrides::default(),
    }
}

fn keyed(slots: &[SlotOffer]) -> Vec<(SlotKey, Published<SlotOffer>)> {
    slots.iter().map(|slot| (slot_key(&slot.id), Published { offer: slot.clone(), words: None })).collect()
}

/// Loads a merchant of this name with these slots.
pub(super) async fn load(store: &Store, feed_generation: i64, name: &str, slots: &[SlotOffer]) -> Placed {
    let staging = store.begin_load(feed_generation, NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Merchants(vec![merchant(name)]), NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Services(vec![service()]), NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Slots(keyed(slots)), NOW).await.unwrap();
    store.put_in_force(staging, NOW).await.unwrap()
}

async fn names(store: &Store) -> Vec<String> {
    store.catalog().await.unwrap().merchants().map(|merchant| merchant.name.as_ref().to_owned()).collect()
}

pub(super) async fn spots(store: &Store, start_s: i64) -> Option<u32> {
    let found = store.slots(&[slot(start_s, 0).id]).await.unwrap();
    assert_eq!(found.len(), 1);
    found[0].as_ref().map(|slot| slot.spots_open)
}

async fn bk_7_2_a_load_is_in_force_at_once_or_not_at_all(home: &Home) {
    let store = &home.store;
    let nothing = store.inventory_in_force().await.unwrap();
    assert_eq!((nothing.generation, nothing.feed_generation), (0, 0));
    let staging = store.begin_load(100, NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Merchants(vec![merchant("A")]), NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Slots(keyed(&[slot(FIRST_S, 1)])), NOW).await.unwrap();
    assert_eq!((names(store).await.len(), spots(store, FIRST_S).await), (0, None), "staged, not in force");
    // What is under way is no left-over.
    assert_eq!(store.tidy_inventory(NOW).await.unwrap(), 0);
    assert_eq!(store.put_in_force(staging, NOW.plus_millis(5)).await.unwrap(), Placed::InForce);
    assert_eq!((names(store).await, spots(store, FIRST_S).await), (vec!["A".to_owned()], Some(1)));
    let in_force = store.inventory_in_force().await.unwrap();
    assert_eq!((in_force.feed_generation, in_force.loaded_at), (100, NOW.plus_millis(5)));
    assert_eq!(store.tidy_inventory(NOW.plus_millis(i64::from(i32::MAX))).await.unwrap(), 0);
    assert_eq!(spots(store, FIRST_S).await, Some(1));

    let staging = store.begin_load(200, NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Slots(keyed(&[slot(FIRST_S, 2), slot(FIRST_S + 1, 2)])), NOW).await.unwrap();
    store.discard_load(staging).await.unwrap();
    assert_eq!((spots(store, FIRST_S).await, spots(store, FIRST_S + 1).await), (Some(1), None));
    assert_eq!(store.tidy_inventory(NOW).await.unwrap(), 2, "what was discarded is removed");
    assert_eq!(store.slot_count().await.unwrap(), 1);
}

async fn bk_7_2_the_newest_generation_wins(home: &Home) {
    let store = &home.store;
    assert_eq!(load(store, 100, "A", &[slot(FIRST_S, 2), slot(FIRST_S + 7, 2)]).await, Placed::InForce);
    home.tamper("UPDATE slots SET spots_open = 1, untold_ms = 7").await;
    assert_eq!(load(store, 100, "B", &[slot(FIRST_S, 2)]).await, Placed::Known);
    assert_eq!(load(store, 99, "C", &[slot(FIRST_S, 2)]).await, Placed::Older { in_force: 100 });
    assert_eq!(
        (names(store).await, spots(store, FIRST_S).await),
        (vec!["A".to_owned()], Some(1)),
        "bookings keep theirs"
    );
    assert_eq!(load(store, 101, "D", &[slot(FIRST_S, 2)]).await, Placed::InForce);
    assert_eq!((names(store).await, spots(store, FIRST_S).await), (vec!["D".to_owned()], Some(2)), "as stated");
    assert_eq!(spots(store, FIRST_S + 7).await, None, "dropped");
    assert_eq!(store.tidy_inventory(NOW).await.unwrap(), 4);
    assert_eq!((names(store).await, spots(store, FIRST_S).await), (vec!["D".to_owned()], Some(2)));
    assert_eq!(store.untold_slots(10).await.unwrap(), []);
}

async fn bk_7_2_of_two_loads_at_once_one_wins(home: &Home) {
    let other = open(&home.url).await;
    let mut loads = Vec::new();
    for (number, store) in
        [home.store.clone(), other.clone(), home.store.clone(), other.clone()].into_iter().enumerate()
    {
        let loading = async move {
            let slots: Vec<_> = (0..50).map(|at| slot(FIRST_S + at, 1)).collect();
            load(&store, 100, &format!("{number}"), &slots).await
        };
        loads.push(tokio::spawn(loading));
    }
    let mut won = 0;
    for load in loads {
        match load.await.unwrap() {
            Placed::InForce => won += 1,
            Placed::Known => {}
            Placed::Older { .. } => panic!("the same generation"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(other.tidy_inventory(NOW).await.unwrap(), 150);
    assert_eq!((other.slot_count().await.unwrap(), names(&home.store).await.len()), (50, 1));
    assert_eq!(names(&home.store).await, names(&other).await);
    other.close().await;
}

async fn a_load_that_writes_nothing_is_given_up(home: &Home) {
    let store = &home.store;
    let (slow, alive) = (store.begin_load(100, NOW).await.unwrap(), store.begin_load(100, NOW).await.unwrap());
    let later = NOW.plus_millis(4 * 60_000);
    for (staging, at) in [(&slow, NOW), (&alive, later)] {
        store.stage(staging, FeedBatch::Slots(keyed(&[slot(FIRST_S, 1)])), at).await.unwrap();
    }
    assert_eq!(store.tidy_inventory(later.plus_millis(2 * 60_000)).await.unwrap(), 1);
    let staged = store.stage(&slow, FeedBatch::Slots(keyed(&[slot(FIRST_S + 1, 1)])), later).await;
    assert!(matches!(staged, Err(StorageError::LoadGivenUp)), "{staged:?}");
    assert!(matches!(store.put_in_force(slow, later).await, Err(StorageError::LoadGivenUp)));
    assert_eq!(store.put_in_force(alive, later).await.unwrap(), Placed::InForce);
    assert_eq!(store.slot_count().await.unwrap(), 1);
}

async fn what_is_stored_is_read_back(home: &Home) {
    let store = &home.store;
    let bare = Published {
        offer: Merchant {
            id: MerchantId::parse("ä/'b").unwrap(),
            name: "B".into(),
            tax_rate: TaxRate(0),
            networks: None,
            gateway: None,
            options: Vec::new(),
        },
        words: None,
    };
    let mut rich = slot(FIRST_S, 0);
    rich.id.staff = Some("s3".into());
    rich.id.room = Some("r1".into());
    rich.id.party_size = Some(4);
    rich.tag = Some("t".into());
    rich.confirmation = ConfirmationMode::Asynchronous;
    rich.overrides = Overrides {
        options: vec![PaymentOptionId::parse("pack").unwrap()],
        deposit: Some(deposit()),
        no_show_fee: Some(NoShowFee { amount: usd(1_000_000), price_type: PriceType::PerPerson }),
        card: Some(CardRequirement::Conditional),
        first_bookable_s: Some(1),
        last_bookable_s: Some(2),
        last_online_cancellable_s: Some(3),
    };
    let rich = Published { offer: rich, words: Some(r#"{"ticket_type_id":["x"]}"#.into()) };
    let plain = Published { offer: slot(FIRST_S, 2), words: None };
    let staging = store.begin_load(100, NOW).await.unwrap();
    let slots: Vec<_> = [&rich, &plain].map(|slot| (slot_key(&slot.offer.id), slot.clone())).into();
    for batch in [
        FeedBatch::Merchants(vec![merchant("A"), bare.clone()]),
        FeedBatch::Services(vec![service()]),
        FeedBatch::Slots(slots.clone()),
    ] {
        store.stage(&staging, batch, NOW).await.unwrap();
    }
    store.put_in_force(staging, NOW).await.unwrap();
    let generation = store.inventory_in_force().await.unwrap().generation;
    let mut merchants = store.published_merchants(generation, None, 1).await.unwrap();
    let last = merchants[0].offer.id.clone();
    merchants.extend(store.published_merchants(generation, Some(&last), 10).await.unwrap());
    merchants.sort_by(|a, b| a.offer.name.cmp(&b.offer.name));
    assert_eq!(merchants, [merchant("A"), bare]);
    assert_eq!(store.published_services(generation, None, 10).await.unwrap(), [service()]);
    assert_eq!(store.published_services(generation, Some(&(spa(), full())), 10).await.unwrap(), []);
    let first = store.published_slots(generation, None, 1).await.unwrap();
    let rest = store.published_slots(generation, Some(first[0].0), 10).await.unwrap();
    let mut expected = slots;
    expected.sort_by_key(|(key, _)| *key);
    assert_eq!([first, rest].concat(), expected);
    assert_eq!(store.merchant(&spa()).await.unwrap().as_deref(), Some(&merchant("A").offer));
    assert_eq!(store.service(&spa(), &full()).await.unwrap().as_deref(), Some(&service().offer));
    assert_eq!(store.service(&spa(), &ServiceId::parse("half").unwrap()).await.unwrap(), None);

    home.tamper("UPDATE slots SET overrides = '{' WHERE overrides IS NOT NULL").await;
    let error = store.slots(std::slice::from_ref(&rich.offer.id)).await.unwrap_err().to_string();
    assert!(error.starts_with("corrupt row: slots.overrides of "), "{error}");
}

async fn bk_4_2_slots_are_found_by_key_and_by_time(home: &Home) {
    let store = &home.store;
    let offers: Vec<_> = (0..200).map(|hour| slot(FIRST_S + hour * 3_600, (hour % 3) as u32)).collect();
    let mut other = slot(FIRST_S, 2);
    other.id.service = ServiceId::parse("other").unwrap();
    load(store, 100, "A", &[offers.clone(), vec![other.clone()]].concat()).await;
    let mut unknown = slot(FIRST_S, 0);
    unknown.id.duration_s = 1;
    let wanted = [&offers[7], &unknown, &offers[0], &offers[7]].map(|slot| slot.id.clone());
    let found = store.availability(&wanted).await.unwrap();
    let expected = [Some(offers[7].clone()), None, Some(offers[0].clone()), Some(offers[7].clone())];
    assert_eq!(found.slots, expected, "one for each, in order");
    assert_eq!(found.catalog.services(&spa()).count(), 1);
    let none = store.availability(std::slice::from_ref(&unknown.id)).await.unwrap();
    assert_eq!((none.slots, none.catalog.generation()), (vec![None], found.catalog.generation()));
    assert_eq!(store.slots(&[]).await.unwrap(), []);

    let between = async |from: i64, to: i64| store.slots_between(&spa(), &full(), from, to).await.unwrap();
    assert_eq!(between(FIRST_S, FIRST_S + 3_600).await, offers[..1], "the end is not in it");
    assert_eq!(between(FIRST_S + 1, FIRST_S + 90_000).await, offers[1..25]);
    assert_eq!(between(0, i64::MAX).await, offers);
    assert_eq!(between(0, FIRST_S).await, []);
}

async fn bk_8_5_a_changed_slot_keeps_its_mark_until_that_change_is_taken_on(home: &Home) {
    let store = &home.store;
    let offers: Vec<_> = (0..48).map(|hour| slot(FIRST_S + hour * 3_600, 1)).collect();
    load(store, 100, "A", &offers).await;
    assert_eq!(store.untold_slots(10).await.unwrap(), []);
    let change = async |hour: i64, ms: i64| {
        home.tamper(&format!("UPDATE slots SET untold_ms = {ms} WHERE start_s = {}", FIRST_S + hour * 3_600)).await;
    };
    for (hour, ms) in [(26, 10), (2, 20), (5, 30)] {
        change(hour, ms).await;
    }
    let found = store.untold_slots(10).await.unwrap();
    let shown: Vec<_> = found.iter().map(|slot| ((slot.start_s - FIRST_S) / 3_600, slot.mark)).collect();
    assert_eq!(shown, [(2, 20), (5, 30), (26, 10)], "by their time");
    assert_eq!((&found[0].merchant, &found[0].service, found[0].key), (&spa(), &full(), slot_key(&offers[2].id)));
    assert_eq!(store.untold_slots(1).await.unwrap(), found[..1]);

    // It changes once more before the others have taken it on.
    change(5, 31).await;
    assert_eq!(store.clear_untold(&found).await.unwrap(), 2);
    let left = store.untold_slots(10).await.unwrap();
    assert_eq!(left.iter().map(|slot| slot.mark).collect::<Vec<_>>(), [31]);
    assert_eq!(store.clear_untold(&left).await.unwrap(), 1);
    assert_eq!(store.untold_slots(10).await.unwrap(), []);
}

async fn identical_slots_cannot_be_stored(home: &Home) {
    let store = &home.store;
    let staging = store.begin_load(100, NOW).await.unwrap();
    store.stage(&staging, FeedBatch::Slots(keyed(&[slot(FIRST_S, 1)])), NOW).await.unwrap();
    let again = store.stage(&staging, FeedBatch::Slots(keyed(&[slot(FIRST_S, 2)])), NOW).await;
    assert!(matches!(again, Err(StorageError::Database(_))), "{again:?}");
    assert_eq!(store.put_in_force(staging, NOW).await.unwrap(), Placed::InForce);
    assert_eq!(spots(store, FIRST_S).await, Some(1));
}
