//! `roundtrip user`: the people who work with the console and the admin API (contract section 1).

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use anyhow::{Context, ensure};
use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{load, store, write};
use crate::domain::{Hands, Role, UserName};
use crate::people;
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
    /// Set a user's password: asked for twice at a terminal, else one line of standard input. Their sessions end.
    Passwd {
        /// As `user list` shows it.
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// Take their second factor away too, for who lost it. They set up another when they sign in.
        #[arg(long)]
        reset_second_factor: bool,
    },
    /// Disable a user. All of their tokens and sessions are worth nothing from then on; the name stays theirs.
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
        Command::Passwd { name, reset_second_factor } => passwd(&store, &name, reset_second_factor).await,
        Command::Disable { name } => disable(&store, &name).await,
        Command::List => list(&store).await,
    };
    store.close().await;
    done
}

async fn add(store: &Store, name: UserName, role: Role) -> anyhow::Result<()> {
    let new = NewUser { name: name.clone(), role, created_at: SystemClock.now() };
    let adding = async {
        ensure!(store.create_user(new).await?, "there is a user {name} already; see `roundtrip user list`");
        Ok(())
    };
    store::noted(store, ("user add", name.as_str()), adding).await?;
    write::line(format_args!("added {name}, {}", role.as_str()))?;
    write::line(format_args!(
        "to let them sign in to the console, give them a password: `roundtrip user passwd {name}`"
    ))
}

async fn passwd(store: &Store, name: &UserName, reset_second_factor: bool) -> anyhow::Result<()> {
    let user = store.find_user(name).await?.filter(|user| user.disabled_at.is_none());
    ensure!(user.is_some(), "there is no enabled user {name}; see `roundtrip user list`");
    let password = read_password(name)?;
    let setting = async { Ok(people::set_password(store, name, &password, SystemClock.now()).await?) };
    store::noted(store, ("user passwd", name.as_str()), setting).await?;
    write::line(format_args!("the password of {name} is set; their sessions have ended"))?;
    if reset_second_factor {
        let resetting = async { Ok(store.reset_second_factor(name, &Hands::none()).await?) };
        store::noted(store, ("user passwd --reset-second-factor", name.as_str()), resetting).await?;
        write::line(format_args!("the second factor of {name} is taken away"))?;
    }
    Ok(())
}

/// From a terminal without showing it, else the first line of standard input.
fn read_password(name: &UserName) -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        let ask = |prompt: String| rpassword::prompt_password(prompt).map(SecretString::from);
        let first = ask(format!("New password of {name}: ")).context("cannot ask for the password")?;
        let again = ask("Once more: ".to_owned()).context("cannot ask for the password")?;
        ensure!(first.expose_secret() == again.expose_secret(), "the two are not the same");
        return Ok(first);
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])))
}

async fn disable(store: &Store, name: &UserName) -> anyhow::Result<()> {
    let disabling = async {
        let disabled = store.disable_user(name, SystemClock.now()).await?;
        ensure!(disabled, "there is no enabled user {name}; see `roundtrip user list`");
        Ok(())
    };
    store::noted(store, ("user disable", name.as_str()), disabling).await?;
    write::line(format_args!("disabled {name}"))?;
    let users = store.users().await?;
    let was_admin = users.iter().any(|user| user.name == *name && user.role == Role::Admin && user.has_password);
    if was_admin && !users.iter().any(User::can_manage) {
        write::note(
            "warning: nobody is left who can manage people in the console; add somebody with \
             `roundtrip user add NAME --role admin` and `roundtrip user passwd NAME`",
        );
    }
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let shown = |user: User| {
        [
            user.name.to_string(),
            user.role.as_str().to_owned(),
            user.created_at.to_day(),
            user.disabled_at.map_or_else(|| "enabled".to_owned(), |at| format!("disabled {}", at.to_day())),
            if user.has_password { "password" } else { "no password" }.to_owned(),
            if user.has_second_factor { "second factor" } else { "no second factor" }.to_owned(),
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
