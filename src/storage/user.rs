//! People who work with the console and the admin API (contract section 1).

use std::fmt;

use entity::user::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, UpdateMany,
};

use super::session::end_all;
use super::writer::begin;
use super::{CodecError, StorageError, Store};
use crate::crypto::sealed_under;
use crate::domain::{Hands, Language, Role, Timestamp, UserName};

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
}

/// Whose a password is, and with that who else may know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFrom<'a> {
    /// The person changed it. Whoever knew the one before may have been who did it.
    Owner {
        /// When.
        at: Timestamp,
        /// The hash of the one before, which they gave: where another stands there by now, nothing changes.
        before: &'a str,
    },
    /// Somebody at the shell set it, as the person's own choice.
    Shell(Timestamp),
    /// Who manages people gave it, and it has to be changed.
    Given(&'a Hands),
}

/// What came of a change that an administrator asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Managed {
    /// It is done.
    Done,
    /// There is none of this name that is enabled.
    Unknown,
    /// Nobody would be left who can sign in and manage people: nothing was done.
    LastAdmin,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were disabled: since then their tokens are worth nothing.
    pub disabled_at: Option<Timestamp>,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// When they chose it; `None` while it is one that they were given, or none at all.
    pub password_changed_at: Option<Timestamp>,
    /// Whether they confirmed a second factor.
    pub has_second_factor: bool,
    /// Who else may know the password.
    pub password_by: Hands,
    /// Who else may have set up the second factor.
    pub second_factor_by: Hands,
    /// The language that they chose.
    pub language: Option<Language>,
}

impl User {
    /// Who else can sign in as this person, alone: whose hands hold everything that it takes.
    pub fn held_by(&self) -> Hands {
        if self.has_second_factor {
            self.password_by.common(&self.second_factor_by)
        } else {
            // Whoever signs in first sets up the second factor.
            self.password_by.clone()
        }
    }

    /// Whether they can sign in and manage people.
    pub const fn can_manage(&self) -> bool {
        matches!(self.role, Role::Admin) && self.disabled_at.is_none() && self.has_password
    }
}

/// A user with what proves that it is they.
#[derive(Clone)]
pub struct Credentials {
    /// Who.
    pub user: User,
    /// The hash of the password, as a PHC string.
    pub password_hash: Option<String>,
    /// The second factor's secret, sealed.
    pub totp_secret: Option<String>,
    /// A secret that was shown but not confirmed yet, sealed.
    pub totp_pending: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a user at the shell. `false`: the name is taken, by a disabled user perhaps: names are never given to somebody
    /// else.
    pub async fn create_user(&self, user: NewUser) -> Result<bool, StorageError> {
        self.create_user_by(user, &Hands::none()).await
    }

    /// The same in the console, by whoever has these hands.
    pub async fn create_user_by(&self, user: NewUser, by: &Hands) -> Result<bool, StorageError> {
        let row = Model {
            name: user.name.as_str().to_owned(),
            role: user.role.as_str().to_owned(),
            created_ms: user.created_at.as_millis(),
            disabled_ms: None,
            password_hash: None,
            totp_secret: None,
            totp_pending: None,
            totp_step: None,
            password_changed_ms: None,
            password_by: written(by),
            second_factor_by: written(by),
            language: None,
        };
        match Entity::insert(row.into_active_model()).exec_without_returning(&self.0.write).await {
            Ok(_) => Ok(true),
            Err(error) => {
                let error = StorageError::from(error);
                if error.is_unique_violation() { Ok(false) } else { Err(error) }
            }
        }
    }

    /// Disables a user, and with them all of their tokens and sessions. `false`: there is none of this name that is enabled.
    pub async fn disable_user(&self, name: &UserName, now: Timestamp) -> Result<bool, StorageError> {
        let disabled =
            of(name).col_expr(Column::DisabledMs, Expr::value(now.as_millis())).filter(Column::DisabledMs.is_null());
        self.change_user(name, disabled).await
    }

