//! Names for the reasons of machines.

/// Gives every variant of an enum a name that stays the same: sentences in a person's language are found by it. A variant that is
/// not listed does not compile.
macro_rules! codes {
    ($name:ident { $($variant:pat => $code:literal,)+ }) => {
        impl $name {
            /// Every name that [`Self::code`] gives.
            pub const CODES: &'static [&'static str] = &[$($code,)+];

            /// The name of this one, whatever it holds.
            pub const fn code(&self) -> &'static str {
                match self { $($variant => $code,)+ }
            }
        }
    };
}

pub(super) use codes;
