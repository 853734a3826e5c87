//! Group commit (architecture section 5): while one database transaction is being written, further commits queue; the next
//! one takes them all.
//!
//! The writers live on a thread and a runtime of their own, so that neither a busy arbiter nor a caller that gave up can
//! hold a batch open. SQLite has one, PostgreSQL several.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use entity::outbox;
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use uuid::Uuid;

use super::balances::shard;
use super::batch::{Beside, Verdict, write};
use super::checkpoint::copy_back;
use super::connect::{self, Engine, POSTGRES_BATCHES, StoreOptions};
use super::rows::Rows;
use super::search::groups::KnownGroups;
use super::{CommitError, StorageError};

/// What the writer knows of a commit that is durable.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) outbox_open: i64,
    pub(super) leased: Vec<outbox::Model>,
}

/// One commit in the queue.
struct Member {
    rows: Rows,
    /// The caller may have given up; its commit is carried out all the same.
    answer: oneshot::Sender<Result<Written, CommitError>>,
}

impl Member {
    fn answer(self, result: Result<Written, CommitError>) {
        let _caller_gave_up = self.answer.send(result);
    }
}

/// The queue and the way to close it.
pub(super) struct Writer {
    queue: mpsc::Sender<Member>,
    closing: watch::Sender<bool>,
    closed: watch::Receiver<bool>,
    groups: Arc<KnownGroups>,
}

/// One of the writers.
struct Hand {
    db: DatabaseConnection,
    /// Among the writers of this process.
    number: usize,
    groups: Arc<KnownGroups>,
}

impl Writer {
    /// Starts the thread, connects, and hands the writing pool out for the writes that are no commits.
    pub(super) async fn start(
        options: &StoreOptions,
        engine: Engine,
    ) -> Result<(Self, DatabaseConnection), StorageError> {
        let (queue, waiting) = mpsc::channel(options.max_waiting.max(1));
        let (closing, close) = watch::channel(false);
        let (finished, closed) = watch::channel(false);
        let (connected, connection) = oneshot::channel();
        let options = options.clone();
        let groups = Arc::new(KnownGroups::default());
        let known = groups.clone();
        let run = async move {
            match connect::writing(&options, engine).await {
                Ok(db) => {
                    let _opener_gave_up = connected.send(Ok(db.clone()));
                    let queue = Arc::new(Mutex::new(waiting));
                    let writers = match engine {
                        Engine::Sqlite => 1,
                        Engine::Postgres => POSTGRES_BATCHES,
                    };
                    let written = Arc::new(AtomicU64::new(0));
                    let mut tasks: Vec<_> = (0..writers)
                        .map(|number| {
                            let (queue, close) = (queue.clone(), close.clone());
                            let limits = (written.clone(), options.max_batch.max(1));
                            let hand = Hand { db: db.clone(), number, groups: known.clone() };
                            tokio::spawn(work(hand, queue, close, limits))
                        })
                        .collect();
                    if engine == Engine::Sqlite {
                        tasks.push(tokio::spawn(copy_back(options.url.clone(), written, close)));
                    }
                    for task in tasks {
                        if let Err(error) = task.await {
                            tracing::error!(error = %error, "a storage writer ended abnormally");
                        }
                    }
                    let _nothing_left_to_save = db.close().await;
                }
                Err(error) => {
                    let _opener_gave_up = connected.send(Err(error));
                }
            }
            finished.send_replace(true);
        };
        std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(run),
                Err(error) => tracing::error!(error = %error, "the storage thread has no runtime"),
            })
            .map_err(|_| StorageError::Closed)?;
        let db = connection.await.map_err(|_| StorageError::Closed)??;
        Ok((Self { queue, closing, closed, groups }, db))
    }

    /// Queues a commit and waits until it is durable.
    pub(super) async fn commit(&self, rows: Rows) -> Result<Written, CommitError> {
        let (answer, verdict) = oneshot::channel();
        self.queue.try_send(Member { rows, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StorageError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StorageError::Closed,
        })?;
        verdict.await.map_err(|_| StorageError::Closed)?
    }

    /// The schema is changed: what is known of its tables may be wrong.
    pub(super) fn forget_groups(&self) {
        self.groups.forget();
    }

    /// Takes no more commits, and returns when those that wait are done.
    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        let mut closed = self.closed.clone();
        let _writer_is_gone = closed.wait_for(|closed| *closed).await;
    }
}

type Queue = Arc<Mutex<mpsc::Receiver<Member>>>;