    /// The same, unless nobody would be left who can sign in and manage people.
    pub async fn disable_user_but_the_last(&self, name: &UserName, now: Timestamp) -> Result<Managed, StorageError> {
        let disabled =
            of(name).col_expr(Column::DisabledMs, Expr::value(now.as_millis())).filter(Column::DisabledMs.is_null());
        self.manage_user(name, disabled).await
    }

    /// Gives a user another role, and ends their sessions; unless nobody would be left who can sign in and manage people.
    pub async fn set_role(&self, name: &UserName, role: Role) -> Result<Managed, StorageError> {
        let changed = of(name).col_expr(Column::Role, Expr::value(role.as_str())).filter(Column::DisabledMs.is_null());
        match role {
            Role::Admin => Ok(if self.change_user(name, changed).await? { Managed::Done } else { Managed::Unknown }),
            Role::Viewer | Role::Finance | Role::Operator => self.manage_user(name, changed).await,
        }
    }

    /// Keeps the hash of a password, and ends the user's sessions. `false`: there is none of this name that is enabled.
    pub async fn set_password(
        &self,
        name: &UserName,
        hash: &str,
        from: PasswordFrom<'_>,
    ) -> Result<bool, StorageError> {
        let (chosen_at, by) = match from {
            PasswordFrom::Owner { at, .. } => (Some(at), None),
            PasswordFrom::Shell(at) => (Some(at), Some(None)),
            PasswordFrom::Given(by) => (None, Some(written(by))),
        };
        let mut changed = of(name)
            .col_expr(Column::PasswordHash, Expr::value(hash))
            .col_expr(Column::PasswordChangedMs, Expr::value(chosen_at.map(Timestamp::as_millis)))
            // What was shown to a session that ends now is confirmed by nobody.
            .col_expr(Column::TotpPending, Expr::value(None::<String>))
            .filter(Column::DisabledMs.is_null());
        if let Some(by) = by {
            changed = changed.col_expr(Column::PasswordBy, Expr::value(by));
        }
        if let PasswordFrom::Owner { before, .. } = from {
            changed = changed.filter(Column::PasswordHash.eq(before));
        }
        self.change_user(name, changed).await
    }

    /// Keeps a second factor's sealed secret that is about to be shown. `false`: the user has one already, or there is none of
    /// this name.
    pub async fn offer_second_factor(&self, name: &UserName, sealed: &str) -> Result<bool, StorageError> {
        let offered = of(name)
            .col_expr(Column::TotpPending, Expr::value(sealed))
            .filter(Column::TotpSecret.is_null())
            .filter(Column::DisabledMs.is_null());
        Ok(offered.exec(&self.0.write).await?.rows_affected > 0)
    }

    /// Makes what was offered the second factor: `offered` as it stands, `sealed` as it shall, with the step of the code that
    /// proved it. Whoever knows the password may be who set it up. `false`: something else is offered meanwhile, or the user
    /// has one already.
    pub async fn confirm_second_factor(
        &self,
        name: &UserName,
        (offered, sealed): (&str, &str),
        step: i64,
    ) -> Result<bool, StorageError> {
        let confirmed = of(name)
            .col_expr(Column::TotpSecret, Expr::value(sealed))
            .col_expr(Column::TotpPending, Expr::value(None::<String>))
            .col_expr(Column::TotpStep, Expr::value(step))
            .col_expr(Column::SecondFactorBy, Expr::col(Column::PasswordBy))
            .filter(Column::TotpSecret.is_null())
            .filter(Column::TotpPending.eq(offered))
            .filter(Column::DisabledMs.is_null());
        Ok(confirmed.exec(&self.0.write).await?.rows_affected > 0)
    }

