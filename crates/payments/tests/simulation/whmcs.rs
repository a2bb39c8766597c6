//! A simulated WHMCS: it books, loses answers, books late, is down, refuses, and the daemon may die while it
//! is being asked.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use wharf_core::{Clock, Currency, Money};
use wharf_payments::{Asking, Till};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{
    ClientDetails, CreditAdded, CreditApplied, CreditRow, DateFormat, Invoice, NewCredit,
    NewTransaction, OpenInvoices, TransactionRow,
};

use crate::dice::Dice;
use crate::schedule::CLIENTS;

/// How WHMCS and the way to it are for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weather {
    Fine,
    /// Percent of the calls in which something goes wrong.
    Rough(u64),
    Down,
    /// The daemon's address was struck from the list.
    Refusing,
}

pub struct Books {
    dice: Dice,
    pub weather: Weather,
    /// Whether the role has GetCredits and GetTransactions.
    pub may_look: bool,
    /// Whether a fault may kill the daemon.
    pub deadly: bool,
    /// Whether the daemon may stall in the middle of a call.
    pub stalls: bool,
    pub rows: Vec<(i64, CreditRow)>,
    pub transactions: Vec<TransactionRow>,
    late: Vec<(i64, i64, NewCredit, i64)>,
    pub invoices: Vec<Invoice>,
    /// Clients whose credit a call is changing, and which call.
    busy: Vec<(i64, u64)>,
    calls: u64,
    /// Clients of whom WHMCS may still be working on a call that nobody hears the end of, and until when.
    in_doubt: Vec<(i64, i64)>,
    /// What WHMCS should never have been asked.
    pub wrong: Vec<String>,
    /// Tells what becomes of each call.
    pub aloud: bool,
}

#[derive(Clone)]
pub struct Whmcs {
    books: Arc<Mutex<Books>>,
    clock: Clock,
    /// Rung when the daemon dies within a call.
    pub death: Arc<Notify>,
    /// Rung when the daemon stalls within a call, and when it goes on.
    pub stall: Arc<Notify>,
    pub awake: Arc<Notify>,
}

/// The call that alone changes a client's credit.
struct Alone(Arc<Mutex<Books>>, u64);

impl Drop for Alone {
    fn drop(&mut self) {
        if let Ok(mut books) = self.0.lock() {
            books.busy.retain(|(_, call)| *call != self.1);
        }
    }
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Well,
    NotSent,
    LostBefore,
    LostAfter,
    Late,
    Refused,
    DeathBefore,
    DeathAfter,
    /// The answer is there, and the daemon sleeps over it for longer than its lease.
    Stall,
}

impl Whmcs {
    pub fn new(dice: Dice, clock: Clock) -> Self {
        let mut books = Books {
            dice,
            weather: Weather::Fine,
            may_look: true,
            deadly: true,
            stalls: false,
            rows: Vec::new(),
            transactions: Vec::new(),
            late: Vec::new(),
            invoices: Vec::new(),
            busy: Vec::new(),
            calls: 0,
            in_doubt: Vec::new(),
            wrong: Vec::new(),
            aloud: false,
        };
        // More than one page of a client's log.
        let long_ago = "2026-06-01T10:00:00Z".parse::<jiff::Timestamp>().unwrap();
        for client in CLIENTS {
            for _ in 0..OLD_ROWS {
                books.add(client, "Add Funds", 3, long_ago.as_millisecond(), None);
            }
        }
        Self {
            books: Arc::new(Mutex::new(books)),
            clock,
            death: Arc::default(),
            stall: Arc::default(),
            awake: Arc::default(),
        }
    }

