//! The smaller lists of the API: contacts, mail, addons, locks.

use crate::api::{CLIENT, message};
use crate::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_mail_and_locks_answer_as_documented() {
    let world = World::start().await;
    let client = world.api("AddClient", CLIENT).await["clientid"].to_string();
    let nobody = world
        .api("AddContact", &[("clientid", "99"), ("email", "x@y.test")])
        .await;
    assert_eq!(message(&nobody), "Client ID Not Found");

    let fields = [
        ("clientid", client.as_str()),
        ("firstname", "Omar"),
        ("email", "omar@example.test"),
        ("email_preferences[domain]", "1"),
    ];
    let contact = world.api("AddContact", &fields).await["contactid"].to_string();
    let changed = [("contactid", contact.as_str()), ("city", "Luxor")];
    assert_eq!(
        world.api("UpdateContact", &changed).await["result"],
        "success"
    );
    let found = world.api("GetContacts", &[("userid", &client)]).await;
    let row = &found["contacts"]["contact"][0];
    assert_eq!(
        (&row["firstname"], &row["city"], &row["domainemails"]),
        (&"Omar".into(), &"Luxor".into(), &1.into()),
        "{found}"
    );
    world.api("DeleteContact", &[("contactid", &contact)]).await;
    let left = world.api("GetContacts", &[("userid", &client)]).await;
    assert_eq!(left["totalresults"], 0);

    let mail = [
        ("id", client.as_str()),
        ("customtype", "general"),
        ("customsubject", "Hello there"),
        ("custommessage", "Text"),
    ];
    world.api("SendEmail", &mail).await;
    let mails = world
        .api("GetEmails", &[("clientid", &client), ("subject", "lo the")])
        .await;
    assert_eq!(mails["emails"]["email"][0]["subject"], "Hello there");
    let addons = world
        .api("GetClientsAddons", &[("clientid", &client)])
        .await;
    assert_eq!(addons["totalresults"], 0);
    let lock = world
        .api("DomainGetLockingStatus", &[("domainid", "99")])
        .await;
    assert_eq!(message(&lock), "Domain ID Not Found");

    // WHMCS repeats the client's number as the text that it was sent, and formats sums of statistics.
    let updated = [("clientid", client.as_str()), ("city", "Giza")];
    assert_eq!(
        world.api("UpdateClient", &updated).await["clientid"],
        client.as_str()
    );
    let details = [("clientid", client.as_str()), ("stats", "1")];
    let stats = world.api("GetClientsDetails", &details).await;
    assert_eq!(stats["stats"]["creditbalance"], "$0.00 USD");
}
