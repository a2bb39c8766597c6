//! Registrar calls, hooks, and the list of modules.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn a_registrar_gets_objects_and_every_call_is_a_fresh_request() {
    let house = House::new().await;
    let params =
        json!({"domainid": 1, "sld": "mona", "tld": "co.uk", "regperiod": 1, "Login": "me"});
    for _ in 0..2 {
        let answer = house.registrar("RegisterDomain", params.clone()).await;
        assert!(answer.exists);
        assert_eq!(
            answer.value,
            json!({"success": true, "calls": 1, "object": "WHMCS\\Domains\\Domain", "name": "mona.co.uk",
                "original": ".co.uk", "login": "me"}),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn results_come_out_as_the_documented_shapes() {
    let house = House::new().await;
    let params = json!({"searchTerm": "mona", "tldsToInclude": [".com", ".net", ".xyz", ".zz"]});
    let answer = house.registrar("CheckAvailability", params).await;
    insta::assert_json_snapshot!(answer.value, @r#"
    {
      "__class": "WHMCS\\Domains\\DomainLookup\\ResultsList",
      "items": [
        {
          "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult",
          "sld": "mona",
          "tld": "com",
          "status": "available",
          "score": 1.0,
          "premium": true,
          "pricing": {
            "register": "99.50",
            "renew": "12.00",
            "CurrencyCode": "USD"
          }
        },
        {
          "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult",
          "sld": "mona",
          "tld": "net",
          "status": "registered",
          "score": 1.0,
          "premium": false,
          "pricing": null
        },
        {
          "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult",
          "sld": "mona",
          "tld": "xyz",
          "status": "unsupported",
          "score": 1.0,
          "premium": false,
          "pricing": null
        },
        {
          "__class": "WHMCS\\Domains\\DomainLookup\\SearchResult",
          "sld": "mona",
          "tld": "zz",
          "status": "unknown",
          "score": 1.0,
          "premium": false,
          "pricing": null
        }
      ]
    }
    "#);
    let answer = house
        .registrar("getdomaininformation", json!({"sld": "mona", "tld": "com"}))
        .await;
    insta::assert_json_snapshot!(answer.value, @r#"
    {
      "__class": "WHMCS\\Domain\\Registrar\\Domain",
      "domain": "mona.com",
      "nameservers": {
        "ns1": "ns1.example.net",
        "ns2": "ns2.example.net"
      },
      "registrationStatus": "Active",
      "transferLock": true,
      "transferLockExpiryDate": null,
      "expiryDate": "2031-02-03",
      "restorable": null,
      "idProtectionStatus": null,
      "dnsManagementStatus": null,
      "emailForwardingStatus": null,
      "isIrtpEnabled": null,
      "irtpOptOutStatus": null,
      "irtpTransferLock": null,
      "irtpTransferLockExpiryDate": null,
      "domainContactChangePending": null,
      "pendingSuspension": null,
      "domainContactChangeExpiryDate": null,
      "registrantEmailAddress": null,
      "irtpVerificationTriggerFields": null
    }
    "#);
    let answer = house.server("OddValues").await;
    insta::assert_json_snapshot!(answer.value, @r#"
    {
      "float": 1.0,
      "infinite": {
        "__unencodable": "the number INF"
      },
      "binary": {
        "__unencodable": "text that is not UTF-8",
        "base64": "//4="
      },
      "closure": {
        "__unencodable": "a closure of acme.php:78"
      },
      "resource": {
        "__unencodable": "a resource of type stream"
      },
      "date": {
        "__class": "DateTimeImmutable",
        "date": "2030-01-02",
        "time": "2030-01-02T03:04:05+00:00"
      },
      "list": {
        "__class": "ArrayIterator",
        "items": [
          1,
          2
        ]
      },
      "empty": {}
    }
    "#);
}

#[tokio::test]
async fn hooks_run_around_a_call_and_may_stop_it() {
    let house = House::new().await;
    let register = async |name: &str| {
        house
            .registrar("RegisterDomain", json!({"sld": name, "tld": "com"}))
            .await
            .value
    };
    assert_eq!(
        register("forbidden").await,
        json!({"error": "Not this name"})
    );
    assert_eq!(register("pretend").await, json!({"success": true}));
    assert_eq!(
        register("taken").await,
        json!({"error": "The name is taken"})
    );
    assert_eq!(
        house.rows("SELECT group_concat(description, '; ') FROM tblactivitylog"),
        "register failed; because: Not this name; register went well; register failed; because: The name is taken"
    );
    let params = json!({"serviceid": 5, "domain": "stop.example"});
    let stopped = house
        .call(ModuleKind::Server, "acme", "CreateAccount", params)
        .await;
    assert_eq!(stopped.value, "Stopped by a PreModuleCreate hook");
    assert_eq!(house.server("SuspendAccount").await.value, "Not now");
    assert!(
        house
            .rows("SELECT description FROM tblactivitylog")
            .ends_with("suspend failed: Not now")
    );

    let vars = json!({"point": "ClientAreaHeadOutput", "vars": {"pagetitle": "Shop"}});
    let heads = house.call(ModuleKind::Addon, "", "__hook", vars).await;
    assert_eq!(heads.value, json!(["first", "second Shop"]), "{heads:?}");
    let said = house.rows("SELECT description FROM tblactivitylog ORDER BY id DESC LIMIT 1");
    assert_eq!(
        said,
        "Hook ClientAreaHeadOutput failed: a hook that breaks (acme.php:33)"
    );
}

#[tokio::test]
async fn modules_are_found_and_described_each_for_itself() {
    let house = House::new().await;
    for kind in ModuleKind::ALL {
        let found = house.call(kind, "", "__modules", json!({})).await;
        assert_eq!(found.value.as_array().unwrap().len(), 1, "{found:?}");
        assert_eq!(found.value[0]["error"], Value::Null);
    }
    let found = house
        .call(ModuleKind::Registrar, "", "__modules", json!({}))
        .await;
    insta::assert_json_snapshot!(found.value[0]["config"]["Login"], @r#"
    {
      "Type": "text",
      "Size": "25"
    }
    "#);
    let functions = house
        .call(ModuleKind::Gateway, "acmepay", "__functions", json!({}))
        .await;
    assert_eq!(functions.value, json!(["config", "link"]));
    let output = house
        .call(ModuleKind::Addon, "acme", "output", json!({}))
        .await;
    assert_eq!(output.output, "Hello from index.php?m=acme", "{output:?}");
}
