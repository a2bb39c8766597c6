//! Real php-fpm, real modules of the test data.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::*;

struct House {
    folder: tempfile::TempDir,
    php: Php,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let php = start(folder.path(), SYSTEM_URL).await;
        Self { folder, php }
    }

    async fn call(
        &self,
        kind: ModuleKind,
        module: &str,
        function: &str,
        params: Value,
    ) -> PhpAnswer {
        let call = PhpCall {
            kind,
            module: module.to_owned(),
            function: function.to_owned(),
            params: params.as_object().unwrap().clone(),
            page: "viewinvoice.php".to_owned(),
            session: Session::default(),
        };
        self.php.call(call).await.unwrap()
    }

    async fn registrar(&self, function: &str, params: Value) -> PhpAnswer {
        self.call(ModuleKind::Registrar, "acme", function, params)
            .await
    }

    async fn server(&self, function: &str) -> PhpAnswer {
        self.call(
            ModuleKind::Server,
            "acme",
            function,
            json!({"serviceid": 5, "userid": 1}),
        )
        .await
    }

    /// Adds a file to the root and answers the module's name.
    fn php_file(&self, path: &str, text: &str) -> String {
        let file = self.folder.path().join("root").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file.file_stem().unwrap().to_string_lossy().into_owned()
    }

    fn rows(&self, query: &str) -> String {
        sql(&self.folder.path().join("host.sqlite"), query)
    }
}

/// A laid out root with the test data in `folder`, and php-fpm on it.
async fn start(folder: &Path, system_url: &str) -> Php {
    let root = folder.join("root");
    let database = folder.join("host.sqlite");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/php/testdata");
    sql(
        &database,
        &fs::read_to_string(data.join("tables.sql")).unwrap(),
    );
    Php::lay_out_root(&root, &database, "a long hash", system_url).unwrap();
    for kind in ["registrars", "servers", "gateways", "addons"] {
        copy(&data.join(kind), &root.join("modules").join(kind));
    }
    copy(&data.join("hooks"), &root.join("includes/hooks"));
    Php::start(PhpOptions {
        root,
        run_dir: folder.join("run"),
        database,
        system_url: system_url.to_owned(),
        fpm: PathBuf::from("php-fpm8.2"),
        workers: 10,
        encryption_key: "a long hash".to_owned(),
        internal_key: "internal".to_owned(),
    })
    .await
    .unwrap()
}

/// Through the command line tool, so that the proof does not come from the code under test.
fn sql(database: &Path, text: &str) -> String {
    let output = Command::new("sqlite3")
        .arg("-bail")
        .arg(database)
        .arg(text)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn server_call(function: &str, params: Value) -> PhpCall {
    PhpCall {
        kind: ModuleKind::Server,
        module: "acme".to_owned(),
        function: function.to_owned(),
        params: params.as_object().unwrap().clone(),
        page: String::new(),
        session: Session::default(),
    }
}

/// Processes whose command line or environment names a path.
fn processes_naming(path: &Path) -> usize {
    let path = path.to_string_lossy().into_owned();
    let names = |file: PathBuf| {
        fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&path))
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter(|entry| names(entry.path().join("cmdline")) || names(entry.path().join("environ")))
        .count()
}

