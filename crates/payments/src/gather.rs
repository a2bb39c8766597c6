//! What comes while batches are under way is done together afterwards: under load, many share one commit.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::sync::{Mutex, mpsc, oneshot};

/// Gathers single items into batches. A few batches are worked on at a time, so nobody waits longer than for one
/// that is under way and for his own.
pub(crate) struct Gather<I, O> {
    line: OnceLock<mpsc::Sender<Asked<I, O>>>,
    most: usize,
    lanes: usize,
    work: Arc<Work<I, O>>,
}

/// An item, and who waits for its outcome.
type Asked<I, O> = (I, oneshot::Sender<O>);

type Work<I, O> = dyn Fn(Vec<I>) -> Pin<Box<dyn Future<Output = Vec<O>> + Send>> + Send + Sync;

impl<I, O> Gather<I, O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    /// `work` gets batches of at most `most` items, one in each of the `lanes` at a time, and answers in their order.
    pub(crate) fn new<F>(
        most: usize,
        lanes: usize,
        work: impl Fn(Vec<I>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        Self {
            line: OnceLock::new(),
            most,
            lanes,
            work: Arc::new(move |batch| Box::pin(work(batch))),
        }
    }

    /// The outcome of one item, which is worked on even if nobody waits any more. `None`: its batch broke off.
    pub(crate) async fn put(&self, item: I) -> Option<O> {
        let line = self.line.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(self.most);
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..self.lanes {
                tokio::spawn(take_turns(receiver.clone(), self.most, self.work.clone()));
            }
            sender
        });
        let (tell, hear) = oneshot::channel();
        line.send((item, tell)).await.ok()?;
        hear.await.ok()
    }
}

async fn take_turns<I, O>(
    line: Arc<Mutex<mpsc::Receiver<Asked<I, O>>>>,
    most: usize,
    work: Arc<Work<I, O>>,
) where
    I: Send + 'static,
    O: Send + 'static,
{
    let mut waiting = Vec::new();
    while line.lock().await.recv_many(&mut waiting, most).await > 0 {
        let (items, askers): (Vec<I>, Vec<_>) = waiting.drain(..).unzip();
        // On a task of its own: a batch that breaks off must not end the line.
        match tokio::spawn(work(items)).await {
            Ok(outcomes) => {
                for (asker, outcome) in askers.into_iter().zip(outcomes) {
                    // Who has gone does not want to know.
                    let _ = asker.send(outcome);
                }
            }
            Err(error) => tracing::error!(%error, "a batch broke off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_done_together_and_everybody_gets_his_own_outcome() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = sizes.clone();
        let gather = Arc::new(Gather::new(8, 1, move |batch: Vec<u32>| {
            seen.lock().unwrap().push(batch.len());
            async move {
                tokio::task::yield_now().await;
                batch.into_iter().map(|item| item * 2).collect()
            }
        }));
        let mut askers = tokio::task::JoinSet::new();
        for item in 0..40 {
            let gather = gather.clone();
            askers.spawn(async move { (item, gather.put(item).await) });
        }
        while let Some(asked) = askers.join_next().await {
            let (item, outcome) = asked.unwrap();
            assert_eq!(outcome, Some(item * 2));
        }
        let sizes = sizes.lock().unwrap();
        assert_eq!(sizes.iter().sum::<usize>(), 40);
        assert!(
            sizes.len() < 20 && sizes.iter().all(|size| *size <= 8),
            "{sizes:?}"
        );
    }

    #[tokio::test]
    async fn no_more_batches_are_worked_on_at_a_time_than_there_are_lanes() {
        for lanes in 1..=3 {
            let at_work = Arc::new(tokio::sync::Semaphore::new(lanes));
            let most = Arc::new(AtomicUsize::new(0));
            let (slots, seen) = (at_work.clone(), most.clone());
            let gather = Arc::new(Gather::new(4, lanes, move |batch: Vec<u32>| {
                let (slots, seen) = (slots.clone(), seen.clone());
                async move {
                    let _slot = slots.try_acquire().expect("one lane too many");
                    let busy = lanes - slots.available_permits();
                    seen.fetch_max(busy, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    batch
                }
            }));
            let asked = (0..40).map(|item| {
                let gather = gather.clone();
                async move { assert_eq!(gather.put(item).await, Some(item)) }
            });
            futures_util::future::join_all(asked).await;
            assert_eq!(most.load(Ordering::Relaxed), lanes);
        }
    }

    #[tokio::test]
    async fn a_batch_that_breaks_off_does_not_end_the_line() {
        let gather = Gather::new(8, 1, |batch: Vec<u32>| async move {
            assert!(batch != [13], "bad luck");
            batch
        });
        assert_eq!(gather.put(13).await, None);
        assert_eq!(gather.put(14).await, Some(14));
    }
}
