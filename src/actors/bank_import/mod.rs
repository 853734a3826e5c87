//! Imports bank statement files: reads a file to its end, and only then books its transfers, each as a transaction of its
//! own.
//!
//! An import can be done again at any time: the ids of transfers follow from what the bank says of them, so that what is
//! booked is known. `file.rs` reads, `payable.rs` recognises the statements that memo lines name, `sent.rs` payouts.

mod file;
mod payable;
mod sent;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

use super::registry::Registry;
use super::shell::{Ask, AskError, Told};
use crate::domain::TransactionId;
use crate::domain::bank_transfer::{BankTransfer, Input, Refusal, Rejection, Reply, Standing, Transfer};
use crate::ports::Clock;
use crate::protocol::camt053::{BalanceCheck, BankStatementItem, InvalidBankStatement, PassedOver, StatementClose};
use crate::report::Progress;
use crate::storage::{StorageError, Store};
use file::Reading;
use payable::{Payable, Payables};
use sent::SentPayouts;

/// Transfers that are being booked at once: they share commits.
const SIDE_BY_SIDE: usize = 64;
/// How often an overloaded database is asked again.
const ATTEMPTS: u32 = 8;
/// How long is waited first, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Statements whose balances are not explained are listed up to so many.
const MOST_LISTED: usize = 100;

/// Imports into one database.
#[derive(Clone)]
pub struct BankImport {
    /// Where the statements are.
    pub store: Store,
    /// The transfers.
    pub transfers: Registry<BankTransfer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What an import came to. Every transfer of the file is counted once as booked or known, and once by how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// The bank's statements in the file.
    pub statements: u64,
    /// Transfers that are new, and now in the books.
    pub booked: u64,
    /// Transfers that were in the books before.
    pub known: u64,
    /// A remittance statement is being asked whether this is its payment, or told that it is not after all.
    pub offered: u64,
    /// Has paid a remittance statement, or is a payout.
    pub matched: u64,
    /// No remittance statement takes it: before finance.
    pub unexplained: u64,
    /// Entries that are not booked by the bank, and do not count.
    pub passed_over: PassedOver,
    /// Whether the bank's statements explain their balances.
    pub balances: Balances,
}

/// How many statements explain their balances.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Balances {
    /// Opening balance and entries come to the closing balance.
    pub hold: u64,
    /// They do not.
    pub differ: u64,
    /// The bank does not state both.
    pub unchecked: u64,
    /// Those that do not; at most 100 are listed.
    pub differing: Vec<StatementClose>,
}

/// Why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is refused: nothing of it is booked.
    #[error(transparent)]
    Refused(#[from] InvalidBankStatement),
    /// The file cannot be read from its beginning: nothing of it is booked.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// The statements could not be read: nothing is booked.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Ours: booking broke off.
    #[error("booking broke off; what is booked stays booked, import the file again")]
    BrokenOff,
}

impl From<JoinError> for ImportError {
    fn from(error: JoinError) -> Self {
        tracing::error!(error = %error, "reading a bank statement ended abnormally");
        Self::BrokenOff
    }
}

/// How one transfer fared.
struct Entered {
    new: bool,
    standing: Standing,
}

impl BankImport {
    /// Imports a file, plain or gzip. Reads it twice: a file that is broken at its very end books nothing.
    /// `progress` counts its bytes, each half when it is judged and half when it is booked.
    pub async fn run(&self, file: File, progress: &Progress) -> Result<Imported, ImportError> {
        progress.promise(file.metadata().map_err(ImportError::Unreadable)?.len());
        let file = Arc::new(file);
        let (whole, judged) = (file.clone(), Reading::new(progress.clone()));
        let booked = judged.clone();
        let mut imported = spawn_blocking(move || judge(&whole, judged)).await??;
        let statements = Payables::load(&self.store, self.clock.now()).await?;
        let payouts = SentPayouts::load(&self.store, self.clock.now()).await?;
        let (sender, receiver) = mpsc::channel(SIDE_BY_SIDE);
        let reading = spawn_blocking(move || hand_out(&file, booked, &sender));
        let transfers = stream::unfold(receiver, |mut receiver| async {
            let transfer = receiver.recv().await?;
            Some((transfer, receiver))
        });
        {
            let entering =
                transfers.map(|transfer| self.enter(transfer, &statements, &payouts)).buffer_unordered(SIDE_BY_SIDE);
            let mut entering = std::pin::pin!(entering);
            while let Some(entered) = entering.next().await {
                imported.count(entered?);
            }
        }
        reading.await?.map_err(|error| {
            // It could be read a moment ago: somebody has changed it.
            tracing::error!(error = %error, "a bank statement file changed while it was imported");
            ImportError::BrokenOff
        })?;
        tracing::info!(
            bank.booked = imported.booked,
            bank.known = imported.known,
            bank.offered = imported.offered,
            bank.unexplained = imported.unexplained,
            "imported bank statements"
        );
        Ok(imported)
    }

