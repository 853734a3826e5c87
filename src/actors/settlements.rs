//! Who waits for an effect's outcome: a request whose answer depends on a call that the outbox makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::domain::TransactionId;

/// Replies of settled effects, to whoever waits on this node. Cheap to clone.
///
/// A hint, not a truth: who hears nothing in time asks the transaction itself.
pub struct Settlements<R>(Arc<Mutex<Waiting<R>>>);

type Waiting<R> = HashMap<TransactionId, broadcast::Sender<(String, R)>>;

impl<R> Clone for Settlements<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> Default for Settlements<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R: Clone> Settlements<R> {
    /// Begins to listen; before asking the transaction, so that nothing is missed.
    pub fn listen(&self, id: TransactionId) -> Listener<R> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = waiting.entry(id).or_insert_with(|| broadcast::channel(4).0).subscribe();
        Listener { heard: Some(heard), id, of: self.clone() }
    }

    /// The effect of `id` with this idempotency key is settled.
    pub fn tell(&self, id: TransactionId, key: &str, reply: &R) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.get(&id) {
            let _nobody_left = sender.send((key.to_owned(), reply.clone()));
        }
    }

    /// How many transactions are waited for.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// One who waits.
pub struct Listener<R: Clone> {
    heard: Option<broadcast::Receiver<(String, R)>>,
    id: TransactionId,
    of: Settlements<R>,
}

impl<R: Clone> Listener<R> {
    /// The next effect's idempotency key and reply. `None`: so much was missed that the transaction had better be asked.
    pub async fn next(&mut self) -> Option<(String, R)> {
        match &mut self.heard {
            Some(heard) => heard.recv().await.ok(),
            None => None,
        }
    }
}

impl<R: Clone> Drop for Listener<R> {
    fn drop(&mut self) {
        self.heard = None;
        let mut waiting = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.get(&self.id).is_some_and(|sender| sender.receiver_count() == 0) {
            waiting.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_hears_it_and_nothing_stays_behind() {
        let settlements = Settlements::<u32>::default();
        let id = TransactionId::from_uuid(Uuid::from_u128(1));
        settlements.tell(id, "early", &1);
        let (mut first, mut second) = (settlements.listen(id), settlements.listen(id));
        settlements.tell(id, "pay", &2);
        let heard = Some(("pay".to_owned(), 2));
        assert_eq!((first.next().await, second.next().await), (heard.clone(), heard));
        drop(first);
        assert_eq!(settlements.len(), 1);
        drop(second);
        assert_eq!(settlements.len(), 0);
    }
}
