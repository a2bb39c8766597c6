//! A till whose calls end as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use wharf_core::{Clock, Currency, Money};
use wharf_payments::{Asking, Till};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{
    ClientDetails, CreditAdded, CreditApplied, CreditRow, DateFormat, Invoice, NewCredit,
    NewTransaction, OpenInvoices, TransactionRow,
};

/// What the next call of the till does.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Books, but the answer is lost.
    LoseAnswer,
    /// The same, and nothing more is answered until it is mended.
    LoseAnswerAndLeave,
    /// The connection breaks before anything is booked.
    LoseRequest,
    NotSent,
    Refuse(&'static str),
}

#[derive(Default)]
pub struct Books {
    pub credits: Vec<(i64, CreditRow)>,
    pub invoices: Vec<Invoice>,
    pub add_credit_calls: usize,
    pub apply_credit_calls: usize,
    pub on_add: VecDeque<Fault>,
    pub on_apply: VecDeque<Fault>,
    /// What every call ends in, until it is mended.
    pub always: Option<Fault>,
    /// Actions that the role lacks.
    pub forbidden: Vec<&'static str>,
    pub transactions: Vec<TransactionRow>,
    /// Clients whom WHMCS does not have.
    pub nobody: Vec<i64>,
    pub calls: usize,
    /// How long the next look into a client's credits takes, by this clock.
    pub on_look: Option<(Clock, Duration)>,
    /// Who asks for a client's credits tells the first that he does, and waits for the second.
    pub on_credits: Option<(Arc<Notify>, Arc<Semaphore>)>,
    /// Who asks about a client tells the first that he does, and waits for the second.
    pub on_client: Option<(Arc<Notify>, Arc<Semaphore>)>,
}

#[derive(Clone, Default)]
pub struct FakeTill(pub Arc<Mutex<Books>>);

impl FakeTill {
    pub fn books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// How a call that is not told otherwise ends.
    fn standing(&self, action: &'static str) -> Result<(), ApiError> {
        let (always, forbidden) = self.books(|books| {
            books.calls += 1;
            (books.always.clone(), books.forbidden.contains(&action))
        });
        before(always.as_ref(), action)?;
        if forbidden {
            let message = format!("Invalid Permissions: API action \"{action}\" is not allowed");
            return Err(ApiError::Refused { action, message });
        }
        Ok(())
    }

    fn enter(&self, client: i64, description: String, amount: Money) {
        self.books(|books| {
            let id = i64::try_from(books.credits.len()).unwrap() + 1;
            let row = CreditRow {
                id,
                date: "2026-09-03".parse().ok(),
                description,
                amount,
                related: None,
            };
            books.credits.push((client, row));
        });
    }

    pub fn invoice_of(&self, id: i64, client: i64, minor: i64) {
        self.invoice_in("Unpaid", id, client, minor);
    }

    pub fn invoice_in(&self, status: &str, id: i64, client: i64, minor: i64) {
        let invoice = Invoice {
            id,
            client,
            status: status.into(),
            total: usd(minor),
            balance: usd(minor),
            credit: None,
            due: None,
            payment_method: None,
        };
        self.books(|books| books.invoices.push(invoice));
    }

    /// Positive rows of a client: what was credited.
    pub fn credited(&self, client: i64) -> Vec<i64> {
        self.books(|books| {
            books
                .credits
                .iter()
                .filter(|(of, row)| *of == client && row.amount.minor > 0)
                .map(|(_, row)| row.amount.minor)
                .collect()
        })
    }

    pub fn is_paid(&self, invoice: i64) -> bool {
        self.books(|books| {
            books
                .invoices
                .iter()
                .any(|known| known.id == invoice && known.is_paid())
        })
    }

    fn balance(&self, client: i64) -> i64 {
        self.books(|books| {
            books
                .credits
                .iter()
                .filter(|(of, _)| *of == client)
                .map(|(_, row)| row.amount.minor)
                .sum()
        })
    }
}

pub fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn lost(action: &'static str) -> ApiError {
    ApiError::Unknown {
        action,
        why: "the connection broke".into(),
    }
}

fn before(fault: Option<&Fault>, action: &'static str) -> Result<(), ApiError> {
    match fault {
        Some(Fault::LoseRequest) => Err(lost(action)),
        Some(Fault::NotSent) => Err(ApiError::NotSent {
            action,
            why: "connection refused".into(),
        }),
        Some(Fault::Refuse(message)) => Err(ApiError::Refused {
            action,
            message: (*message).into(),
        }),
        _ => Ok(()),
    }
}

