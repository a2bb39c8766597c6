//! `wharf host` runs anybody's modules: those in `independent/modules` are written as public ones are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wharf_tests::lone_host::{Browser, LoneHost};
use wharf_tests::wharf;

fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("independent/modules")
}

fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// A shop with every module switched on, as staff does it.
async fn open_shop(host: &LoneHost) -> Browser {
    let staff = host.staff().await;
    let gateway = [
        ("field[merchant]", "M1"),
        ("field[signingkey]", "till-secret"),
        ("field[testmode]", "on"),
    ];
    staff
        .send("admin/modules/gateway/tillpay", "module-settings", &gateway)
        .await
        .has("The settings were saved");
    let refused = staff
        .send(
            "admin/modules/registrar/namekeep",
            "module-settings",
            &[("field[ApiKey]", "keep-secret")],
        )
        .await;
    refused.has("ApiUser is empty");
    let registrar = [
        ("field[ApiUser]", "reseller"),
        ("field[ApiKey]", "keep-secret"),
    ];
    staff
        .send(
            "admin/modules/registrar/namekeep",
            "module-settings",
            &registrar,
        )
        .await
        .has("The settings were saved");
    staff
        .send("admin/modules/registrar/namekeep", "use-registrar", &[])
        .await
        .has("registers every extension");
    let server = [
        ("name", "Lane 1"),
        ("module", "boxlane"),
        ("hostname", "lane.example"),
        ("username", "root"),
        ("password", "lane-secret"),
    ];
    staff
        .send("admin/servers", "add-server", &server)
        .await
        .has("The server was added");
    staff
        .send("admin/servers", "test-connection-1", &[])
        .await
        .has("the connection works");
    let product = [
        ("name", "Box"),
        ("price", "12.50"),
        ("cycle", "monthly"),
        ("server", "Lane 1"),
        ("domain", "on"),
        ("customfields", "Region"),
        ("option[Plan]", "large"),
        ("option[Disk]", "40"),
    ];
    staff
        .send("admin/modules/server/boxlane", "add-product", &product)
        .await
        .has("is on sale");
    staff
}

/// Orders a domain and a box for it as a new customer; the invoice's number.
async fn order(customer: &Browser, domain: &str, region: &str) -> String {
    let search = format!("cart.php?a=add&domain=register&query={domain}");
    let add = format!("add-domain-{}", domain.replace('.', "-"));
    customer.send(&search, &add, &[("regperiod", "2")]).await;
    let product = customer.get("cart.php?a=add&pid=1").await;
    let region_field = product.between("name=\"customfield[", "]").to_owned();
    let region_field = format!("customfield[{region_field}]");
    let fields = [
        ("billingcycle", "monthly"),
        ("domainname", domain),
        (&region_field, region),
    ];
    customer
        .send_from(&product, "id=\"add-product\"", &fields)
        .await;
    let person = [
        ("custtype", "new"),
        ("firstname", "Mona"),
        ("lastname", "Farid"),
        ("email", "mona@example.test"),
        ("phonenumber", "01012345678"),
        ("address1", "1 Tahrir Sq"),
        ("city", "Cairo"),
        ("state", "Cairo"),
        ("postcode", "11511"),
        ("country", "EG"),
        ("password", "hunter22"),
        ("password2", "hunter22"),
        ("paymentmethod", "tillpay"),
        ("accepttos", "on"),
    ];
    let placed = customer
        .send("cart.php?a=checkout", "checkout", &person)
        .await;
    assert!(placed.address.contains("viewinvoice.php?id="), "{placed:?}");
    placed.address.rsplit('=').next().unwrap().to_owned()
}

