//! Each account's price list, kept and refreshed behind those who read it: reading costs no registrar call, and a
//! refresh that fails leaves the last good list.

mod book;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use wharf_core::{Deadline, DomainName};
use wharf_registrar::{PriceList, Talk};

use crate::account::Account;
use crate::tables::prices::{self as table, BookRow};
use crate::{Domains, DomainsError};

pub(crate) use book::Book;
pub use book::Item;

/// The lists of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Prices {
    books: RwLock<HashMap<String, Arc<Book>>>,
    /// Raw relations, for premium names; worth a few minutes.
    lists: Mutex<HashMap<String, (i64, Arc<PriceList>)>>,
    /// Accounts whose list is being read.
    reading: Mutex<HashSet<String>>,
    loaded: tokio::sync::OnceCell<()>,
    first: tokio::sync::Mutex<()>,
}

impl Domains {
    /// The account's list. Where there is none yet, it is read within the deadline; one that is old is refreshed
    /// behind the reader.
    pub(crate) async fn price_book(
        &self,
        account: &Account,
        deadline: Deadline,
    ) -> Result<Arc<Book>, DomainsError> {
        let known = self.known_book(account);
        let now = self.store.clock().now_ms();
        if let Some(book) = known {
            if now - book.taken_at > FRESH_MS {
                self.refresh_behind(account);
            }
            return Ok(book);
        }
        let Some(world) = self.own.upgrade() else {
            return self.read_prices(account).await;
        };
        let account = account.clone();
        // It goes on when the page has given up: the next one finds it.
        let reading = tokio::spawn(async move {
            // Of readers that come together one asks.
            let _first = world.prices.first.lock().await;
            match world.known_book(&account) {
                Some(book) => Ok(book),
                None => world.read_prices(&account).await,
            }
        });
        match tokio::time::timeout_at(deadline.instant(), reading).await {
            Ok(Ok(book)) => book,
            _ => Err(DomainsError::NoAnswer(
                "The registrar's price list is being read for the first time. Please try again in a minute.".to_owned(),
            )),
        }
    }

    /// Reads the list now.
    pub(crate) async fn read_prices(&self, account: &Account) -> Result<Arc<Book>, DomainsError> {
        let talk = Talk::until(Deadline::after(PATIENCE));
        let list = Arc::new(account.registrar.prices(&talk).await?);
        let now = self.store.clock().now_ms();
        let (known, nameless) = book::extensions(&list, &self.tlds);
        let probes: Vec<DomainName> = known.iter().map(|(probe, ..)| probe.clone()).collect();
        let options = account.registrar.zones(&probes, &talk).await?;
        let reports = known
            .iter()
            .zip(&options)
            .filter(|(_, options)| options.repository.is_some())
            .map(|((_, tld, _), options)| (tld.clone(), book::reported(options)))
            .collect();
        let mut book = Book {
            taken_at: now,
            items: Vec::new(),
            nameless,
            reports,
        };
        if known.is_empty() {
            return Err(DomainsError::NoAnswer(
                "The registrar's price list names no extension".to_owned(),
            ));
        }
        let live = account.is_live();
        self.tlds.corrected_by(live, &book.reports);
        book.items = known
            .iter()
            .map(|(_, tld, prices)| {
                book::item(
                    tld,
                    prices,
                    &self.tlds.of_tld(tld),
                    list.currency.as_deref(),
                )
            })
            .collect();
        book.items.sort_by(|one, other| one.tld.cmp(&other.tld));
        let body = serde_json::to_string(&book).unwrap_or_default();
        let row = BookRow {
            account: account.id.clone(),
            live,
            body,
        };
        table::put(self.store.pool(), &row, now).await?;
        self.prices.keep_list(account, now, list);
        Ok(self.keep_book(account, book))
    }

    /// The raw relations, read anew after some minutes.
    pub(crate) async fn price_list(
        &self,
        account: &Account,
        talk: &Talk,
    ) -> Result<Arc<PriceList>, DomainsError> {
        let now = self.store.clock().now_ms();
        let known = self
            .prices
            .lists
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&account.id)
            .cloned();
        if let Some((taken_at, list)) = known
            && now - taken_at < LIST_FRESH_MS
        {
            return Ok(list);
        }
        let list = Arc::new(account.registrar.prices(talk).await?);
        self.prices.keep_list(account, now, list.clone());
        Ok(list)
    }

    /// Starts a refresh, unless one is under way.
    pub(crate) fn refresh_behind(&self, account: &Account) {
        let Some(world) = self.own.upgrade() else {
            return;
        };
        let mut reading = self
            .prices
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !reading.insert(account.id.clone()) {
            return;
        }
        drop(reading);
        let account = account.clone();
        tokio::spawn(async move {
            if let Err(error) = world.read_prices(&account).await {
                tracing::warn!(%error, account = account.id, "the price list could not be refreshed; the last one stays");
            }
            let mut reading = world
                .prices
                .reading
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            reading.remove(&account.id);
        });
    }

    /// What earlier runs read, once.
    pub(crate) async fn load_books(&self) -> Result<(), DomainsError> {
        let load = async {
            for row in table::all(self.store.pool()).await? {
                let Ok(book) = serde_json::from_str::<Book>(&row.body) else {
                    continue;
                };
                self.tlds.corrected_by(row.live, &book.reports);
                let mut books = self
                    .prices
                    .books
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                books.entry(row.account).or_insert_with(|| Arc::new(book));
            }
            Ok::<(), DomainsError>(())
        };
        self.prices.loaded.get_or_try_init(|| load).await?;
        Ok(())
    }

    fn known_book(&self, account: &Account) -> Option<Arc<Book>> {
        let books = self
            .prices
            .books
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        books.get(&account.id).cloned()
    }

    fn keep_book(&self, account: &Account, book: Book) -> Arc<Book> {
        let book = Arc::new(book);
        let mut books = self
            .prices
            .books
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        books.insert(account.id.clone(), book.clone());
        book
    }
}

impl Prices {
    fn keep_list(&self, account: &Account, now: i64, list: Arc<PriceList>) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(account.id.clone(), (now, list));
    }
}

const FRESH_MS: i64 = 6 * 60 * 60 * 1_000;
const LIST_FRESH_MS: i64 = 10 * 60 * 1_000;
const PATIENCE: Duration = Duration::from_secs(60);