    /// Uses up the codes of every step to `step`. `false`: that step was used before; of several at once one is told `true`.
    pub async fn use_step(&self, name: &UserName, step: i64) -> Result<bool, StorageError> {
        let used = of(name)
            .col_expr(Column::TotpStep, Expr::value(step))
            .filter(Column::TotpStep.is_null().or(Column::TotpStep.lt(step)));
        Ok(used.exec(&self.0.write).await?.rows_affected > 0)
    }

    /// Takes the second factor away, and ends the user's sessions; `by` is nobody at the shell. `false`: there is none of this
    /// name.
    pub async fn reset_second_factor(&self, name: &UserName, by: &Hands) -> Result<bool, StorageError> {
        let reset = of(name)
            .col_expr(Column::TotpSecret, Expr::value(None::<String>))
            .col_expr(Column::TotpPending, Expr::value(None::<String>))
            .col_expr(Column::TotpStep, Expr::value(None::<i64>))
            .col_expr(Column::SecondFactorBy, Expr::value(written(by)));
        self.change_user(name, reset).await
    }

    /// Keeps the language that a user chose.
    pub async fn set_language(&self, name: &UserName, language: Language) -> Result<(), StorageError> {
        of(name).col_expr(Column::Language, Expr::value(language.tag())).exec(&self.0.write).await?;
        Ok(())
    }

    /// What proves that somebody is this user, who may be disabled.
    pub async fn credentials(&self, name: &UserName) -> Result<Option<Credentials>, StorageError> {
        let Some(row) = Entity::find_by_id(name.as_str().to_owned()).one(&self.0.read).await? else { return Ok(None) };
        Ok(Some(Credentials {
            password_hash: row.password_hash.clone(),
            totp_secret: row.totp_secret.clone(),
            totp_pending: row.totp_pending.clone(),
            user: User::try_from(row)?,
        }))
    }

