//! One domain with a life of its own at the fake registrar: what is ordered for it happens, and is written down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::World;
use crate::fake::{FakeIspapi, Fault, Properties};

#[derive(Clone, Debug)]
pub struct Life {
    /// In the account.
    pub here: bool,
    /// Not in the account any more, and to be fetched back.
    pub deleted: bool,
    pub expires: DateTime,
    pub lock: bool,
    pub privacy: bool,
    pub held: bool,
    pub class: Option<String>,
    pub renewal_mode: String,
    /// Its transfer: type and state.
    pub transfer: Option<(&'static str, &'static str)>,
    /// When its transfer began: when it was ordered, or else first looked at.
    pub began: Option<String>,
    /// The code with which it moves.
    pub code: &'static str,
    /// Everything that was really done to it.
    pub did: Vec<String>,
}

pub type Shared = Arc<Mutex<Life>>;
type Asked = HashMap<String, String>;

pub fn live(registrar: &FakeIspapi) -> Shared {
    let life = Arc::new(Mutex::new(Life {
        here: true,
        deleted: false,
        expires: date(2030, 5, 20).at(10, 0, 0, 0),
        lock: false,
        privacy: false,
        held: false,
        class: None,
        renewal_mode: "AUTOEXPIRE".to_owned(),
        transfer: None,
        began: None,
        code: "c0de-s3cret",
        did: Vec::new(),
    }));
    let on = |command: &str, act: fn(&mut Life, &Asked) -> (u16, Properties)| {
        let life = life.clone();
        registrar.script(command, move |asked| act(&mut life.lock().unwrap(), asked));
    };
    on("StatusDomain", |life, _| life.status());
    on("RenewDomain", |life, asked| life.renew("renew", asked));
    on("PayDomainRenewal", |life, asked| life.renew("pay", asked));
    on("RestoreDomain", |life, _| {
        if !life.deleted {
            return (545, Vec::new());
        }
        (life.deleted, life.here) = (false, true);
        life.expires = life.expires.checked_add(1.years()).unwrap();
        life.done("restore")
    });
    on("ModifyDomain", |life, asked| life.modify(asked));
    on("SetDomainRenewalMode", |life, asked| {
        life.renewal_mode.clone_from(&asked["RENEWALMODE"]);
        life.done(&format!("mode {}", asked["RENEWALMODE"]))
    });
    on("DeleteDomain", |life, _| {
        if !life.here {
            return (545, Vec::new());
        }
        (life.deleted, life.here) = (true, false);
        life.done("delete")
    });
    on("PushDomain", |life, asked| {
        if !life.here {
            return (531, Vec::new());
        }
        life.here = false;
        life.done(&format!("push {}", asked["TARGET"]))
    });
    on("QueryObjectList", |life, _| {
        let row = life.deleted.then(|| one("OBJECTID", "example.com"));
        (200, row.into_iter().collect())
    });
    on("CheckDomainTransfer", |life, asked| {
        let right = asked.get("AUTH").is_none_or(|code| code == life.code);
        let class = life.class.iter().map(|class| one("CLASS", class));
        let rows = [one("AUTHISVALID", if right { "1" } else { "0" })];
        (218, rows.into_iter().chain(class).collect())
    });
    on("TransferDomain", |life, asked| life.move_by(asked));
    on("StatusDomainTransfer", |life, _| match life.transfer {
        None => (545, Vec::new()),
        Some((kind, state)) => (
            200,
            vec![
                one("TRANSFERTYPE", kind),
                one("TRANSFERSTATUS", state),
                one("CREATEDDATE", life.began.get_or_insert_with(now)),
            ],
        ),
    });
    on("ResendDomainTransferConfirmationEmails", |life, _| {
        life.done("mail")
    });
    on("DENIC_CreateAuthInfo1", |life, _| {
        let (code, _) = life.done("auth info 1");
        (code, vec![one("AUTH", life.code)])
    });
    on("RequestDomainAuthInfo", |life, _| life.done("code mailed"));
    on("StatusUser", |_, _| {
        let row = |key: &str, value: &str| (key.to_owned(), 0, value.to_owned());
        let markup = "PRICE_CLASS_DOMAIN_PREMIUM_COM_*_ANNUAL_MARKUP_VAR";
        let rows = vec![row("RELATIONTYPE", markup), row("RELATIONVALUE", "0")];
        (200, rows)
    });
    life
}

impl Life {
    fn done(&mut self, what: &str) -> (u16, Properties) {
        self.did.push(what.to_owned());
        (200, Vec::new())
    }

    fn status(&self) -> (u16, Properties) {
        if !self.here {
            return (if self.deleted { 545 } else { 531 }, Vec::new());
        }
        let switch = |on: bool| if on { "1" } else { "0" };
        let date = self.expires.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut rows = vec![
            one("STATUS", "ACTIVE"),
            one("AUTH", self.code),
            one("CREATEDDATE", "2020-05-20 10:00:00"),
            one("EXPIRATIONDATE", &date),
            one("PAIDUNTILDATE", &date),
            one("FAILUREDATE", &date),
            one("FINALIZATIONDATE", &date),
            one("RENEWALMODE", &self.renewal_mode),
            one("TRANSFERLOCK", switch(self.lock)),
            one("X-ACCEPT-WHOISTRUSTEE-TAC", switch(self.privacy)),
        ];
        if self.held {
            rows.push(("STATUS".to_owned(), 1, "clientHold".to_owned()));
        }
        rows.extend(self.class.iter().map(|class| one("SUBCLASS", class)));
        (200, rows)
    }

