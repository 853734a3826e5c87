//! Any catalogue that is written is read back, and no bytes make the reader panic.

use std::io::Write as _;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::crypto::slot_key;
use crate::domain::catalog::*;
use crate::domain::{Currency, Money, Timestamp};

fn money() -> impl Strategy<Value = Money> {
    (1_i64..1_000_000, prop_oneof![Just("USD"), Just("JPY"), Just("KWD")]).prop_map(|(units, code)| {
        let currency = Currency::parse(code).unwrap();
        Money::new(units * currency.minor_unit_micros(), currency)
    })
}

fn text() -> impl Strategy<Value = Arc<str>> {
    "[a-zA-Zäöü \"\\\\/]{1,8}".prop_map(Into::into)
}

fn price_type() -> impl Strategy<Value = PriceType> {
    prop_oneof![Just(PriceType::Fixed), Just(PriceType::PerPerson)]
}

fn deposit() -> impl Strategy<Value = Deposit> {
    (money(), 0_i64..1_000_000, price_type()).prop_map(|(amount, refund_before_s, price_type)| Deposit {
        amount,
        refund_before_s,
        price_type,
    })
}

fn fee() -> impl Strategy<Value = NoShowFee> {
    (money(), price_type()).prop_map(|(amount, price_type)| NoShowFee { amount, price_type })
}

fn card() -> impl Strategy<Value = CardRequirement> {
    prop_oneof![Just(CardRequirement::Conditional), Just(CardRequirement::Always)]
}

fn interval() -> impl Strategy<Value = Interval> {
    (0_i64..1_000_000, 1_i64..1_000_000).prop_map(|(start, length)| Interval {
        start: Timestamp::from_secs(start),
        end: Timestamp::from_secs(start + length),
    })
}

fn payment_option(number: usize) -> impl Strategy<Value = PaymentOption> {
    let kind = prop_oneof![
        Just(OptionKind::SingleUse),
        (2_u32..100).prop_map(|sessions| OptionKind::MultiUse { sessions }),
        Just(OptionKind::Unlimited)
    ];
    let when = (option::of(interval()), option::of(interval()), option::of(0_i64..1_000_000));
    let activation = prop_oneof![Just(Activation::OnPurchase), Just(Activation::OnFirstUse)];
    let who = (any::<bool>(), any::<bool>());
    (text(), money(), option::of(0_u32..100_000_000), kind, when, activation, who).prop_map(
        move |(name, price, tax, kind, (purchase_interval, valid_interval, valid_duration_s), activation, new)| {
            PaymentOption {
                id: PaymentOptionId::parse(&format!("o{number}")).unwrap(),
                name,
                price,
                tax_rate: tax.map(TaxRate),
                kind,
                purchase_interval,
                valid_interval,
                valid_duration_s,
                activation,
                new_to_merchant: new.0,
                new_to_option: new.1,
            }
        },
    )
}

/// The options of every merchant.
const OPTIONS: usize = 3;

fn option_ids() -> impl Strategy<Value = Vec<PaymentOptionId>> {
    vec(0..OPTIONS, 0..3)
        .prop_map(|ids| ids.iter().map(|id| PaymentOptionId::parse(&format!("o{id}")).unwrap()).collect())
}

fn merchant(number: usize) -> impl Strategy<Value = Merchant> {
    let networks = option::of(proptest::sample::subsequence(CardNetwork::ALL.to_vec(), 0..=5));
    let options = (payment_option(0).boxed(), payment_option(1).boxed(), payment_option(2).boxed())
        .prop_map(|(a, b, c)| vec![a, b, c]);
    (text(), 0_u32..100_000_000, networks, options).prop_map(move |(name, tax, networks, options)| Merchant {
        id: MerchantId::parse(&format!("m{number}")).unwrap(),
        name,
        tax_rate: TaxRate(tax),
        networks,
        gateway: Some("stripe".into()),
        options,
    })
}

fn service(merchant: usize, number: usize) -> impl Strategy<Value = Service> {
    let prepayment = prop_oneof![Just(Prepayment::None), Just(Prepayment::Optional), Just(Prepayment::Required)];
    let timing = option::of(0_i64..1_000_000).prop_map(|later| match later {
        Some(before_start_s) => ChargeTiming::Later { before_start_s },
        None => ChargeTiming::Now,
    });
    let rules = (option::of(0_i64..1_000_000), option::of(0_i64..1_000_000));
    let prices = (option::of(money()), option::of(deposit()), option::of(fee()), option::of(0_u32..100_000_000));
    (text(), prices, prepayment, timing, rules, option_ids(), card()).prop_map(
        move |(name, (price, deposit, no_show_fee, tax), prepayment, charge_timing, rules, options, card)| Service {
            merchant: MerchantId::parse(&format!("m{merchant}")).unwrap(),
            id: ServiceId::parse(&format!("s{number}")).unwrap(),
            name,
            price,
            tax_rate: tax.map(TaxRate),
            prepayment,
            charge_timing,
            rules: SchedulingRules { min_advance_booking_s: rules.0, min_advance_online_canceling_s: rules.1 },
            options,
            deposit,
            no_show_fee,
            card,
        },
    )
}

