//! A WHMCS that answers at once and keeps the time at which it was asked to credit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::trouble::Trouble;

#[derive(Clone, Default)]
pub struct Books {
    /// When, by the operator's number that stands in the description.
    credited: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
    booked: Arc<Notify>,
}

impl Books {
    /// Serves on loopback until the process ends; its address.
    pub async fn open() -> Result<(Self, String), Trouble> {
        let failed =
            |error: std::io::Error| Trouble::failed("no WHMCS to measure against").because(error);
        let books = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let router = Router::new()
            .route("/includes/api.php", post(answer))
            .with_state(books.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((books, format!("http://{address}")))
    }

    /// When the credit for this operator's number was asked for.
    pub async fn credited(&self, number: &str, patience: Duration) -> Option<Instant> {
        let deadline = Instant::now() + patience;
        loop {
            let news = self.booked.notified();
            if let Some(at) = self.lock().get(number).and_then(|times| times.first()) {
                return Some(*at);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            // Woken at times in case the news came between the look and the wait.
            let _ = tokio::time::timeout(left.min(LOOK_AGAIN), news).await;
        }
    }

    /// How often it was credited.
    pub fn times(&self, number: &str) -> usize {
        self.lock().get(number).map_or(0, Vec::len)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Instant>>> {
        self.credited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(books): State<Books>,
    Form(asked): Form<HashMap<String, String>>,
) -> Json<Value> {
    let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    Json(match field("action") {
        "AddCredit" => {
            let description = field("description");
            let number = description.split_once("trans_id: ").map(|(_, rest)| rest);
            let number = number
                .and_then(|rest| rest.split_whitespace().next())
                .unwrap_or_default();
            let mut credited = books.lock();
            credited
                .entry(number.to_owned())
                .or_default()
                .push(Instant::now());
            drop(credited);
            books.booked.notify_waiters();
            json!({ "result": "success", "newbalance": field("amount") })
        }
        "GetCredits" => {
            json!({ "result": "success", "totalresults": 0, "clientid": field("clientid"), "credits": { "credit": [] } })
        }
        "GetClientsDetails" => {
            let client = json!({
                "id": field("clientid"), "userid": field("clientid"), "currency_code": "USD", "credit": "0.00",
                "status": "Active"
            });
            json!({ "result": "success", "client": client, "userid": field("clientid"), "currency_code": "USD", "credit": "0.00" })
        }
        "GetInvoices" => {
            json!({ "result": "success", "totalresults": 0, "numreturned": 0, "startnumber": 0, "invoices": { "invoice": [] } })
        }
        other => json!({ "result": "error", "message": format!("not measured: {other}") }),
    })
}

const LOOK_AGAIN: Duration = Duration::from_millis(5);