    /// The platform refuses a renewal that goes by another date.
    fn renew(&mut self, way: &str, asked: &Asked) -> (u16, Properties) {
        if !self.here {
            return (545, Vec::new());
        }
        let date = self.expires.strftime("%Y-%m-%d %H:%M:%S").to_string();
        if asked["EXPIRATIONDATE"] != date {
            return (555, Vec::new());
        }
        let years: i64 = asked["PERIOD"].parse().unwrap();
        self.expires = self.expires.checked_add(years.years()).unwrap();
        self.done(&format!("{way} {years}"))
    }

    fn modify(&mut self, asked: &Asked) -> (u16, Properties) {
        if !self.here {
            return (545, Vec::new());
        }
        if let Some(lock) = asked.get("TRANSFERLOCK") {
            self.lock = lock == "1";
        }
        if let Some(privacy) = asked.get("X-ACCEPT-WHOISTRUSTEE-TAC") {
            self.privacy = privacy == "1";
        }
        if asked.contains_key("ADDSTATUS0") {
            self.held = true;
        }
        if asked.contains_key("DELSTATUS0") {
            self.held = false;
        }
        let mut what: Vec<String> = asked
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "COMMAND" | "DOMAIN"))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        what.sort();
        self.done(&what.join(" "))
    }

    fn move_by(&mut self, asked: &Asked) -> (u16, Properties) {
        let under_way = self.transfer.is_some_and(|(_, state)| state == "PENDING");
        match (asked["ACTION"].as_str(), under_way) {
            ("REQUEST", true) => (553, Vec::new()),
            ("REQUEST", false) => {
                self.transfer = Some(("INCOMING", "PENDING"));
                self.began = Some(now());
                let code = asked.get("AUTH").map_or("nothing", String::as_str);
                self.done(&format!("transfer by {code}"))
            }
            (_, false) => (534, Vec::new()),
            (answer, true) => {
                let kind = self.transfer.map_or("INCOMING", |(kind, _)| kind);
                let (state, here) = match answer {
                    "APPROVE" => ("SUCCESSFUL", false),
                    _ => ("FAILED", self.here),
                };
                (self.transfer, self.here) = (Some((kind, state)), here);
                self.done(answer)
            }
        }
    }
}

/// What a call must come to, whatever happens to the command that changes something.
pub struct Proof {
    pub function: &'static str,
    pub params: Value,
    pub command: &'static str,
    pub before: fn(&mut Life),
    pub did: &'static [&'static str],
    /// Whether the same call again is the same wish, not another one.
    pub again: bool,
}

impl Proof {
    /// Cut, broken off, garbled: done once, and answered right.
    pub async fn hold(&self) {
        let faults = [
            None,
            Some(Fault::CutBefore),
            Some(Fault::CutAfter),
            Some(Fault::Truncate),
            Some(Fault::Garble),
        ];
        futures_util::future::join_all(faults.map(|fault| self.holds(fault))).await;
    }

    async fn holds(&self, fault: Option<Fault>) {
        for db in TestDb::each().await {
            let world = World::new(&db, Patience::default()).await;
            let life = live(&world.registrar);
            (self.before)(&mut life.lock().unwrap());
            if let Some(fault) = fault {
                world.registrar.fault(self.command, fault);
            }
            for _ in 0..=usize::from(self.again) {
                let answer = world.call(self.function, self.params.clone()).await;
                assert_eq!(answer.value, json!({"success": true}), "{fault:?}");
                assert_eq!(life.lock().unwrap().did, self.did, "{fault:?}");
            }
        }
    }

    /// A registrar that never answers: WHMCS is told in time that it goes on, and nothing goes out twice.
    pub async fn hangs(&self) {
        let db = TestDb::sqlite();
        let patience = Patience {
            change: Duration::from_millis(300),
            ..Patience::default()
        };
        let world = World::new(&db, patience).await;
        let life = live(&world.registrar);
        (self.before)(&mut life.lock().unwrap());
        world.registrar.fault(self.command, Fault::Hang);
        for _ in 0..2 {
            let answer = world.call(self.function, self.params.clone()).await;
            assert!(crate::error(&answer).contains("in progress"), "{answer:?}");
            assert_eq!(world.registrar.calls(self.command), 1);
        }
        assert_eq!(life.lock().unwrap().did, self.did);
    }

    /// Fifty clicks are one.
    pub async fn fifty(&self) {
        for db in TestDb::each().await {
            let world = World::new(&db, Patience::default()).await;
            let life = live(&world.registrar);
            (self.before)(&mut life.lock().unwrap());
            world.registrar.fault(self.command, Fault::Slow(100));
            let calls = (0..50).map(|_| world.call(self.function, self.params.clone()));
            for answer in futures_util::future::join_all(calls).await {
                assert_eq!(answer.value, json!({"success": true}));
            }
            assert_eq!(life.lock().unwrap().did, self.did);
        }
    }
}

pub fn one(name: &str, value: &str) -> (String, usize, String) {
    (name.to_owned(), 0, value.to_owned())
}

fn now() -> String {
    let now = Clock::system().now();
    now.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
