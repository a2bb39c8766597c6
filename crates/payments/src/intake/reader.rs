//! Who reads what was kept: right behind its commit, the oldest first, a few messages in one transaction
//! under their store's turn. The messages themselves are the queue: what a crash left unread is simply unread,
//! and of several nodes that read at once the second finds nothing left once it has the turn.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;
use tokio::sync::{Mutex, Notify};
use wharf_store::{NewJob, StoreError, Tx};

use crate::Payments;
use crate::balance::place_of;
use crate::tables::messages::{self, Finding, MessageRow};
use crate::tables::reviews::{self, NewReview};
use crate::tables::{audit, back_to_mark, mark, stores};
use crate::wallets::{Explained, Kind};

/// Reads one message again: one whose reading failed, or that a person or a new template had opened again.
pub(crate) const JOB: &str = "payments.read";

/// What deliveries and the reader of this process share.
#[derive(Default)]
pub(crate) struct Reader {
    bell: Notify,
    /// One of them reads at a time.
    reading: Mutex<()>,
    /// Whether something that was stored here may be unread.
    behind: AtomicBool,
}

impl Reader {
    /// Something was stored.
    pub(super) fn wake(&self) {
        self.behind.store(true, Ordering::SeqCst);
        self.bell.notify_one();
    }
}

