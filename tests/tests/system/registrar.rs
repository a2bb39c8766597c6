//! The registrar client against the sandbox's registrar, which shares nothing with it: every verb over the wire.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::Duration;

use sandbox_registry::{Account, FilledDomain, Registry, RegistryOptions};
use serde_json::json;
use wharf_core::{Clock, Currency, Deadline, DomainName, Money, Secret};
use wharf_registrar::{
    Application, ApplicationState, AuthCode, AuthCodeWay, Availability, Cause, CentralNic,
    CentralNicOptions, CheckAsk, Contact, Contacts, Credentials, Direction, DomainQuery,
    DomainState, Environment, HistoryQuery, Modification, ObjectKind, Offer, OrderedContacts, Page,
    Platform, PremiumOffer, Registrar, Registration, Renewal, RenewalMode, Restore,
    SuggestionQuery, Talk, TransferAction, TransferAnswer, TransferKind, TransferOrder,
    TransferState,
};

struct Line {
    clock: Clock,
    base: String,
    registrar: CentralNic,
}

impl Line {
    async fn new() -> Self {
        let clock = Clock::fixed("2026-11-21T10:00:00Z".parse().unwrap());
        let registry = Registry::new(RegistryOptions {
            clock: clock.clone(),
            accounts: vec![Account {
                login: "whale".into(),
                password: "pw".into(),
                balance: Money::new(1_000_000, Currency::USD),
            }],
            fill_domains: 1_200,
            fill_zones: 300,
            ..RegistryOptions::default()
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, registry.router()).into_future());
        let registrar = CentralNic::new(CentralNicOptions {
            platform: Platform::Ispapi,
            environment: Environment::Ote,
            credentials: Credentials {
                login: "whale".into(),
                password: Secret::new("pw"),
            },
            url: Some(format!("{base}/api/call.cgi")),
            http: wharf_registrar::http_client(None).unwrap(),
        });
        Self {
            clock,
            base,
            registrar,
        }
    }

    async fn act(&self, act: &str, fields: serde_json::Value) {
        let url = format!("{}/_sandbox/{act}", self.base);
        let client = reqwest::Client::new();
        let answer = client.post(url).json(&fields).send().await.unwrap();
        assert!(answer.status().is_success(), "{act}: {answer:?}");
    }

    fn pass_days(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 86_400));
    }
}

