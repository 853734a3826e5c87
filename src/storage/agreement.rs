//! Whether the books agree with the payments: three tables that are written together must tell the same sums.

use std::collections::BTreeMap;

use entity::{ledger, remittable, transaction};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::redirect_payment::INVOICES;
use super::rows::PAYABLE_TO_BILLER;
use super::{Codec, CodecError, StorageError, Store};
use crate::domain::redirect_payment::RedirectPayment;
use crate::domain::{RemittableKind, RemittableStanding};

/// A sum that two tables tell differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What is summed.
    pub what: &'static str,
    /// Google's account (PIAID).
    pub account: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What the ledger says, in micros.
    pub ledger: i128,
    /// What the payments or refunds say.
    pub records: i128,
}

type Sums = BTreeMap<(String, String), i128>;
type Row = (String, String, Option<String>);

/// The name of the account in which the ledger keeps what is owed to Google.
const PAYABLE: &str = "payable_to_google:";

/// The account of payments to whose owner this account of the ledger belongs.
fn owner(account: String) -> String {
    match account.strip_prefix(PAYABLE) {
        Some(piaid) => piaid.to_owned(),
        None if account == PAYABLE_TO_BILLER => INVOICES.to_owned(),
        None => account,
    }
}

impl Store {
    /// Compares the ledger with the payments and refunds, per account and currency. Reads whole tables: for `doctor`.
    pub async fn ledger_disagreements(&self) -> Result<Vec<Disagreement>, StorageError> {
        let paid = self.paid().await?;
        let captures = self.remittables(RemittableKind::Capture, &[RemittableStanding::Done]).await?;
        let refunds =
            self.remittables(RemittableKind::Refund, &[RemittableStanding::Done, RemittableStanding::Open]).await?;
        let booked = negated(self.owed(&["payment"]).await?);
        let given_back = self.owed(&["refund ordered", "refund refused"]).await?;
        let mut found = Vec::new();
        compare("captures", &googles(&booked), &captures, &mut found);
        compare("paid payments", &booked, &paid, &mut found);
        compare("refunds under way or done", &googles(&given_back), &refunds, &mut found);
        Ok(found)
    }

    async fn paid(&self) -> Result<Sums, StorageError> {
        use transaction::Column;
        let rows = transaction::Entity::find()
            .select_only()
            .columns([Column::Account, Column::Currency])
            .expr(Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text")))
            .filter(Column::Kind.eq(RedirectPayment::KIND))
            .filter(Column::State.eq("Paid"))
            .group_by(Column::Account)
            .group_by(Column::Currency)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        sums(rows, "transactions")
    }

    async fn remittables(&self, kind: RemittableKind, standings: &[RemittableStanding]) -> Result<Sums, StorageError> {
        use remittable::Column;
        let rows = remittable::Entity::find()
            .select_only()
            .columns([Column::Account, Column::Currency])
            .expr(Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text")))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Standing.is_in(standings.iter().map(|standing| standing.as_str())))
            .group_by(Column::Account)
            .group_by(Column::Currency)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        sums(rows, "remittables")
    }

    /// What moved on the accounts of what is owed to Google and to the biller, for these reasons.
    async fn owed(&self, reasons: &[&str]) -> Result<Sums, StorageError> {
        use ledger::Column;
        let rows = ledger::Entity::find()
            .select_only()
            .columns([Column::Account, Column::Currency])
            .expr(Expr::col(Column::AmountMicros).sum().cast_as(Alias::new("text")))
            .filter(Column::Account.starts_with(PAYABLE).or(Column::Account.eq(PAYABLE_TO_BILLER)))
            .filter(Column::Reason.is_in(reasons.iter().copied()))
            .group_by(Column::Account)
            .group_by(Column::Currency)
            .into_tuple()
            .all(&self.0.read)
            .await?;
        let named = sums(rows, "ledger")?;
        let bare = |((account, currency), sum): ((String, String), i128)| ((owner(account), currency), sum);
        Ok(named.into_iter().map(bare).collect())
    }
}

fn sums(rows: Vec<Row>, table: &'static str) -> Result<Sums, StorageError> {
    let sum = |(account, currency, micros): Row| {
        let micros = micros.as_deref().unwrap_or("0").parse().map_err(|_| {
            StorageError::corrupt(table, "amount_micros", &account, CodecError("the sum is not a number".to_owned()))
        })?;
        Ok(((account, currency), micros))
    };
    rows.into_iter().map(sum).collect()
}

/// Without the payments of invoices, which no statement of Google's lists.
fn googles(sums: &Sums) -> Sums {
    sums.iter().filter(|((account, _), _)| account != INVOICES).map(|(key, sum)| (key.clone(), *sum)).collect()
}

fn negated(sums: Sums) -> Sums {
    sums.into_iter().map(|(key, micros)| (key, -micros)).collect()
}

fn compare(what: &'static str, ledger: &Sums, records: &Sums, found: &mut Vec<Disagreement>) {
    let keys: std::collections::BTreeSet<_> = ledger.keys().chain(records.keys()).collect();
    for key in keys {
        let of = |sums: &Sums| sums.get(key).copied().unwrap_or(0);
        if of(ledger) != of(records) {
            let (account, currency) = key.clone();
            found.push(Disagreement { what, account, currency, ledger: of(ledger), records: of(records) });
        }
    }
}
