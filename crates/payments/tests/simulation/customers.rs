//! What customers ask and claim.

use serde_json::{Map, Value, json};
use wharf_payments::Caller;
use wharf_whmcs::api::Invoice;
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

use crate::rules::pounds;
use crate::schedule::{AMOUNTS, CLIENTS, PHONES, Quote, STORES, World};
use crate::support::{soon, token_in};
use crate::whmcs::usd;

impl World {
    pub fn check(&mut self) {
        let (store, phone, piastres) = self.some_payment();
        let client = self.some_client(phone);
        self.ask(store, phone, piastres, client);
    }

    pub fn ask(&mut self, store: &str, phone: &str, piastres: i64, client: i64) {
        self.note(format_args!(
            "check {store} {phone} {piastres} for {client}"
        ));
        let fields: Vec<(String, String)> = [
            ("store_id", store),
            ("phone", phone),
            ("amount", &pounds(piastres)),
            ("client_id", &client.to_string()),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        // Whoever dies in the middle of a check never answers it.
        let answer = self.once(|life| {
            life.run(async |payments, _| {
                payments
                    .payment_link_check(&fields, &Caller::default(), soon())
                    .await
                    .unwrap()
            })
        });
        if answer.is_some_and(|answer| answer["status"] == json!(true)) {
            self.yes += 1;
        }
    }

    pub fn claim_for_an_invoice(&mut self) {
        let (store, phone, _) = self.some_payment();
        let client = self.some_client(phone);
        let (invoice, minor) = self.some_invoice(client);
        let number = self.some_number(store, phone);
        self.note(format_args!(
            "claim {store} {phone} {number:?} invoice {invoice} of {minor} for {client}"
        ));
        let params = json!({
            "invoiceid": invoice, "amount": usd(minor).amount(), "currency": "USD",
            "systemurl": "https://shop.example.com/", "store": store,
            "clientdetails": { "userid": client, "language": "english" },
        });
        let (at, rate) = (self.clock.now_ms(), self.rules_of(store).rate);
        let page =
            self.once(|life| life.run(async |payments, _| call(payments, "link", params).await));
        self.quotes.push(Quote {
            invoice,
            at,
            rate,
            due: minor,
        });
        let Some(page) = page else { return };
        let html = page["html"].as_str().unwrap_or_default();
        if !html.contains("name=\"token\"") {
            return;
        }
        let posted = json!({
            "uid": client, "method": "POST", "query": {},
            "post": { "token": token_in(html), "phone": phone, "transaction": number.unwrap_or_default() },
        });
        self.once(|life| life.run(async |payments, _| call(payments, "callback", posted).await));
    }

    /// A new one, or one of the client's that is not paid.
    fn some_invoice(&mut self, client: i64) -> (i64, i64) {
        let open = self.whmcs.books(|books| {
            let own = |known: &&Invoice| known.client == client && known.is_unpaid();
            books
                .invoices
                .iter()
                .find(own)
                .map(|known| (known.id, known.balance.minor))
        });
        if let Some(open) = open
            && self.dice.percent(40)
        {
            return open;
        }
        let invoice = self.next_invoice;
        self.next_invoice += 1;
        let minor = *self.dice.pick(&[1_000, 500, 199]);
        self.whmcs.books(|books| {
            books.invoices.push(Invoice {
                id: invoice,
                client,
                status: "Unpaid".into(),
                total: usd(minor),
                balance: usd(minor),
                credit: None,
                due: None,
                payment_method: None,
            });
        });
        (invoice, minor)
    }

    /// What a customer types of a transaction number: mostly nothing, else that of a transfer of his, or its
    /// last digits, or something wrong.
    fn some_number(&mut self, store: &str, phone: &str) -> Option<String> {
        let own: Vec<String> = self
            .sent
            .iter()
            .filter(|sent| sent.is_money() && sent.store == store && sent.phone == phone)
            .map(|sent| sent.id.clone())
            .collect();
        match self.dice.below(10) {
            0..6 => None,
            6 => Some("023123999999".to_owned()),
            _ if own.is_empty() => None,
            7 => {
                let id = self.dice.pick(&own);
                Some(id[id.len() - 6..].to_owned())
            }
            _ => Some(self.dice.pick(&own).clone()),
        }
    }

    /// Mostly one that was sent; sometimes one that never will be.
    fn some_payment(&mut self) -> (&'static str, &'static str, i64) {
        if !self.sent.is_empty() && self.dice.percent(80) {
            let sent = self.dice.pick(&self.sent);
            return (sent.store, sent.phone, sent.piastres);
        }
        let store = *self.dice.pick(&STORES);
        let phone = *self.dice.pick(&PHONES);
        (store, phone, *self.dice.pick(&AMOUNTS))
    }

    /// Mostly the phone's own.
    fn some_client(&mut self, phone: &str) -> i64 {
        if self.dice.percent(85) {
            return owner(phone);
        }
        *self.dice.pick(&CLIENTS)
    }
}

/// Whose phone it is.
pub fn owner(phone: &str) -> i64 {
    let own = PHONES.iter().position(|known| *known == phone).unwrap_or(0);
    CLIENTS[own]
}

async fn call(payments: &wharf_payments::Payments, function: &str, params: Value) -> Value {
    let params: Map<String, Value> = params.as_object().cloned().unwrap_or_default();
    let call = ModuleCall {
        site: "main".into(),
        kind: ModuleKind::Gateway,
        module: "wharf".into(),
        function: function.into(),
        params: Params::new(params),
    };
    payments.call(call).await.unwrap().value
}
