//! What is sold: the price list, searches with prices, suggestions.

use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wharf_core::Clock;
use wharf_domains::Patience;
use wharf_store::testing::TestDb;

use crate::World;
use crate::fake::{FakeIspapi, FakeWhmcs, Fault, Properties};

fn row(key: &str, at: usize, value: &str) -> (String, usize, String) {
    (key.to_owned(), at, value.to_owned())
}

/// An extension of one label that nobody has heard of, in ASCII.
fn made_up(n: usize) -> String {
    let letters: String = [n / 676, n / 26, n]
        .iter()
        .map(|digit| char::from(b'a' + u8::try_from(digit % 26).unwrap()))
        .collect();
    let name = wharf_core::DomainName::parse(&format!("x.é{letters}")).unwrap();
    name.tld().as_str().to_owned()
}

/// Two extensions that are known, and many that are not.
fn many(_: &HashMap<String, String>) -> (u16, Properties) {
    let mut rows = vec![row("ACCOUNTCURRENCY", 0, "USD")];
    let own = [
        ("PRICE_CLASS_DOMAIN_COM_ANNUAL", "8.99"),
        ("PRICE_CLASS_DOMAIN_COM_TRANSFER", "8.99"),
        ("PRICE_CLASS_DOMAIN_COM_RESTORE", "80"),
        ("PRICE_CLASS_DOMAIN_COUK_ANNUAL", "7"),
        ("PRICE_CLASS_DOMAIN_COUK_TRANSFER", "0"),
        ("PRICE_CLASS_DOMAIN_PREMIUM_COM_*_SETUP_MARKUP_VAR", "10"),
        ("PRICE_CLASS_DOMAIN_PREMIUM_COM_*_ANNUAL_MARKUP_VAR", "10"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let more = (0..1_498).map(|n| {
        let name = format!("PRICE_CLASS_DOMAIN_{}_ANNUAL", made_up(n).to_uppercase());
        (name, "12.50".to_owned())
    });
    for (at, (name, value)) in own.into_iter().chain(more).enumerate() {
        rows.push(row("RELATIONTYPE", at, &name));
        rows.push(row("RELATIONVALUE", at, &value));
    }
    (200, rows)
}

fn options(asked: &HashMap<String, String>) -> (u16, Properties) {
    let names = (0..).map_while(|at| asked.get(&format!("DOMAIN{at}")));
    let rows = names.enumerate().flat_map(|(at, name)| {
        let uk = name.ends_with(".co.uk");
        [
            row("REPOSITORY", at, "SOME"),
            row(
                "ZONEREGISTRATIONPERIODS",
                at,
                if uk { "1Y,2Y,5Y" } else { "1Y,2Y,3Y" },
            ),
            row(
                "ZONERENEWALPERIODS",
                at,
                if uk { "1Y,2Y,5Y" } else { "1Y,2Y" },
            ),
            row("ZONETRANSFERPERIODS", at, if uk { "0Y" } else { "1Y" }),
            row(
                "REGISTRYTRANSFERREQUIREAUTHCODE",
                at,
                if uk { "NO" } else { "YES" },
            ),
        ]
    });
    (200, rows.collect())
}

fn item<'a>(answer: &'a Value, extension: &str) -> &'a Value {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .find(|item| item["extension"] == extension)
        .unwrap()
}

