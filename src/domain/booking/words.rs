//! Google's words for how a booking stands (google-booking-server sections 3.7, 3.11 and 3.15).

/// Writes an enum of Google's with its names.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$what])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Google's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of Google's name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

named! {
    /// `BookingStatus` (section 3.7).
    BookingStatus {
        /// The user is expected.
        Confirmed = "CONFIRMED",
        /// The merchant has not decided; only without payment.
        PendingMerchantConfirmation = "PENDING_MERCHANT_CONFIRMATION",
        /// Cancelled, by whomever.
        Canceled = "CANCELED",
        /// The user did not come.
        NoShow = "NO_SHOW",
        /// The user did not come, or cancelled late, and paid the fee.
        NoShowPenalized = "NO_SHOW_PENALIZED",
        /// A failure behind the scenes, after the answer.
        Failed = "FAILED",
        /// The merchant said no.
        DeclinedByMerchant = "DECLINED_BY_MERCHANT",
    }
}

named! {
    /// `PrepaymentStatus` (section 3.11), as far as we say it.
    PrepaymentStatus {
        /// Something was paid, or may be charged.
        Provided = "PREPAYMENT_PROVIDED",
        /// Nothing.
        NotProvided = "PREPAYMENT_NOT_PROVIDED",
        /// What was paid was given back.
        Refunded = "PREPAYMENT_REFUNDED",
    }
}

named! {
    /// `BookingFailure.cause` (section 3.15), as far as we say it.
    FailureCause {
        /// The slot is no longer open.
        SlotUnavailable = "SLOT_UNAVAILABLE",
        /// The same user holds this slot.
        SlotAlreadyBookedByUser = "SLOT_ALREADY_BOOKED_BY_USER",
        /// Cancelled online, too late.
        OutsideCancellationWindow = "OUTSIDE_CANCELLATION_WINDOW",
        /// The merchant does not take this network.
        CardTypeRejected = "PAYMENT_ERROR_CARD_TYPE_REJECTED",
        /// The issuer declined.
        CardDeclined = "PAYMENT_ERROR_CARD_DECLINED",
        /// A pack or membership that is used up, expired, or not the user's.
        PaymentOptionNotValid = "PAYMENT_OPTION_NOT_VALID",
        /// Any other problem with the payment.
        PaymentError = "PAYMENT_ERROR",
        /// For example a first-timer's price, again.
        UserCannotUsePaymentOption = "USER_CANNOT_USE_PAYMENT_OPTION",
        /// Cancelled before, by somebody else.
        BookingAlreadyCancelled = "BOOKING_ALREADY_CANCELLED",
        /// It has begun, or is over.
        BookingNotCancellable = "BOOKING_NOT_CANCELLABLE",
        /// A duplicate under another token.
        OverlappingReservation = "OVERLAPPING_RESERVATION",
        /// Come back with the answer to a 3DS1 challenge.
        PaymentRequires3ds1 = "PAYMENT_REQUIRES_3DS1",
    }
}
