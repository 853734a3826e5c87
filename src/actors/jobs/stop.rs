//! How whoever works on a job hears that it is to end.

use tokio::sync::watch;

/// Why work is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ending {
    /// It is not.
    #[default]
    No,
    /// A person does not want it any more.
    Cancelled,
    /// The server stops, or somebody else works on it: this node leaves it as it is.
    Left,
}

/// Heard by the work.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Ending>);

impl Stop {
    /// With the end that says it.
    pub(super) fn new() -> (watch::Sender<Ending>, Self) {
        let (sender, receiver) = watch::channel(Ending::No);
        (sender, Self(receiver))
    }

    /// Of work that nobody stops.
    pub fn never() -> Self {
        Self::new().1
    }

    /// How it stands.
    pub(super) fn ending(&self) -> Ending {
        *self.0.borrow()
    }

    /// Until it is to end.
    pub(super) async fn asked(&mut self) {
        if self.0.wait_for(|ending| *ending != Ending::No).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }
}