#[tokio::test]
async fn the_price_list_is_read_once_kept_and_never_lost() {
    for db in TestDb::each().await {
        let clock = Clock::fixed(Clock::system().now());
        let (registrar, whmcs) = (
            FakeIspapi::start().await,
            FakeWhmcs::start("example.com").await,
        );
        let world = World::at(
            &db,
            &clock,
            Patience::default(),
            registrar.clone(),
            whmcs.clone(),
        )
        .await;
        registrar.script("StatusUser", many);
        registrar.script("QueryDomainOptions", options);
        let first = join_all((0..5).map(|_| world.call("GetTldPricing", json!({})))).await;
        assert_eq!(first[0].value["items"].as_array().unwrap().len(), 1_500);
        assert_eq!(
            (
                registrar.calls("StatusUser"),
                registrar.calls("QueryDomainOptions")
            ),
            (1, 8)
        );
        assert_eq!(
            item(&first[4].value, ".com"),
            &json!({
                "extension": ".com", "minYears": 1, "maxYears": 3, "yearsStep": 1, "registerPrice": "8.99",
                "renewPrice": "8.99", "transferPrice": "8.99", "graceFeeDays": 44, "graceFeePrice": "0",
                "redemptionFeeDays": 30, "redemptionFeePrice": "71.01", "currency": "USD", "eppRequired": true
            })
        );
        let uk = item(&first[0].value, ".co.uk");
        assert_eq!(
            (&uk["years"], &uk["transferPrice"], &uk["eppRequired"]),
            (&json!([1, 2, 5]), &json!("0"), &json!(false))
        );
        let notes = &first[0].log.as_ref().unwrap().response;
        assert!(
            notes.contains(".com: registered for 1–3 years, renewed for 1, 2"),
            "{notes}"
        );

        // A restart has it; a refresh that fails leaves it.
        let again = World::at(&db, &clock, Patience::default(), registrar.clone(), whmcs).await;
        clock.advance(std::time::Duration::from_secs(7 * 3_600));
        registrar.always("StatusUser", Some(Fault::Code(505)));
        for _ in 0..3 {
            let answer = again.call("GetTldPricing", json!({})).await.value;
            assert_eq!(answer["items"].as_array().unwrap().len(), 1_500);
        }
        crate::until("it was tried anew", || registrar.calls("StatusUser") > 1).await;
        let answer = again.call("GetTldPricing", json!({})).await.value;
        assert_eq!(answer["items"].as_array().unwrap().len(), 1_500);
    }
}

#[tokio::test]
async fn whether_id_protection_is_offered_follows_the_registrar_unless_staff_decides() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.script("StatusUser", many);
    world.registrar.script("QueryDomainOptions", |asked| {
        let (code, mut rows) = options(asked);
        let names = (0..).map_while(|at| asked.get(&format!("DOMAIN{at}")));
        for (at, name) in names.enumerate() {
            let offered = if name.ends_with(".com") {
                "WHOISTRUSTEE"
            } else {
                ""
            };
            rows.push(row("X-PROXY", at, offered));
        }
        (code, rows)
    });
    let asked = json!({ "tlds": [".com", ".co.uk", ".nowhere", "?"] });
    let unknown = world.call("TldIdProtection", asked.clone()).await.value;
    assert_eq!(unknown, json!({ "idProtection": {} }), "nothing is known");
    world.call("GetTldPricing", json!({})).await;
    let flags = world.call("TldIdProtection", asked.clone()).await.value;
    assert_eq!(
        flags,
        json!({ "idProtection": { ".com": true, ".co.uk": false } })
    );
    let mut off = asked;
    off["SyncIdProtection"] = json!("");
    let flags = world.call("TldIdProtection", off).await.value;
    assert_eq!(flags, json!({ "idProtection": {} }));
}

/// Classes that no list of extensions explains: one label, two labels, one that could be either of two, and one that
/// is not sold at all.
fn unheard_of(_: &HashMap<String, String>) -> (u16, Properties) {
    let classes = ["COM", "NILEX", "ZUECH", "AMBERART", "LAPSED"];
    let rows = classes.iter().enumerate().flat_map(|(at, class)| {
        let name = format!("PRICE_CLASS_DOMAIN_{class}_ANNUAL");
        [
            row("RELATIONTYPE", at, &name),
            row("RELATIONVALUE", at, "9.50"),
        ]
    });
    (200, rows.collect())
}

fn sold_below(asked: &HashMap<String, String>) -> (u16, Properties) {
    let names = (0..).map_while(|at| asked.get(&format!("DOMAIN{at}")));
    let rows = names.enumerate().flat_map(|(at, name)| {
        let sold = [".com", ".nilex", ".zue.ch", ".amberart"];
        let sold = sold.iter().any(|end| name.ends_with(end));
        let text = |text: &str| if sold { text.to_owned() } else { String::new() };
        [
            row("REPOSITORY", at, &text("SOME-LIVE")),
            row("ZONEREGISTRATIONPERIODS", at, &text("2Y,3Y")),
        ]
    });
    (200, rows.collect())
}

