//! One life of the daemon: a runtime whose time the simulation moves, the store and the room on it. A crash
//! drops all of it in the middle of whatever it did; the next life opens the same database.

use std::cell::{Cell, RefCell};
use std::future::{Future as _, poll_fn};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use wharf_core::Clock;
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_payments::{Payments, PaymentsConfig};
use wharf_store::{SealKey, Store, StoreOptions};

use crate::rules::Rules;
use crate::support::TOKEN;
use crate::whmcs::Whmcs;

pub struct Life {
    runtime: Option<Runtime>,
    store: Store,
    payments: Arc<Payments>,
    clock: Clock,
    whmcs: Whmcs,
    /// How many more times whatever it does is taken up before it dies in the middle of it.
    fuse: Cell<Option<u32>>,
    /// The jobs that it is at.
    jobs: RefCell<Option<JoinHandle<usize>>>,
    /// While it stands, the runtime's time moves only when told.
    _still: mpsc::Sender<()>,
}

/// Why the daemon does not answer.
#[derive(Debug)]
pub enum Gone {
    Died,
    /// It sleeps in the middle of a call, and no transaction of its is open.
    Stalled,
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until nothing of an ended life has the database open: a process that is gone writes no more either.
pub fn buried(folder: &Path) {
    let ours = |entry: std::io::Result<std::fs::DirEntry>| {
        let target = entry.and_then(|entry| std::fs::read_link(entry.path()));
        target.is_ok_and(|target| target.starts_with(folder))
    };
    // Looks are counted, not time: the whole test may be halted in the middle.
    for _ in 0..LOOKS {
        if !std::fs::read_dir("/proc/self/fd").is_ok_and(|mut open| open.any(ours)) {
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    panic!("a dead daemon's database stays open");
}

impl Life {
    pub fn begin(folder: &Path, node: u32, clock: &Clock, whmcs: &Whmcs) -> Self {
        let runtime = runtime();
        let (still, until) = mpsc::channel::<()>();
        runtime.spawn_blocking(move || {
            let _ = until.recv();
        });
        let (store, payments) = runtime.block_on(async {
            let store = open(folder, node, clock).await;
            let till = Arc::new(whmcs.clone());
            let payments =
                Payments::with_till(store.clone(), till, PaymentsConfig::default()).unwrap();
            store.journal().recover().await.unwrap();
            store.jobs().recover().await.unwrap();
            payments.take_up().await.unwrap();
            (store, payments)
        });
        Self {
            runtime: Some(runtime),
            store,
            payments,
            clock: clock.clone(),
            whmcs: whmcs.clone(),
            fuse: Cell::new(None),
            jobs: RefCell::new(None),
            _still: still,
        }
    }

    /// It dies between two statements of what it does next, if that is long enough.
    pub fn light(&self, fuse: Option<u32>) {
        self.fuse.set(fuse);
    }

    /// Does something in the daemon, and moves time where it waits for time.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Payments, &Store) -> T) -> Result<T, Gone> {
        let Some(runtime) = &self.runtime else {
            return Err(Gone::Died);
        };
        runtime.block_on(async {
            let done = self.live(work).await;
            if matches!(done, Err(Gone::Stalled)) {
                self.let_go().await;
            }
            done
        })
    }

    async fn live<T>(&self, work: impl AsyncFnOnce(&Payments, &Store) -> T) -> Result<T, Gone> {
        let mut work = std::pin::pin!(work(&self.payments, &self.store));
        let mut resting = self.store.journal().resting();
        loop {
            tokio::select! {
                biased;
                () = self.whmcs.death.notified() => return Err(Gone::Died),
                () = poll_fn(|_| self.burn()) => return Err(Gone::Died),
                () = self.whmcs.stall.notified() => return Err(Gone::Stalled),
                done = &mut work => return Ok(done),
                // Beside the work, which may have the connection that this needs.
                () = async {
                    // What it lends out must be gone before others may write it.
                    if resting.wait_for(|resting| *resting > 0).await.is_ok() {
                        self.tick().await;
                    }
                } => {}
            }
        }
    }

    async fn jobs_done(&self) -> usize {
        poll_fn(|context| match self.jobs.borrow_mut().as_mut() {
            Some(doing) => std::pin::Pin::new(doing).poll(context),
            None => Poll::Ready(Ok(0)),
        })
        .await
        .unwrap_or(1)
    }

    fn burn(&self) -> Poll<()> {
        match self.fuse.get() {
            Some(0) => Poll::Ready(()),
            left => {
                self.fuse.set(left.map(|left| left - 1));
                Poll::Pending
            }
        }
    }

    /// What it is at goes on until no transaction is open, which others would wait for.
    pub async fn let_go(&self) {
        // There is one connection, which comes back when what has begun on it has ended.
        drop(self.store.pool().acquire().await);
    }

    /// Wakes from its stall, goes on with whatever it was at for a while, and is shut down.
    pub fn wake(self) {
        let _ = self.run(async |_, store| {
            self.whmcs.awake.notify_waiters();
            let ending = async {
                store.journal().landed().await;
                let at_jobs = |jobs: &JoinHandle<usize>| !jobs.is_finished();
                if self.jobs.borrow().as_ref().is_some_and(at_jobs) {
                    self.jobs_done().await;
                }
            };
            let _ = tokio::time::timeout(AWAKE, ending).await;
        });
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.store.pool().close());
        }
    }

