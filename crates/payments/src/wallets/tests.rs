use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

#[test]
fn every_sample_reads_as_its_file_says_and_as_nobody_elses() {
    let checked = golden::check(None).unwrap();
    assert!(checked.wrong.is_empty(), "{}", checked.wrong.join("\n"));
    assert!(checked.samples > 0);
}

#[test]
fn every_shipped_template_compiles_and_has_a_sample() {
    for (source, file) in sources(None).unwrap() {
        for entry in &file.template {
            assert!(
                !entry.sample.is_empty(),
                "{}: {} has no sample",
                source.name,
                entry.name
            );
        }
        let receipt = super::pattern::Marks::new(file.receipt.clone());
        for entry in file
            .template
            .iter()
            .filter(|one| one.kind == Kind::Received)
        {
            for sample in &entry.sample {
                let count = receipt.count(&text::fold(&text::clean(&sample.text)));
                assert!(
                    count > 0,
                    "{}: its receipt words are not in {}",
                    source.name,
                    sample.text
                );
            }
        }
        assert!(
            !file.nothing.is_empty(),
            "{} has no text that is no message",
            source.name
        );
        let wallet = file.wallet(&source.name, None).unwrap();
        for template in &wallet.templates {
            let checked = template.pattern.check();
            assert!(
                checked.is_ok(),
                "{}: {}: {checked:?}",
                source.name,
                template.name
            );
        }
    }
}

#[test]
fn only_the_operators_own_senders_are_believed() {
    let wallets = Wallets::load(None).unwrap();
    for sender in ["VF-Cash", "vf cash", "VODAFONE-CASH"] {
        assert!(wallets.by_sender(sender).is_some(), "{sender}");
    }
    for sender in [
        "Vodafone",
        "+20105996500",
        "01012345678",
        "VF-Cash1",
        "VF_Cash",
        "V\u{200B}F-Cash",
        "",
    ] {
        assert!(wallets.by_sender(sender).is_none(), "{sender}");
    }
}

#[test]
fn a_date_far_from_the_arrival_and_a_wrong_amount_are_doubts() {
    let wallets = Wallets::load(None).unwrap();
    let text = "تم استلام مبلغ 1,00 جنيه من رقم 01511122233؛ المسجل بإسم هالة رصيدك الحالي 350.5 جنيه. تاريخ العملية 14-09-25 11:05 رقم العملية 014222333444";
    let reading = wallets
        .read("VF-Cash", text, "2026-09-14T11:06:00Z".parse().unwrap())
        .reading
        .unwrap();
    assert_eq!(reading.doubts, [Doubt::Amount, Doubt::Date]);
    assert_eq!(reading.amount, None);
}

/// What a replay cannot make look new.
#[test]
fn a_date_is_sure_only_with_its_year_and_in_one_order() {
    let wallets = Wallets::load(None).unwrap();
    let dated = |sender: &str, text: &str| {
        let at = "2026-09-05T10:00:00Z".parse().unwrap();
        let reading = wallets.read(sender, text, at).reading.unwrap();
        let dated = reading.dated;
        dated.map(|(from, until)| (from.to_string(), until.to_string()))
    };
    let moments = |from: &str, until: &str| Some((from.to_owned(), until.to_owned()));
    let nbe = |date: &str| {
        let text = format!(
            "تم إضافة تحويل لحظي لحسابكم بمبلغ 2500 جنيه رقم مرجعي 643111222333 يوم {date}"
        );
        dated("NBE", &text)
    };
    assert_eq!(nbe("09-05 الساعة 12:02"), None, "of this year or another");
    assert_eq!(
        nbe("05-09-2026"),
        moments("2026-09-04T21:00:00Z", "2026-09-05T21:00:00Z")
    );
    let upi = "Rs.500.00 credited to a/c *1234 on 05-09-26 by a/c linked to VPA meera.pillai@okexample (UPI Ref no 512345222333)";
    assert_eq!(
        dated("VM-HDFCBK", upi),
        moments("2026-09-04T18:30:00Z", "2026-09-05T18:30:00Z")
    );
    let told = "تم استلام مبلغ 100 جنيه من رقم 01511122233؛ المسجل بإسم هالة رصيدك الحالي 350.5 جنيه. تاريخ العملية 14-09-25 11:05 رقم العملية 014222333444";
    let at = "2025-09-14T08:05:00Z";
    assert_eq!(dated("VF-Cash", told), moments(at, at));
}