const SYSTEM_URL: &str = "http://127.0.0.1:1/";

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
async fn a_call_that_dies_says_where() {
    let house = House::new().await;
    let domain = json!({"sld": "broken", "tld": "com"});
    let thrown = house.registrar("RegisterDomain", domain.clone()).await;
    assert!(thrown.exists && thrown.value.is_null());
    insta::assert_json_snapshot!(thrown.failure, @r#"
    {
      "class": "RuntimeException",
      "message": "The far side is gone",
      "file": "modules/registrars/acme/acme.php",
      "line": 34
    }
    "#);
    let undefined = house.registrar("Sync", domain.clone()).await;
    insta::assert_json_snapshot!(undefined.failure, @r#"
    {
      "class": "Error",
      "message": "Call to undefined function acme_no_such_function()",
      "file": "modules/registrars/acme/acme.php",
      "line": 78
    }
    "#);
    let unknown_class = house.registrar("SaveDNS", domain.clone()).await;
    insta::assert_json_snapshot!(unknown_class.failure.unwrap().message, @r#""Class \"WHMCS\\Nothing\\Here\" not found. This host does not provide WHMCS\\Nothing\\Here.""#);

    let broken = house.php_file(
        "modules/registrars/half/half.php",
        "<?php\n\nfunction half_Sync( {",
    );
    let parse = house
        .call(ModuleKind::Registrar, &broken, "Sync", domain.clone())
        .await
        .failure
        .unwrap();
    assert_eq!(
        (parse.class.as_str(), parse.file.as_str(), parse.line),
        ("ParseError", "modules/registrars/half/half.php", 3)
    );

    let twice = "<?php\nfunction twice_Sync() {}\nfunction twice_Sync() {}\n";
    let twice = house.php_file("modules/registrars/twice/twice.php", twice);
    let fatal = house
        .call(ModuleKind::Registrar, &twice, "Sync", domain.clone())
        .await
        .failure
        .unwrap();
    assert_eq!(
        (fatal.class.as_str(), fatal.file.as_str(), fatal.line),
        ("FatalError", "modules/registrars/twice/twice.php", 3)
    );

    let absent = house
        .call(ModuleKind::Registrar, "nobody", "Sync", domain.clone())
        .await;
    assert_eq!(
        absent.failure.unwrap().message,
        "The registrar module \"nobody\" has no file modules/registrars/nobody/nobody.php"
    );
    let missing = house.registrar("RenewDomain", domain).await;
    assert_eq!((missing.exists, missing.failure), (false, None));
}

#[tokio::test]
async fn exit_in_a_module_ends_its_request_only() {
    let house = House::new().await;
    let left = house.server("Leave").await;
    assert_eq!(
        (left.exited, left.output.as_str(), left.failure),
        (true, "goodbye", None)
    );
    let left = house.server("LeaveUnbuffered").await;
    assert!(left.exited);
    assert_eq!(left.output, "straight out");
    assert!(left.headers.contains(&(
        "Location".to_owned(),
        "https://example.net/login".to_owned()
    )));
    assert_eq!(
        house.server("MetaData").await.value["DisplayName"],
        "Acme Services"
    );
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
async fn service_properties_go_to_columns_or_to_custom_fields() {
    let house = House::new().await;
    let made = house.server("CreateAccount").await;
    assert_eq!(made.value, "success", "{made:?}");
    assert_eq!(house.rows("SELECT username FROM tblhosting"), "acme-1");
    assert_eq!(
        house.rows("SELECT f.fieldname, f.type, f.relid, v.value FROM tblcustomfields f JOIN tblcustomfieldsvalues v ON v.fieldid = f.id"),
        "License Key|product|7|CCCC-DDDD"
    );
    assert!(
        !house
            .rows("SELECT password FROM tblhosting")
            .contains("s3cret")
    );
    insta::assert_json_snapshot!(house.server("ReadBack").await.value, @r#"
    {
      "username": "acme-1",
      "password": "s3cret",
      "licence": "CCCC-DDDD",
      "nothing": "",
      "client": "Mona Ali",
      "product": "Acme Pro"
    }
    "#);
    assert_eq!(
        house.rows("SELECT userid, description FROM tblactivitylog"),
        "1|Service 5 of client 1 made"
    );
    let log = house.rows("SELECT module, action, request, response, arrdata FROM tblmodulelog");
    insta::assert_snapshot!(log, @r#"
    acme|create|Array
    (
        [key] => ********
    )
    |{"key":"********"}|k=********
    "#);
}

#[tokio::test]
async fn capsule_is_upstreams_and_speaks_some_mysql() {
    let house = House::new().await;
    let answer = house.server("Capsules").await;
    assert_eq!(answer.failure, None);
    insta::assert_json_snapshot!(answer.value, @r#"
    {
      "same": true,
      "tables": 2,
      "row": {
        "id": 1,
        "kind": "b",
        "note": "n"
      },
      "sql": {
        "joined": "a1b",
        "day": "02/01/2030 03:04",
        "before_day": "2030-02-28",
        "place": 2,
        "filled": "x"
      },
      "legacy": "Mona",
      "rolled": 0,
      "price": "100.00 EGP",
      "secret": "zür"
    }
    "#);
}

#[tokio::test]
async fn local_api_inside_a_transaction_is_refused_at_once() {
    let house = House::new().await;
    let answer = house.server("TerminateAccount").await;
    assert_eq!(
        answer.value,
        "localAPI('GetClientsDetails') was called inside an open database transaction; commit it first"
    );
}

#[tokio::test]
async fn local_api_asks_the_host_which_may_call_modules_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/billing/", listener.local_addr().unwrap());
    let php = start(folder.path(), &url).await;
    let inner = php.clone();
    let answer = async move |headers: axum::http::HeaderMap,
                             axum::Json(body): axum::Json<Value>| {
        assert_eq!(headers["x-internal-key"], "internal");
        let call = server_call("MetaData", json!({}));
        let name = inner.value(call).await.unwrap()["DisplayName"].clone();
        axum::Json(json!({"result": "success", "asked": body, "nested": name}))
    };
    let router =
        axum::Router::new().route("/billing/_internal/localapi", axum::routing::post(answer));
    tokio::spawn(async { axum::serve(listener, router).await });

    let value = php
        .value(server_call("AskHost", json!({"serviceid": 5})))
        .await
        .unwrap();
    insta::assert_json_snapshot!(value, @r#"
    {
      "result": "success",
      "asked": {
        "action": "GetClientsDetails",
        "values": {
          "clientid": 1,
          "list": [],
          "model": {
            "__class": "WHMCS\\Service\\Service",
            "id": 5,
            "userid": 1,
            "orderid": 3,
            "packageid": 7,
            "server": 0,
            "domain": "mona.example",
            "domainstatus": "Pending",
            "username": "",
            "password": ""
          }
        },
        "admin": "admin"
      },
      "nested": "Acme Services"
    }
    "#);
}

#[tokio::test]
async fn a_function_may_read_what_the_visitor_sent_to_the_page() {
    let house = House::new().await;
    let request = json!({"_request": {"query": {"id": "5"}, "post": {"modulefields": ["x"]}, "ip": "192.0.2.1"}});
    let answer = house
        .call(ModuleKind::Server, "acme", "ReadRequest", request)
        .await;
    assert_eq!(
        answer.value,
        json!({"method": "POST", "post": {"modulefields": ["x"]}, "request": "5", "ip": "192.0.2.1", "params": ["whmcsVersion", "moduletype"]})
    );
}

#[tokio::test]
async fn actions_and_metrics_are_asked_inside_the_call() {
    let house = House::new().await;
    assert_eq!(
        house.server("CustomActions").await.value["value"][0]["identifier"],
        "open"
    );
    let invoke = json!({"_invoke": "open"});
    let opened = house
        .call(ModuleKind::Server, "acme", "CustomActions", invoke)
        .await;
    assert_eq!(
        opened.value,
        json!({"success": true, "redirectTo": "https://example.net/7"})
    );
    assert_eq!(
        house.server("MetricProvider").await.value[0]["units"],
        "Gigabytes"
    );
    let usage = json!({"_tenant": "four"});
    let usage = house
        .call(ModuleKind::Server, "acme", "MetricProvider", usage)
        .await;
    assert_eq!(usage.value[0]["usage"], 4);
}

#[tokio::test]
async fn templates_are_rendered() {
    let house = House::new().await;
    let answer = house.server("ClientArea").await;
    assert_eq!(answer.failure, None);
    assert_eq!(answer.value["placement"], "append");
    insta::assert_snapshot!(answer.value["html"].as_str().unwrap(), @r#"
    <p>&lt;b&gt;Pro&lt;/b&gt; <b>Pro</b> One, Two #5</p>
    <p>some.text /index.php?rp=/store/order/a%20b hi! Acme & Co</p>
    "#);
    let params = json!({"amount": "12.50"});
    let link = house
        .call(ModuleKind::Gateway, "acmepay", "link", params)
        .await;
    assert_eq!(
        link.value,
        "<form>viewinvoice.php 12.50 http://127.0.0.1:1/</form>"
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

#[tokio::test]
async fn a_callback_script_sees_the_hosts_session_and_the_visitors_request() {
    let house = House::new().await;
    let request = ScriptRequest {
        script: "modules/gateways/callback/acmepay.php".to_owned(),
        method: "POST".to_owned(),
        query: "do=pay&x[]=1".to_owned(),
        headers: [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Cookie", "a=1; PHPSESSID=other"),
            ("Host-Session", "{\"uid\":99}"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        body: b"amount=10".to_vec(),
        remote_addr: "192.0.2.7".to_owned(),
        session: Session {
            uid: Some(1),
            token: "tok".to_owned(),
            id: "visitor".to_owned(),
            ..Session::default()
        },
    };
    let inactive = house.php.script(request.clone()).await.unwrap();
    assert_eq!(
        String::from_utf8(inactive.body).unwrap(),
        "Module Not Activated"
    );
    house.rows("INSERT INTO tblpaymentgateways (gateway, setting, value) VALUES ('acmepay', 'name', 'Acme Pay'), ('acmepay', 'type', 'Invoices'), ('acmepay', 'secret', 'plain')");

    house.php.script(request.clone()).await.unwrap();
    let answer = house.php.script(request.clone()).await.unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(
        answer
            .headers
            .contains(&("X-Gateway".to_owned(), "Acme Pay".to_owned()))
    );
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    insta::assert_json_snapshot!(body, @r#"
    {
      "secret": "plain",
      "method": "POST",
      "post": {
        "amount": "10"
      },
      "query": {
        "do": "pay",
        "x": [
          "1"
        ]
      },
      "cookie": {
        "a": "1",
        "PHPSESSID": "other"
      },
      "uid": 1,
      "token": "tok",
      "visits": 2,
      "script": "/modules/gateways/callback/acmepay.php",
      "ip": "192.0.2.7",
      "leaked": []
    }
    "#);

    let ask = |question: &str| ScriptRequest {
        query: question.to_owned(),
        ..request.clone()
    };
    let gone = house.php.script(ask("do=unknown-invoice")).await.unwrap();
    assert_eq!((gone.status, gone.body.as_slice()), (200, &b""[..]));
    assert_eq!(
        house.rows("SELECT gateway, result FROM tblgatewaylog"),
        "Acme Pay|Invoice ID Not Found"
    );

    let dead = house.php.script(ask("do=fatal")).await.unwrap();
    assert_eq!(dead.status, 500);
    let text = String::from_utf8(dead.body).unwrap();
    assert!(
        text.contains("acmepay_undefined()")
            && text.contains("modules/gateways/callback/acmepay.php:12"),
        "{text}"
    );
    assert!(dead.log.contains("acmepay_undefined"), "{}", dead.log);

    let runner = ScriptRequest {
        script: "runtime/runner.php".to_owned(),
        ..request
    };
    assert!(matches!(
        house.php.script(runner).await,
        Err(PhpError::NoScript(_))
    ));
}

#[tokio::test]
async fn many_calls_at_once_share_the_workers() {
    let house = House::new().await;
    let calls = (0..50).map(|number| {
        let params = json!({"sld": format!("name{number}"), "tld": "com", "Login": "me"});
        let params = params.as_object().unwrap().clone();
        let php = house.php.clone();
        tokio::spawn(async move {
            let call = PhpCall {
                kind: ModuleKind::Registrar,
                module: "acme".to_owned(),
                function: "RegisterDomain".to_owned(),
                params,
                page: String::new(),
                session: Session::default(),
            };
            php.value(call).await.unwrap()["name"].clone()
        })
    });
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), format!("name{number}.com"));
    }
    assert_eq!(house.rows("SELECT COUNT(*) FROM tblactivitylog"), "50");
}

#[tokio::test]
async fn stopping_ends_every_process() {
    let house = House::new().await;
    let running = || processes_naming(&house.folder.path().join("run"));
    assert!(running() >= 1);
    house.php.stop().await;
    assert_eq!(running(), 0);
    let call = house.php.script(ScriptRequest {
        script: "modules/gateways/callback/acmepay.php".to_owned(),
        ..ScriptRequest::default()
    });
    assert!(call.await.is_err());
}

#[tokio::test]
async fn killing_the_host_outright_leaves_no_php_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "php::tests::hold_php_for_another_test",
            "--ignored",
        ])
        .env("HOLD_PHP_IN", folder.path())
        .spawn()
        .unwrap();
    let run_dir = folder.path().join("run");
    until(|| run_dir.join("held").exists()).await;
    assert!(processes_naming(&run_dir) >= 1);
    host.kill().unwrap();
    host.wait().unwrap();
    until(|| processes_naming(&run_dir) == 0).await;
}

#[tokio::test]
#[ignore = "only another test runs it, to kill it"]
async fn hold_php_for_another_test() {
    let folder = PathBuf::from(std::env::var_os("HOLD_PHP_IN").unwrap());
    let php = start(&folder, SYSTEM_URL).await;
    fs::write(folder.join("run/held"), "").unwrap();
    std::future::pending::<()>().await;
    drop(php);
}

async fn until(mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(10));
    while !condition() {
        assert!(
            std::time::Instant::now() < deadline,
            "it did not come to pass"
        );
        beat.tick().await;
    }
}
