//! The stories about domains, each in a sandbox of its own. They prove their outcomes from the far side; here they
//! only have to come to their end, with and without lost answers.

use serde_json::Value;
use wharf_tests::{last_word, wharf};

fn ends(story: &str, outcome: &str, faults: &[&str]) {
    let mut command = wharf();
    command.args(["story", story, "--fresh", "--json"]);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let ending = last_word(command);
    let found = ending.get("outcome").and_then(Value::as_str);
    assert_eq!(found, Some(outcome), "{ending}");
}

#[test]
fn a_domain_lives_is_restored_and_leaves() {
    ends("domain-life", "transferred away", &[]);
}

#[test]
fn a_domain_lives_once_whatever_answers_are_lost() {
    let faults = [
        "registry:cut-after-commit:AddDomain",
        "registry:cut-after-commit:RenewDomain",
        "registry:cut-after-commit:RestoreDomain",
        "registry:garble:TransferDomain",
    ];
    ends("domain-life", "transferred away", &faults);
}

#[test]
fn transfers_in_come_to_each_end() {
    ends("transfer-in", "transferred", &[]);
}

#[test]
fn transfers_in_are_asked_for_once() {
    let faults = [
        "registry:cut-after-commit:TransferDomain:3",
        "registry:cut-after-commit:ModifyDomain",
    ];
    ends("transfer-in", "transferred", &faults);
}

#[test]
fn an_outage_is_survived_and_caught_up_on() {
    ends("outage", "caught up", &[]);
}

#[test]
fn applications_are_followed_to_their_end() {
    ends("swiss", "granted", &[]);
    ends(
        "swiss",
        "granted",
        &["registry:cut-after-commit:AddDomainApplication:2"],
    );
}

#[test]
fn each_extension_gets_its_own_letters() {
    ends("idn", "registered", &[]);
}

#[test]
fn premium_names_are_sold_at_their_price_or_not_at_all() {
    ends("premium", "sold at its price", &[]);
}

#[test]
fn what_nobody_pays_for_is_off_the_net_until_somebody_does() {
    ends("suspension", "back on the net", &[]);
    let faults = ["registry:cut-after-commit:ModifyDomain:2"];
    ends("suspension", "back on the net", &faults);
}