#[tokio::test]
async fn the_registrar_names_extensions_that_no_list_knows() {
    for db in TestDb::each().await {
        let (registrar, whmcs) = (
            FakeIspapi::start().await,
            FakeWhmcs::start("example.com").await,
        );
        let clock = Clock::fixed(Clock::system().now());
        let patience = Patience::default();
        let world = World::at(&db, &clock, patience, registrar.clone(), whmcs).await;
        registrar.script("StatusUser", unheard_of);
        registrar.script("QueryDomainOptions", sold_below);
        registrar.script("CheckDomains", check);
        let answer = world.call("GetTldPricing", json!({})).await;
        let extensions: Vec<&str> = answer.value["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| item["extension"].as_str())
            .collect();
        assert_eq!(extensions, [".amberart", ".com", ".nilex", ".zue.ch"]);
        // What is known, what the letters say, what they say with a dot: three calls, however many classes.
        assert_eq!(registrar.calls("QueryDomainOptions"), 3);
        assert_eq!(item(&answer.value, ".zue.ch")["minYears"], 2);
        let notes = &answer.log.as_ref().unwrap().response;
        assert!(
            notes.contains("Price classes of no known extension: LAPSED"),
            "{notes}"
        );
        let search = json!({
            "searchTerm": "nile", "punyCodeSearchTerm": "nile",
            "tldsToInclude": [".nilex", ".zue.ch"], "premiumEnabled": false
        });
        let found = world.call("CheckAvailability", search).await.value;
        for row in found["results"].as_array().unwrap() {
            assert_eq!(row["status"], "available", "{row}");
        }

        // A registrar that refuses to speak of what it does not sell costs the guesses only.
        registrar.script("QueryDomainOptions", |asked| {
            let whole = asked
                .get("DOMAIN0")
                .is_some_and(|name| name.ends_with(".com"));
            if whole {
                sold_below(asked)
            } else {
                (541, Vec::new())
            }
        });
        clock.advance(std::time::Duration::from_secs(7 * 3_600));
        world.call("GetTldPricing", json!({})).await;
        crate::until("it was read anew", || registrar.calls("StatusUser") > 1).await;
        crate::until_async("the known one stays", || async {
            // An answer from the list waits for nothing: others need their turn.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let answer = world.call("GetTldPricing", json!({})).await.value;
            answer["items"].as_array().unwrap().len() == 1
        })
        .await;
    }
}

/// `gold.com` costs more; what has `taken` in it is taken; below `.nowhere` nothing is sold.
fn check(asked: &HashMap<String, String>) -> (u16, Properties) {
    let premium = asked.contains_key("PREMIUMCHANNELS");
    let names = (0..).map_while(|at| asked.get(&format!("DOMAIN{at}")));
    let rows = names.enumerate().flat_map(|(at, name)| {
        let mut rows = Vec::new();
        if name == "gold.com" && premium {
            rows.push(row("DOMAINCHECK", at, "211 Premium domain name available"));
            rows.push(row("CLASS", at, "PREMIUM_COM_USD:100:500"));
            rows.push(row("PREMIUMCHANNEL", at, "REGISTRY"));
        } else {
            let text = match name.as_str() {
                "gold.com" => "211 Not available",
                name if name.contains("taken") => "211 Not available",
                name if name.ends_with(".nowhere") => "549 Unsupported",
                _ => "210 Available",
            };
            rows.push(row("DOMAINCHECK", at, text));
            rows.push(row("CLASS", at, ""));
            rows.push(row("PREMIUMCHANNEL", at, ""));
        }
        rows
    });
    (200, rows.collect())
}

#[tokio::test]
async fn premium_names_are_sold_at_their_price_or_not_at_all() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.script("CheckDomains", check);
    world.registrar.script("StatusUser", many);
    let search = async |premium: bool| {
        let asked = json!({"searchTerm": "gold", "tldsToInclude": [".com", ".net", "..", ".nowhere"], "premiumEnabled": premium});
        world.call("CheckAvailability", asked).await.value["results"].clone()
    };
    let found = search(true).await;
    assert_eq!(
        found[0],
        json!({"sld": "gold", "tld": "com", "status": "available", "premium": true,
            "prices": {"register": "550", "renew": "110", "transfer": "100", "CurrencyCode": "USD"}})
    );
    assert_eq!(
        (&found[1]["status"], &found[1]["premium"]),
        (&json!("available"), &json!(false))
    );
    assert_eq!(found[2]["status"], json!("unsupported"));
    assert_eq!(search(false).await[0]["status"], json!("registered"));
    // Without a price there is no sale.
    world.registrar.script("StatusUser", |_| (530, Vec::new()));
    let other = World::new(&db, Patience::default()).await;
    other.registrar.script("CheckDomains", check);
    other.registrar.script("StatusUser", |_| (530, Vec::new()));
    let asked = json!({"searchTerm": "gold", "tldsToInclude": [".com"], "premiumEnabled": true});
    let found = other.call("CheckAvailability", asked).await.value["results"].clone();
    assert_eq!(
        (&found[0]["status"], &found[0]["prices"]),
        (&json!("reserved"), &Value::Null)
    );
    let costs = world
        .call("GetPremiumPrice", json!({"domain": "gold.com"}))
        .await;
    assert_eq!(
        costs.value["error"].as_str().map(|_| ()),
        None,
        "the list of before is still good"
    );
}