    async fn tick(&self) {
        self.clock.advance(TICK);
        tokio::time::advance(TICK).await;
        // Its worker never sleeps: what stands in the way of others becomes due.
        let _ = self.store.journal().work_due().await;
    }

    /// The workers do whatever is due; whether there was anything.
    pub fn work(&self) -> Result<bool, Gone> {
        let mut any = false;
        for _ in 0..100 {
            // One look instead of one by each worker: mostly there is nothing.
            if !self.run(async |_, store| may_be_due(store).await)? {
                break;
            }
            let read = self.run(async |payments, _| payments.read_unread().await.unwrap_or(1))?;
            let jobs = self.run(async |_, store| {
                let jobs = store.jobs().clone();
                // Two at a time, as a task of its own: it goes on after a stall.
                let doing = tokio::spawn(async move {
                    let (one, other) = tokio::join!(jobs.work_due(), jobs.work_due());
                    one.unwrap_or(1) + other.unwrap_or(1)
                });
                self.jobs.replace(Some(doing));
                self.jobs_done().await
            })?;
            let effects = self.run(async |_, store| {
                let started = store.journal().work_due().await.unwrap_or(1);
                store.journal().landed().await;
                started
            })?;
            if read + jobs + effects == 0 {
                break;
            }
            any = true;
        }
        Ok(any)
    }
}

/// Whether there is anything that a worker might take up now; `false` is certain.
async fn may_be_due(store: &Store) -> bool {
    let found = sqlx::query(
        "SELECT 1 FROM jobs WHERE (state = 'ready' AND run_at <= $1) OR state = 'running' UNION ALL \
         SELECT 1 FROM effects WHERE (state IN ('waiting', 'unknown', 'retry') AND due_at <= $1) OR state = 'performing' \
         UNION ALL SELECT 1 FROM payment_messages WHERE state = 'new' LIMIT 1",
    )
    .bind(store.clock().now_ms());
    found.fetch_optional(store.pool()).await.unwrap().is_some()
}

/// A database with the shops in it, to be copied for each schedule.
pub fn template(folder: &Path, clock: &Clock, shops: &Shops) {
    SealKey::create(&folder.join(KEY)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(folder, 1, clock).await;
        let payments = Payments::with_till(
            store.clone(),
            Arc::new(Whmcs::new(crate::dice::Dice::new(0), clock.clone())),
            PaymentsConfig::default(),
        )
        .unwrap();
        for rules in &shops.stores {
            set_up(&store, rules).await;
        }
        for text in &shops.wallets {
            let setup: WalletSetup = toml::from_str(text).unwrap();
            setup.apply(&store, &payments.wallets()).await.unwrap();
        }
        for text in &shops.devices {
            let setup: DeviceSetup = toml::from_str(text).unwrap();
            setup.apply(&store).await.unwrap();
        }
        store.pool().close().await;
    });
}

pub struct Shops {
    pub stores: Vec<Rules>,
    pub wallets: Vec<String>,
    pub devices: Vec<String>,
}

pub async fn set_up(store: &Store, rules: &Rules) {
    let setup: StoreSetup = toml::from_str(&rules.text()).unwrap();
    setup.apply(store).await.unwrap();
}

pub fn token_of(store: &str) -> String {
    format!("{TOKEN}-{store}")
}

/// In memory where the machine has such a folder.
pub fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

pub fn copy(template: &Path, to: &Path) {
    for name in [KEY, DATABASE] {
        std::fs::copy(template.join(name), to.join(name)).unwrap();
    }
}

/// On one connection: each costs a file to open, a schema to read and statements to prepare, in each life.
async fn open(folder: &Path, node: u32, clock: &Clock) -> Store {
    let options = StoreOptions {
        url: format!("sqlite://{}", folder.join(DATABASE).display()),
        key: SealKey::read(&folder.join(KEY)).unwrap(),
        clock: clock.clone(),
        node: format!("node-{node}"),
    };
    Store::open_on(1, options).await.unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// Half a minute and more.
const LOOKS: u32 = 100_000;
/// How long a life that slept goes on before its machine is switched off.
const AWAKE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(250);
const KEY: &str = "wharf.key";
const DATABASE: &str = "wharf.db";