#[test]
fn two_receipts_in_one_text_are_never_taken_for_one() {
    let receipt = |id: u32| {
        format!(
            "تم استلام مبلغ 100 جنيه من رقم 01511122233؛ المسجل بإسم هالة رصيدك الحالي 350.5 جنيه. تاريخ العملية 14-09-25 11:05 رقم العملية 014222333{id}"
        )
    };
    let wallets = Wallets::load(None).unwrap();
    let at = "2025-09-14T11:06:00Z".parse().unwrap();
    let alone = wallets.read("VF-Cash", &receipt(444), at).reading.unwrap();
    assert_eq!(alone.doubts, []);
    for between in ["\n", ".", " .\n", " اشحن الآن. "] {
        let text = format!("{}{between}{}", receipt(444), receipt(555));
        let reading = wallets.read("VF-Cash", &text, at).reading.unwrap();
        assert_eq!(reading.doubts, [Doubt::Joined], "{text}");
    }
}

#[test]
fn a_folder_replaces_and_adds_wallets_and_names_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        std::fs::write(dir.path().join("nile.toml"), text).unwrap();
        Wallets::load(Some(dir.path()))
    };
    let head = "name = \"nile-pay\"\ntitle = \"Nile Pay\"\nsenders = [\"NilePay\"]\n";
    let wallets = load(head).unwrap();
    assert!(wallets.by_sender("nile pay").is_some() && wallets.by_name("vodafone-cash").is_some());
    let template = |rest: &str| format!("{head}[[template]]\nname = \"x\"\n{rest}\n");
    for (text, named) in [
        (
            template("kind = \"received\"\npattern = '(<amount>'"),
            "template \"x\": its pattern",
        ),
        (
            template("kind = \"received\"\npattern = 'id <id>'"),
            "has no <amount>",
        ),
        (
            template("kind = \"sent\"\ndate = \"%d\"\npattern = 'id <id>'"),
            "has no <date>",
        ),
        (
            template("kind = \"gift\"\npattern = 'id <id>'"),
            "line 6: unknown variant `gift`",
        ),
        (
            template("kind = \"sent\"\npatern = 'id <id>'"),
            "line 7: unknown field `patern`",
        ),
        (
            head.replace("NilePay", "01012345678"),
            "\"01012345678\" is empty or a phone number",
        ),
        (
            head.replace("[\"NilePay\"]", "[]"),
            "\"senders\" is missing",
        ),
        (
            format!("{head}zone = \"Africa/Nile\"\n"),
            "zone \"Africa/Nile\" is unknown",
        ),
        (format!("{head}country = \"XX\"\n"), "\"XX\" is no country"),
        (format!("extends = true\n{head}"), "no such wallet"),
    ] {
        let error = load(&text).unwrap_err().to_string();
        assert!(
            error.contains("nile.toml") && error.contains(named),
            "{error}"
        );
    }
}

#[test]
fn a_file_may_add_templates_to_ours() {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"vodafone-cash\"\nextends = true\n[[template]]\nname = \"received-new\"\nkind = \"received\"\npattern = 'جالك <amount> جنيه من <phone> رقم العملية <id>'\n";
    std::fs::write(dir.path().join("more.toml"), text).unwrap();
    let wallets = Wallets::load(Some(dir.path())).unwrap();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let new = "جالك 50 جنيه من 01012345678 رقم العملية 023111222333";
    let reading = wallets.read("VF-Cash", new, at).reading.unwrap();
    assert_eq!(
        (reading.template.as_str(), reading.amount),
        ("received-new", Some(5_000))
    );
    let enquiry = "Your current Vodafone Cash balance is 950.15 LE Trx date: 13-04-26 10:34 Trx ID 019888999001";
    assert_eq!(
        wallets.read("VF-Cash", enquiry, at).reading.unwrap().kind,
        Kind::Enquiry
    );
}

#[test]
fn a_near_miss_says_where_it_departs() {
    let wallets = Wallets::load(None).unwrap();
    let text = "تم استلام مبلغ 100 جنيه من رقم 01511122233؛ المسجل بإسم هالة رصيدك الحالي 350.5 جنيه. تاريخ العملية 14-09-25 11:05 كود 014222333444";
    assert!(
        wallets
            .read("VF-Cash", text, jiff::Timestamp::UNIX_EPOCH)
            .reading
            .is_none()
    );
    let nearest = wallets.nearest("VF-Cash", text).unwrap();
    assert_eq!(nearest.template, "vodafone-cash/received-g1");
    assert_eq!(nearest.expected.as_deref(), Some("رقم"));
    assert!(nearest.found.trim_start().starts_with("كود"), "{nearest:?}");
    assert_eq!(wallets.nearest("Nobody", text), None);
}