impl Till for FakeTill {
    fn add_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let fault = self.books(|books| {
                books.add_credit_calls += 1;
                books.on_add.pop_front()
            });
            before(fault.as_ref(), "AddCredit")?;
            self.standing("AddCredit")?;
            self.books(|books| {
                let id = i64::try_from(books.credits.len()).unwrap() + 1;
                let date = "2026-09-03".parse().ok();
                let row = CreditRow {
                    id,
                    date,
                    description: credit.description,
                    amount: credit.amount,
                    related: None,
                };
                books.credits.push((credit.client, row));
            });
            match fault {
                Some(Fault::LoseAnswer) => return Err(lost("AddCredit")),
                Some(Fault::LoseAnswerAndLeave) => {
                    self.books(|books| books.always = Some(Fault::NotSent));
                    return Err(lost("AddCredit"));
                }
                _ => {}
            }
            Ok(CreditAdded {
                new_balance: Some(usd(self.balance(credit.client))),
            })
        })
    }

    fn remove_credit<'a>(&'a self, _: &'a str, credit: NewCredit) -> Asking<'a, CreditAdded> {
        Box::pin(async move {
            let fault = self.books(|books| books.on_add.pop_front());
            before(fault.as_ref(), "AddCredit")?;
            self.standing("AddCredit")?;
            self.enter(credit.client, credit.description, usd(-credit.amount.minor));
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("AddCredit"));
            }
            let new_balance = Some(usd(self.balance(credit.client)));
            Ok(CreditAdded { new_balance })
        })
    }

    fn add_transaction<'a>(
        &'a self,
        _: &'a str,
        new: NewTransaction,
        format: DateFormat,
    ) -> Asking<'a, ()> {
        Box::pin(async move {
            assert!(format.write(new.day).is_some());
            let fault = self.books(|books| books.on_add.pop_front());
            before(fault.as_ref(), "AddTransaction")?;
            self.standing("AddTransaction")?;
            let row = TransactionRow {
                id: 1,
                client: new.client,
                number: new.number.clone(),
                amount_in: new.amount,
                amount_out: usd(0),
                invoice: None,
            };
            self.books(|books| books.transactions.push(row));
            let text = format!("{} Trans ID {}", new.gateway, new.number);
            self.enter(new.client, text, new.amount);
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("AddTransaction"));
            }
            Ok(())
        })
    }

    fn transactions<'a>(
        &'a self,
        _: &'a str,
        number: &'a str,
        _: Currency,
    ) -> Asking<'a, Vec<TransactionRow>> {
        Box::pin(async move {
            self.standing("GetTransactions")?;
            Ok(self.books(|books| {
                let rows = books.transactions.iter();
                rows.filter(|row| row.number == number).cloned().collect()
            }))
        })
    }

    fn date_format<'a>(&'a self, _: &'a str) -> Asking<'a, DateFormat> {
        Box::pin(async move {
            self.standing("GetConfigurationValue")?;
            Ok(DateFormat::from("DD/MM/YYYY"))
        })
    }

    fn credits<'a>(&'a self, _: &'a str, client: i64, _: Currency) -> Asking<'a, Vec<CreditRow>> {
        Box::pin(async move {
            if let Some((asked, go)) = self.books(|books| books.on_credits.clone()) {
                asked.notify_one();
                drop(go.acquire().await);
            }
            self.standing("GetCredits")?;
            Ok(self.books(|books| {
                if let Some((clock, took)) = books.on_look.take() {
                    clock.advance(took);
                }
                books
                    .credits
                    .iter()
                    .filter(|(of, _)| *of == client)
                    .map(|(_, row)| row.clone())
                    .collect()
            }))
        })
    }

    fn apply_credit<'a>(
        &'a self,
        _: &'a str,
        invoice: i64,
        amount: Money,
    ) -> Asking<'a, CreditApplied> {
        Box::pin(async move {
            let fault = self.books(|books| {
                books.apply_credit_calls += 1;
                books.on_apply.pop_front()
            });
            before(fault.as_ref(), "ApplyCredit")?;
            self.standing("ApplyCredit")?;
            let paid = self.books(|books| {
                let id = i64::try_from(books.credits.len()).unwrap() + 1;
                let known = books
                    .invoices
                    .iter_mut()
                    .find(|known| known.id == invoice)
                    .unwrap();
                known.balance = known.balance.checked_sub(amount).unwrap();
                if known.balance.minor == 0 {
                    known.status = "Paid".into();
                }
                let row = CreditRow {
                    id,
                    date: None,
                    description: format!("Credit Applied to Invoice #{invoice}"),
                    amount: usd(-amount.minor),
                    related: Some(invoice),
                };
                let (client, paid) = (known.client, known.is_paid());
                books.credits.push((client, row));
                paid
            });
            if fault == Some(Fault::LoseAnswer) {
                return Err(lost("ApplyCredit"));
            }
            Ok(CreditApplied {
                amount: Some(amount),
                invoice_paid: paid,
            })
        })
    }

    fn invoice<'a>(&'a self, _: &'a str, invoice: i64, _: Currency) -> Asking<'a, Invoice> {
        Box::pin(async move {
            self.standing("GetInvoice")?;
            let found = self.books(|books| {
                books
                    .invoices
                    .iter()
                    .find(|known| known.id == invoice)
                    .cloned()
            });
            found.ok_or(ApiError::Refused {
                action: "GetInvoice",
                message: "Invoice ID Not Found".into(),
            })
        })
    }

    fn client<'a>(&'a self, _: &'a str, client: i64) -> Asking<'a, ClientDetails> {
        Box::pin(async move {
            if let Some((asked, go)) = self.books(|books| books.on_client.clone()) {
                asked.notify_one();
                drop(go.acquire().await);
            }
            self.standing("GetClientsDetails")?;
            if self.books(|books| books.nobody.contains(&client)) {
                return Err(ApiError::Refused {
                    action: "GetClientsDetails",
                    message: "Client Not Found".to_owned(),
                });
            }
            Ok(ClientDetails {
                id: client,
                currency: Currency::USD,
                credit: usd(self.balance(client)),
                language: None,
                email: None,
                status: None,
            })
        })
    }

    fn open_invoices<'a>(
        &'a self,
        _: &'a str,
        client: i64,
        _: Currency,
    ) -> Asking<'a, OpenInvoices> {
        Box::pin(async move {
            let total = |statuses: &[&str]| {
                self.books(|books| {
                    books
                        .invoices
                        .iter()
                        .filter(|invoice| invoice.client == client)
                        .filter(|invoice| statuses.contains(&invoice.status.as_str()))
                        .map(|invoice| invoice.total.minor)
                        .sum()
                })
            };
            Ok(OpenInvoices {
                unpaid: usd(total(&["Unpaid"])),
                beyond_credit: usd(total(&["Collections", "Payment Pending", "Refunded"])),
            })
        })
    }
}
