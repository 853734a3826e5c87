//! People who work with the console and the admin API (contract section 1).

use std::fmt;

use entity::user::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, UpdateMany};

use super::session::end_all;
use super::writer::begin;
use super::{CodecError, StorageError, Store};
use crate::crypto::sealed_under;
use crate::domain::{Language, Role, Timestamp, UserName};

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
    /// The language that they chose.
    pub language: Option<Language>,
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
    /// Adds a user. `false`: the name is taken, by a disabled user perhaps: names are never given to somebody else.
    pub async fn create_user(&self, user: NewUser) -> Result<bool, StorageError> {
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

    /// Gives a user another role, and ends their sessions. `false`: there is none of this name that is enabled.
    pub async fn set_role(&self, name: &UserName, role: Role) -> Result<bool, StorageError> {
        let changed = of(name).col_expr(Column::Role, Expr::value(role.as_str())).filter(Column::DisabledMs.is_null());
        self.change_user(name, changed).await
    }

    /// Keeps the hash of a password, and ends the user's sessions. `chosen_at` is `None` for a password that somebody else
    /// gave them. `false`: there is none of this name that is enabled.
    pub async fn set_password(
        &self,
        name: &UserName,
        hash: &str,
        chosen_at: Option<Timestamp>,
    ) -> Result<bool, StorageError> {
        let changed = of(name)
            .col_expr(Column::PasswordHash, Expr::value(hash))
            .col_expr(Column::PasswordChangedMs, Expr::value(chosen_at.map(Timestamp::as_millis)))
            .filter(Column::DisabledMs.is_null());
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
    /// proved it. `false`: something else is offered meanwhile, or the user has one already.
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

    /// Takes the second factor away, and ends the user's sessions. `false`: there is none of this name.
    pub async fn reset_second_factor(&self, name: &UserName) -> Result<bool, StorageError> {
        let reset = of(name)
            .col_expr(Column::TotpSecret, Expr::value(None::<String>))
            .col_expr(Column::TotpPending, Expr::value(None::<String>))
            .col_expr(Column::TotpStep, Expr::value(None::<i64>));
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
            language: row.language.as_deref().map(Language::of_tag),
        })
    }
}