async fn work(
    hand: Hand,
    queue: Queue,
    mut close: watch::Receiver<bool>,
    (written, max_batch): (Arc<AtomicU64>, usize),
) {
    loop {
        let mut members = Vec::new();
        let taken = {
            let mut queue = queue.lock().await;
            let taken = tokio::select! {
                biased;
                taken = queue.recv_many(&mut members, max_batch) => Some(taken),
                () = told(&mut close) => None,
            };
            if let Some(taken) = taken {
                taken
            } else {
                // The store was closed: what waits is still written.
                queue.close();
                queue.recv_many(&mut members, max_batch).await
            }
        };
        if taken == 0 {
            return;
        }
        written.fetch_add(members.len() as u64, Ordering::Relaxed);
        write_all(&hand, members).await;
    }
}

async fn told(close: &mut watch::Receiver<bool>) {
    let _or_the_store_was_dropped = close.wait_for(|closing| *closing).await;
}

/// Writes members in as few database transactions as possible: a transaction's second commit waits for the first.
async fn write_all(hand: &Hand, mut members: Vec<Member>) {
    while !members.is_empty() {
        let mut ids = HashSet::with_capacity(members.len());
        let (batch, later): (Vec<Member>, Vec<Member>) =
            members.into_iter().partition(|member| ids.insert(member.rows.id.as_uuid()));
        let versions = write_batch(hand, batch).await;
        let (stale, next): (Vec<Member>, Vec<Member>) = later.into_iter().partition(|member| {
            versions.get(&member.rows.id.as_uuid()).is_some_and(|version| *version != member.rows.expected)
        });
        for member in stale {
            member.answer(Err(CommitError::Conflict));
        }
        members = next;
    }
}

/// Writes one batch and answers its members. Returns the versions that are known to stand now.
async fn write_batch(hand: &Hand, mut batch: Vec<Member>) -> HashMap<Uuid, i64> {
    let mut versions = HashMap::new();
    while !batch.is_empty() {
        match attempt(hand, &batch).await {
            Ok(Attempt::Done(verdicts)) => {
                metrics::histogram!("storage_commit_group_members")
                    .record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
                for (member, verdict) in batch.into_iter().zip(verdicts) {
                    let written = match verdict {
                        Verdict::Written { outbox_open, leased } => {
                            versions.insert(member.rows.id.as_uuid(), member.rows.version_after());
                            Ok(Written { outbox_open, leased })
                        }
                        Verdict::Conflict => Err(CommitError::Conflict),
                        Verdict::RequestKnown => Err(CommitError::RequestKnown),
                        Verdict::Refused(why) => Err(CommitError::Refused(why)),
                    };
                    member.answer(written);
                }
                return versions;
            }
            Ok(Attempt::RolledBack(verdicts)) => {
                let mut rest = Vec::with_capacity(batch.len());
                for (member, verdict) in batch.into_iter().zip(verdicts) {
                    match verdict {
                        // What refused it may have been rolled back with the others.
                        Verdict::Written { .. } | Verdict::Refused(_) => rest.push(member),
                        Verdict::Conflict => member.answer(Err(CommitError::Conflict)),
                        Verdict::RequestKnown => member.answer(Err(CommitError::RequestKnown)),
                    }
                }
                batch = rest;
            }
            Err(error) if batch.len() == 1 || error.is_general() => {
                for member in batch {
                    member.answer(Err(refused(&error)));
                }
                return versions;
            }
            Err(error) => {
                tracing::warn!(error = %error, members = batch.len(), "a batch failed; its members are written alone");
                for member in batch {
                    versions.extend(Box::pin(write_batch(hand, vec![member])).await);
                }
                return versions;
            }
        }
    }
    versions
}

fn refused(error: &StorageError) -> CommitError {
    if error.is_unique_violation() || error.is_contention() {
        CommitError::Conflict
    } else {
        CommitError::Storage(error.clone())
    }
}

enum Attempt {
    /// Durable.
    Done(Vec<Verdict>),
    /// Nothing is written: members whose request was known must go first.
    RolledBack(Vec<Verdict>),
}

async fn attempt(hand: &Hand, batch: &[Member]) -> Result<Attempt, StorageError> {
    let members: Vec<&Rows> = batch.iter().map(|member| &member.rows).collect();
    let beside = Beside { groups: hand.groups.unknown(&members), shard: shard(hand.number, &members) };
    let transaction = begin(&hand.db).await?;
    match write(&transaction, &members, &beside).await {
        Ok(verdicts) if verdicts.contains(&Verdict::RequestKnown) => {
            transaction.rollback().await?;
            Ok(Attempt::RolledBack(verdicts))
        }
        Ok(verdicts) => {
            transaction.commit().await?;
            hand.groups.learn(beside.groups);
            Ok(Attempt::Done(verdicts))
        }
        Err(error) => {
            let _the_first_error_counts = transaction.rollback().await;
            Err(error.into())
        }
    }
}

/// Begins a database transaction that will write. SQLite would otherwise begin it as a reader and might fail to upgrade.
pub(super) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, StorageError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(db.begin_with_options(options).await?)
}
