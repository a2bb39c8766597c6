//! The stories about provisioned services, each in a sandbox of its own. They prove their outcomes from the supplier's own
//! records; here they only have to come to their end.

use serde_json::Value;
use wharf_tests::{last_word, wharf};

fn ends(story: &str) {
    let mut command = wharf();
    command.args(["story", story, "--fresh", "--json"]);
    let ending = last_word(command);
    let found = ending.get("outcome").and_then(Value::as_str);
    assert_eq!(found, Some("proved"), "{ending}");
}

#[test]
fn a_service_lives_from_its_order_to_its_end() {
    ends("service-life");
}

#[test]
fn a_database_of_a_broker_lives_from_its_order_to_its_end() {
    ends("service-broker");
}

#[test]
fn whatever_goes_wrong_nothing_is_made_twice_or_left_behind() {
    ends("service-trouble");
}
