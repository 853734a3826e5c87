//! Hashes and comparisons. Everything that is hashed for a meaning is length-prefixed and separated by domain, so that
//! no two different inputs share an encoding.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::{Builder, Uuid};

use crate::domain::bank_transfer::{BankEntry, Direction};
use crate::domain::catalog::{MerchantId, ServiceId, SlotId, SlotKey};
use crate::domain::invoice::InvoiceReference;
use crate::domain::payout::PayoutReference;
use crate::domain::{Piaid, RequestId, TransactionId};

fn absorb(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

/// The id of the transaction that Google's `requestId` names within an account: identical requests meet in one row, on
/// whatever node they arrive. SHA-256, cut into a UUID of version 8.
pub fn transaction_id(piaid: &Piaid, request_id: &RequestId) -> TransactionId {
    derived(&[b"roundtrip transaction 1", piaid.as_str().as_bytes(), request_id.as_str().as_bytes()])
}

/// The id of the remittance statement that Google announced under `requestId`. Another one than a payment's of the same
/// `requestId`, which the request log refuses.
pub fn statement_id(piaid: &Piaid, request_id: &RequestId) -> TransactionId {
    derived(&[b"roundtrip statement 1", piaid.as_str().as_bytes(), request_id.as_str().as_bytes()])
}

/// The id of a payout of the card processor, by its own name of it: however often it is told, it is one payout.
pub fn processor_payout_id(reference: &PayoutReference) -> TransactionId {
    derived(&[b"roundtrip processor payout 1", reference.as_str().as_bytes()])
}

/// The id of a payout to a merchant, by what finance calls it.
pub fn merchant_payout_id(merchant: &MerchantId, reference: &PayoutReference) -> TransactionId {
    derived(&[b"roundtrip merchant payout 1", merchant.as_str().as_bytes(), reference.as_str().as_bytes()])
}

/// The id of the alarm of this kind about this subject: however many nodes see it, it is one alarm.
pub fn alarm_id(kind: &str, subject: &str) -> TransactionId {
    derived(&[b"roundtrip alarm 1", kind.as_bytes(), subject.as_bytes()])
}

/// The id of the booking that Google asks for under an idempotency token: a request and its retries meet in one row
/// (google-booking-server section 5.1).
pub fn booking_id(idempotency_token: &str) -> TransactionId {
    derived(&[b"roundtrip booking 1", idempotency_token.as_bytes()])
}

/// The id of the invoice with the merchant's number: creating it again meets the first (contract section 6).
pub fn invoice_id(reference: &InvoiceReference) -> TransactionId {
    derived(&[b"roundtrip invoice 1", reference.as_str().as_bytes()])
}

/// The id of the redirect payment that is the `attempt`th attempt to pay an invoice.
pub fn invoice_payment_id(invoice: TransactionId, attempt: u32) -> TransactionId {
    derived(&[b"roundtrip invoice payment 1", invoice.as_uuid().as_bytes(), &attempt.to_be_bytes()])
}

/// The id of what Google is told about a service's slots: one transaction for each service.
pub fn availability_id(merchant: &MerchantId, service: &ServiceId) -> TransactionId {
    derived(&[b"roundtrip availability 1", merchant.as_str().as_bytes(), service.as_str().as_bytes()])
}

fn derived(parts: &[&[u8]]) -> TransactionId {
    let mut hasher = Sha256::new();
    for part in parts {
        absorb(&mut hasher, part);
    }
    cut(hasher)
}

/// The first half of the hash, as a UUID of version 8.
fn cut(hasher: Sha256) -> TransactionId {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    TransactionId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The id of a booked entry: a file that is imported again, or another one with the same entry, meets the same row. The
/// bank's own reference names the entry; day, direction and amount stand beside it because banks book charges under the
/// reference of what caused them. Without it, the texts and the ordinal tell entries apart.
pub fn bank_transfer_id(entry: &BankEntry) -> TransactionId {
    let mut hasher = Sha256::new();
    absorb(&mut hasher, b"roundtrip bank transfer 1");
    absorb(&mut hasher, entry.account.as_bytes());
    if let Some(reference) = &entry.servicer_reference {
        absorb(&mut hasher, b"servicer");
        absorb(&mut hasher, reference.as_bytes());
    } else {
        absorb(&mut hasher, b"entry");
        absorb(&mut hasher, entry.entry_reference.as_deref().unwrap_or_default().as_bytes());
        absorb(&mut hasher, &(entry.texts.len() as u64).to_be_bytes());
        for text in entry.texts.iter().chain(&entry.end_to_end) {
            absorb(&mut hasher, text.as_bytes());
        }
        absorb(&mut hasher, &entry.ordinal.to_be_bytes());
    }
    absorb(&mut hasher, &entry.part.to_be_bytes());
    absorb(&mut hasher, entry.booked_on.to_string().as_bytes());
    absorb(
        &mut hasher,
        match entry.direction {
            Direction::Came => b"came",
            Direction::Left => b"left",
        },
    );
    absorb(&mut hasher, &entry.amount.micros().to_be_bytes());
    absorb(&mut hasher, entry.amount.currency().code().as_bytes());
    cut(hasher)
}

/// Where the keys of a slot's neighbours lie: they begin with four bytes of the hash of merchant and service, then two of
/// the time, in steps of [`KEY_STEP_S`]. So a service's slots stand together, in order of time, in the one index that they
/// are found by, whatever order they were loaded in.
fn neighbourhood(merchant: &MerchantId, service: &ServiceId, start_s: i64) -> [u8; 6] {
    let mut hasher = Sha256::new();
    absorb(&mut hasher, b"roundtrip service 1");
    absorb(&mut hasher, merchant.as_str().as_bytes());
    absorb(&mut hasher, service.as_str().as_bytes());
    let steps = u16::try_from(start_s.max(0) / KEY_STEP_S).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = [0; 6];
    for (to, from) in bytes.iter_mut().zip(hasher.finalize().into_iter().take(4).chain(steps)) {
        *to = from;
    }
    bytes
}

/// About 18 hours: two bytes of them reach to the year 2106.
const KEY_STEP_S: i64 = 1 << 16;

/// The identity of a slot (google-booking-server section 3.3), hashed into a UUID of version 8: its neighbourhood, and 74
/// bits of the SHA-256 of the whole identity.
pub fn slot_key(slot: &SlotId) -> SlotKey {
    let mut hasher = Sha256::new();
    absorb(&mut hasher, b"roundtrip slot 1");
    absorb(&mut hasher, slot.merchant.as_str().as_bytes());
    absorb(&mut hasher, slot.service.as_str().as_bytes());
    absorb(&mut hasher, &slot.start_s.to_be_bytes());
    absorb(&mut hasher, &slot.duration_s.to_be_bytes());
    for text in [&slot.staff, &slot.room] {
        // What is absent is another thing than what is empty.
        hasher.update([u8::from(text.is_some())]);
        absorb(&mut hasher, text.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.update([u8::from(slot.party_size.is_some())]);
    hasher.update(slot.party_size.unwrap_or(0).to_be_bytes());
    let near = neighbourhood(&slot.merchant, &slot.service, slot.start_s);
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(near.into_iter().chain(hasher.finalize())) {
        *to = from;
    }
    SlotKey::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The lowest and the highest key that slots of a service can have which begin within `[start_s, end_s]`.
pub fn slot_keys_between(merchant: &MerchantId, service: &ServiceId, start_s: i64, end_s: i64) -> (SlotKey, SlotKey) {
    let bound = |at_s, rest: u8| {
        let mut bytes = [rest; 16];
        for (to, from) in bytes.iter_mut().zip(neighbourhood(merchant, service, at_s)) {
            *to = from;
        }
        SlotKey::from_uuid(Uuid::from_bytes(bytes))
    };
    (bound(start_s, 0), bound(end_s, u8::MAX))
}

/// SHA-256 of `bytes`: recognises a repeated request body, or stands in for a token that must not be stored.
pub fn content_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of what comes in parts and is never held whole, such as a report while it is written.
#[derive(Default)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Takes the next part.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// What [`content_hash`] says of all parts in one.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The next link of a hash chain: SHA-256 over `previous` and the length-prefixed `parts` (the journal's chain).
pub fn chain_hash(previous: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    absorb(&mut hasher, b"roundtrip chain 1");
    hasher.update(previous);
    hasher.update((parts.len() as u64).to_be_bytes());
    for part in parts {
        absorb(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// Lower-case hexadecimal digits, as digests are told to people.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Compares two secrets in a time that does not depend on where they differ.
pub fn secrets_equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bank_transfer::BankDay;
    use crate::domain::{Currency, Money};

    fn id(piaid: &str, request: &str) -> TransactionId {
        transaction_id(&Piaid::parse(piaid).unwrap(), &RequestId::parse(request).unwrap())
    }

    #[test]
    fn transaction_ids_depend_on_account_and_request_and_not_on_where_one_ends() {
        assert_eq!(id("A", "rq1"), id("A", "rq1"));
        assert_ne!(id("A", "rq1"), id("B", "rq1"));
        assert_ne!(id("A", "rq1"), id("A", "rq2"));
        assert_ne!(id("Ar", "q1"), id("A", "rq1"));
        let uuid = id("A", "rq1").as_uuid();
        assert_eq!(uuid.get_version_num(), 8);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn transaction_ids_never_change_between_releases() {
        assert_eq!(id("ExamplePay_INR", "rq-0001").to_string(), "6b16c714-a57d-864f-af82-a290902ea1eb");
    }

    #[test]
    fn availability_ids_depend_on_merchant_and_service_and_not_on_where_one_ends() {
        let id = |merchant, service| {
            availability_id(&MerchantId::parse(merchant).unwrap(), &ServiceId::parse(service).unwrap())
        };
        assert_eq!(id("spa-1", "cut"), id("spa-1", "cut"));
        assert_ne!(id("spa-1", "cut"), id("spa-1c", "ut"));
        assert_ne!(id("spa-1", "cut"), id("cut", "spa-1"));
    }

    fn entry() -> BankEntry {
        BankEntry {
            statement: "S1".to_owned(),
            account: "DE02120300000000202051".to_owned(),
            servicer_reference: Some("R1".to_owned()),
            entry_reference: Some("1".to_owned()),
            part: 0,
            ordinal: 0,
            direction: Direction::Left,
            reversal: false,
            amount: Money::new(109_900_000, Currency::parse("EUR").unwrap()),
            booked_on: BankDay::parse("2026-11-07").unwrap(),
            valued_on: None,
            end_to_end: Vec::new(),
            texts: vec!["stmt-1AB".to_owned(), "pp0".to_owned()],
            counterparty: None,
        }
    }

    #[test]
    fn bank_transfer_ids_are_those_of_the_entry_in_whatever_statement_it_stands() {
        let id = bank_transfer_id(&entry());
        let same = [
            BankEntry { statement: "S2".to_owned(), ..entry() },
            BankEntry { entry_reference: Some("7".to_owned()), ..entry() },
            BankEntry { texts: vec!["more".to_owned()], counterparty: Some("A".to_owned()), ..entry() },
        ];
        for same in same {
            assert_eq!(bank_transfer_id(&same), id, "{same:?}");
        }
        let others = [
            BankEntry { account: "DE99".to_owned(), ..entry() },
            BankEntry { servicer_reference: Some("R2".to_owned()), ..entry() },
            BankEntry { servicer_reference: None, ..entry() },
            BankEntry { part: 1, ..entry() },
            BankEntry { direction: Direction::Came, ..entry() },
            BankEntry { amount: entry().amount.negated(), ..entry() },
            BankEntry { booked_on: BankDay::parse("2026-11-08").unwrap(), ..entry() },
        ];
        for other in others {
            assert_ne!(bank_transfer_id(&other), id, "{other:?}");
        }
    }

    #[test]
    fn bank_transfers_without_a_reference_are_told_apart_by_text_and_number() {
        let bare = BankEntry { servicer_reference: None, entry_reference: None, ..entry() };
        let id = bank_transfer_id(&bare);
        for other in [
            BankEntry { ordinal: 1, ..bare.clone() },
            BankEntry { texts: vec!["stmt-1ABpp0".to_owned()], ..bare.clone() },
            BankEntry { texts: vec!["stmt-1AB".to_owned()], end_to_end: vec!["pp0".to_owned()], ..bare.clone() },
            BankEntry { entry_reference: Some("1".to_owned()), ..bare },
        ] {
            assert_ne!(bank_transfer_id(&other), id, "{other:?}");
        }
    }

    #[test]
    fn bank_transfer_ids_never_change_between_releases() {
        assert_eq!(bank_transfer_id(&entry()).to_string(), "83bf6241-0be1-8ecf-800c-d19d59d03a17");
    }

    fn slot() -> SlotId {
        SlotId {
            merchant: MerchantId::parse("spa-1").unwrap(),
            service: ServiceId::parse("full").unwrap(),
            start_s: 1_790_003_600,
            duration_s: 5_400,
            staff: None,
            room: None,
            party_size: None,
        }
    }

    #[test]
    fn bk_3_3_slot_keys_are_those_of_the_whole_identity() {
        let key = slot_key(&slot());
        assert_eq!(key, slot_key(&slot()));
        let text = |text: &str| Some(text.into());
        let others = [
            SlotId { merchant: MerchantId::parse("spa-2").unwrap(), ..slot() },
            SlotId { service: ServiceId::parse("half").unwrap(), ..slot() },
            SlotId { start_s: 1_790_003_601, ..slot() },
            SlotId { duration_s: 5_401, ..slot() },
            SlotId { staff: text("a"), ..slot() },
            SlotId { staff: text(""), ..slot() },
            SlotId { room: text("a"), ..slot() },
            SlotId { staff: text("a"), room: text("b"), ..slot() },
            SlotId { staff: text("ab"), room: text(""), ..slot() },
            SlotId { party_size: Some(0), ..slot() },
            SlotId { party_size: Some(2), ..slot() },
        ];
        let keys: std::collections::HashSet<_> = others.iter().map(slot_key).chain([key]).collect();
        assert_eq!(keys.len(), others.len() + 1);
        assert_eq!(key.as_uuid().get_version_num(), 8);
    }

    #[test]
    fn slot_keys_never_change_between_releases() {
        assert_eq!(slot_key(&slot()).as_uuid().to_string(), "a6910739-6ab1-8319-a695-42c6449bb220");
    }

    #[test]
    fn slot_keys_stand_in_order_of_time_within_their_service() {
        let between = |from, to| slot_keys_between(&slot().merchant, &slot().service, from, to);
        for start_s in [0, 65_535, 65_536, 1_790_003_600, 4_294_967_295, i64::MAX] {
            let key = slot_key(&SlotId { start_s, ..slot() });
            let (low, high) = between(start_s, start_s);
            assert!(low < key && key < high, "{start_s}");
            let (low, high) = between(start_s.saturating_sub(100_000), start_s.saturating_add(100_000));
            assert!(low < key && key < high, "{start_s}");
        }
        let key = slot_key(&slot());
        assert!(between(slot().start_s + KEY_STEP_S, i64::MAX).0 > key);
        assert!(between(0, slot().start_s - KEY_STEP_S).1 < key);
    }

    #[test]
    fn alarm_ids_depend_on_kind_and_subject_alone() {
        assert_eq!(alarm_id("dead_letters", "outbox"), alarm_id("dead_letters", "outbox"));
        assert_ne!(alarm_id("dead_letters", "outbox"), alarm_id("dead_letter", "soutbox"));
        assert_ne!(alarm_id("A", "rq1"), id("A", "rq1"));
    }

    #[test]
    fn payout_ids_never_change_between_releases() {
        let reference = PayoutReference::parse("po_1").unwrap();
        let merchant = |id| MerchantId::parse(id).unwrap();
        assert_eq!(processor_payout_id(&reference).to_string(), "e3358066-e726-8eac-87d4-20f7581171df");
        assert_eq!(
            merchant_payout_id(&merchant("spa-1"), &reference).to_string(),
            "c0db2939-b8cf-8809-9bf6-409164c70592"
        );
        let other = PayoutReference::parse("1po_1").unwrap();
        assert_ne!(merchant_payout_id(&merchant("spa-"), &other), merchant_payout_id(&merchant("spa-1"), &reference));
    }

    #[test]
    fn chain_hashes_bind_the_boundaries_of_their_parts() {
        let start = [0; 32];
        let one = chain_hash(&start, &[b"ab", b"c"]);
        assert_ne!(one, chain_hash(&start, &[b"a", b"bc"]));
        assert_ne!(one, chain_hash(&start, &[b"abc"]));
        assert_ne!(one, chain_hash(&one, &[b"ab", b"c"]));
        assert_eq!(one, chain_hash(&start, &[b"ab", b"c"]));
    }

    #[test]
    fn secrets_of_different_length_are_unequal() {
        assert!(secrets_equal(b"abc", b"abc"));
        assert!(!secrets_equal(b"abc", b"abd"));
        assert!(!secrets_equal(b"abc", b"abcd"));
    }
}