#[test]
fn endless_texts_are_not_read() {
    let wallets = Wallets::load(None).unwrap();
    let text = format!("تم استلام مبلغ {}", "1".repeat(5_000));
    let explained = wallets.read("VF-Cash", &text, jiff::Timestamp::UNIX_EPOCH);
    assert!(explained.reading.is_none() && explained.normalised.is_empty());
}

/// Texts made to cost a careless reader much: nearly fitting, again and again. That they cost no more than others is what
/// the expressions' engine promises; `wharf bench payments` shows how reading grows with them.
#[test]
fn hostile_texts_are_read_to_their_end_and_are_nothing() {
    let fill = |piece: &str| piece.repeat(reading::TEXT_LIMIT / piece.len());
    for text in [
        fill("1"),
        fill("1,"),
        fill("تم استلام مبلغ 1 جنيه من رقم 01012345678 المسجل باسم "),
        fill("a.\n"),
        fill("AAAAAAA1 Confirmed. You have received Ksh1 from A on "),
        fill("You have received Tk 1 from 01712345678. Ref . "),
        fill(" \n"),
    ] {
        for wallet in EVERY.iter() {
            let sender = wallet.senders[0].replace('?', "x");
            assert!(
                EVERY
                    .read(&sender, &text, jiff::Timestamp::UNIX_EPOCH)
                    .reading
                    .is_none()
            );
        }
    }
}

static EVERY: std::sync::LazyLock<Wallets> = std::sync::LazyLock::new(|| {
    let mut wallets = Wallets::load(None).unwrap();
    for wallet in &mut wallets.0 {
        wallet.enabled = true;
    }
    wallets
});
static SAMPLES: std::sync::LazyLock<Vec<golden::Golden>> =
    std::sync::LazyLock::new(|| golden::samples(None).unwrap());

/// A golden sample with something cut out, put in or doubled.
fn marred() -> impl Strategy<Value = (usize, String)> {
    let piece = prop::sample::select(vec![
        "",
        "",
        " ",
        "\n",
        ".",
        ",",
        "0",
        "9",
        "٥",
        "\u{200F}",
        "تم",
        "رقم",
        "a",
        "-",
        "\u{1F600}",
    ]);
    let change = (any::<prop::sample::Index>(), 0_usize..6, piece);
    (
        any::<prop::sample::Index>(),
        prop::collection::vec(change, 0..5),
    )
        .prop_map(|(sample, changes)| {
            let at = sample.index(SAMPLES.len());
            let mut text: Vec<char> = SAMPLES[at].text.chars().collect();
            for (place, cut, piece) in changes {
                let place = place.index(text.len() + 1);
                let end = (place + cut).min(text.len());
                text.splice(place..end, piece.chars());
            }
            (at, text.into_iter().collect())
        })
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(تم استلام مبلغ )?[ -~\\u{600}-\\u{6FF}\n]{0,200}") {
        static WALLETS: std::sync::LazyLock<Wallets> = std::sync::LazyLock::new(|| Wallets::load(None).unwrap());
        let _ = WALLETS.read("VF-Cash", &text, jiff::Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn whatever_happens_to_a_message_a_reading_tells_only_what_it_says((at, text) in marred()) {
        let sample = &SAMPLES[at];
        let explained = EVERY.read(&sample.sender, &text, sample.at);
        if let Some(reading) = explained.reading {
            let said = &explained.normalised;
            if let Some(id) = &reading.operator_id {
                prop_assert!(said.contains(id.as_str()));
            }
            if let Some(payer) = &reading.payer {
                prop_assert!(said.contains(payer.as_str()));
            }
            if let Some(phone) = &reading.phone {
                let national = phone.national();
                prop_assert!(said.contains(national.trim_start_matches('0')));
            }
            if reading.kind == Kind::Received {
                let amount = reading.amount.unwrap_or_default();
                prop_assert!(amount > 0 || reading.doubts.contains(&Doubt::Amount));
            }
        }
    }
}

/// Each search compiles many expressions: a few times are enough, however long the others are let run.
#[test]
fn no_text_makes_the_search_for_the_nearest_panic() {
    let config = ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let tried = TestRunner::new(config).run(&marred(), |(at, text)| {
        if let Some(nearest) = EVERY.nearest(&SAMPLES[at].sender, &text) {
            prop_assert!(nearest.fitting <= nearest.of);
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}