    pub fn books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.books.lock().unwrap();
        books.come_late(self.clock.now_ms());
        look(&mut books)
    }

    /// Whether WHMCS has a transfer's credit, or (`taken`) what takes it away again; `None`: it may be about to
    /// come.
    pub fn has(&self, wallet: &str, number: &str, taken: bool) -> Option<bool> {
        self.books(|books| {
            let mark = format!("/{wallet}]");
            let names = |text: &str| {
                text.ends_with(&mark)
                    && text.split(' ').any(|word| word == number)
                    && text.contains("reversal") == taken
            };
            let coming = books
                .late
                .iter()
                .any(|(.., credit, _)| names(&credit.description));
            let there = books.rows.iter().any(|(_, row)| names(&row.description));
            (there || !coming).then_some(there)
        })
    }

    /// A change of a client's credit takes its time, and no other may begin in it: not one that WHMCS still
    /// works on without anybody listening either.
    async fn alone(&self, client: i64) -> Alone {
        let (call, waits) = self.books(|books| {
            let now = self.clock.now_ms();
            let in_doubt = |doubt: &(i64, i64)| doubt.0 == client && doubt.1 > now;
            let busy = |other: &(i64, u64)| other.0 == client;
            if books.in_doubt.iter().any(in_doubt) || books.busy.iter().any(busy) {
                books
                    .wrong
                    .push(format!("two changes of client {client}'s credit at once"));
            }
            books.calls += 1;
            books.busy.push((client, books.calls));
            // Mostly a moment; sometimes long enough for others to come to their calls.
            (books.calls, *books.dice.pick(&[0, 0, 1, 2, 400]))
        });
        let alone = Alone(self.books.clone(), call);
        for _ in 0..waits {
            tokio::task::yield_now().await;
        }
        alone
    }

    fn fate(&self, action: &str) -> Fate {
        let fate = self.drawn();
        if self.books(|books| books.aloud) {
            eprintln!("    {action}: {fate:?}");
        }
        fate
    }

    fn drawn(&self) -> Fate {
        self.books(|books| {
            if books.stalls && books.dice.percent(20) {
                books.stalls = false;
                return Fate::Stall;
            }
            let weather = books.weather;
            let chance = match weather {
                Weather::Fine => return Fate::Well,
                Weather::Down if books.dice.percent(80) => return Fate::NotSent,
                Weather::Down => return Fate::LostBefore,
                Weather::Refusing => return Fate::Refused,
                Weather::Rough(chance) => chance,
            };
            if !books.dice.percent(chance) {
                return Fate::Well;
            }
            let deadly = books.deadly;
            match books.dice.below(if deadly { 9 } else { 7 }) {
                0 => Fate::NotSent,
                1 => Fate::Refused,
                2 | 3 => Fate::LostBefore,
                4 | 5 => Fate::LostAfter,
                6 => Fate::Late,
                7 => Fate::DeathBefore,
                _ => Fate::DeathAfter,
            }
        })
    }

    async fn die<T>(&self) -> T {
        self.death.notify_one();
        std::future::pending().await
    }

    /// Sleeps until it is woken, with something in its hands.
    async fn sleep_over<T>(&self, answer: T) -> T {
        self.stall.notify_one();
        self.awake.notified().await;
        answer
    }

    /// A call that changes something.
    async fn change<T>(
        &self,
        action: &'static str,
        alone: Option<Alone>,
        book: impl FnOnce(&mut Books, i64) -> Result<T, ApiError>,
        late: impl FnOnce(&mut Books, i64),
        client: Option<i64>,
    ) -> Result<T, ApiError> {
        let now = self.clock.now_ms();
        let fate = self.fate(action);
        if let (Some(client), Fate::LostBefore | Fate::DeathBefore) = (client, fate) {
            self.books(|books| books.in_doubt.push((client, now + LATEST_MS)));
        }
        match fate {
            Fate::Well => self.books(|books| book(books, now)),
            Fate::NotSent => Err(not_sent(action)),
            Fate::Refused => Err(refused(action, "Invalid IP 203.0.113.9")),
            Fate::LostBefore => Err(lost(action)),
            Fate::LostAfter => {
                let _ = self.books(|books| book(books, now));
                Err(lost(action))
            }
            Fate::Late => {
                self.books(|books| {
                    late(books, now);
                    // Once it is booked, nothing is in doubt.
                    let booked = books
                        .late
                        .last()
                        .filter(|(.., credit, made)| *made == now && Some(credit.client) == client)
                        .map(|(at, ..)| *at);
                    books.in_doubt.extend(client.zip(booked));
                });
                Err(lost(action))
            }
            Fate::DeathBefore => self.die().await,
            Fate::DeathAfter => {
                let _ = self.books(|books| book(books, now));
                self.die().await
            }
            Fate::Stall => {
                let answer = match self.books(|books| books.dice.below(3)) {
                    0 => self.books(|books| book(books, now)),
                    1 => Err(not_sent(action)),
                    _ => Err(refused(action, "Invalid IP 203.0.113.9")),
                };
                // WHMCS is done with it.
                drop(alone);
                self.sleep_over(answer).await
            }
        }
    }

    async fn read<T>(
        &self,
        action: &'static str,
        look: impl FnOnce(&mut Books) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        match self.fate(action) {
            Fate::Well => self.books(look),
            Fate::NotSent => Err(not_sent(action)),
            Fate::Refused => Err(refused(action, "Invalid IP 203.0.113.9")),
            Fate::DeathBefore | Fate::DeathAfter => self.die().await,
            Fate::Stall => {
                let answer = self.books(look);
                self.sleep_over(answer).await
            }
            _ => Err(lost(action)),
        }
    }

    fn may_look(&self, action: &'static str) -> Result<(), ApiError> {
        let reachable = self.books(|books| {
            books.may_look || matches!(books.weather, Weather::Down | Weather::Refusing)
        });
        if reachable {
            return Ok(());
        }
        let message = format!("Invalid Permissions: API action \"{action}\" is not allowed");
        Err(refused(action, &message))
    }
}