fn slot(merchant: usize, service: usize, number: usize) -> impl Strategy<Value = SlotOffer> {
    let identity = (1_i64..100_000, option::of(text()), option::of(text()), option::of(1_u32..9));
    let spots = (0_u32..50).prop_flat_map(|total| (Just(total), 0..=total));
    let overrides = (option_ids(), option::of(deposit()), option::of(fee()), option::of(card()));
    // From one on: in a feed, a zero says what nothing says.
    let rules = (option::of(1_i64..1_000), option::of(1_i64..1_000_000_000), option::of(1_i64..1_000_000_000));
    (identity, option::of(text()), spots, overrides, rules).prop_map(
        move |((duration_s, staff, room, party_size), tag, (spots_total, spots_open), own, rules)| SlotOffer {
            id: SlotId {
                merchant: MerchantId::parse(&format!("m{merchant}")).unwrap(),
                service: ServiceId::parse(&format!("s{service}")).unwrap(),
                start_s: 1_790_000_000 + number as i64,
                duration_s,
                staff,
                room,
                party_size,
            },
            tag,
            spots_total,
            spots_open,
            confirmation: ConfirmationMode::Synchronous,
            overrides: Overrides {
                options: own.0,
                deposit: own.1,
                no_show_fee: own.2,
                card: own.3,
                first_bookable_s: rules.0,
                last_bookable_s: rules.1,
                last_online_cancellable_s: rules.2,
            },
        },
    )
}

type Catalogue = (Vec<Merchant>, Vec<Service>, Vec<SlotOffer>);

fn catalogue() -> impl Strategy<Value = Catalogue> {
    let merchants = (merchant(0).boxed(), merchant(1).boxed()).prop_map(|(a, b)| vec![a, b]);
    let services =
        (service(0, 0).boxed(), service(0, 1).boxed(), service(1, 0).boxed()).prop_map(|(a, b, c)| vec![a, b, c]);
    let slots = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 0, 2)]
        .map(|(merchant, service, number)| slot(merchant, service, number).boxed());
    (merchants, services, slots.prop_map(|slots| slots.to_vec()))
}

fn of<T>(offer: &T) -> Published<T>
where
    T: Clone,
{
    Published { offer: offer.clone(), words: None }
}

/// Every feed cut into shards of its own number.
fn written((merchants, services, slots): &Catalogue, shards: u32) -> Vec<FeedFile> {
    let mut files = Vec::new();
    for kind in FeedKind::ALL {
        let words: Vec<Arc<str>> = match kind {
            FeedKind::Merchants => merchants.iter().map(|merchant| words_of_merchant(&of(merchant))).collect(),
            FeedKind::Services => services.iter().map(|service| words_of_service(&of(service))).collect(),
            FeedKind::Availability => slots.iter().map(|slot| words_of_slot(&of(slot))).collect(),
        };
        for shard in 0..shards {
            let head = FeedHead { generation: 1_789_990_000, nonce: kind as u64, shard, shards };
            let mut writer = FeedWriter::begin(kind, head, tempfile::tempfile().unwrap()).unwrap();
            for words in words.iter().skip(shard as usize).step_by(shards as usize) {
                writer.entity(words).unwrap();
            }
            files.push(FeedFile { name: format!("{kind:?} {shard}"), file: writer.finish().unwrap() });
        }
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bk_7_9_any_catalogue_that_is_written_is_read_back_equal(catalogue in catalogue(), shards in 1_u32..4) {
        let (mut merchants, mut services, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        let feeds = Feeds::survey(written(&catalogue, shards)).unwrap();
        let totals = feeds.read(|batch| {
            match batch {
                FromFeed::Merchants(batch) => merchants.extend(batch.into_iter().map(|merchant| merchant.offer)),
                FromFeed::Services(batch) => services.extend(batch.into_iter().map(|service| service.offer)),
                FromFeed::Slots(batch) => slots.extend(batch),
            }
            true
        });
        prop_assert!(totals.is_ok(), "{}", totals.unwrap_err());
        merchants.sort_by(|a, b| a.id.cmp(&b.id));
        services.sort_by(|a, b| (&a.merchant, &a.id).cmp(&(&b.merchant, &b.id)));
        prop_assert_eq!((&merchants, &services), (&catalogue.0, &catalogue.1));
        for (key, slot) in &slots {
            prop_assert_eq!(*key, slot_key(&slot.offer.id));
            prop_assert_eq!(slot.words.as_deref(), None);
        }
        let mut read: Vec<_> = slots.into_iter().map(|(_, slot)| slot.offer).collect();
        let place = |slot: &SlotOffer| (slot.id.merchant.clone(), slot.id.service.clone(), slot.id.start_s);
        read.sort_by_key(place);
        let mut expected = catalogue.2.clone();
        expected.sort_by_key(place);
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn bk_12_no_bytes_make_the_reader_panic(catalogue in catalogue(), garbage in vec(any::<u8>(), 0..40), at in 0_usize..4_000) {
        let mut files = written(&catalogue, 1);
        for file in &mut files {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut file.open().unwrap().0, &mut content).unwrap();
            let from = at % content.len();
            let until = (from + garbage.len()).min(content.len());
            content.splice(from..until, garbage.clone());
            let mut tampered = tempfile::tempfile().unwrap();
            tampered.write_all(&content).unwrap();
            file.file = tampered;
        }
        if let Ok(feeds) = Feeds::survey(files) {
            let _either = feeds.read(|_| true);
        }
        let mut random = tempfile::tempfile().unwrap();
        random.write_all(&garbage).unwrap();
        let random = FeedFile { name: String::new(), file: random };
        prop_assert!(Feeds::survey(vec![random]).is_err());
    }
}
