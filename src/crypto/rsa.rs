//! RSA on aws-lc-rs: key material in, prepared keys out. Both schemes build on it.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair, KeyPairComponents, KeySize, PrivateDecryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use zeroize::Zeroizing;

/// The numbers of a private key, big-endian without leading zeros, as RFC 8017 section 3.2 names them.
pub(super) struct RsaNumbers {
    pub n: Vec<u8>,
    pub e: Vec<u8>,
    pub d: Zeroizing<Vec<u8>>,
    pub p: Zeroizing<Vec<u8>>,
    pub q: Zeroizing<Vec<u8>>,
    pub dp: Zeroizing<Vec<u8>>,
    pub dq: Zeroizing<Vec<u8>>,
    pub qi: Zeroizing<Vec<u8>>,
}

impl RsaNumbers {
    /// Builds the key pair. aws-lc-rs checks that the numbers belong together and that the key has 2048 to 8192 bits.
    pub(super) fn key_pair(&self) -> Option<KeyPair> {
        KeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: self.n.as_slice(), e: self.e.as_slice() },
            d: self.d.as_slice(),
            p: self.p.as_slice(),
            q: self.q.as_slice(),
            dP: self.dp.as_slice(),
            dQ: self.dq.as_slice(),
            qInv: self.qi.as_slice(),
        })
        .ok()
    }

    /// Takes the numbers out of a key pair.
    pub(super) fn of(pair: &KeyPair) -> Option<Self> {
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
        let (info, _) = der_element(0x30, pkcs8.as_ref())?;
        let (_version, rest) = der_element(0x02, info)?;
        let (_algorithm, rest) = der_element(0x30, rest)?;
        let (key, _) = der_element(0x04, rest)?;
        let (key, _) = der_element(0x30, key)?;
        let (_version, mut rest) = der_element(0x02, key)?;
        let mut next = || {
            let (number, after) = der_element(0x02, rest)?;
            rest = after;
            Some(trimmed(number).to_vec())
        };
        Some(Self {
            n: next()?,
            e: next()?,
            d: Zeroizing::new(next()?),
            p: Zeroizing::new(next()?),
            q: Zeroizing::new(next()?),
            dp: Zeroizing::new(next()?),
            dq: Zeroizing::new(next()?),
            qi: Zeroizing::new(next()?),
        })
    }
}

/// Makes a key of 2048, 3072 or 4096 bits.
pub(super) fn generate(bits: u32) -> Option<KeyPair> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return None,
    };
    KeyPair::generate(size).ok()
}

/// The same key in the shape that decrypts.
pub(super) fn decrypting(pair: &KeyPair) -> Option<PrivateDecryptingKey> {
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).ok()
}

/// A public key in the shape that encrypts.
pub(super) fn encrypting(n: &[u8], e: &[u8]) -> Option<PublicEncryptingKey> {
    let key: Result<PublicEncryptingKey, _> = PublicKeyComponents { n, e }.try_into();
    key.ok().filter(|key| (2048..=8192).contains(&key.key_size_bits()))
}

/// A number without leading zeros.
pub(super) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&b| b == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Size of a number in bits.
pub(super) fn bit_length(number: &[u8]) -> u32 {
    let number = trimmed(number);
    number.first().map_or(0, |top| number.len() as u32 * 8 - top.leading_zeros())
}

/// `dividend mod (modulus - 1)`: the CRT exponent that OpenPGP key files leave out. Runs once, when a key is loaded.
pub(super) fn crt_exponent(dividend: &[u8], modulus: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut less_one = Zeroizing::new(modulus.to_vec());
    for byte in less_one.iter_mut().rev() {
        let (value, borrow) = byte.overflowing_sub(1);
        *byte = value;
        if !borrow {
            break;
        }
    }
    // One byte of head room, because the remainder is doubled before it is reduced.
    let width = less_one.len() + 1;
    less_one.insert(0, 0);
    let mut remainder = Zeroizing::new(vec![0_u8; width]);
    for byte in dividend {
        for shift in (0..8).rev() {
            let mut carry = (byte >> shift) & 1;
            for digit in remainder.iter_mut().rev() {
                let next = *digit >> 7;
                *digit = (*digit << 1) | carry;
                carry = next;
            }
            if *remainder >= *less_one {
                let mut borrow = false;
                for (digit, subtrahend) in remainder.iter_mut().zip(less_one.iter()).rev() {
                    let (value, first) = digit.overflowing_sub(*subtrahend);
                    let (value, second) = value.overflowing_sub(u8::from(borrow));
                    *digit = value;
                    borrow = first || second;
                }
            }
        }
    }
    Zeroizing::new(trimmed(&remainder).to_vec())
}

/// Reads one DER element of the given tag: its content and what follows it.
fn der_element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (digits, rest) = rest.split_at_checked(count).filter(|_| count <= 4)?;
        (digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)), rest)
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_key_make_the_same_key_again() {
        let pair = generate(2048).unwrap();
        let numbers = RsaNumbers::of(&pair).unwrap();
        assert_eq!(bit_length(&numbers.n), 2048);
        assert_eq!(*crt_exponent(&numbers.d, &numbers.p), *numbers.dp);
        assert_eq!(*crt_exponent(&numbers.d, &numbers.q), *numbers.dq);
        let again = numbers.key_pair().unwrap();
        assert_eq!(RsaNumbers::of(&again).unwrap().n, numbers.n);
        assert!(decrypting(&again).is_some());
        assert!(encrypting(&numbers.n, &numbers.e).is_some());
    }

    #[test]
    fn numbers_that_do_not_belong_together_are_refused() {
        let mut numbers = RsaNumbers::of(&generate(2048).unwrap()).unwrap();
        numbers.d = Zeroizing::new(vec![3]);
        assert!(numbers.key_pair().is_none());
    }

    #[test]
    fn small_numbers_reduce_as_on_paper() {
        assert_eq!(*crt_exponent(&[0x12, 0x34], &[0x65]), [(0x1234_u32 % 0x64) as u8]);
        assert_eq!(*crt_exponent(&[5], &[0x01, 0x00]), [5]);
        assert!(generate(1024).is_none());
    }
}