    /// Changes a user and ends their sessions, as one.
    async fn change_user(&self, name: &UserName, change: UpdateMany<Entity>) -> Result<bool, StorageError> {
        let transaction = begin(&self.0.write).await?;
        let changed = change_and_end(&transaction, name, change).await;
        match changed {
            Ok(changed) => {
                transaction.commit().await?;
                Ok(changed)
            }
            Err(error) => {
                let _the_first_error_counts = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// The same for a change after which the user manages people no longer: not if they are the last one.
    async fn manage_user(&self, name: &UserName, change: UpdateMany<Entity>) -> Result<Managed, StorageError> {
        let transaction = begin(&self.0.write).await?;
        let managed = async {
            if is_last_admin(&transaction, name).await? {
                return Ok(Managed::LastAdmin);
            }
            let changed = change_and_end(&transaction, name, change).await?;
            Ok(if changed { Managed::Done } else { Managed::Unknown })
        };
        match managed.await {
            Ok(Managed::Done) => {
                transaction.commit().await?;
                Ok(Managed::Done)
            }
            Ok(nothing @ (Managed::Unknown | Managed::LastAdmin)) => {
                transaction.rollback().await?;
                Ok(nothing)
            }
            Err(error) => {
                let _the_first_error_counts = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// Those who may sign in and whose second factor was sealed under this signing key, by name: without it they are locked out.
    pub async fn second_factors_under(&self, key: &str) -> Result<Vec<UserName>, StorageError> {
        let rows = Entity::find()
            .filter(Column::DisabledMs.is_null())
            .filter(Column::TotpSecret.is_not_null())
            .order_by_asc(Column::Name)
            .all(&self.0.read)
            .await?;
        let under = |row: &Model| row.totp_secret.as_deref().and_then(sealed_under).as_deref() == Some(key);
        let names = rows.into_iter().filter(under).map(|row| User::try_from(row).map(|user| user.name));
        names.collect()
    }

    /// All users, disabled ones included, by name.
    pub async fn users(&self) -> Result<Vec<User>, StorageError> {
        let rows = Entity::find().order_by_asc(Column::Name).all(&self.0.read).await?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// One user, disabled or not.
    pub async fn find_user(&self, name: &UserName) -> Result<Option<User>, StorageError> {
        let row = Entity::find_by_id(name.as_str().to_owned()).one(&self.0.read).await?;
        row.map(User::try_from).transpose()
    }
}

fn of(name: &UserName) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Name.eq(name.as_str()))
}

/// Locks the row of a user until the end of the transaction. `false`: there is none of this name that is enabled, or their
/// password is another one than the one of this hash.
pub(super) async fn lock_user(
    transaction: &DatabaseTransaction,
    name: &UserName,
    hash: Option<&str>,
) -> Result<bool, StorageError> {
    let mut lock = of(name).col_expr(Column::Role, Expr::col(Column::Role)).filter(Column::DisabledMs.is_null());
    if let Some(hash) = hash {
        lock = lock.filter(Column::PasswordHash.eq(hash));
    }
    Ok(lock.exec(transaction).await?.rows_affected > 0)
}

/// Whether this user is the only one who can sign in and manage people. Of several such changes at once the later ones wait
/// here for the first, and then see what it did: SQLite by its one writer, PostgreSQL by the rows' locks, taken in one order.
async fn is_last_admin(transaction: &DatabaseTransaction, name: &UserName) -> Result<bool, StorageError> {
    let mut select = Entity::find()
        .filter(Column::Role.eq(Role::Admin.as_str()))
        .filter(Column::DisabledMs.is_null())
        .filter(Column::PasswordHash.is_not_null())
        .order_by_asc(Column::Name);
    if transaction.get_database_backend() == DbBackend::Postgres {
        select = select.lock(LockType::Update);
    }
    let admins = select.all(transaction).await?;
    Ok(matches!(admins.as_slice(), [last] if last.name == name.as_str()))
}

/// How hands stand in a column. Names hold no control characters.
fn written(hands: &Hands) -> Option<String> {
    let names: Vec<&str> = hands.iter().map(UserName::as_str).collect();
    (!names.is_empty()).then(|| names.join("\n"))
}

/// What [`written`] wrote.
fn read(column: &'static str, user: &str, stored: Option<&str>) -> Result<Hands, StorageError> {
    let names = stored.into_iter().flat_map(|names| names.split('\n')).map(UserName::parse);
    let names = names.collect::<Result<Vec<_>, _>>();
    names.map(Hands::of).map_err(|why| StorageError::corrupt("users", column, user, why.into()))
}

async fn change_and_end(
    transaction: &DatabaseTransaction,
    name: &UserName,
    change: UpdateMany<Entity>,
) -> Result<bool, StorageError> {
    let changed = change.exec(transaction).await?.rows_affected > 0;
    if changed {
        end_all(transaction, name).await?;
    }
    Ok(changed)
}

impl TryFrom<Model> for User {
    type Error = StorageError;

    fn try_from(row: Model) -> Result<Self, StorageError> {
        let unknown = || CodecError(format!("is {}, no role that this binary knows", row.role));
        let role =
            Role::parse(&row.role).ok_or_else(|| StorageError::corrupt("users", "role", &row.name, unknown()))?;
        Ok(Self {
            name: UserName::parse(&row.name)
                .map_err(|why| StorageError::corrupt("users", "name", &row.name, why.into()))?,
            role,
            created_at: Timestamp::from_millis(row.created_ms),
            disabled_at: row.disabled_ms.map(Timestamp::from_millis),
            has_password: row.password_hash.is_some(),
            password_changed_at: row.password_changed_ms.map(Timestamp::from_millis),
            has_second_factor: row.totp_secret.is_some(),
            password_by: read("password_by", &row.name, row.password_by.as_deref())?,
            second_factor_by: read("second_factor_by", &row.name, row.second_factor_by.as_deref())?,
            language: row.language.as_deref().map(Language::of_tag),
        })
    }
}