#[tokio::test]
async fn letters_are_written_by_each_extensions_rule() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    let names = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = names.clone();
    world.registrar.script("CheckDomains", move |asked| {
        let mut seen = seen.lock().unwrap();
        seen.extend(["DOMAIN0", "DOMAIN1"].map(|key| asked[key].clone()));
        check(asked)
    });
    for term in ["straße", "xn--strae-oqa"] {
        let asked = json!({"searchTerm": term, "punyCodeSearchTerm": "xn--strae-oqa", "isIdnDomain": true, "tldsToInclude": [".de", ".com"], "premiumEnabled": term == "straße"});
        world.call("CheckAvailability", asked).await;
    }
    assert_eq!(
        *names.lock().unwrap(),
        [
            "xn--strae-oqa.de",
            "strasse.com",
            "xn--strae-oqa.de",
            "strasse.com"
        ]
    );
}

#[tokio::test]
async fn a_thousand_names_are_a_few_calls_side_by_side() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.script("CheckDomains", check);
    let tlds: Vec<String> = (0..1_000).map(|n| format!(".{}", made_up(n))).collect();
    let asked = json!({"searchTerm": "nile", "tldsToInclude": tlds});
    let found = world.call("CheckAvailability", asked).await.value;
    assert_eq!(found["results"].as_array().unwrap().len(), 1_000);
    assert_eq!(world.registrar.calls("CheckDomains"), 5);
}

#[tokio::test]
async fn only_free_names_are_suggested() {
    let db = TestDb::sqlite();
    let world = World::new(&db, Patience::default()).await;
    world.registrar.script("CheckDomains", check);
    world.registrar.script("StatusUser", many);
    world
        .registrar
        .script("QueryDomainSuggestionList", |asked| {
            assert_eq!(asked["KEYWORD"], "nile");
            let names = [
                "taken-nile.com",
                "nileshop.com",
                "gold.com",
                "xn--nle-hoa.com",
                "thenile.net",
            ];
            let rows = names.iter().enumerate();
            (
                200,
                rows.map(|(at, name)| row("DOMAIN", at, name)).collect(),
            )
        });
    let suggest = async |settings: Value| {
        let asked = json!({"searchTerm": "nile", "tldsToInclude": [".com", ".co.uk"], "premiumEnabled": true, "suggestionSettings": settings});
        let found = world.call("GetDomainSuggestions", asked).await.value;
        let rows = found["results"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| {
                format!(
                    "{}.{}",
                    row["sld"].as_str().unwrap(),
                    row["tld"].as_str().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        suggest(json!({})).await,
        ["nileshop.com", "gold.com", "thenile.net"]
    );
    assert_eq!(
        suggest(json!({"SuggestNoPremium": "on", "SuggestIdn": "on"})).await,
        ["nileshop.com", "nüle.com", "thenile.net"]
    );
    assert_eq!(
        suggest(json!({"SuggestMaxResults": "1"})).await,
        ["nileshop.com"]
    );
    let options = world.call("DomainSuggestionOptions", json!({})).await.value;
    assert_eq!(options["SuggestMaxResults"]["Default"], json!("30"));
}