/// What the provider would send to the callback.
async fn pay(
    host: &LoneHost,
    invoice: &str,
    transaction: &str,
    amount: &str,
    sign: &str,
) -> (u16, String) {
    let fields = [
        ("x_invoice", invoice),
        ("x_transaction", transaction),
        ("x_amount", amount),
        ("x_fee", "0.30"),
        ("x_sign", sign),
    ];
    let answer = wharf_tests::client()
        .post(format!(
            "{}/modules/gateways/callback/tillpay.php",
            host.url
        ))
        .form(&fields);
    let answer = answer.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The provider's signature, by the PHP that checks it.
fn sign(invoice: &str, transaction: &str, amount: &str) -> String {
    let code = "echo hash_hmac('sha256', $argv[1], 'till-secret');";
    let data = format!("{invoice}{transaction}{amount}");
    let done = std::process::Command::new("php")
        .args(["-r", code, &data])
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test]
async fn a_purchase_runs_gateway_registrar_and_server_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let host = LoneHost::start(&modules(), dir.path());
    let staff = open_shop(&host).await;

    let customer = host.browser();
    customer
        .get("cart.php?a=add&domain=register&query=taken-name.com")
        .await
        .has("taken-name.com");
    let invoice = order(&customer, "quiet-river.com", "cairo-1").await;
    let page = customer.get(&format!("viewinvoice.php?id={invoice}")).await;
    page.has("https://till.example/checkout")
        .has("/modules/gateways/callback/tillpay.php")
        .has("Mona Farid");
    let amount = page.between("name=\"amount\" value=\"", "\"").to_owned();
    let form = page.between("action=\"https://till.example/checkout\"", "</form>");
    assert!(
        !form.contains("name=\"token\""),
        "the session's token went to a stranger: {form}"
    );

    // A forged one, then the true one twice.
    let (status, said) = pay(&host, &invoice, "T-1", &amount, "00").await;
    assert_eq!((status, said.as_str()), (400, "BAD"));
    let good = sign(&invoice, "T-1", &amount);
    assert_eq!(
        pay(&host, &invoice, "T-1", &amount, &good).await,
        (200, "OK".to_owned())
    );
    assert_eq!(
        pay(&host, &invoice, "T-1", &amount, &good).await,
        (200, String::new())
    );
    assert_eq!(
        pay(&host, "999", "T-2", &amount, "00").await,
        (200, String::new())
    );
    assert_eq!(host.rows("tblaccounts").await.len(), 1);
    customer
        .get(&format!("viewinvoice.php?id={invoice}"))
        .await
        .has("Paid");

    // The registrar and the server ran; what they kept is where it belongs.
    let service = host.rows("tblhosting").await.remove(0);
    assert_eq!(
        (text(&service, "domainstatus"), text(&service, "username")),
        ("Active", "box1"),
        "{service}"
    );
    assert_eq!(text(&service, "dedicatedip"), "192.0.2.17");
    let values: Vec<Value> = host.rows("tblcustomfieldsvalues").await;
    for wanted in ["cairo-1", "box-1"] {
        assert!(
            values.iter().any(|row| text(row, "value") == wanted),
            "no {wanted}: {values:?}"
        );
    }
    let domain = host.rows("tbldomains").await.remove(0);
    assert_eq!(
        (text(&domain, "status"), text(&domain, "registrar")),
        ("Active", "namekeep"),
        "{domain}"
    );
    let activity: Vec<Value> = host.rows("tblactivitylog").await;
    for wanted in [
        "Box Lane created service 1",
        "Name Keep registered quiet-river.com",
    ] {
        assert!(
            activity
                .iter()
                .any(|row| text(row, "description") == wanted),
            "no {wanted}: {activity:?}"
        );
    }

    // The module log shows what was asked, and no secret.
    let log = serde_json::to_string(&host.rows("tblmodulelog").await).unwrap();
    assert!(log.contains("cairo-1") && log.contains("reseller"), "{log}");
    for secret in ["lane-secret", "keep-secret", "till-secret"] {
        assert!(
            !log.contains(secret),
            "{secret} stands in the module log: {log}"
        );
    }

    the_customers_pages(&customer).await;
    the_staffs_pages(&host, &staff).await;
    the_registrars_functions(&host).await;
}