    /// Books one transfer, offers it to the statement that its memo names, and sees whether it is a payout. One that is known
    /// and before finance is looked at again.
    async fn enter(
        &self,
        transfer: Box<Transfer>,
        statements: &Payables,
        payouts: &SentPayouts,
    ) -> Result<Entered, ImportError> {
        let (id, entry) = (transfer.id, transfer.entry.clone());
        let mut entered = self.offer(transfer, statements).await?;
        if let Standing::PaidOut(payout) = entered.standing {
            // Another import may have found that since this one began.
            payouts.know(payout);
        }
        if matches!(entered.standing, Standing::Unmatched | Standing::Differs(..))
            && let Some(payout) = payouts.take(&entry)
        {
            entered.standing = match self.ask(id, Input::PaidOut { payout }).await? {
                Ok(Reply::Booked(standing) | Reply::Stands(standing)) => standing,
                // A person, or another import, was faster.
                Err(_) => entered.standing,
            };
        }
        Ok(entered)
    }

    async fn offer(&self, transfer: Box<Transfer>, statements: &Payables) -> Result<Entered, ImportError> {
        let (id, amount) = (transfer.id, transfer.entry.paid_by_us());
        let named = statements.named(&transfer.entry);
        let statement = named.map(|payable| payable.id);
        let standing = match self.ask(id, Input::Book { transfer: Arc::from(transfer), statement }).await? {
            Ok(Reply::Booked(standing)) => return Ok(Entered { new: true, standing }),
            Ok(Reply::Stands(standing)) => standing,
            Err(_) => return Err(ImportError::BrokenOff),
        };
        let again = |payable: &Payable| match standing {
            Standing::Unmatched => true,
            // What a person has taken back.
            Standing::Differs(_, Refusal::TakenBack) => false,
            // What would be refused for the same reason is not asked again.
            Standing::Differs(statement, _) => statement != payable.id || payable.takes(amount),
            Standing::Offered(_) | Standing::Matched(_) | Standing::TakingBack(_) | Standing::PaidOut(_) => false,
        };
        let Some(payable) = named.filter(again) else { return Ok(Entered { new: false, standing }) };
        let standing = match self.ask(id, Input::Rematch { statement: payable.id, by: None }).await? {
            Ok(Reply::Booked(standing) | Reply::Stands(standing)) => standing,
            // A person, or another import, was faster.
            Err(_) => standing,
        };
        Ok(Entered { new: false, standing })
    }

    async fn ask(&self, id: TransactionId, input: Input) -> Result<Result<Reply, Rejection>, ImportError> {
        for attempt in 0..ATTEMPTS {
            match self.transfers.ask(Ask::plain(id, input.clone())).await.map(Told::into_reply) {
                Ok(reply) => return Ok(Ok(reply)),
                Err(AskError::Rejected(rejection)) => return Ok(Err(rejection)),
                // Payers come first: a file can wait.
                Err(AskError::Overloaded) => tokio::time::sleep(FIRST_WAIT * 2_u32.pow(attempt)).await,
                Err(AskError::Unavailable | AskError::IdempotencyViolation | AskError::Refused(_)) => break,
            }
        }
        Err(ImportError::BrokenOff)
    }
}

/// Reads the file to its end.
fn judge(file: &File, reading: Reading) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    for item in file::read(file, reading).map_err(ImportError::Unreadable)? {
        match item? {
            BankStatementItem::Transfer(_) => {}
            BankStatementItem::Closed(close) => imported.close(close),
        }
    }
    Ok(imported)
}

/// Reads the file once more and hands out its transfers, as fast as they are taken.
fn hand_out(file: &File, reading: Reading, to: &mpsc::Sender<Box<Transfer>>) -> Result<(), ImportError> {
    for item in file::read(file, reading).map_err(ImportError::Unreadable)? {
        match item? {
            BankStatementItem::Transfer(transfer) => {
                if to.blocking_send(transfer).is_err() {
                    // Booking broke off.
                    return Ok(());
                }
            }
            BankStatementItem::Closed(_) => {}
        }
    }
    Ok(())
}

impl Imported {
    fn close(&mut self, close: StatementClose) {
        self.statements += 1;
        self.passed_over.pending += close.passed_over.pending;
        self.passed_over.information += close.passed_over.information;
        self.passed_over.other += close.passed_over.other;
        match close.balance {
            BalanceCheck::Holds => self.balances.hold += 1,
            BalanceCheck::Unchecked => self.balances.unchecked += 1,
            BalanceCheck::Differs { .. } => {
                self.balances.differ += 1;
                if self.balances.differing.len() < MOST_LISTED {
                    self.balances.differing.push(close);
                }
            }
        }
    }

    fn count(&mut self, entered: Entered) {
        *(if entered.new { &mut self.booked } else { &mut self.known }) += 1;
        *match entered.standing {
            Standing::Offered(_) | Standing::TakingBack(_) => &mut self.offered,
            Standing::Matched(_) | Standing::PaidOut(_) => &mut self.matched,
            Standing::Unmatched | Standing::Differs(..) => &mut self.unexplained,
        } += 1;
    }
}