fn talk() -> Talk {
    Talk::until(Deadline::after(Duration::from_secs(20)))
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn person() -> Contact {
    Contact {
        first_name: "Mona".into(),
        last_name: "Adel".into(),
        street: vec!["12 Tahrir".into(), "Flat 3".into()],
        city: "القاهرة".into(),
        postcode: "11511".into(),
        country: "EG".into(),
        phone: "+20.1012345678".into(),
        email: "mona@example.org".into(),
        ..Contact::default()
    }
}

fn contacts() -> Contacts {
    Contacts {
        owner: person(),
        admin: person(),
        tech: person(),
        billing: person(),
    }
}

fn order(domain: &str) -> Registration {
    let hosts = ["ns1.host.test", "ns2.host.test"].map(name);
    Registration::new(name(domain), 1, contacts(), hosts.into_iter().collect())
}

fn transfer(
    domain: &str,
    code: Option<&str>,
    years: i64,
    contacts: OrderedContacts,
) -> TransferOrder {
    TransferOrder {
        name: name(domain),
        years,
        auth: code.map(Secret::new),
        action: TransferAction::Request,
        class: None,
        nameservers: ["ns9.host.test"].map(name).into_iter().collect(),
        contacts,
        extra: Vec::new(),
    }
}

#[tokio::test]
async fn a_domain_lives_its_life() {
    let line = Line::new().await;
    let registrar: &dyn Registrar = &line.registrar;
    let talk = &talk();
    let shop = name("shop.com");
    let done = registrar.register(&order("shop.com"), talk).await.unwrap();
    assert!(!done.pending);
    let again = registrar.register(&order("shop.com"), talk).await;
    assert_eq!(again.unwrap_err().cause(), Some(Cause::Taken));
    let status = registrar.status(&shop, talk).await.unwrap();
    assert_eq!(status.state, DomainState::Active);
    assert_eq!(status.renewal_mode, Some(RenewalMode::AutoExpire));
    assert_eq!(status.expires.unwrap().to_string(), "2027-11-20");

    let change = Modification {
        nameservers: Some(
            ["ns7.host.test", "ns8.host.test"]
                .map(name)
                .into_iter()
                .collect(),
        ),
        transfer_lock: Some(false),
        id_protection: Some(true),
        add_status: vec!["clientHold".into()],
        auth_code: Some(Secret::new("Mine-Code-1")),
        ..Modification::default()
    };
    registrar.modify(&shop, &change, talk).await.unwrap();
    let status = registrar.status(&shop, talk).await.unwrap();
    assert_eq!(
        (status.transfer_lock, status.id_protection),
        (Some(false), Some(true))
    );
    assert!(status.has_status("clientHold") && status.nameservers.len() == 2);
    let code = registrar
        .auth_code(&shop, AuthCodeWay::Status, talk)
        .await
        .unwrap();
    assert!(matches!(code, AuthCode::Code(code) if code.expose() == "Mine-Code-1"));

    let renewal = Renewal {
        name: shop.clone(),
        years: 1,
        expires: status.registry_expires.unwrap(),
        class: None,
    };
    let renewed = registrar.renew(&renewal, talk).await.unwrap();
    assert_eq!(
        renewed.registry_expires.unwrap().to_string(),
        "2028-11-21T10:00:00Z"
    );
    let again = registrar.renew(&renewal, talk).await;
    assert_eq!(again.unwrap_err().cause(), Some(Cause::AlreadyRenewed));

    // It expires, is fetched back, and leaves.
    line.pass_days(730 + 45);
    assert_eq!(
        registrar.status(&shop, talk).await.unwrap_err().cause(),
        Some(Cause::NotFound)
    );
    let deleted = registrar.deleted(&shop, talk).await.unwrap().unwrap();
    assert_eq!(
        (deleted.restorable, deleted.expires.unwrap().to_string()),
        (true, "2028-11-20".into())
    );
    let restore = Restore {
        name: shop.clone(),
        mode: RenewalMode::AutoExpire,
        class: None,
    };
    registrar.restore(&restore, talk).await.unwrap();
    assert!(registrar.status(&shop, talk).await.is_ok());
    line.act(
        "request",
        json!({ "domain": "shop.com", "auth": "Mine-Code-1" }),
    )
    .await;
    let leaving = registrar
        .transfers(Direction::Outgoing, Page::default(), talk)
        .await
        .unwrap();
    assert_eq!(leaving.transfers.len(), 1);
    registrar
        .answer_transfer(&shop, TransferAnswer::Approve, talk)
        .await
        .unwrap();
    let query = HistoryQuery {
        name: Some(shop.clone()),
        ..HistoryQuery::default()
    };
    let history = registrar.history(&query, talk).await.unwrap();
    assert_eq!(
        (history[0].operation.as_str(), history[0].outcome.as_str()),
        ("OUTBOUND_TRANSFER", "SUCCESSFUL")
    );
    let gone = registrar.deleted(&name("never-here.com"), talk).await;
    assert_eq!(gone.unwrap_err().cause(), Some(Cause::NotFound));
}

#[tokio::test]
async fn registries_differ() {
    let line = Line::new().await;
    let registrar: &dyn Registrar = &line.registrar;
    let talk = &talk();
    for domain in ["laden.de", "shop.be", "shop.co.uk"] {
        registrar.register(&order(domain), talk).await.unwrap();
    }
    let slow = registrar.register(&order("butik.dk"), talk).await.unwrap();
    assert!(slow.pending && slow.expires.is_none());
    let laden = name("laden.de");
    let renewal = Renewal {
        name: laden.clone(),
        years: 1,
        expires: "2027-11-21T10:00:00Z".parse().unwrap(),
        class: None,
    };
    let no = registrar.renew(&renewal, talk).await.unwrap_err();
    assert_eq!(no.cause(), Some(Cause::NotExplicit));
    let early = registrar.pay_renewal(&renewal, talk).await.unwrap_err();
    assert_eq!(early.cause(), Some(Cause::NotUpForRenewal));
    line.pass_days(320);
    registrar.pay_renewal(&renewal, talk).await.unwrap();
    let again = registrar.pay_renewal(&renewal, talk).await.unwrap_err();
    assert_eq!(again.cause(), Some(Cause::AlreadyRenewed));
    let status = registrar.status(&laden, talk).await.unwrap();
    assert_eq!(
        status.paid_until.unwrap().to_string(),
        "2028-11-21T10:00:00Z"
    );

    let code = registrar
        .auth_code(&laden, AuthCodeWay::DenicAuthInfo1, talk)
        .await;
    assert!(matches!(code.unwrap(), AuthCode::Code(_)));
    let mailed = registrar
        .auth_code(&name("shop.be"), AuthCodeWay::Mailed, talk)
        .await;
    assert!(matches!(mailed.unwrap(), AuthCode::Mailed));
    registrar
        .push(&name("shop.co.uk"), Some("OTHER-TAG"), talk)
        .await
        .unwrap();
    let zone = registrar.zone(&laden, talk).await.unwrap();
    assert_eq!(
        (zone.explicit_renewal, zone.lock),
        (Some(false), Some(false))
    );
    assert_eq!(zone.payment_period_days, Some(61));
    let zones = registrar
        .zones(&[name("x.com"), name("x.co.uk")], talk)
        .await
        .unwrap();
    assert_eq!(zones[0].transfer_years, [1]);
    assert_eq!(
        (zones[1].transfer_years.clone(), zones[1].auth_code),
        (vec![0], Some(false))
    );
    registrar
        .delete(&name("butik.dk"), &[], talk)
        .await
        .unwrap();
    let status = registrar.status(&name("butik.dk"), talk).await.unwrap();
    assert_eq!(status.state, DomainState::PendingDelete);
}

#[tokio::test]
async fn domains_come_in() {
    let line = Line::new().await;
    let registrar: &dyn Registrar = &line.registrar;
    let talk = &talk();
    let wanted = name("transfer-a.com");
    let wrong = Secret::new("wrong-code");
    let check = registrar
        .check_transfer(&wanted, Some(&wrong), talk)
        .await
        .unwrap();
    assert_eq!((check.possible, check.auth_valid), (false, Some(false)));
    let right = Secret::new("Auth-transfer-a");
    let check = registrar
        .check_transfer(&wanted, Some(&right), talk)
        .await
        .unwrap();
    assert!(check.possible && !check.user_transfer);
    assert_eq!(
        (check.auth_valid, check.years, check.age_days),
        (Some(true), vec![1], Some(800))
    );
    let locked = registrar
        .check_transfer(&name("transfer-locked-a.com"), None, talk)
        .await
        .unwrap();
    assert_eq!((locked.possible, locked.locked), (false, Some(true)));

    let none = OrderedContacts::default();
    let refused = registrar
        .transfer(
            &transfer("transfer-a.com", Some("wrong-code"), 1, none.clone()),
            talk,
        )
        .await;
    assert_eq!(refused.unwrap_err().cause(), Some(Cause::WrongCode));
    for label in ["transfer-a", "transfer-b", "transfer-c"] {
        let code = format!("Auth-{label}");
        let asked = transfer(&format!("{label}.com"), Some(&code), 1, none.clone());
        assert!(registrar.transfer(&asked, talk).await.unwrap().pending);
    }
    let german = transfer(
        "transfer-a.de",
        Some("Auth-transfer-a"),
        0,
        contacts().into(),
    );
    registrar.transfer(&german, talk).await.unwrap();
    let status = registrar.transfer_status(&wanted, talk).await.unwrap();
    assert_eq!(
        (status.state, status.kind),
        (TransferState::Pending, TransferKind::Incoming)
    );
    let running = registrar
        .transfers(Direction::Incoming, Page::default(), talk)
        .await
        .unwrap();
    assert_eq!(running.transfers.len(), 4);
    registrar.resend_transfer_mail(&wanted, talk).await.unwrap();
    registrar
        .answer_transfer(&name("transfer-b.com"), TransferAnswer::Cancel, talk)
        .await
        .unwrap();
    line.act("reject", json!({ "domain": "transfer-c.com" }))
        .await;
    line.pass_days(5);
    for (label, state) in [
        ("transfer-a", TransferState::Successful),
        ("transfer-b", TransferState::Failed),
        ("transfer-c", TransferState::Failed),
    ] {
        let domain = name(&format!("{label}.com"));
        assert_eq!(
            registrar
                .transfer_status(&domain, talk)
                .await
                .unwrap()
                .state,
            state
        );
    }
    let none = registrar.transfer_status(&name("never.com"), talk).await;
    assert_eq!(none.unwrap_err().cause(), Some(Cause::NotFound));
    let query = HistoryQuery {
        name: Some(wanted.clone()),
        operation: Some("TRANSFER".into()),
        ..HistoryQuery::default()
    };
    let request = registrar.history(&query, talk).await.unwrap();
    let detail = registrar
        .history_detail(&request[0].index, talk)
        .await
        .unwrap();
    assert!(
        detail
            .iter()
            .any(|line| line == "NAMESERVER0=ns9.host.test"),
        "{detail:?}"
    );
    let events = registrar.events(Page::default(), talk).await.unwrap();
    assert!(
        events
            .events
            .iter()
            .any(|event| event.subclass == "TRANSFER_SUCCESSFUL"
                && event.value("domain") == Some("transfer-a.com"))
    );
    let count = events.events.len();
    registrar
        .forget_event(&events.events[0].id, talk)
        .await
        .unwrap();
    let left = registrar.events(Page::default(), talk).await.unwrap();
    assert_eq!(left.events.len(), count - 1);
}

#[tokio::test]
async fn what_is_on_sale_is_read() {
    let line = Line::new().await;
    let registrar: &dyn Registrar = &line.registrar;
    let talk = &talk();
    let account = registrar.account(talk).await.unwrap();
    assert_eq!(account.balance.as_deref(), Some("10000.00"));
    let prices = registrar.prices(talk).await.unwrap();
    let classes = prices.classes();
    let class = |class: &str| classes.iter().find(|known| known.class == class).unwrap();
    assert_eq!(class("COM").register(2).unwrap().to_string(), "21.98");
    assert_eq!(class("STORE").register(2).unwrap().to_string(), "89.99");
    assert_eq!(class("BERLIN").register(1).unwrap().to_string(), "51.99");
    assert_eq!(class("SWISS").currency.as_deref(), Some("CHF"));
    assert_eq!(class("BOO").regular.annual.flat, Some(Offer::Blocked));
    assert!(classes.iter().all(|known| known.class != "COMIDN"));
    let rates = registrar.exchange_rates(talk).await.unwrap();
    assert!(rates.iter().any(|rate| rate.to == "USD"));

    let mut names: Vec<DomainName> = (0..600)
        .map(|index| name(&format!("n-{index}.com")))
        .collect();
    names.push(name("taken-x.net"));
    names.push(name("x.nosuchtld"));
    names.push(name("reserved-x.com"));
    names.push(name("premium-cheap-x.com"));
    let checked = registrar
        .check(&names, CheckAsk { premium: true }, talk)
        .await
        .unwrap();
    assert_eq!(checked.len(), names.len());
    let at = |index: usize| &checked[index].availability;
    assert_eq!(at(599), &Availability::Available);
    assert_eq!(at(600), &Availability::Taken);
    assert_eq!(at(601), &Availability::Unsupported);
    assert_eq!(at(602), &Availability::Reserved);
    let Availability::Premium {
        class,
        price,
        currency,
    } = at(603).clone()
    else {
        panic!("{:?}", at(603))
    };
    let query = SuggestionQuery {
        keyword: "tea".into(),
        tlds: vec!["com".into()],
        limit: 3,
        ..SuggestionQuery::default()
    };
    let suggested = registrar.suggest(&query, talk).await.unwrap();
    assert_eq!(suggested[0], name("tea.com"));

    let premium = Registration {
        premium: Some(PremiumOffer {
            class: class.clone(),
            price: price.unwrap(),
            currency: currency.unwrap(),
        }),
        ..order("premium-cheap-x.com")
    };
    let bought = Application {
        registration: premium,
        class,
    };
    let applied = registrar.apply(&bought, talk).await.unwrap();
    assert_eq!(applied.state, ApplicationState::Successful);
    let berg = Application {
        registration: order("berg.swiss"),
        class: "GOLIVE".into(),
    };
    let applied = registrar.apply(&berg, talk).await.unwrap();
    assert_eq!(applied.state, ApplicationState::Pending);
    line.act(
        "decide",
        json!({ "domain": "berg.swiss", "granted": false, "reason": "No seat" }),
    )
    .await;
    let state = registrar.application(&applied.id, talk).await.unwrap();
    assert_eq!(
        state,
        ApplicationState::Failed {
            reason: "No seat".into()
        }
    );
}

#[tokio::test]
async fn an_accounts_domains_are_read_in_pages() {
    let line = Line::new().await;
    let registrar: &dyn Registrar = &line.registrar;
    let talk = &talk();
    let asked = transfer(
        "transfer-a.com",
        Some("Auth-transfer-a"),
        1,
        OrderedContacts::default(),
    );
    registrar.transfer(&asked, talk).await.unwrap();
    let mut domains = Vec::new();
    for first in [0, 1_000] {
        let query = DomainQuery {
            page: Page {
                first,
                limit: 1_000,
            },
            names: Vec::new(),
        };
        let list = registrar.domains(&query, talk).await.unwrap();
        assert_eq!(list.total, Some(1_201));
        domains.extend(list.domains);
    }
    let coming = domains
        .iter()
        .filter(|listed| listed.kind == ObjectKind::Transfer);
    assert_eq!((domains.len(), coming.count()), (1_201, 1));
    // A list says of a domain what its own status says.
    let first = FilledDomain::at(0, line.clock.now());
    let listed = domains
        .iter()
        .find(|listed| listed.status.name.as_str() == first.name)
        .unwrap();
    let status = registrar.status(&name(&first.name), talk).await.unwrap();
    assert_eq!(listed.status.registry_expires, Some(first.expires));
    assert_eq!(listed.status.expires, status.expires);
    assert_eq!(listed.status.nameservers, status.nameservers);
    assert_eq!(listed.status.transfer_lock, status.transfer_lock);
    assert_eq!(listed.status.id_protection, status.id_protection);
    assert_eq!(listed.status.renewal_mode, status.renewal_mode);
    assert_eq!(listed.status.class, status.class);
}
