//! `roundtrip token`: bearer tokens of the admin API (contract section 6).

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::ensure;
use clap::Subcommand;
use uuid::Uuid;

use super::{load, store, write};
use crate::crypto;
use crate::domain::UserName;
use crate::ports::{Clock, SystemClock};
use crate::storage::{NewApiToken, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a token. It stands alone on the last line and is never shown again: only its SHA-256 is stored.
    Create {
        /// What it may do, as payments:read,refunds:write. Areas: payments, refunds, statements, reports, invoices,
        /// bookings, outbox, keys.
        #[arg(long, value_name = "SCOPES", value_parser = scopes)]
        scopes: Scopes,
        /// What it is for.
        #[arg(long, value_name = "TEXT", default_value = "")]
        name: String,
        /// The person it belongs to. A token without one never counts as a person.
        #[arg(long, value_name = "NAME", value_parser = UserName::parse)]
        user: Option<UserName>,
    },
    /// List all tokens, revoked ones too.
    List,
    /// Revoke a token.
    Revoke {
        /// As `token list` shows it.
        id: Uuid,
    },
}

/// What each area can be given for.
const AREAS: &[&str] = &["payments", "refunds", "statements", "reports", "invoices", "bookings", "outbox", "keys"];

/// Checked scopes, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scopes(String);

fn scopes(text: &str) -> Result<Scopes, String> {
    let mut scopes = BTreeSet::new();
    for scope in text.split(',').map(str::trim) {
        let known =
            scope.split_once(':').is_some_and(|(area, act)| AREAS.contains(&area) && matches!(act, "read" | "write"));
        if !known {
            return Err(format!("{scope:?}: expected AREA:read or AREA:write, AREA being one of {}", AREAS.join(", ")));
        }
        scopes.insert(scope);
    }
    Ok(Scopes(scopes.into_iter().collect::<Vec<_>>().join(",")))
}

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let config = load(config)?;
    let store = store::open_current(&config).await?;
    let done = match command {
        Command::Create { scopes, name, user } => create(&store, scopes, name, user).await,
        Command::List => list(&store).await,
        Command::Revoke { id } => revoke(&store, id).await,
    };
    store.close().await;
    done
}

async fn create(store: &Store, scopes: Scopes, name: String, user: Option<UserName>) -> anyhow::Result<()> {
    if let Some(user) = &user {
        check_user(store, user).await?;
    }
    let user_name = user.map(|user| user.as_str().to_owned());
    let token = crypto::random_token();
    let id = uuid::Builder::from_random_bytes(crypto::random_bytes()).into_uuid();
    let scopes = scopes.0;
    let sha256 = crypto::content_hash(token.as_bytes());
    let created_at = SystemClock.now();
    let new = NewApiToken { id, name, scopes, user_name, sha256, created_at };
    store::noted(store, ("token create", &id.to_string()), async { Ok(store.create_token(new).await?) }).await?;
    write::line(format_args!("token {id}, to be revoked with `roundtrip token revoke {id}`; keep it now:"))?;
    write::line(token)
}

/// A name that nobody added is the operator's word; a disabled user gets no token.
async fn check_user(store: &Store, name: &UserName) -> anyhow::Result<()> {
    match store.find_user(name).await? {
        Some(user) => {
            ensure!(user.disabled_at.is_none(), "the user {name} is disabled; see `roundtrip user list`");
        }
        None => write::note(format_args!(
            "note: {name} is no known user: the token stands for that name on your word, and without a role; see \
             `roundtrip user add`"
        )),
    }
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let shown = |token: crate::storage::ApiToken| {
        [
            token.id.to_string(),
            token.created_at.to_day(),
            token.revoked_at.map_or_else(|| "good".to_owned(), |at| format!("revoked {}", at.to_day())),
            token.user_name.unwrap_or_else(|| "-".to_owned()),
            token.scopes,
            token.name,
        ]
    };
    let rows: Vec<_> = store.tokens().await?.into_iter().map(shown).collect();
    for line in write::columns(&rows) {
        write::line(line)?;
    }
    if rows.is_empty() {
        write::line("no tokens")?;
    }
    Ok(())
}

async fn revoke(store: &Store, id: Uuid) -> anyhow::Result<()> {
    let revoking = async {
        let revoked = store.revoke_token(id, SystemClock.now()).await?;
        ensure!(revoked, "there is no good token {id}; see `roundtrip token list`");
        Ok(())
    };
    store::noted(store, ("token revoke", &id.to_string()), revoking).await?;
    write::line(format_args!("revoked {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_areas_to_read_or_write() {
        assert_eq!(scopes("refunds:write, payments:read,payments:read").unwrap().0, "payments:read,refunds:write");
        for bad in ["", "payments", "payments:admin", "money:read", "payments:read,", "*"] {
            assert!(scopes(bad).is_err(), "{bad}");
        }
    }
}
