//! What a path asks for (google-booking-server section 2.1).

/// The HTTP verb of a method. A known path with another verb is answered with 405 (section 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// The methods of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Section 4.1.
    HealthCheck,
    /// Section 4.2.
    BatchAvailabilityLookup,
    /// Section 4.3: legacy, but what Google's test client asks.
    CheckAvailability,
    /// Section 5.1.
    CreateBooking,
    /// Section 5.2.
    UpdateBooking,
    /// Section 5.3.
    GetBookingStatus,
    /// Section 5.4.
    ListBookings,
    /// Section 5.5.
    SetMarketingPreference,
    /// Order flow (section 11): 501.
    CheckOrderFulfillability,
    /// Order flow (section 11): 501.
    CreateOrder,
    /// Order flow (section 11): 501.
    ListOrders,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::HealthCheck,
        Self::BatchAvailabilityLookup,
        Self::CheckAvailability,
        Self::CreateBooking,
        Self::UpdateBooking,
        Self::GetBookingStatus,
        Self::ListBookings,
        Self::SetMarketingPreference,
        Self::CheckOrderFulfillability,
        Self::CreateOrder,
        Self::ListOrders,
    ];

    /// The method of what stands behind the configured path (`/v3`): in any letter case, with or without a slash at
    /// either end. `None`: 404.
    pub fn parse(path_tail: &str) -> Option<Self> {
        let name = path_tail.strip_prefix('/').unwrap_or(path_tail);
        let name = name.strip_suffix('/').unwrap_or(name);
        Self::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Google's name, for logs and metrics too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HealthCheck => "HealthCheck",
            Self::BatchAvailabilityLookup => "BatchAvailabilityLookup",
            Self::CheckAvailability => "CheckAvailability",
            Self::CreateBooking => "CreateBooking",
            Self::UpdateBooking => "UpdateBooking",
            Self::GetBookingStatus => "GetBookingStatus",
            Self::ListBookings => "ListBookings",
            Self::SetMarketingPreference => "SetMarketingPreference",
            Self::CheckOrderFulfillability => "CheckOrderFulfillability",
            Self::CreateOrder => "CreateOrder",
            Self::ListOrders => "ListOrders",
        }
    }

    /// How it is called.
    pub const fn verb(self) -> Verb {
        match self {
            Self::HealthCheck => Verb::Get,
            Self::BatchAvailabilityLookup
            | Self::CheckAvailability
            | Self::CreateBooking
            | Self::UpdateBooking
            | Self::GetBookingStatus
            | Self::ListBookings
            | Self::SetMarketingPreference
            | Self::CheckOrderFulfillability
            | Self::CreateOrder
            | Self::ListOrders => Verb::Post,
        }
    }

    /// Whether we have it at all; the order flow is answered with 501 (section 11).
    pub const fn is_served(self) -> bool {
        match self {
            Self::HealthCheck
            | Self::BatchAvailabilityLookup
            | Self::CheckAvailability
            | Self::CreateBooking
            | Self::UpdateBooking
            | Self::GetBookingStatus
            | Self::ListBookings
            | Self::SetMarketingPreference => true,
            Self::CheckOrderFulfillability | Self::CreateOrder | Self::ListOrders => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bk_2_1_paths_are_read_in_any_case_with_or_without_a_slash() {
        for method in Method::ALL {
            let name = method.as_str();
            for path in [format!("/{name}/"), format!("/{name}"), format!("{name}/"), name.to_owned()] {
                for path in [path.to_lowercase(), path.to_uppercase(), path] {
                    assert_eq!(Method::parse(&path), Some(method), "{path}");
                }
            }
        }
        for path in
            ["", "/", "//", "/CreateBooking//", "//CreateBooking", "/Create", "/CreateBooking/x", "/CreateLease"]
        {
            assert_eq!(Method::parse(path), None, "{path}");
        }
    }

    #[test]
    fn bk_2_1_only_the_health_check_is_a_get_and_orders_are_not_served() {
        for method in Method::ALL {
            assert_eq!(method.verb() == Verb::Get, method == Method::HealthCheck);
            assert_eq!(method.is_served(), !method.as_str().contains("Order"), "{method:?}");
        }
    }
}