impl Books {
    fn come_late(&mut self, now: i64) {
        let (due, later) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, ..)| *at <= now);
        self.late = later;
        for (at, sign, credit, _) in due {
            self.add(
                credit.client,
                &credit.description,
                sign * credit.amount.minor,
                at,
                None,
            );
        }
    }

    pub fn add(&mut self, client: i64, text: &str, minor: i64, at: i64, related: Option<i64>) {
        let day = jiff::Timestamp::from_millisecond(at).unwrap();
        let row = CreditRow {
            id: i64::try_from(self.rows.len()).unwrap() + 1,
            date: Some(day.to_zoned(jiff::tz::TimeZone::UTC).date()),
            description: text.to_owned(),
            amount: usd(minor),
            related,
        };
        self.rows.push((client, row));
    }

    pub fn balance(&self, client: i64) -> i64 {
        let own = self.rows.iter().filter(|(of, _)| *of == client);
        own.map(|(_, row)| row.amount.minor).sum()
    }

    /// What came by transfers, less what was taken away again.
    pub fn brought_by_us(&self, client: i64) -> i64 {
        let ours = self.rows.iter().filter(|(of, row)| {
            let text = row.description.to_ascii_lowercase();
            *of == client && (text.contains("trans_id") || text.contains("trans id"))
        });
        ours.map(|(_, row)| row.amount.minor).sum()
    }

    fn book(&mut self, credit: &NewCredit, sign: i64, now: i64) -> CreditAdded {
        self.add(
            credit.client,
            &credit.description,
            sign * credit.amount.minor,
            now,
            None,
        );
        CreditAdded {
            new_balance: Some(usd(self.balance(credit.client))),
        }
    }

    /// WHMCS may work on a request as long as the store's set-up says, and no longer.
    fn book_late(&mut self, credit: NewCredit, sign: i64, now: i64) {
        let after = self.dice.between(1_000, LATEST_MS);
        self.late.push((now + after, sign, credit, now));
    }
}

