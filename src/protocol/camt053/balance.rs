//! The balances of a statement: what was there, and what moved, must be what is there.

use super::amount::amount;
use super::draft::{Member, direction, once, signed};
use super::error::BankStatementProblem as Problem;
use crate::domain::bank_transfer::Direction;
use crate::domain::{Currency, Money};

/// Whether a statement's entries explain its balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceCheck {
    /// Opening balance and booked entries come to the closing balance.
    Holds,
    /// They do not: entries are missing, or there are too many. A warning: each entry is right by itself.
    Differs {
        /// Opening balance and booked entries, in micros; positive is a credit.
        computed_micros: i128,
        /// The closing balance, in micros; positive is a credit.
        stated_micros: i128,
        /// The currency of both.
        currency: Currency,
    },
    /// The statement does not state both balances, or not in the currency of its entries.
    Unchecked,
}

/// The balances and the sum of the entries so far.
#[derive(Default)]
pub(super) struct Balances {
    draft: Draft,
    opening: Option<(i128, Currency)>,
    /// The closing balance of the statement before (`PRCD`), which some banks state in place of the opening one.
    previous: Option<(i128, Currency)>,
    closing: Option<(i128, Currency)>,
    moved: i128,
    /// A balance stands twice, or an entry has another currency than the others.
    confused: bool,
    currency: Option<Currency>,
}

#[derive(Default)]
struct Draft {
    code: Option<String>,
    amount: Option<Money>,
    direction: Option<Direction>,
}

impl Balances {
    /// A `Bal` begins.
    pub(super) fn begin(&mut self) {
        self.draft = Draft::default();
    }

    /// Takes the member at `path`, which begins below `Bal`.
    pub(super) fn take<'x>(
        &mut self,
        path: &str,
        member: impl FnOnce() -> Result<Member<'x>, Problem>,
    ) -> Result<(), Problem> {
        match path {
            "Tp/CdOrPrtry/Cd" => once(&mut self.draft.code, member()?.text),
            "Amt" => {
                let member = member()?;
                once(&mut self.draft.amount, amount(&member.text, member.currency)?)
            }
            "CdtDbtInd" => once(&mut self.draft.direction, direction(&member()?.text)?),
            _ => Ok(()),
        }
    }

    /// The `Bal` ends.
    pub(super) fn finish(&mut self) -> Result<(), Problem> {
        let draft = std::mem::take(&mut self.draft);
        let into = match draft.code.as_deref() {
            Some("OPBD") => &mut self.opening,
            Some("PRCD") => &mut self.previous,
            Some("CLBD") => &mut self.closing,
            Some(_) | None => return Ok(()),
        };
        let amount = draft.amount.ok_or(Problem::Missing("Amt"))?;
        let direction = draft.direction.ok_or(Problem::Missing("CdtDbtInd"))?;
        self.confused |= into.replace((signed(amount, direction), amount.currency())).is_some();
        Ok(())
    }

    /// A booked entry moves the balance.
    pub(super) fn moves(&mut self, micros: i128, currency: Currency) {
        self.moved = self.moved.saturating_add(micros);
        self.confused |= *self.currency.get_or_insert(currency) != currency;
    }

    /// Whether the entries explain the balances.
    pub(super) fn check(&self) -> BalanceCheck {
        let (Some((opening, currency)), Some((stated, closing_in))) = (self.opening.or(self.previous), self.closing)
        else {
            return BalanceCheck::Unchecked;
        };
        if self.confused || closing_in != currency || self.currency.is_some_and(|moved| moved != currency) {
            return BalanceCheck::Unchecked;
        }
        let computed = opening.saturating_add(self.moved);
        if computed == stated {
            BalanceCheck::Holds
        } else {
            BalanceCheck::Differs { computed_micros: computed, stated_micros: stated, currency }
        }
    }
}
