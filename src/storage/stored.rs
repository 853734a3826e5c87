//! How a value is given the form in which it is stored: counterparts of the domain's structs and enums, each with its
//! members or variants listed once.

use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CodecError;
use crate::domain::{Currency, Money, Timestamp, TransactionId, UserName};

/// A value with a counterpart that can be written as JSON and read back.
pub(super) trait Stored: Sized {
    /// The counterpart.
    type As: Serialize + DeserializeOwned;

    fn store(&self) -> Self::As;
    fn restore(stored: Self::As) -> Result<Self, CodecError>;
}

/// Counterparts of structs. A member is never renamed while rows with it exist; a new one is an `Option`.
macro_rules! members {
    ($($name:ident as $stored:ident { $($(#[$attribute:meta])* $member:ident: $type:ty,)+ })+) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::storage) struct $stored {
            $($(#[$attribute])* $member: <$type as crate::storage::stored::Stored>::As,)+
        }

        impl crate::storage::stored::Stored for $name {
            type As = $stored;

            fn store(&self) -> $stored {
                $stored { $($member: crate::storage::stored::Stored::store(&self.$member),)+ }
            }

            fn restore(stored: $stored) -> Result<Self, crate::storage::CodecError> {
                Ok(Self { $($member: crate::storage::stored::Stored::restore(stored.$member)?,)+ })
            }
        }
    )+};
}

/// Counterparts of enums. A variant is never renamed or removed while rows with it exist.
macro_rules! variants {
    ($($name:ident as $stored:ident {
        $($variant:ident
            $(($inner:ident: $of:ty))?
            $({ $($(#[$attribute:meta])* $member:ident: $type:ty),+ $(,)? })?,
        )+
    })+) => {$(
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::storage) enum $stored {
            $($variant
                $((<$of as crate::storage::stored::Stored>::As))?
                $({ $($(#[$attribute])* $member: <$type as crate::storage::stored::Stored>::As),+ })?,
            )+
        }

        impl crate::storage::stored::Stored for $name {
            type As = $stored;

            fn store(&self) -> $stored {
                match self {
                    $(Self::$variant $(($inner))? $({ $($member),+ })? => $stored::$variant
                        $((crate::storage::stored::Stored::store($inner)))?
                        $({ $($member: crate::storage::stored::Stored::store($member)),+ })?,
                    )+
                }
            }

            fn restore(stored: $stored) -> Result<Self, crate::storage::CodecError> {
                Ok(match stored {
                    $($stored::$variant $(($inner))? $({ $($member),+ })? => Self::$variant
                        $((crate::storage::stored::Stored::restore($inner)?))?
                        $({ $($member: crate::storage::stored::Stored::restore($member)?),+ })?,
                    )+
                })
            }
        }
    )+};
}

/// What is its own counterpart.
macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Stored for $type {
            type As = Self;

            fn store(&self) -> Self {
                *self
            }

            fn restore(stored: Self) -> Result<Self, CodecError> {
                Ok(stored)
            }
        }
    )+};
}

/// What is stored by its text.
macro_rules! texts {
    ($($type:ty: $text:expr, $parse:expr;)+) => {$(
        impl crate::storage::stored::Stored for $type {
            type As = std::borrow::Cow<'static, str>;

            fn store(&self) -> Self::As {
                let text = $text;
                text(self).into()
            }

            fn restore(stored: Self::As) -> Result<Self, crate::storage::CodecError> {
                let parse = $parse;
                let value = parse(stored.as_ref())?;
                Ok(value)
            }
        }
    )+};
}

/// The eight readers and writers of a [`Codec`](crate::storage::Codec) whose values all have counterparts.
macro_rules! through_counterparts {
    () => {
        fn encode_state(state: &Self::State) -> Result<String, CodecError> {
            crate::storage::stored::write(state)
        }

        fn decode_state(text: &str) -> Result<Self::State, CodecError> {
            crate::storage::stored::read(text)
        }

        fn encode_event(event: &Self::Event) -> Result<String, CodecError> {
            crate::storage::stored::write(event)
        }

        fn decode_event(text: &str) -> Result<Self::Event, CodecError> {
            crate::storage::stored::read(text)
        }

        fn encode_effect(effect: &Self::Effect) -> Result<String, CodecError> {
            crate::storage::stored::write(effect)
        }

        fn decode_effect(text: &str) -> Result<Self::Effect, CodecError> {
            crate::storage::stored::read(text)
        }

        fn encode_reply(reply: &Self::Reply) -> Result<String, CodecError> {
            crate::storage::stored::write(reply)
        }

        fn decode_reply(text: &str) -> Result<Self::Reply, CodecError> {
            crate::storage::stored::read(text)
        }
    };
}

pub(super) use {members, texts, through_counterparts, variants};

/// A value as the text of a row.
pub(super) fn write<T: Stored>(value: &T) -> Result<String, CodecError> {
    Ok(serde_json::to_string(&value.store())?)
}

/// The value of a row's text.
pub(super) fn read<T: Stored>(text: &str) -> Result<T, CodecError> {
    T::restore(serde_json::from_str(text)?)
}

plain!(bool, u32, i64);

texts! {
    TransactionId: |id: &TransactionId| id.to_string(), TransactionId::parse;
    UserName: |user: &UserName| user.as_str().to_owned(), UserName::parse;
    Currency: |currency: &Currency| currency.code().to_owned(), Currency::parse;
}

/// Shared text, written without a copy.
pub(in crate::storage) struct Text(Arc<str>);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}

impl Stored for Arc<str> {
    type As = Text;

    fn store(&self) -> Text {
        Text(self.clone())
    }

    fn restore(stored: Text) -> Result<Self, CodecError> {
        Ok(stored.0)
    }
}

/// A digest, as hexadecimal digits.
pub(in crate::storage) struct Digest([u8; 32]);

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::crypto::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(|| D::Error::custom("not a digest"))?;
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(digits.chunks(2)) {
            *byte = pair.iter().fold(0, |whole, digit| whole << 4 | u8::try_from(*digit).unwrap_or_default());
        }
        Ok(Self(digest))
    }
}

impl Stored for [u8; 32] {
    type As = Digest;

    fn store(&self) -> Digest {
        Digest(*self)
    }

    fn restore(stored: Digest) -> Result<Self, CodecError> {
        Ok(stored.0)
    }
}

/// Milliseconds since the Unix epoch.
impl Stored for Timestamp {
    type As = i64;

    fn store(&self) -> i64 {
        self.as_millis()
    }

    fn restore(stored: i64) -> Result<Self, CodecError> {
        Ok(Self::from_millis(stored))
    }
}

#[derive(Serialize, Deserialize)]
pub(in crate::storage) struct StoredMoney {
    micros: i64,
    currency: <Currency as Stored>::As,
}

impl Stored for Money {
    type As = StoredMoney;

    fn store(&self) -> StoredMoney {
        StoredMoney { micros: self.micros(), currency: self.currency().store() }
    }

    fn restore(stored: StoredMoney) -> Result<Self, CodecError> {
        Ok(Self::new(stored.micros, Currency::restore(stored.currency)?))
    }
}

impl<T: Stored> Stored for Option<T> {
    type As = Option<T::As>;

    fn store(&self) -> Self::As {
        self.as_ref().map(T::store)
    }

    fn restore(stored: Self::As) -> Result<Self, CodecError> {
        stored.map(T::restore).transpose()
    }
}

impl<T: Stored> Stored for Vec<T> {
    type As = Vec<T::As>;

    fn store(&self) -> Self::As {
        self.iter().map(T::store).collect()
    }

    fn restore(stored: Self::As) -> Result<Self, CodecError> {
        stored.into_iter().map(T::restore).collect()
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    type As = (A::As, B::As);

    fn store(&self) -> Self::As {
        (self.0.store(), self.1.store())
    }

    fn restore((a, b): Self::As) -> Result<Self, CodecError> {
        Ok((A::restore(a)?, B::restore(b)?))
    }
}

impl<T: Stored> Stored for Box<T> {
    type As = Box<T::As>;

    fn store(&self) -> Self::As {
        Box::new(T::store(self))
    }

    fn restore(stored: Self::As) -> Result<Self, CodecError> {
        T::restore(*stored).map(Self::new)
    }
}

impl<T: Stored> Stored for Arc<T> {
    type As = Box<T::As>;

    fn store(&self) -> Self::As {
        Box::new(T::store(self))
    }

    fn restore(stored: Self::As) -> Result<Self, CodecError> {
        T::restore(*stored).map(Self::new)
    }
}
