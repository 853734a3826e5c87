//! Reachability and clock, both by one echo for each account (flows-security section 7).

use futures_util::future::join_all;

use super::{ECHOES, Report};
use crate::app;
use crate::config::Config;
use crate::crypto::random_token;
use crate::domain::{Piaid, RequestId, Timestamp};
use crate::ports::{Clock, SystemClock};
use crate::protocol::google_redirect::{Accounts, GoogleClient, http_client};

/// A skew worth a warning, in ms.
const SKEW_WARNS_MS: i64 = 10_000;
/// A skew at which Google refuses us (flows-security section 9.1), in ms.
const SKEW_FAILS_MS: i64 = 60_000;

pub(super) async fn check(config: &Config, report: &mut Report) {
    let accounts = config.google.as_ref().map_or(&[][..], |google| &google.accounts);
    if accounts.is_empty() {
        report.ok("reachability", "no [google] section: there is nobody to ask");
        return;
    }
    app::install_crypto_provider();
    let ready = app::load_keys(config).and_then(|keys| Ok((keys, app::google_client(config, http_client()?)?)));
    let (keys, client) = match ready {
        Ok(ready) => ready,
        Err(error) => return report.fail("reachability", format_args!("{error:#}")),
    };
    let ask = |account: &Piaid| {
        let (piaid, accounts, client) = (account.clone(), keys.accounts.clone(), client.clone());
        async move {
            let sent = SystemClock.now();
            let answer = tokio::time::timeout(ECHOES, echo(&client, &accounts, &piaid)).await;
            (piaid, sent, SystemClock.now(), answer)
        }
    };
    for (piaid, sent, received, answer) in join_all(accounts.iter().map(|account| ask(&account.piaid))).await {
        match answer {
            Ok(Ok(theirs)) => {
                report.ok("reachability", format_args!("{piaid}: echo in {} ms", received.millis_since(sent)));
                judge_clock(piaid.as_str(), skew_ms(sent, received, theirs), report);
            }
            Ok(Err(why)) => report.fail("reachability", format_args!("{piaid}: {why}")),
            Err(_) => report.fail(
                "reachability",
                format_args!("{piaid}: no answer within {} s; is google.endpoint right?", ECHOES.as_secs()),
            ),
        }
    }
}

/// Google's `responseTimestamp`; or why the echo did not come back, in one line without secrets.
async fn echo(client: &GoogleClient, accounts: &Accounts, piaid: &Piaid) -> Result<Timestamp, String> {
    let request_id = RequestId::parse(&format!("doctor-{}", random_token())).map_err(|error| error.to_string())?;
    let answer =
        client.echo(accounts, (piaid, &request_id), SystemClock.now()).await.map_err(|failed| failed.to_string())?;
    if answer.same_message { Ok(answer.responded_at) } else { Err("the echo came back changed".to_owned()) }
}

/// How far our clock is ahead of theirs at least, in ms: 0 where their time lies within the call.
fn skew_ms(sent: Timestamp, received: Timestamp, theirs: Timestamp) -> i64 {
    if theirs < sent {
        sent.millis_since(theirs)
    } else if theirs > received {
        received.millis_since(theirs)
    } else {
        0
    }
}

fn judge_clock(piaid: &str, skew_ms: i64, report: &mut Report) {
    let way = if skew_ms > 0 { "ahead of" } else { "behind" };
    let message = format!("{piaid}: {} ms {way} Google's", skew_ms.abs());
    match skew_ms.abs() {
        0 => report.ok("clock", format_args!("{piaid}: as Google's")),
        skew if skew > SKEW_FAILS_MS => report.fail("clock", format_args!("{message}; set the machine's clock")),
        skew if skew > SKEW_WARNS_MS => report.warn("clock", format_args!("{message}; is time synchronised?")),
        _ => report.ok("clock", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_call_itself_is_no_skew() {
        let at = Timestamp::from_millis;
        for (desc, theirs, skew) in [("within", 1_500, 0), ("we are ahead", 400, 600), ("we are behind", 2_300, -300)] {
            assert_eq!(skew_ms(at(1_000), at(2_000), at(theirs)), skew, "{desc}");
        }
    }

    #[test]
    fn a_skew_over_ten_seconds_warns_and_over_a_minute_fails() {
        for (skew, failed) in [(10_000, false), (-60_000, false), (60_001, true), (-60_001, true)] {
            let mut report = Report { failed: false, broken: None };
            judge_clock("A", skew, &mut report);
            assert_eq!(report.failed, failed, "{skew}");
        }
    }
}
