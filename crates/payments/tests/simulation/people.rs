//! People decide what waits for them: mostly rightly, sometimes carelessly, sometimes what was decided before.
//! What they see in WHMCS they tell as it is.

use wharf_payments::ReviewError;
use wharf_payments::views::{Decided, Decision, ReviewFilter, ReviewView, Seen};

use crate::customers::owner;
use crate::schedule::World;

/// What somebody says about an item.
struct Word {
    actor: &'static str,
    approves: bool,
    claim: Option<String>,
}

impl World {
    /// Somebody decides one thing.
    pub fn decide(&mut self) {
        let actor = *self.dice.pick(&PEOPLE);
        if !self.people.ended.is_empty() && self.dice.percent(20) {
            let id = self.dice.pick(&self.people.ended).clone();
            let approves = self.dice.percent(70);
            let claim = None;
            let word = Word {
                actor,
                approves,
                claim,
            };
            if let Some(Ok(_)) = self.say(&id, &word) {
                self.wrong.push(format!("item {id} was decided twice"));
            }
            return;
        }
        let items = self.open_items();
        if items.is_empty() {
            return;
        }
        let item = self.dice.pick(&items).clone();
        self.answer(&item, actor, true);
    }

    /// Two people decide everything that is open; whether there was anything.
    pub fn decide_all(&mut self) -> bool {
        let items = self.open_items();
        for item in &items {
            for actor in PEOPLE {
                self.answer(item, actor, false);
            }
        }
        !items.is_empty()
    }

    fn open_items(&mut self) -> Vec<ReviewView> {
        let filter = ReviewFilter::default();
        self.alive(|life| life.run(async |payments, _| payments.reviews(&filter).await.unwrap()))
    }

    fn answer(&mut self, item: &ReviewView, actor: &'static str, careless: bool) {
        let Some(word) = self.word(item, actor, careless) else {
            return;
        };
        let about_money = !AFTERWARDS.contains(&item.kind.as_str())
            && item
                .transfer
                .as_ref()
                .is_some_and(|transfer| WAITING.contains(&transfer.state.as_str()));
        let transfer = item.transfer.as_ref().map(|transfer| transfer.id.clone());
        let said = self.say(&item.id, &word);
        let heard = !matches!(said, Some(Err(_)));
        if let Some(id) = transfer.clone().filter(|_| heard && word.approves) {
            if item.kind == "reversal" {
                self.people.reversals.insert(id);
            } else {
                self.people.approvals.entry(id).or_default().insert(actor);
            }
        }
        if !matches!(said, Some(Ok(Decided::Done))) {
            return;
        }
        self.people.ended.push(item.id.clone());
        if item.kind == "reversal" && word.approves {
            self.people.taken_back.extend(transfer.clone());
        }
        let (Some(id), true) = (transfer, about_money) else {
            return;
        };
        if !word.approves {
            self.people.rejected.insert(id);
            return;
        }
        // Somebody else has claimed it since, and a person was asked again.
        self.people.rejected.remove(&id);
        let above = self.rules_of(&item.store).second_above;
        let amount = item.transfer.as_ref().map_or(0, |it| it.amount_minor);
        let alone = self.people.approvals.get(&id).is_none_or(|by| by.len() < 2);
        if above.is_some_and(|above| amount > above) && alone {
            self.wrong.push(format!("{actor} alone approved {id}"));
        }
    }

    /// What this person says; `None`: nothing yet.
    fn word(&mut self, item: &ReviewView, actor: &'static str, careless: bool) -> Option<Word> {
        let say = |approves: bool, claim: Option<String>| {
            Some(Word {
                actor,
                approves,
                claim,
            })
        };
        match item.kind.as_str() {
            kind @ ("credit_unknown" | "removal_unknown") => {
                let transfer = item.transfer.as_ref()?;
                let (wallet, number) = (&transfer.wallet, &transfer.operator_id);
                let there = self.whmcs.has(wallet, number, kind == "removal_unknown")?;
                return say(!there, None);
            }
            "credit_conflict" => return say(true, None),
            "credit_refused" | "removal_refused" => return say(self.dice.percent(70), None),
            "reversal" => return say(self.dice.percent(60), None),
            _ => {}
        }
        let Some(transfer) = &item.transfer else {
            return say(careless && self.dice.percent(50), None);
        };
        if careless && self.dice.percent(20) {
            let claim = match item.claims.as_slice() {
                [] => None,
                claims => Some(self.dice.pick(claims).id.clone()),
            };
            return say(self.dice.percent(50), claim);
        }
        let genuine = self.sent.iter().find(|sent| {
            sent.is_money()
                && (sent.wallet, sent.id.as_str())
                    == (transfer.wallet.as_str(), transfer.operator_id.as_str())
        });
        let Some(sent) = genuine else {
            return say(false, None);
        };
        let owner = owner(sent.phone);
        let own = item.claims.iter().find(|claim| claim.client == owner);
        match own {
            Some(claim) => say(true, Some(claim.id.clone())),
            None => say(item.claims.is_empty(), None),
        }
    }

    /// `None`: the daemon died of it.
    fn say(&mut self, id: &str, word: &Word) -> Option<Result<Decided, ReviewError>> {
        self.note(format_args!(
            "{} {} item {id} for {:?}",
            word.actor,
            if word.approves { "approves" } else { "rejects" },
            word.claim
        ));
        let decision = Decision {
            actor: word.actor.to_owned(),
            reason: "looked at it".to_owned(),
            claim: word.claim.clone(),
            wallet: None,
            seen: Seen::Nothing,
        };
        let approves = word.approves;
        let said = self.once(|life| {
            life.run(async |payments, _| {
                if approves {
                    payments.approve(id, decision).await
                } else {
                    payments.reject(id, decision).await
                }
            })
        });
        self.note(format_args!("  {said:?}"));
        if let Some(Err(ReviewError::Store(error))) = &said {
            self.wrong.push(format!("a decision broke: {error}"));
        }
        said
    }
}

const PEOPLE: [&str; 2] = ["mona", "tarek"];
/// What does not decide about a transfer's money.
const AFTERWARDS: [&str; 5] = [
    "reversal",
    "removal_refused",
    "credit_unknown",
    "removal_unknown",
    "credit_conflict",
];
const WAITING: [&str; 3] = ["received", "held", "review"];
