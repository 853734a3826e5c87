//! Numbers that follow from an invoice's id.

use std::sync::Arc;

use crate::domain::TransactionId;

/// Without letters that are read as digits, or as each other.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The receipt's number, `confirmationNumber` (outlook-payments section 4.7): `R-` and ten letters, the same for ever.
/// The id is a hash, so that the number tells nothing.
pub fn confirmation_number(invoice: TransactionId, attempt: u32) -> Arc<str> {
    // An odd factor mixes every bit of id and attempt into the upper ones, which are shown.
    const MIX: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
    let mut mixed = (invoice.as_uuid().as_u128() ^ u128::from(attempt)).wrapping_mul(MIX);
    let mut number = String::from("R-");
    for _ in 0..10 {
        mixed = mixed.rotate_left(5);
        let letter = LETTERS.get((mixed & 31) as usize).copied().unwrap_or(b'0');
        number.push(char::from(letter));
    }
    number.into()
}

/// The name of one try at a refund: its idempotency key, and the `requestId` under which a redirect payment hears of it.
pub fn refund_order(invoice: TransactionId, number: u32, tries: u32) -> String {
    format!("refund-{invoice}-{number}-{tries}")
}

/// The number and the try that [`refund_order`] has named.
pub fn parse_refund_order(order: &str) -> Option<(u32, u32)> {
    let mut parts = order.strip_prefix("refund-")?.rsplitn(3, '-');
    let (tries, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    TransactionId::parse(parts.next()?).ok().map(|_| (number, tries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> TransactionId {
        TransactionId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn c7_receipts_have_a_number_of_their_own_that_never_changes() {
        let number = confirmation_number(id(0x8a3c_2f10), 1);
        assert_eq!(&*number, "R-6WG2028B67");
        let mut all: Vec<_> =
            (0..200_u128).flat_map(|n| (1..4).map(move |a| confirmation_number(id(n << 40), a))).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 600);
        let plain =
            |number: &Arc<str>| number.len() == 12 && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        assert!(all.iter().all(plain));
    }

    #[test]
    fn names_of_refunds_are_read_as_they_are_written() {
        assert_eq!(parse_refund_order(&refund_order(id(7), 12, 3)), Some((12, 3)));
        for other in ["", "refund-", "refund-1-2", "refund-x-1-2", "rq-0001"] {
            assert_eq!(parse_refund_order(other), None, "{other}");
        }
    }
}
