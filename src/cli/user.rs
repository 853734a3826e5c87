//! `roundtrip user`: the people who work with the admin API (contract section 1).

use std::path::Path;

use anyhow::ensure;
use clap::Subcommand;

use super::{load, store, write};
use crate::domain::{Role, UserName};
use crate::ports::{Clock, SystemClock};
use crate::storage::{NewUser, Store, User};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a user. Letter case makes no other person.
    Add {
        /// Their name.
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// What they may do: viewer, finance, operator or admin.
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
    },
    /// Disable a user. All of their tokens are worth nothing from then on; the name stays theirs.
    Disable {
        /// As `user list` shows it.
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// List all users, disabled ones too.
    List,
}

fn role(text: &str) -> Result<Role, String> {
    let known = || format!("expected one of {}", Role::ALL.map(Role::as_str).join(", "));
    Role::parse(text).ok_or_else(known)
}

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let config = load(config)?;
    let store = store::open_current(&config).await?;
    let done = match command {
        Command::Add { name, role } => add(&store, name, role).await,
        Command::Disable { name } => disable(&store, &name).await,
        Command::List => list(&store).await,
    };
    store.close().await;
    done
}

async fn add(store: &Store, name: UserName, role: Role) -> anyhow::Result<()> {
    let new = NewUser { name: name.clone(), role, created_at: SystemClock.now() };
    ensure!(store.create_user(new).await?, "there is a user {name} already; see `roundtrip user list`");
    write::line(format_args!("added {name}, {}", role.as_str()))
}

async fn disable(store: &Store, name: &UserName) -> anyhow::Result<()> {
    let disabled = store.disable_user(name, SystemClock.now()).await?;
    ensure!(disabled, "there is no enabled user {name}; see `roundtrip user list`");
    write::line(format_args!("disabled {name}"))
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let shown = |user: User| {
        [
            user.name.to_string(),
            user.role.as_str().to_owned(),
            user.created_at.to_day(),
            user.disabled_at.map_or_else(|| "enabled".to_owned(), |at| format!("disabled {}", at.to_day())),
        ]
    };
    let rows: Vec<_> = store.users().await?.into_iter().map(shown).collect();
    for line in write::columns(&rows) {
        write::line(line)?;
    }
    if rows.is_empty() {
        write::line("no users")?;
    }
    Ok(())
}
