//! Clients with phones, and what all these stories do with them: pay, claim, look at the far side.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Addresses;
use crate::daemon;
use crate::story::{StoryError, client, far_side, json};

pub(super) type Played<T> = Result<(String, T), StoryError>;

pub(super) struct Crowd<'a> {
    pub at: &'a Addresses,
    /// Names and numbers of this run are its own.
    word: String,
}

/// A client of the shop with a wallet.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// In WHMCS.
    pub client: String,
    pub phone: String,
}

/// A transfer that was really made.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub minor: i64,
    pub transaction: String,
}

/// What the claim check answered.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub status: bool,
    pub code: String,
    pub body: Value,
}

/// What each client must have been credited, in cents: one entry a transfer.
#[derive(Default)]
pub(super) struct Due(BTreeMap<String, Vec<i64>>);

impl Due {
    pub fn nothing(&mut self, person: &Person) {
        self.0.entry(person.client.clone()).or_default();
    }

    /// At the store's rate, rounded down.
    pub fn credit(&mut self, person: &Person, minor: i64) {
        let cents = minor * 100 / RATE;
        self.0.entry(person.client.clone()).or_default().push(cents);
    }

    pub fn credits(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

impl<'a> Crowd<'a> {
    pub fn new(at: &'a Addresses) -> Result<Self, StoryError> {
        let mut bytes = [0_u8; 4];
        getrandom::fill(&mut bytes).map_err(|error| StoryError::wrong(error.to_string()))?;
        Ok(Self {
            at,
            word: hex::encode(bytes),
        })
    }

    pub async fn wait_for_daemon(&self) -> Result<(), StoryError> {
        let healthy = format!("{}/healthz", self.at.daemon);
        self.until("the daemon is healthy", PATIENCE, async || {
            Ok(json(&healthy).await.is_ok())
        })
        .await
    }

    /// A new client, with a wallet of a Vodafone number.
    pub async fn person(&self, index: usize) -> Result<Person, StoryError> {
        let email = format!("wallet.{}.{index}@example.com", self.word);
        let answer = self
            .api(
                "AddClient",
                &[
                    ("firstname", "Wallet"),
                    ("lastname", "Sample"),
                    ("email", &email),
                    ("address1", "1 Sample Street"),
                    ("city", "Cairo"),
                    ("state", "Cairo"),
                    ("postcode", "11511"),
                    ("country", "EG"),
                    ("phonenumber", "01012345678"),
                    ("password2", "A-sample-pass-4-all"),
                ],
            )
            .await?;
        let id = far_side::text(&answer, "clientid")
            .ok_or_else(|| StoryError::wrong(format!("the host adds no client: {answer}")))?;
        let seed = u64::from_str_radix(&self.word, 16).unwrap_or_default();
        let offset = u64::try_from(index).unwrap_or_default() * 7_919;
        let phone = format!("010{:08}", (seed + offset) % 100_000_000);
        let wallet = json!({"number": phone, "name": format!("Sample {index}"), "balance_minor": 10_000_000});
        self.phone("/_sandbox/wallets", &wallet).await?;
        Ok(Person { client: id, phone })
    }

    pub async fn people(&self, count: usize) -> Result<Vec<Person>, StoryError> {
        let mut people = Vec::new();
        for index in 0..count {
            people.push(self.person(index).await?);
        }
        Ok(people)
    }

    /// Sends money to the store's wallet.
    pub async fn pay(&self, person: &Person, minor: i64) -> Result<Paid, StoryError> {
        let order = json!({
            "from": person.phone, "to": self.at.store_wallet, "amount": pounds(minor),
        });
        let sent = self.phone("/api/send", &order).await?;
        let field = |name| far_side::text(&sent, name);
        match field("transaction_id") {
            Some(transaction) => Ok(Paid { minor, transaction }),
            None => Err(StoryError::wrong(format!("the phone answered {sent}"))),
        }
    }

    /// As the unmodified module of a shop asks.
    pub async fn claim(&self, person: &Person, minor: i64) -> Result<Checked, StoryError> {
        let name = format!("Wallet Sample ({})", person.client);
        let answer = client()?
            .get(format!("{}/api/payment_link_check", self.at.daemon))
            .query(&[
                ("phone", person.phone.as_str()),
                ("amount", &pounds(minor)),
                ("user_name", &name),
                ("client_id", &person.client),
                ("store_id", STORE),
                ("lang", "en"),
            ])
            .send()
            .await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        if !status.is_success() {
            return Err(StoryError::wrong(format!(
                "the claim was answered with {status}: {body}"
            )));
        }
        Ok(Checked {
            status: body.get("status") == Some(&Value::Bool(true)),
            code: far_side::text(&body, "code").unwrap_or_default(),
            body,
        })
    }

    /// The host's API, with credentials that may do everything.
    pub async fn api(&self, action: &str, fields: &[(&str, &str)]) -> Result<Value, StoryError> {
        let login = &self.at.inspector;
        let mut form = vec![
            ("action", action),
            ("identifier", &login.identifier),
            ("secret", &login.secret),
            ("responsetype", "json"),
        ];
        form.extend_from_slice(fields);
        let answer = client()?
            .post(format!("{}/includes/api.php", self.at.host))
            .form(&form)
            .send()
            .await?;
        Ok(answer.json().await?)
    }

    /// One of the phone's calls, which must succeed.
    pub async fn phone(&self, path: &str, body: &Value) -> Result<Value, StoryError> {
        self.post(&format!("{}{path}", self.at.phone), body).await
    }

    /// Switches the host's API.
    pub async fn host(&self, change: &Value) -> Result<Value, StoryError> {
        self.post(&format!("{}/_sandbox/api", self.at.host), change)
            .await
    }

    async fn post(&self, url: &str, body: &Value) -> Result<Value, StoryError> {
        let answer = client()?
            .post(url)
            .header("x-sandbox", "1")
            .json(body)
            .send()
            .await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(StoryError::wrong(format!(
                "{url} answered {status}: {text}"
            )));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Kills the daemon without warning; it is started again.
    pub async fn kill_daemon(&self) -> Result<(), StoryError> {
        let url = format!("{}/daemon/kill.json", self.at.control);
        self.post(&url, &json!({})).await.map(|_| ())
    }

    /// A random number below `end`.
    pub fn draw(&self, end: u64) -> Result<u64, StoryError> {
        let drawn = getrandom::u64().map_err(|error| StoryError::wrong(error.to_string()))?;
        Ok(drawn % end)
    }

    /// Moves everybody's time.
    pub async fn advance(&self, seconds: u64) -> Result<(), StoryError> {
        let step = json!({"seconds": seconds, "cron": false});
        self.post(&format!("{}/clock.json", self.at.control), &step)
            .await
            .map(|_| ())
    }

    /// Sets the store up anew, as its operator would: what is given replaces what the sandbox chose.
    pub async fn set_up_store(&self, changes: &Value) -> Result<(), StoryError> {
        let mut store = crate::scenery::store();
        if let (Some(store), Some(changes)) = (store.as_object_mut(), changes.as_object()) {
            store.extend(changes.clone());
        }
        let document = toml::to_string(&json!({ "store": [store] }))
            .map_err(|error| StoryError::wrong(error.to_string()))?;
        let config = self.at.wharf_config.display().to_string();
        self.wharf(&["apply", "--config", &config, "-"], &document)
            .await
    }

    /// Runs a command of the program that this is.
    pub async fn wharf(&self, arguments: &[&str], stdin: &str) -> Result<(), StoryError> {
        let program =
            std::env::current_exe().map_err(|error| StoryError::wrong(error.to_string()))?;
        daemon::run(&program, arguments, stdin)
            .await
            .map_err(|error| StoryError::wrong(error.to_string()))
    }

    /// What the store's wallet really holds.
    pub async fn store_balance(&self) -> Result<i64, StoryError> {
        let wallets = json(&format!("{}/_sandbox/wallets", self.at.phone)).await?;
        let ours = wallets
            .as_array()
            .into_iter()
            .flatten()
            .find(|wallet| far_side::is(wallet, "number", &self.at.store_wallet));
        ours.and_then(|wallet| wallet.get("balance_minor")?.as_i64())
            .ok_or_else(|| StoryError::wrong("the phone has no wallet of the store"))
    }

    /// Messages of the stores' phone whose forwarding has not come to an end.
    pub async fn under_way(&self) -> Result<usize, StoryError> {
        let messages = json(&format!("{}/_sandbox/messages", self.at.phone)).await?;
        let deliveries = messages
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|message| message.get("deliveries")?.as_array())
            .flatten();
        Ok(deliveries
            .filter(|delivery| {
                far_side::is(delivery, "state", "pending")
                    || far_side::is(delivery, "state", "waiting")
            })
            .count())
    }

    pub async fn until_forwarded(&self) -> Result<(), StoryError> {
        self.until("the messages are forwarded", PATIENCE, async || {
            Ok(self.under_way().await? == 0)
        })
        .await
    }

    /// How many of the clients' credits are there.
    pub async fn credited(&self, due: &Due) -> Result<usize, StoryError> {
        let rows = far_side::rows(self.at, "tblcredit").await?;
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(rows
            .iter()
            .filter(|row| {
                far_side::text(row, "clientid").is_some_and(|client| due.0.contains_key(&client))
            })
            .count())
    }

    /// Waits until as many credits are there as are due, then proves that they are the right ones.
    pub async fn until_credited(&self, due: &Due, within: Duration) -> Result<(), StoryError> {
        let wanted = due.credits();
        let waited = self
            .until(&format!("{wanted} credits"), within, async || {
                Ok(self.credited(due).await? >= wanted)
            })
            .await;
        if let Err(error) = waited {
            let there = self.credited(due).await?;
            return Err(StoryError::wrong(format!("{error}: {there} are there")));
        }
        self.prove(due).await
    }

    /// Exactly these credits, no others.
    pub async fn prove(&self, due: &Due) -> Result<(), StoryError> {
        let rows = far_side::rows(self.at, "tblcredit").await?;
        let mut found: BTreeMap<String, Vec<i64>> = due
            .0
            .keys()
            .map(|client| (client.clone(), Vec::new()))
            .collect();
        for row in rows.as_array().into_iter().flatten() {
            let Some(client) = far_side::text(row, "clientid") else {
                continue;
            };
            if let Some(credits) = found.get_mut(&client) {
                let amount = far_side::text(row, "amount").unwrap_or_default();
                credits.push(cents(&amount)?);
            }
        }
        for (client, credits) in &mut found {
            credits.sort_unstable();
            let mut wanted = due.0.get(client).cloned().unwrap_or_default();
            wanted.sort_unstable();
            if *credits != wanted {
                return Err(StoryError::wrong(format!(
                    "client {client} was credited {credits:?} cents; {wanted:?} are right"
                )));
            }
        }
        Ok(())
    }

    pub async fn until(
        &self,
        what: &str,
        within: Duration,
        mut holds: impl AsyncFnMut() -> Result<bool, StoryError>,
    ) -> Result<(), StoryError> {
        let limit = Instant::now() + within;
        while !holds().await? {
            if Instant::now() > limit {
                return Err(StoryError::wrong(format!(
                    "waited {} s in vain for: {what}",
                    within.as_secs()
                )));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Everything that stories switch, as the sandbox had it.
    pub async fn put_back(&self) {
        let _ = self
            .phone(
                "/_sandbox/phone",
                &json!({"online": true, "clock_off_seconds": 0, "duplicates": 0}),
            )
            .await;
        let _ = self.host(&json!({"page": "none", "notice": ""})).await;
        let _ = self.set_up_store(&json!({})).await;
    }
}

/// `502.50`.
pub(super) fn pounds(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn cents(text: &str) -> Result<i64, StoryError> {
    text.replace('.', "")
        .parse()
        .map_err(|_| StoryError::wrong(format!("\"{text}\" is no amount of a credit")))
}

/// The sandbox's store, and its rate: EGP for 100 USD.
const STORE: &str = "5";
const RATE: i64 = 5_025;
/// Long enough for a killed daemon to come back and settle.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
