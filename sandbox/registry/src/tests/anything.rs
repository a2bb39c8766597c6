//! Any order of commands, acts and days keeps what is known of names and money consistent.

use proptest::prelude::*;

use super::*;
use crate::door;

const NAMES: [&str; 6] = [
    "shop.com",
    "laden.de",
    "butik.dk",
    "transfer-a.com",
    "transfer-a.uk",
    "premium-cheap-a.com",
];

fn command() -> impl Strategy<Value = String> {
    let commands = prop::sample::select(vec![
        "AddDomain",
        "AddDomainApplication",
        "DeleteDomain",
        "DENIC_CreateAuthInfo1",
        "ModifyDomain",
        "PayDomainRenewal",
        "PushDomain",
        "RenewDomain",
        "RestoreDomain",
        "SetDomainRenewalMode",
        "StatusDomain",
        "StatusDomainTransfer",
        "TradeDomain",
        "TransferDomain",
    ]);
    let more = prop::collection::vec(
        prop::sample::select(vec![
            "PERIOD=1Y",
            "PERIOD=2Y",
            "TRANSFERLOCK=0",
            "AUTH=Auth-transfer-a",
            "ACTION=CANCEL",
            "ACTION=APPROVE",
            "ACTION=USERTRANSFER",
            "RENEWALMODE=AUTOEXPIRE",
            "RENEWALMODE=AUTORENEW",
            "CLASS=PREMIUM_COM_USD:20.00:20.00",
            "ADDSTATUS0=clientHold",
            "TARGET=SOME-TAG",
        ]),
        0..3,
    );
    (commands, prop::sample::select(NAMES.to_vec()), more).prop_map(|(command, name, more)| {
        let contacts = matches!(
            command,
            "AddDomain" | "AddDomainApplication" | "TradeDomain"
        ) || (command == "TransferDomain" && name.ends_with(".uk"));
        let base = if contacts {
            add(name, "")
        } else {
            format!("COMMAND=AddDomain\nDOMAIN={name}")
        };
        let base = base.replace("COMMAND=AddDomain", &format!("COMMAND={command}"));
        let base = match command {
            "TradeDomain" => base.replace("NAMESERVER", "X-NOTHING"),
            _ => base,
        };
        format!("{base}\n{}", more.join("\n"))
    })
}

#[derive(Clone, Debug)]
enum Step {
    Command(bool, String),
    Act(&'static str, &'static str),
    Days(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let acts = prop::sample::select(vec!["approve", "reject", "hold", "request", "decide"]);
    prop_oneof![
        6 => (any::<bool>(), command()).prop_map(|(who, command)| Step::Command(who, command)),
        2 => (acts, prop::sample::select(NAMES.to_vec())).prop_map(|(act, name)| Step::Act(act, name)),
        2 => prop::sample::select(vec![1_u64, 6, 40, 200, 370]).prop_map(Step::Days),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn names_and_money_stay_consistent(steps in prop::collection::vec(step(), 1..50)) {
        let desk = Desk::new();
        for step in steps {
            match step {
                Step::Days(days) => desk.pass_days(days),
                Step::Act(act, name) => {
                    let body = serde_json::json!({ "domain": name, "auth": "Auth-transfer-a" });
                    let wish = outside::Wish::read(&HeaderMap::new(), body.to_string().as_bytes());
                    let _ = outside::act(&mut desk.registry.at_now(), act, &wish, desk.clock.now());
                }
                Step::Command(whale, command) => {
                    let login = if whale { "whale" } else { "minnow" };
                    let form = serde_urlencoded::to_string([
                        ("s_entity", "1234"),
                        ("s_login", login),
                        ("s_pw", "pw%20+&="),
                        ("s_command", &command),
                    ]);
                    let request = door::Request::read(form.unwrap().as_bytes());
                    let answer = door::answer(&mut desk.registry.at_now(), &request, desk.clock.now());
                    prop_assert!(matches!(answer.code(), 200..=555), "{command}: {answer}");
                }
            }
            let state = desk.registry.at_now();
            let now = desk.clock.now();
            for account in state.accounts.values() {
                prop_assert!(account.balance.minor >= 0);
            }
            for domain in state.domains.values() {
                prop_assert!(!state.deleted.contains_key(&domain.name));
                prop_assert!(domain.next_due().is_none_or(|due| due > now), "{domain:?}");
                prop_assert!(domain.paid_until >= domain.expiration);
                let asked = state.running_transfer(&domain.name, crate::state::Direction::Outgoing);
                prop_assert_eq!(domain.leaving, asked.is_some());
            }
        }
    }
}