async fn the_customers_pages(customer: &Browser) {
    let page = customer
        .get("clientarea.php?action=productdetails&id=1")
        .await;
    page.has("Your box box-1")
        .has("Your only service")
        .has("BL-")
        .has("Reboot my box");
    // A form of the module's own, without a token of its own.
    let managed = customer.send_from(&page, "customAction", &[]).await;
    managed.has("Manage box-1");
    customer
        .send(
            "clientarea.php?action=productdetails&id=1",
            "custom-action",
            &[("a", "reboot")],
        )
        .await
        .has("Done.");
    let console = customer
        .get("clientarea.php?action=productdetails&id=1&modop=custom&a=console")
        .await;
    console.has("<pre>box-1$ </pre>");
    customer
        .send_from(&console, "name=\"command\"", &[("command", "ls <x>")])
        .await
        .has("box-1$ ls &lt;x&gt;");
    // What is only for staff is not for customers.
    let refused = customer
        .get("clientarea.php?action=productdetails&id=1&modop=custom&a=break")
        .await;
    assert!(!refused.text.contains("does not answer"), "{refused:?}");

    let domain = customer
        .get("clientarea.php?action=domaindetails&id=1")
        .await;
    domain
        .has("ns1.example.net")
        .has("Push to another account")
        .has("Transfer lock");
    customer
        .get("clientarea.php?action=domaindetails&domainid=1&modop=custom&a=push&target=42")
        .await
        .has("Push quiet-river.com to: 42");
}

async fn the_staffs_pages(host: &LoneHost, staff: &Browser) {
    staff.get("admin/").await.has("Boxes in use: <b>1</b>");
    staff
        .send("admin/services/1", "custom-action", &[("custom", "break")])
        .await
        .has("The box does not answer");
    staff
        .send("admin/services/1", "custom-action", &[("custom", "reboot")])
        .await
        .has("Done.");
    let notes = host.rows("tblhosting").await.remove(0);
    assert_eq!(text(&notes, "notes"), "rebooted rebooted");
    for (action, status) in [
        ("Suspend", "Suspended"),
        ("Unsuspend", "Active"),
        ("Terminate", "Terminated"),
    ] {
        staff
            .send(
                "admin/services/1",
                "service-action",
                &[("do", action), ("reason", "test")],
            )
            .await
            .has("was successful");
        assert_eq!(
            text(&host.rows("tblhosting").await.remove(0), "domainstatus"),
            status
        );
    }
    staff
        .send("admin/domains/1", "domain-action", &[("do", "sync")])
        .await
        .has("Active");
    staff
        .send(
            "admin/domains/1",
            "custom-action",
            &[("custom", "sendcode")],
        )
        .await
        .has("Done.");
}

async fn the_registrars_functions(host: &LoneHost) {
    let domain = [("domainid", "1")];
    assert_eq!(
        text(
            &host.api("DomainGetLockingStatus", &domain).await,
            "lockstatus"
        ),
        "locked"
    );
    host.api(
        "DomainUpdateLockingStatus",
        &[("domainid", "1"), ("lockstatus", "0")],
    )
    .await;
    assert_eq!(
        text(
            &host.api("DomainGetLockingStatus", &domain).await,
            "lockstatus"
        ),
        "unlocked"
    );
    let said = host.api("DomainRequestEPP", &domain).await;
    assert_eq!(text(&said, "eppcode"), "EPP-QUIET-RIVER", "{said}");
    let contacts = host.api("DomainGetWhoisInfo", &domain).await;
    let registrant = contacts.get("Registrant").unwrap();
    assert_eq!(
        (
            text(registrant, "First_Name"),
            text(registrant, "Phone_Number")
        ),
        ("Mona", "+20.1012345678"),
        "{contacts}"
    );
}

#[tokio::test]
async fn hooks_stop_a_registration_and_a_failed_module_waits_in_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let host = LoneHost::start(&modules(), dir.path());
    let staff = open_shop(&host).await;
    let customer = host.browser();
    // The module refuses an empty custom field, the hook refuses the name.
    let invoice = order(&customer, "forbidden-fruit.com", "").await;
    let amount = customer
        .get(&format!("viewinvoice.php?id={invoice}"))
        .await
        .between("name=\"amount\" value=\"", "\"")
        .to_owned();
    assert_eq!(
        pay(
            &host,
            &invoice,
            "T-9",
            &amount,
            &sign(&invoice, "T-9", &amount)
        )
        .await
        .0,
        200
    );
    assert_eq!(
        text(&host.rows("tblinvoices").await.remove(0), "status"),
        "Paid"
    );
    assert_eq!(
        text(&host.rows("tbldomains").await.remove(0), "status"),
        "Pending"
    );
    staff
        .get("admin/queue")
        .await
        .has("The custom field Region is empty")
        .has("This name may not be registered here");
}

