//! Effects of remittance statements.

use super::{Description, Hindrance};
use crate::actors::statement_effects::StatementEffects;
use crate::domain::Piaid;
use crate::domain::remittance::Effect;
use crate::protocol::google_redirect::StatementCall;
use crate::storage::OutboxRow;

const FRESH: &[&str] = &["requestHeader.requestTimestamp"];

pub(in crate::actors) fn describe(effects: &StatementEffects, effect: &Effect, row: &OutboxRow) -> Description {
    let now = effects.clock.now();
    let request_id = row.idempotency_key.as_str();
    let house = |what| Description::of("the statement", what);
    match effect {
        Effect::ReplaceEarlier { notice } => house("replaceEarlier").with("statementId", &notice.statement_id),
        Effect::FetchPage { piaid, statement_id, offset, .. } => {
            let (method, body) = StatementCall { request_id, piaid, statement_id }.details(*offset, now);
            let described = Description::to_url(effects.google.address(method, piaid), method).message(&body, FRESH);
            of_account(effects, described, piaid)
        }
        Effect::Judge { round, after, .. } => house("judge").with("round", round).with("after", after),
        Effect::CountMissing { notice, round } => {
            house("countMissing").with("statementId", &notice.statement_id).with("round", round)
        }
        Effect::Accept { piaid, statement_id, modification, .. } => {
            match (StatementCall { request_id, piaid, statement_id }).acceptance(modification, now) {
                Ok((method, body)) => {
                    let url = effects.google.address(method, piaid);
                    of_account(effects, Description::to_url(url, method).message(&body, FRESH), piaid)
                }
                Err(failed) => Description::of("Google", "acceptRemittanceStatement")
                    .hindered(Hindrance::Unwritten(failed.to_string())),
            }
        }
    }
}

fn of_account(effects: &StatementEffects, described: Description, piaid: &Piaid) -> Description {
    if effects.accounts.find(piaid).is_some() {
        described
    } else {
        described.hindered(Hindrance::NotConfigured(format!("google.accounts {piaid}")))
    }
}