impl Till for Whmcs {
    fn add_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let alone = self.alone(credit.client).await;
            let again = credit.clone();
            self.change(
                "AddCredit",
                Some(alone),
                |books, now| Ok(books.book(&credit, 1, now)),
                |books, now| books.book_late(again, 1, now),
                Some(credit.client),
            )
            .await
        })
    }

    fn remove_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let alone = self.alone(credit.client).await;
            let again = credit.clone();
            self.change(
                "AddCredit",
                Some(alone),
                |books, now| Ok(books.book(&credit, -1, now)),
                |books, now| books.book_late(again, -1, now),
                Some(credit.client),
            )
            .await
        })
    }

    fn add_transaction<'a>(
        &'a self,
        _: &'a str,
        new: NewTransaction,
        _: DateFormat,
    ) -> Asking<'a, ()> {
        Box::pin(async move {
            let alone = self.alone(new.client).await;
            let book = |books: &mut Books, now: i64| {
                if books
                    .transactions
                    .iter()
                    .any(|row| row.number == new.number)
                {
                    return Err(refused("AddTransaction", "Transaction ID must be Unique"));
                }
                books.transactions.push(TransactionRow {
                    id: i64::try_from(books.transactions.len()).unwrap() + 1,
                    client: new.client,
                    number: new.number.clone(),
                    amount_in: new.amount,
                    amount_out: usd(0),
                    invoice: None,
                });
                let text = format!("{} Trans ID {}", new.gateway, new.number);
                books.add(new.client, &text, new.amount.minor, now, None);
                Ok(())
            };
            self.change(
                "AddTransaction",
                Some(alone),
                book,
                |books, now| {
                    let _ = book(books, now);
                },
                Some(new.client),
            )
            .await
        })
    }

    fn transactions<'a>(
        &'a self,
        _: &'a str,
        number: &'a str,
        _: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        Box::pin(async move {
            self.may_look("GetTransactions")?;
            let with_number = |books: &mut Books| {
                let rows = books.transactions.iter();
                Ok(rows.filter(|row| row.number == number).cloned().collect())
            };
            self.read("GetTransactions", with_number).await
        })
    }

    fn date_format<'a>(&'a self, _: &'a str) -> Asking<'a, DateFormat> {
        Box::pin(self.read("GetConfigurationValue", |_| {
            Ok(DateFormat::from("DD/MM/YYYY"))
        }))
    }

    fn credits<'a>(&'a self, _: &'a str, client: i64, _: Currency) -> Asking<'a, Vec<CreditRow>> {
        Box::pin(async move {
            self.may_look("GetCredits")?;
            let of_client = |books: &mut Books| {
                let own = books.rows.iter().filter(|(of, _)| *of == client);
                Ok(own.map(|(_, row)| row.clone()).collect())
            };
            self.read("GetCredits", of_client).await
        })
    }

    fn apply_credit<'a>(
        &'a self,
        _: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied> {
        let apply = move |books: &mut Books, now: i64| {
            let Some(at) = books.invoices.iter().position(|known| known.id == invoice) else {
                return Err(refused("ApplyCredit", "Invoice ID Not Found"));
            };
            let known = books.invoices[at].clone();
            if !known.is_unpaid() {
                return Err(refused("ApplyCredit", "Invoice Not in Unpaid Status"));
            }
            if books.balance(known.client) < amount.minor || known.balance.minor < amount.minor {
                return Err(refused("ApplyCredit", "Amount exceeds the balance"));
            }
            let rest = known.balance.minor - amount.minor;
            books.invoices[at].balance = usd(rest);
            if rest == 0 {
                books.invoices[at].status = "Paid".into();
            }
            let text = format!("Credit Applied to Invoice #{invoice}");
            books.add(known.client, &text, -amount.minor, now, Some(invoice));
            Ok(CreditApplied {
                amount: Some(amount),
                invoice_paid: rest == 0,
            })
        };
        Box::pin(async move {
            // Applying late would need the invoice locked as WHMCS does: it is lost instead.
            self.change("ApplyCredit", None, apply, |_, _| {}, None)
                .await
        })
    }

    fn invoice<'a>(&'a self, _: &'a str, invoice: i64, _: Currency) -> Asking<'a, Invoice> {
        Box::pin(self.read("GetInvoice", move |books| {
            let found = books.invoices.iter().find(|known| known.id == invoice);
            let found = found.cloned();
            found.ok_or_else(|| refused("GetInvoice", "Invoice ID Not Found"))
        }))
    }

    fn client<'a>(&'a self, _: &'a str, client: i64) -> Asking<'a, ClientDetails> {
        Box::pin(self.read("GetClientsDetails", move |books| {
            Ok(ClientDetails {
                id: client,
                currency: Currency::USD,
                credit: usd(books.balance(client)),
                language: None,
                email: None,
                status: None,
            })
        }))
    }

    fn open_invoices<'a>(
        &'a self,
        _: &'a str,
        client: i64,
        _: Currency,
    ) -> Asking<'a, OpenInvoices> {
        Box::pin(self.read("GetInvoices", move |books| {
            let unpaid = books
                .invoices
                .iter()
                .filter(|known| known.client == client && known.is_unpaid());
            Ok(OpenInvoices {
                unpaid: usd(unpaid.map(|known| known.total.minor).sum()),
                beyond_credit: usd(0),
            })
        }))
    }
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn lost(action: &'static str) -> ApiError {
    ApiError::Unknown {
        action,
        why: "no answer in time".into(),
    }
}

fn not_sent(action: &'static str) -> ApiError {
    ApiError::NotSent {
        action,
        why: "connection refused".into(),
    }
}

fn refused(action: &'static str, message: &str) -> ApiError {
    ApiError::Refused {
        action,
        message: message.into(),
    }
}

const OLD_ROWS: usize = 30;
/// The stores of the simulation believe WHMCS's silence after 90 s.
const LATEST_MS: i64 = 85_000;
