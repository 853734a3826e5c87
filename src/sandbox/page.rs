//! The frame of the stand-ins' pages: plain, clearly marked as a sandbox, without any script.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{DOCTYPE, Markup, html};

use crate::domain::{Currency, Money, Timestamp};

const STYLE: &str = include_str!("../../static/shop.css");

/// Which stand-in a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// The shop that plays Google.
    Google,
    /// The bank or wallet.
    Issuer,
    /// Who charges cards.
    Processor,
    /// Where people book appointments.
    ActionsCenter,
    /// Where mail with invoices is read.
    Outlook,
}

impl Site {
    const fn name(self) -> &'static str {
        match self {
            Self::Google => "Stand-in for Google",
            Self::Issuer => "Stand-in for an issuer",
            Self::Processor => "Stand-in for the card processor",
            Self::ActionsCenter => "Stand-in for Google's Actions Center",
            Self::Outlook => "Stand-in for Outlook",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Issuer => "issuer",
            Self::Processor => "processor",
            Self::ActionsCenter => "actions-center",
            Self::Outlook => "outlook",
        }
    }

    /// Outlook shows mail in a frame.
    const fn policy(self) -> &'static str {
        match self {
            Self::Google | Self::Issuer | Self::Processor | Self::ActionsCenter => {
                "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::Outlook => {
                "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            }
        }
    }
}

/// Serves the style sheet of all stand-ins.
pub(crate) fn configure(service: &mut web::ServiceConfig) {
    service.route("/shop.css", web::get().to(style));
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header(("cache-control", "no-cache")).body(STYLE)
}

/// A whole page. No `form-action` in the policy: browsers apply it to the redirects that follow a form as well, and these
/// lead to the integrator.
pub(crate) fn page(site: Site, status: StatusCode, title: &str, content: Markup) -> HttpResponse {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Sandbox" }
                link rel="stylesheet" href="/shop.css";
                link rel="icon" href="data:,";
            }
            body class=(site.class()) {
                header { p { strong.mark { "Sandbox" } " " (site.name()) " – no real money" } a href="/" { "Home" } }
                main { h1 { (title) } (content) }
            }
        }
    };
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("content-security-policy", site.policy()))
        .body(markup.into_string())
}

/// Sends the browser on with a GET.
pub(crate) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header(("location", location))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .finish()
}

/// An amount for people: `109.90 INR`.
pub(crate) fn shown(micros: i64, currency: &str) -> String {
    Currency::parse(currency)
        .map_or_else(|_| format!("{micros} micros {currency}"), |known| Money::new(micros, known).to_string())
}

/// A time for people: `2026-11-22 14:03:05.120 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    let (day, millis) = (at.as_millis().div_euclid(86_400_000), at.as_millis().rem_euclid(86_400_000));
    // Days to civil date, by 400-year eras that begin on the first of March (Howard Hinnant's algorithm).
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    format!("{year:04}-{month:02}-{date:02} {hours:02}:{minutes:02}:{:02}.{:03} UTC", millis / 1000 % 60, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_civil_dates() {
        for (millis, expected) in [
            (0, "1970-01-01 00:00:00.000 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00.000 UTC"),
            (1_800_000_000_123, "2027-01-15 08:00:00.123 UTC"),
            (-1, "1969-12-31 23:59:59.999 UTC"),
        ] {
            assert_eq!(time(Timestamp::from_millis(millis)), expected);
        }
    }
}
