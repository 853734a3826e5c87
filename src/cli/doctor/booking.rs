//! The booking server's settings: does its service account's key work, are its feeds there, do Google and the processor
//! answer (google-booking-server sections 7 and 8.1).

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use super::{ECHOES, Report};
use crate::app;
use crate::config::Config;
use crate::crypto::ServiceAccount;

/// Somebody whom the booking server calls, and how long they took to answer, or why they did not.
pub(super) struct Asked {
    setting: &'static str,
    host: String,
    answer: Result<Duration, &'static str>,
}

/// Asks Google's Maps Booking API, its token address and the processor, all at once. Whatever status they answer with, they
/// are there; no key, token or password is sent.
pub(super) async fn ask(config: &Config) -> Vec<Asked> {
    let booking = config.booking.as_ref();
    let account = booking.and_then(|booking| ServiceAccount::parse(booking.service_account.as_ref()?.expose()).ok());
    let named = [
        ("booking.rtu_endpoint", booking.map(|booking| booking.rtu_endpoint.url().clone())),
        ("booking.service_account_file: token_uri", account.map(|account| account.token_uri().clone())),
        ("processor.stripe.endpoint", config.stripe.as_ref().map(|stripe| stripe.endpoint.url().clone())),
    ];
    if named.iter().all(|(_, url)| url.is_none()) {
        return Vec::new();
    }
    app::install_crypto_provider();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ECHOES)
        .no_proxy()
        .user_agent("roundtrip")
        .build();
    let asks = named.into_iter().filter_map(|(setting, url)| Some((setting, url?))).map(|(setting, url)| {
        let client = client.as_ref().ok();
        async move {
            let host = url.host_str().unwrap_or_default().to_owned();
            let answer = match client {
                Some(client) => answers(client, url).await,
                None => Err("the HTTP client cannot be made"),
            };
            Asked { setting, host, answer }
        }
    });
    join_all(asks).await
}

async fn answers(client: &reqwest::Client, url: Url) -> Result<Duration, &'static str> {
    let begun = std::time::Instant::now();
    match client.get(url).send().await {
        Ok(_) => Ok(begun.elapsed()),
        Err(error) if error.is_timeout() => Err("no answer in time"),
        Err(error) if error.is_connect() => Err("no connection"),
        Err(_) => Err("the connection broke"),
    }
}

/// Says what was found.
pub(super) fn check(config: &Config, asked: &[Asked], report: &mut Report) {
    let Some(booking) = &config.booking else {
        report.ok("booking", "no [booking] section: there is no booking server");
        return tell(asked, report);
    };
    match booking.service_account.as_ref().map(|json| ServiceAccount::parse(json.expose())) {
        Some(Ok(_)) => report.ok("booking", "booking.service_account_file: holds a key"),
        Some(Err(why)) => report.fail("booking", format_args!("booking.service_account_file: {why}")),
        None if is_loopback(booking.rtu_endpoint.url()) => {
            report.ok("booking", "no booking.service_account_file: updates go to this machine without a token");
        }
        None => report.fail(
            "booking",
            "booking.service_account_file is missing: Google takes no update without a token; make a key in the cloud \
             console",
        ),
    }
    if config.stripe.is_none() {
        report.warn("booking", "no [processor.stripe] section: nothing that has to be paid can be booked");
    }
    let unreadable: Vec<&PathBuf> = booking.feeds.iter().filter(|feed| std::fs::File::open(feed).is_err()).collect();
    for feed in &unreadable {
        report.fail("booking", format_args!("booking.feeds: cannot read {}: does it exist?", feed.display()));
    }
    if unreadable.is_empty() {
        report.ok("booking", format_args!("booking.feeds: {} files, all readable", booking.feeds.len()));
    }
    tell(asked, report);
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn tell(asked: &[Asked], report: &mut Report) {
    for Asked { setting, host, answer } in asked {
        match answer {
            Ok(after) => {
                report.ok("reachability", format_args!("{setting}: {host} answers in {} ms", after.as_millis()));
            }
            Err(why) => report.fail("reachability", format_args!("{setting}: {host}: {why}; is the address right?")),
        }
    }
}
