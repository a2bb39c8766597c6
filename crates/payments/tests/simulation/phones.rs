//! What the stores' phones receive and deliver: money, what is no money, what is taken back, and what somebody made up.

use wharf_payments::IntakeOutcome;

use crate::life::token_of;
use crate::messages::{Kind, Sent, reversal, webhook};
use crate::schedule::{AMOUNTS, CLIENTS, PHONES, STORES, WALLETS, World};
use crate::support::{SIGNING_KEY, signed_at};

impl World {
    pub fn send(&mut self) {
        let wallet = self.dice.pick(&WALLETS);
        let before = self.events_of(wallet.id);
        let nested = self.nested.contains(wallet.id);
        let id = match NESTED.get(before) {
            Some(id) if nested => (*id).to_owned(),
            None if nested => return,
            _ => format!("0231234560{before:02}"),
        };
        let piastres = *self.dice.pick(&AMOUNTS);
        let [first, second, _] = PHONES;
        let phone = if self.dice.percent(50) { first } else { second };
        let balance = self.balances[wallet.id];
        let (kind, balance) = match self.dice.below(10) {
            0 if !nested && balance > piastres + 100 => (Kind::Sent, balance - piastres - 100),
            1 if !nested => (Kind::Enquiry, balance),
            _ => (Kind::Received, balance + piastres),
        };
        self.balances.insert(wallet.id, balance);
        let sent = Sent {
            kind,
            store: wallet.store,
            wallet: wallet.id,
            sim: wallet.sim,
            number: wallet.number,
            id,
            phone,
            piastres,
            balance,
            at: self.clock.now_ms(),
            deliveries: 0,
            forged: false,
        };
        self.note(format_args!("{sent:?}"));
        self.sent.push(sent);
    }

    fn events_of(&self, wallet: &str) -> usize {
        let own = |sent: &&Sent| sent.wallet == wallet && !sent.forged;
        self.sent.iter().filter(own).count()
    }

    pub fn deliver(&mut self) {
        if self.sent.is_empty() {
            self.send();
        }
        let at = usize::try_from(self.dice.below(self.sent.len() as u64)).unwrap_or(0);
        if at < self.sent.len() {
            self.deliver_one(at, self.sent[at].at);
        }
    }

    /// A phone is set up anew and sends everything once more, some of it with the time of the export.
    pub fn export_again(&mut self) {
        let store = *self.dice.pick(&STORES);
        let now = self.clock.now_ms();
        for at in 0..self.sent.len() {
            if self.sent[at].store == store && self.sent[at].deliveries > 0 {
                let time = if self.dice.percent(50) {
                    now
                } else {
                    self.sent[at].at
                };
                self.deliver_one(at, time);
            }
        }
    }

    pub fn deliver_one(&mut self, at: usize, time: i64) {
        let sent = self.sent[at].clone();
        self.note(format_args!("deliver {} to {}", sent.id, sent.wallet));
        self.post(&sent, &sent.text(), time);
        self.sent[at].deliveries += 1;
    }

    /// As a phone does: again and again until it is accepted.
    fn post(&mut self, sent: &Sent, text: &str, time: i64) {
        self.next_delivery += 1;
        let skew = self.skews.get(sent.store).copied().unwrap_or(0);
        let body = webhook(text, sent.sim, time + skew * 1_000, self.next_delivery);
        let headers = signed_at(&body, self.clock.now().as_second() + skew, SIGNING_KEY);
        let token = token_of(sent.store);
        self.alive(|life| {
            life.run(async |payments, _| {
                let outcome = payments.receive(&token, &headers, body.as_bytes()).await;
                assert_eq!(
                    outcome,
                    IntakeOutcome::Accepted,
                    "an intake refused its phone"
                );
            })
        });
    }

    /// The operator takes money back, and says so.
    pub fn reverse(&mut self) {
        let taken: Vec<Sent> = self
            .sent
            .iter()
            .filter(|sent| sent.is_money() && sent.deliveries > 0)
            .cloned()
            .collect();
        if taken.is_empty() {
            return;
        }
        let sent = self.dice.pick(&taken).clone();
        self.note(format_args!("{} of {} is taken back", sent.id, sent.wallet));
        let now = self.clock.now_ms();
        self.post(&sent, &reversal(&sent), now);
    }

    /// Somebody who knows form, amount and a likely number, but not the balance, writes a receipt himself. It is
    /// of no use where balances are not looked at, so nobody tries there.
    pub fn forge(&mut self) {
        let wallet = self.dice.pick(&WALLETS);
        if !self.rules_of(wallet.store).checks_balances {
            return;
        }
        let [.., phone] = PHONES;
        let next = self.events_of(wallet.id) + usize::try_from(self.dice.below(3)).unwrap() + 20;
        let piastres = *self.dice.pick(&AMOUNTS);
        let wrong_by = self.dice.between(1, 50_000);
        let sent = Sent {
            kind: Kind::Received,
            store: wallet.store,
            wallet: wallet.id,
            sim: wallet.sim,
            number: wallet.number,
            id: format!("0231234560{next}"),
            phone,
            piastres,
            balance: self.balances[wallet.id] + piastres + wrong_by,
            at: self.clock.now_ms(),
            deliveries: 0,
            forged: true,
        };
        if self
            .sent
            .iter()
            .any(|known| known.forged && known.id == sent.id)
        {
            return;
        }
        self.note(format_args!("{sent:?}"));
        self.sent.push(sent.clone());
        self.deliver_one(self.sent.len() - 1, sent.at);
        let [.., client] = CLIENTS;
        self.ask(sent.store, phone, piastres, client);
    }
}

/// One is the beginning of another, and they grow.
const NESTED: [&str; 6] = [
    "023123456",
    "0231234560",
    "02312345601",
    "02312345602",
    "023123456020",
    "0231234560200",
];