#[tokio::test]
async fn an_addon_keeps_its_tables_over_a_restart_until_it_is_switched_off() {
    let dir = tempfile::tempdir().unwrap();
    let host = LoneHost::start(&modules(), dir.path());
    let staff = host.staff().await;
    assert_eq!(
        staff
            .get("admin/addonmodules.php?module=shelfwatch")
            .await
            .status,
        404
    );
    assert_eq!(staff.get("index.php?m=shelfwatch").await.status, 404);
    staff
        .send(
            "admin/modules/addon/shelfwatch",
            "module-settings",
            &[("field[limit]", "7"), ("field[secret]", "shelf-secret")],
        )
        .await
        .has("The shelf is ready.");

    let page = staff.get("admin/addonmodules.php?module=shelfwatch").await;
    page.has("On the shelf (1.2, limit 7)")
        .has("id=\"module-sidebar\"");
    for _ in 0..2 {
        let items = [("items[0][name]", "Lamp & Co"), ("items[0][price]", "3.50")];
        staff
            .send_from(&page, "items[0]", &items)
            .await
            .has("Lamp &amp; Co: 3.5");
    }
    staff
        .get("admin/addonmodules.php?module=shelfwatch")
        .await
        .has("× 2");
    drop(host);

    // On another port, with what was there.
    let host = LoneHost::start(&modules(), dir.path());
    let staff = host.staff().await;
    staff
        .get("admin/addonmodules.php?module=shelfwatch")
        .await
        .has("Lamp &amp; Co")
        .has("limit 7");
    let customer = host.browser();
    let login = customer.get("index.php?m=shelfwatch").await;
    assert!(login.address.contains("login.php"), "{login:?}");
    let person = [
        ("firstname", "Mona"),
        ("lastname", "Farid"),
        ("email", "mona@example.test"),
        ("phonenumber", "01012345678"),
        ("address1", "1 Tahrir Sq"),
        ("city", "Cairo"),
        ("state", "Cairo"),
        ("postcode", "11511"),
        ("country", "EG"),
        ("password", "hunter22"),
        ("password2", "hunter22"),
    ];
    customer.send("register.php", "register", &person).await;
    let page = customer.get("index.php?m=shelfwatch").await;
    page.has("<li>Lamp &amp; Co</li>");
    customer
        .send_from(&page, "name=\"wanted\"", &[("wanted", "Vase")])
        .await
        .has("Wanted: Vase");

    staff
        .send("admin/modules/addon/shelfwatch", "deactivate", &[])
        .await
        .has("The shelf is gone.");
    assert_eq!(
        staff
            .get("admin/addonmodules.php?module=shelfwatch")
            .await
            .status,
        404
    );
}

#[test]
fn what_is_wrong_with_the_command_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = |folder: &Path, port: &str| {
        let done = wharf()
            .arg("host")
            .arg("--modules")
            .arg(folder)
            .args(["--port", port, "--dir"])
            .arg(dir.path().join("host"))
            .output();
        let done = done.unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (code, said) = run(&modules(), &port);
    assert!(
        code == Some(1) && said.contains(&port) && said.contains("--port 0"),
        "{code:?} {said}"
    );
    let (code, said) = run(&dir.path().join("none"), "0");
    assert!(
        code == Some(2) && said.contains("is no folder"),
        "{code:?} {said}"
    );
    std::fs::create_dir_all(dir.path().join("root/modules/servers")).unwrap();
    let (code, said) = run(&dir.path().join("root"), "0");
    assert!(
        code == Some(2) && said.contains("root/modules"),
        "{code:?} {said}"
    );
}
