//! Each account's price list, kept and refreshed behind those who read it: reading costs no registrar call, and a
//! refresh that fails leaves the last good list.

mod book;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use wharf_core::{Deadline, DomainName};
use wharf_registrar::{ClassPrices, PriceList, RegistrarError, Talk, ZoneOptions};

use crate::account::Account;
use crate::tables::prices::{self as table, BookRow};
use crate::{Domains, DomainsError};

pub(crate) use book::Book;
pub use book::Item;
use book::Sold;

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
        let (sold, nameless) = self.sold(account, &list, &talk).await?;
        if sold.is_empty() {
            return Err(DomainsError::NoAnswer(
                "The registrar's price list names no extension".to_owned(),
            ));
        }
        let reports = sold
            .iter()
            .filter(|(_, options)| options.repository.is_some())
            .map(|(sold, options)| (sold.tld.clone(), book::reported(options)))
            .collect();
        let live = account.is_live();
        self.tlds.corrected_by(live, &reports);
        let mut items: Vec<Item> = sold
            .iter()
            .map(|(Sold { tld, prices, .. }, _)| {
                let facts = self.tlds.of_tld(tld);
                book::item(tld, prices, &facts, list.currency.as_deref())
            })
            .collect();
        items.sort_by(|one, other| one.tld.cmp(&other.tld));
        let book = Book {
            taken_at: now,
            items,
            nameless,
            reports,
        };
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

    /// The extensions of a price list, with what the registrar reports of them; and the classes that stay without a
    /// name. An extension that neither files nor the public suffix list know is one if the registrar sells it.
    async fn sold(
        &self,
        account: &Account,
        list: &PriceList,
        talk: &Talk,
    ) -> Result<(Vec<(Sold, ZoneOptions)>, Vec<String>), DomainsError> {
        let (known, mut nameless) = book::extensions(list, &self.tlds);
        let guesses = book::whole_guesses(&nameless, &self.tlds);
        let ask = async |sold: &[Sold]| {
            let probes: Vec<DomainName> = sold.iter().map(|sold| sold.probe.clone()).collect();
            account.registrar.zones(&probes, talk).await
        };
        // A refusal, because nothing is sold below a guess, must not spoil the list.
        let known_only = |answer: Result<Vec<ZoneOptions>, RegistrarError>| match answer {
            Err(error) if !error.is_outage() => {
                tracing::info!(%error, "the registrar does not say which extensions some price classes are about");
                Ok(Vec::new())
            }
            answer => answer,
        };
        let (options, guessed) = tokio::join!(ask(&known), ask(&guesses));
        let mut sold: Vec<_> = known.into_iter().zip(options?).collect();
        let mut named = book::confirmed(guesses, &known_only(guessed)?);
        let still_nameless = |nameless: &mut Vec<ClassPrices>, named: &[(Sold, ZoneOptions)]| {
            let found: HashSet<&str> = named
                .iter()
                .map(|(sold, _)| sold.prices.class.as_str())
                .collect();
            nameless.retain(|class| !found.contains(class.class.as_str()));
        };
        still_nameless(&mut nameless, &named);
        let guesses = book::dotted_guesses(&nameless, &self.tlds);
        if !guesses.is_empty() {
            let guessed = known_only(ask(&guesses).await)?;
            named.extend(book::confirmed(guesses, &guessed));
            still_nameless(&mut nameless, &named);
        }
        sold.extend(named);
        let nameless = nameless.into_iter().map(|class| class.class).collect();
        Ok((sold, nameless))
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

    /// Reads the list, where the last one is old.
    pub(crate) async fn refresh_if_old(&self, account: &Account) -> Result<(), DomainsError> {
        let now = self.store.clock().now_ms();
        let known = self.known_book(account);
        // A little before a reader would find it old: reading it takes no turn of theirs.
        if known.is_none_or(|book| now - book.taken_at >= FRESH_MS - HEAD_START_MS) {
            self.read_prices(account).await?;
        }
        Ok(())
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
            self.load_zones().await
        };
        self.prices.loaded.get_or_try_init(|| load).await?;
        Ok(())
    }

    pub(crate) fn known_book(&self, account: &Account) -> Option<Arc<Book>> {
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
/// More than the time between turns varies by.
const HEAD_START_MS: i64 = 30 * 60 * 1_000;
const LIST_FRESH_MS: i64 = 10 * 60 * 1_000;
const PATIENCE: Duration = Duration::from_secs(60);