impl Payments {
    /// Reads messages for ever.
    pub async fn watch_messages(&self) {
        loop {
            match self.read_unread().await {
                // Woken by what is stored here; other nodes may have died over theirs.
                Ok(_) => {
                    let _ = tokio::time::timeout(LOOK_EVERY, self.reader.bell.notified()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, source = ?std::error::Error::source(&error), "stored messages cannot be read; trying again");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Reads all messages that nobody has tried to read, the oldest first. How many.
    pub async fn read_unread(&self) -> Result<usize, StoreError> {
        let _alone = self.reader.reading.lock().await;
        self.read_to_the_end().await
    }

    /// Waits a moment until what was stored here is read: whoever asks about money hears of what has come.
    pub(crate) async fn catch_up(&self) {
        let behind = || self.reader.behind.load(Ordering::SeqCst);
        if !behind() {
            return;
        }
        let caught_up = async {
            let _alone = self.reader.reading.lock().await;
            if behind() {
                // Its errors are the reader's to tell, who runs into them too.
                let _ = self.read_to_the_end().await;
            }
        };
        let _ = tokio::time::timeout(A_MOMENT, caught_up).await;
    }

    async fn read_to_the_end(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        let mut known = Known::new();
        loop {
            // Before the look: what is stored after it is not forgotten.
            self.reader.behind.store(false, Ordering::SeqCst);
            let mut db = self.store.pool().acquire().await?;
            let store = messages::store_to_read(&mut db).await?;
            drop(db);
            let Some(store) = store else {
                return Ok(count);
            };
            self.reader.behind.store(true, Ordering::SeqCst);
            // What nobody waits behind is put in order over more of it.
            let most = match self.pen.has_crowd() {
                true => IN_A_CROWD,
                false => AT_ONCE,
            };
            count += match self.read_some(&store, most, &mut known).await {
                Ok(read) => read,
                Err(error) => self.read_oldest(&store, error).await?,
            };
        }
    }

    async fn read_some(
        &self,
        store: &str,
        most: i64,
        known: &mut Known,
    ) -> Result<usize, StoreError> {
        let turn = self.pen.for_reading().await;
        let mut tx = self.store.begin().await?;
        take_turns(&mut tx, store).await?;
        let mut read = 0;
        let stored = messages::to_read(&mut tx, store, most).await?;
        let mut ordered = self.in_order(stored, known).into_iter();
        for (message, explained) in ordered.by_ref() {
            self.try_to_read(&mut tx, &message, explained).await?;
            read += 1;
            if turn.is_over() {
                break;
            }
        }
        known.extend(ordered.map(|(message, explained)| (message.id, explained)));
        tx.commit().await?;
        self.store.jobs().wake();
        let more = turn.is_over();
        drop(turn);
        if more {
            self.pen.rest().await;
        }
        Ok(read)
    }

    /// What the operator numbered comes in the order of its numbers, the rest where it was stored: what comes out of order
    /// puts itself before people until the rest is read.
    fn in_order(&self, stored: Vec<MessageRow>, known: &mut Known) -> Vec<(MessageRow, Explained)> {
        let place = |explained: &Explained| {
            let reading = explained.reading.as_ref()?;
            place_of(reading.operator_id.as_deref())
        };
        let all: Vec<(MessageRow, Explained)> = stored
            .into_iter()
            .map(|message| {
                let explained = known.remove(&message.id);
                let explained = explained.unwrap_or_else(|| self.explain(&message));
                (message, explained)
            })
            .collect();
        // What was taken back may be the newest that came before.
        let tells_back = |(_, explained): &(MessageRow, Explained)| {
            let reading = explained.reading.as_ref();
            reading.is_some_and(|reading| reading.kind == Kind::Reversed)
        };
        if all.iter().any(tells_back) {
            return all;
        }
        let (mut slots, mut numbered) = (Vec::new(), Vec::new());
        for (message, explained) in all {
            if place(&explained).is_some() {
                numbered.push((message, explained));
                slots.push(None);
            } else {
                slots.push(Some((message, explained)));
            }
        }
        numbered.sort_by_key(|(_, explained)| place(explained));
        let mut numbered = numbered.into_iter();
        slots
            .into_iter()
            .filter_map(|slot| slot.or_else(|| numbered.next()))
            .collect()
    }

    /// After several of them broke off together: the oldest alone, which is put off if it was that.
    async fn read_oldest(&self, store: &str, before: StoreError) -> Result<usize, StoreError> {
        if before.is_for_all() {
            return Err(before);
        }
        tracing::warn!(error = %before, "reading messages broke off; reading one by one");
        let Err(error) = self.read_some(store, 1, &mut Known::new()).await else {
            return Ok(1);
        };
        let mut db = self.store.pool().acquire().await?;
        let oldest = messages::to_read(&mut db, store, 1).await?;
        drop(db);
        for message in oldest {
            self.put_off_apart(&message.id, &error).await?;
        }
        Ok(1)
    }

    /// Reads a message that was put off or opened again. Does nothing to one that was read already.
    pub(crate) async fn read_again(&self, message: &str) -> Result<(), StoreError> {
        let read = async {
            let mut tx = self.store.begin().await?;
            if let Some(message) = in_turn(&mut tx, message).await? {
                let explained = self.explain(&message);
                self.try_to_read(&mut tx, &message, explained).await?;
            }
            tx.commit().await?;
            self.store.jobs().wake();
            Ok::<_, StoreError>(())
        };
        match read.await {
            Err(error) if !error.is_for_all() => self.put_off_apart(message, &error).await,
            read => read,
        }
    }

    /// Puts a message off whose reading left nothing of its transaction.
    async fn put_off_apart(&self, message: &str, why: &StoreError) -> Result<(), StoreError> {
        let _turn = self.pen.for_reading().await;
        let mut tx = self.store.begin().await?;
        if let Some(message) = in_turn(&mut tx, message).await? {
            self.put_off(&mut tx, &message, &why.to_string()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whatever reading runs into costs neither the message nor those behind it.
    async fn try_to_read(
        &self,
        tx: &mut Tx,
        message: &MessageRow,
        explained: Explained,
    ) -> Result<(), StoreError> {
        mark(tx).await?;
        let read = AssertUnwindSafe(self.read_in(tx, message, explained)).catch_unwind();
        let why = match read.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if error.is_for_all() => return Err(error),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "reading it broke off".to_owned(),
        };
        back_to_mark(tx).await?;
        self.put_off(tx, message, &why).await
    }

    /// A message that cannot be read now is tried again at growing pauses, and in the end held for a person.
    async fn put_off(
        &self,
        tx: &mut Tx,
        message: &MessageRow,
        why: &str,
    ) -> Result<(), StoreError> {
        let (id, tries) = (&message.id, message.tries + 1);
        tracing::warn!(message = %id, tries, why, "a stored message could not be read");
        if tries < MOST_TRIES {
            messages::tried(tx, id, tries).await?;
            let doublings = u32::try_from(tries - 1).unwrap_or(0).min(16);
            let pause = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
            let again = NewJob::new(JOB, json!({ "message": id })).after(pause);
            return self.store.jobs().enqueue(tx, again).await;
        }
        let finding = Finding {
            state: "review",
            reason: Some("it could not be read"),
            ..Finding::default()
        };
        messages::mark(tx, id, &finding).await?;
        let new = NewReview {
            store: &message.store,
            transfer: None,
            message: Some(id),
            claim: None,
            kind: "unread",
            reason: "unread",
            evidence: json!({ "tries": tries }),
        };
        let clock = self.store.clock();
        if reviews::open(tx, clock, &new).await? {
            let subject = format!("message/{id}");
            audit::note(tx, clock, &message.store, &subject, "held", "unread").await?;
        }
        metrics::counter!("wharf_payment_messages_total", "end" => "unread").increment(1);
        Ok(())
    }
}

/// What messages mean that were looked at and whose turn has not come, by their ids.
type Known = BTreeMap<String, Explained>;

/// Another node may be reading the same words, which the same phone sent to another store: who looks for a number in all
/// stores does so alone.
async fn take_turns(tx: &mut Tx, store: &str) -> Result<(), StoreError> {
    stores::take_turn(tx, store).await?;
    stores::take_turn_of_all(tx, store).await
}

/// A message that is still unread, once its store's turn has come.
async fn in_turn(tx: &mut Tx, id: &str) -> Result<Option<MessageRow>, StoreError> {
    let Some(message) = messages::unread(tx, id).await? else {
        return Ok(None);
    };
    take_turns(tx, &message.store).await?;
    // Another worker may have read it while we waited for the turn.
    messages::unread(tx, id).await
}

/// Looked at together, of which a turn reads the first ones: enough to put them in order.
const AT_ONCE: i64 = 64;
const IN_A_CROWD: i64 = 16;
const MOST_TRIES: i64 = 12;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const A_MOMENT: Duration = Duration::from_secs(2);
