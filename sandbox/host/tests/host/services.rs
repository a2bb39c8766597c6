//! What a provisioning module can do besides creating: each function at its place, called as the contract says.

use serde_json::Value;

use super::support::{World, between, checkout};

/// A world in which Mona has the active service 1, paid by invoice 1.
async fn with_service() -> (World, super::support::Browser) {
    let world = World::start().await;
    let mona = world.browser();
    let fields = [
        ("a", "add"),
        ("pid", "1"),
        ("billingcycle", "monthly"),
        ("domainname", "shop.com"),
    ];
    mona.post("cart.php?a=add&pid=1", "cart.php", &fields).await;
    let form = checkout("mona@example.test");
    let (address, page) = mona
        .post("cart.php?a=checkout", "cart.php?a=checkout", &form)
        .await;
    assert!(address.contains("viewinvoice.php"), "{address} {page}");
    world.pay("1").await;
    assert_eq!(service(&world).await["domainstatus"], "Active");
    (world, mona)
}

async fn service(world: &World) -> Value {
    world.rows("tblhosting").await[0].clone()
}

async fn queue(world: &World) -> Vec<Value> {
    world.rows("tblmodulequeue").await
}

#[tokio::test]
async fn a_client_signs_on_and_uses_what_the_module_offers() {
    let (world, mona) = with_service().await;
    let page = mona.get("clientarea.php?action=productdetails&id=1").await;
    for wanted in [
        "Open the panel",
        "Open it",
        "Restart of pro",
        "id=\"change-password\"",
        "upgrade.php?type=package&amp;id=1",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(!page.contains("Hidden"), "{page}");
    let path = "clientarea.php?action=productdetails&id=1";
    let signed = mona.address(&format!("{path}&dosinglesignon=1")).await;
    assert!(signed.ends_with("/index.php?signed-on=1"), "{signed}");
    let acted = mona.address(&format!("{path}&customaction_id=open")).await;
    assert!(acted.ends_with("/index.php?acted-on=1"), "{acted}");
    let unknown = mona.get(&format!("{path}&customaction_id=nothing")).await;
    assert!(
        unknown.contains("the module has no action nothing"),
        "{unknown}"
    );
    let home = mona.get("clientarea.php").await;
    assert!(home.contains("customaction_id=open"), "{home}");

    let custom = |name| [("modop", "custom"), ("a", name)];
    let (_, page) = mona.post(path, path, &custom("restart")).await;
    assert!(page.contains("Done."), "{page}");
    let (_, page) = mona.post(path, path, &custom("look")).await;
    assert!(page.contains("The plan is pro"), "{page}");
    // Neither a button nor allowed: not run.
    let (_, page) = mona.post(path, path, &custom("breakit")).await;
    assert!(!page.contains("it broke"), "{page}");
    assert!(world.activity().await.contains("restarted 1"));

    // Somebody else's service is nobody's.
    let other = world.browser();
    other.buy("other.com", "omar@example.test").await;
    let page = other.get(&format!("{path}&dosinglesignon=1")).await;
    assert!(page.contains("not in your account"), "{page}");
}

#[tokio::test]
async fn a_password_is_stored_when_the_module_has_taken_it() {
    let (world, mona) = with_service().await;
    let path = "clientarea.php?action=productdetails&id=1";
    let stored = || world.sql("SELECT password FROM tblhosting");
    let before = stored();
    let change = async |new, again| {
        let fields = [
            ("modulechangepassword", "true"),
            ("newpw", new),
            ("confirmpw", again),
        ];
        mona.post(path, path, &fields).await.1
    };
    assert!(
        change("long enough", "long enuff")
            .await
            .contains("not the same")
    );
    let refused = change("short", "short").await;
    assert!(refused.contains("at least eight characters"), "{refused}");
    assert_eq!(stored(), before);
    assert!(
        change("long enough", "long enough")
            .await
            .contains("was changed")
    );
    let after = stored();
    assert_ne!(after, before);

    let told = world
        .api(
            "ModuleChangePw",
            &[("serviceid", "1"), ("servicepassword", "tiny")],
        )
        .await;
    assert_eq!(told["result"], "error", "{told}");
    assert_eq!(stored(), after);
}

#[tokio::test]
async fn an_upgrade_is_paid_for_the_rest_of_the_term_and_reaches_the_module() {
    let (world, mona) = with_service().await;
    world.days(10).await;
    let page = mona.get("upgrade.php?type=package&id=1").await;
    // Sold by the month only: no yearly product here.
    assert!(
        page.contains("Shield Max") && !page.contains("Shield Yearly"),
        "{page}"
    );
    let due = between(&page, "<bdi>$", " USD").to_owned();
    let due: f64 = due.parse().unwrap();
    assert!(
        due > 6.0 && due < 7.0,
        "ten of about thirty days are gone: {due}"
    );
    let path = "upgrade.php?type=package&id=1";
    let (address, _) = mona.post(path, path, &[("pid", "2")]).await;
    assert!(address.contains("viewinvoice.php?id=2"), "{address}");
    let (_, again) = mona.post(path, path, &[("pid", "2")]).await;
    assert!(again.contains("unpaid invoice for this service"), "{again}");
    assert_eq!(service(&world).await["packageid"], 1);

    world.pay("2").await;
    let now = service(&world).await;
    assert_eq!(
        (&now["packageid"], &now["amount"]),
        (&2.into(), &"22.50".into())
    );
    let page = mona.get("clientarea.php?action=productdetails&id=1").await;
    assert!(page.contains("data-property=\"Plan\">max<"), "{page}");
    assert_eq!(world.rows("tblupgrades").await[0]["status"], "Completed");
    assert!(queue(&world).await.is_empty());

    // Back to the cheaper one: nothing is due, nothing is given back, it happens at once.
    let (address, _) = mona.post(path, path, &[("pid", "1")]).await;
    assert!(address.contains("productdetails"), "{address}");
    assert_eq!(service(&world).await["packageid"], 1);
}

#[tokio::test]
async fn who_does_not_pay_is_suspended_and_ended_and_who_pays_is_renewed() {
    let (world, mona) = with_service().await;
    world.days(30).await;
    let due = service(&world).await["nextduedate"].clone();
    world.days(4).await;
    assert_eq!(service(&world).await["domainstatus"], "Active");
    world.days(3).await;
    let now = service(&world).await;
    assert_eq!(now["domainstatus"], "Suspended");
    assert_eq!(now["suspendreason"], "Overdue on Payment");
    // Suspended: no way in, no buttons.
    let page = mona.get("clientarea.php?action=productdetails&id=1").await;
    assert!(
        !page.contains("Open the panel") && !page.contains("from-module"),
        "{page}"
    );

    world.pay("2").await;
    let now = service(&world).await;
    assert_eq!(now["domainstatus"], "Active");
    assert!(now["nextduedate"].as_str() > due.as_str(), "{now}");
    assert!(world.activity().await.contains("renewed 1"));

    let staff = world.browser();
    staff.staff().await;
    let fields = [
        ("AutoSuspension", "on"),
        ("AutoTermination", "on"),
        ("AutoTerminationDays", "10"),
    ];
    staff
        .post("admin/automation", "admin/automation", &fields)
        .await;
    world.days(50).await;
    let now = service(&world).await;
    assert_eq!(now["domainstatus"], "Terminated", "{now}");
}

#[tokio::test]
async fn usage_is_collected_once_a_day_for_each_server() {
    let (world, mona) = with_service().await;
    world.days(1).await;
    let now = service(&world).await;
    assert_eq!(
        (&now["diskusage"], &now["disklimit"]),
        (&120.into(), &500.into())
    );
    let calls = world.activity().await.matches("usage of server 1").count();
    assert_eq!(calls, 1);
    let metrics = world.rows("tblmetric_usage").await;
    assert_eq!(metrics.len(), 1, "{metrics:?}");
    assert_eq!(
        (&metrics[0]["metric"], &metrics[0]["value"]),
        (&"traffic".into(), &"3".into())
    );
    let page = mona.get("clientarea.php?action=productdetails&id=1").await;
    assert!(
        page.contains("120 / 500 MB") && page.contains("3 Gigabytes"),
        "{page}"
    );

    let staff = world.browser();
    staff.staff().await;
    let page = "admin/services/1";
    let (_, page) = staff.post(page, page, &[("do", "refresh")]).await;
    assert!(page.contains("5 Gigabytes"), "{page}");
}

#[tokio::test]
async fn staff_has_the_modules_links_fields_and_buttons() {
    let (world, _) = with_service().await;
    let staff = world.browser();
    staff.staff().await;
    let path = "admin/services/1";
    let page = staff.get(path).await;
    for wanted in [
        "<a href=\"https://server.test/\">shop</a>",
        "name=\"modulefields[0]\" value=\"\"",
        "id=\"do-change-package\"",
        "Open the panel",
        ">Break<",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let fields = [("do", "save"), ("modulefields[0]", "ask \"Mona\" first")];
    let (_, page) = staff.post(path, path, &fields).await;
    assert!(
        page.contains("value=\"ask &quot;Mona&quot; first\""),
        "{page}"
    );
    let (_, page) = staff.post(path, path, &[("custom", "breakit")]).await;
    assert!(page.contains("it broke"), "{page}");
    let fields = [("do", "Change Password"), ("newpassword", "by the staff")];
    let (_, page) = staff.post(path, path, &fields).await;
    assert!(page.contains("Change Password was successful"), "{page}");
    assert!(page.contains("ffats eht yb"), "{page}");
    let fields = [("do", "Change Package"), ("packageid", "2")];
    let (_, page) = staff.post(path, path, &fields).await;
    assert!(page.contains("Change Package was successful"), "{page}");
    assert_eq!(service(&world).await["packageid"], 2);
    let page = staff.get("admin/services/1?dosinglesignon=1").await;
    assert!(page.contains("The panel is closed"), "{page}");

    let page = staff.get("admin/servers").await;
    assert!(page.contains("https://server.test/login"), "{page}");
    let fields = [("do", "signon")];
    let (address, _) = staff
        .post("admin/servers", "admin/servers/1", &fields)
        .await;
    assert!(address.ends_with("/index.php?server=1"), "{address}");
}

#[tokio::test]
async fn a_servers_accounts_are_compared_and_taken_over() {
    let (world, _) = with_service().await;
    let staff = world.browser();
    staff.staff().await;
    let path = "admin/servers/1/accounts";
    let page = staff.get(path).await;
    assert!(page.contains("<th>Licence</th>"), "{page}");
    let known = between(&page, "KEY-1-pro</td>", "</tr>");
    assert!(
        known.contains("differs"),
        "active here, suspended there: {known}"
    );
    let fields = [("import[]", "KEY-nour"), ("import[]", "KEY-odd")];
    let (_, page) = staff.post(path, path, &fields).await;
    assert!(page.contains("KEY-odd: no product has"), "{page}");
    let services = world.rows("tblhosting").await;
    assert_eq!(services.len(), 2);
    assert_eq!(services[1]["domain"], "nour.com");
    assert_eq!(services[1]["regdate"], "2025-01-02");
    let clients = world.rows("tblclients").await;
    assert_eq!(clients[1]["email"], "nour@example.test");

    world.sql("UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = 2");
    let sql = "UPDATE tblcustomfieldsvalues SET value = 'KEY-lost' WHERE relid = 1 AND value = 'KEY-1-pro'";
    world.sql(sql);
    let page = staff.get(path).await;
    assert!(
        page.contains("not at the server") && page.contains("KEY-lost"),
        "{page}"
    );
}

#[tokio::test]
async fn loaders_fetch_a_products_choices_from_its_server() {
    let world = World::start().await;
    let staff = world.browser();
    staff.staff().await;
    let page = staff.get("admin/products/1").await;
    assert!(
        page.contains("<option value=\"max\">Shield Max</option>"),
        "{page}"
    );
    assert!(
        page.contains("<option value=\"pro\" selected>Shield &lt;Pro&gt;</option>"),
        "{page}"
    );
    let (_, page) = staff
        .post(
            "admin/products/1",
            "admin/products/1",
            &[("option[Plan]", "max")],
        )
        .await;
    assert!(page.contains("<option value=\"max\" selected>"), "{page}");
    assert_eq!(world.rows("tblproducts").await[0]["configoption1"], "max");
    let path = "admin/modules/server/testserver";
    let without = staff.get(path).await;
    assert!(!without.contains("<option value=\"max\""), "{without}");
    let with = staff.get(&format!("{path}?server=one")).await;
    assert!(with.contains("<option value=\"max\""), "{with}");

    world.sql("UPDATE tblservers SET password = ''");
    let page = staff.get("admin/products/1").await;
    assert!(
        page.contains("the plans cannot be read: wrong password"),
        "{page}"
    );
    assert!(
        page.contains("name=\"option[Plan]\" value=\"max\""),
        "what it is stays: {page}"
    );
}
