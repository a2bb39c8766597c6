//! What waits for a person, and what the person can do.

use serde_json::json;
use wharf_core::Clock;
use wharf_services::{ReviewError, ServiceId, State};
use wharf_store::journal::State as EffectState;
use wharf_store::testing::TestDb;

use crate::harness::{Host, connector, daemon_with, eventually, patience};
use crate::supplier::{Fault, Supplier};

fn id() -> ServiceId {
    ServiceId {
        site: "main".to_owned(),
        service: 17,
    }
}

/// A connector that cannot ask whether a licence was made.
fn blind() -> tempfile::TempDir {
    connector(|text| {
        text.replace(
            "find = { path = \"/services/{{ service.id }}/licences\", list = \"$.data\" }\n",
            "",
        )
    })
}

#[tokio::test]
async fn what_cannot_be_found_out_is_held_and_can_be_marked_as_done() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let folder = blind();
        let daemon = daemon_with(
            &db,
            &Clock::system(),
            &supplier,
            patience(),
            Some(folder.path()),
        )
        .await;
        supplier.fault("POST /services/{id}/licences", Fault::CutAfterCommit, 1);
        let answer = daemon.result("CreateAccount", 17).await;
        assert!(
            answer.contains("cannot be asked whether it happened"),
            "{answer}"
        );
        assert_eq!(supplier.count("POST /services/{id}/licences"), 1);
        let story = daemon.services.story(&id()).await.unwrap().unwrap();
        assert!(story.summary.trouble.unwrap().contains("create:"));
        let held = story
            .effects
            .iter()
            .filter(|effect| effect.state == EffectState::Held);
        assert_eq!(
            held.count(),
            2,
            "the step and the whole: {:?}",
            story.effects
        );
        assert!(story.calls.iter().any(|call| call.step == "licence"));

        let services = &daemon.services;
        let blank = services.mark_done(&id(), " ", "ann").await;
        assert!(matches!(blank, Err(ReviewError::NoReason)));
        services
            .mark_done(&id(), "seen on the supplier's page", "ann")
            .await
            .unwrap();
        let story = services.story(&id()).await.unwrap().unwrap();
        assert_eq!(
            (story.summary.state, story.summary.trouble),
            (State::Active, None)
        );
        assert!(
            story
                .calls
                .iter()
                .any(|call| call.request.contains("ann marked it as done: seen"))
        );
        assert_eq!(daemon.result("CreateAccount", 17).await, "success");
        assert_eq!(supplier.count("POST /services/{id}/licences"), 1);
        let nothing = services.mark_done(&id(), "again", "ann").await;
        assert!(matches!(nothing, Err(ReviewError::Nothing)));
    }
}

#[tokio::test]
async fn what_was_refused_can_be_tried_again_from_here() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let daemon = daemon_with(&db, &Clock::system(), &supplier, patience(), None).await;
    let no = "{\"message\":\"The account is in arrears.\"}";
    supplier.fault("POST /services", Fault::Says(402, no), 1);
    assert_eq!(
        daemon.result("CreateAccount", 17).await,
        "SiteShield: The account is in arrears."
    );
    assert_eq!(daemon.services.list(None, true, 5).await.unwrap().len(), 1);
    assert_eq!(daemon.services.try_again(&id()).await.unwrap(), "done");
    assert_eq!(daemon.services.list(None, true, 5).await.unwrap().len(), 0);
    assert_eq!(supplier.counts(), (1, 1, 1));
    let nothing = daemon.services.try_again(&id()).await;
    assert!(matches!(nothing, Err(ReviewError::Nothing)));
}

#[tokio::test]
async fn a_connector_that_is_mended_settles_what_was_held() {
    let db = TestDb::sqlite();
    let supplier = Supplier::start().await;
    let folder = blind();
    let clock = Clock::system();
    {
        let daemon = daemon_with(&db, &clock, &supplier, patience(), Some(folder.path())).await;
        supplier.fault("POST /services/{id}/licences", Fault::CutAfterCommit, 1);
        daemon.result("CreateAccount", 17).await;
    }
    let daemon = daemon_with(&db, &clock, &supplier, patience(), None).await;
    eventually("it is settled", async || {
        daemon.services.settle_now(&id()).await.unwrap() == "done"
    })
    .await;
    let answer = daemon.call("CreateAccount", 17).await.value;
    assert_eq!(
        (
            answer["result"].as_str(),
            &answer["properties"]["License Key"]
        ),
        (Some("success"), &json!("SSHD-0000-0000-0000-0001"))
    );
    assert_eq!(supplier.count("POST /services/{id}/licences"), 1);
}

#[tokio::test]
async fn what_a_person_decided_is_told_to_whmcs_at_once_and_asked_of_nobody() {
    for db in TestDb::each().await {
        let supplier = Supplier::start().await;
        let daemon = daemon_with(&db, &Clock::system(), &supplier, patience(), None).await;
        let host = Host::start(&daemon, "Pending").await;
        let (services, jobs) = (&daemon.services, daemon.store.jobs());
        let no = "{\"message\":\"The account is in arrears.\"}";
        supplier.fault("POST /services", Fault::Says(402, no), 1);
        daemon.result("CreateAccount", 17).await;
        assert_eq!(services.try_again(&id()).await.unwrap(), "done");
        jobs.work_due().await.unwrap();
        assert_eq!(host.told(), ["ModuleCreate"]);

        supplier.fault("POST /services/{id}/suspend", Fault::Says(402, no), 1);
        daemon.result("SuspendAccount", 17).await;
        services
            .mark_done(&id(), "seen there", "ann")
            .await
            .unwrap();
        let before = supplier.calls();
        // As WHMCS runs it when it is told.
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(supplier.calls(), before, "the supplier is not asked");
        jobs.work_due().await.unwrap();
        assert_eq!(host.told(), ["ModuleCreate", "ModuleSuspend"]);
        // Anybody else's call goes to the supplier, as ever.
        assert_eq!(daemon.result("SuspendAccount", 17).await, "success");
        assert_eq!(supplier.calls(), before + 1);
    }
}
