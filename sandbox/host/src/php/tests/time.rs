//! What PHP takes for the time.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const MODULE: &str = r#"<?php
function timely_Times($params)
{
    return [
        'time' => time(),
        'date' => date('Y-m-d'),
        'microtime' => (int) microtime(true),
        'in a week' => date('Y-m-d', strtotime('+7 days')),
        'said day' => date('Y-m-d H:i', strtotime('2031-02-03')),
        'mktime' => date('Y-m-d', mktime(0, 0, 0, 3, 1)),
        'carbon' => \WHMCS\Carbon::now()->toDateString(),
        'immutable' => \Carbon\CarbonImmutable::now()->toDateString(),
        'helper' => toMySQLDate(getTodaysDate()),
        'sql' => \WHMCS\Database\Capsule::select('SELECT CURDATE() AS day, NOW() AS now')[0]->day,
        'elsewhere' => \Elsewhere\seconds(),
    ];
}
"#;

#[tokio::test]
async fn php_lives_in_the_sandboxs_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::leading(folder.path().join("clock"));
    let house = House::at(clock.clone()).await;
    let text = MODULE.replace(
        "<?php",
        "<?php\nnamespace Elsewhere { function seconds() { return \\time(); } }\nnamespace {",
    ) + "}";
    house.php_file("modules/registrars/timely/timely.php", &text);
    for days in [0, 90] {
        clock.advance(Duration::from_secs(days * 86_400));
        let call = PhpCall {
            kind: ModuleKind::Registrar,
            module: "timely".to_owned(),
            function: "Times".to_owned(),
            params: serde_json::Map::new(),
            page: String::new(),
            session: Session::default(),
        };
        let before = clock.now();
        let told = house.php.value(call).await.unwrap();
        let near = |value: &Value| {
            let seconds = value.as_i64().unwrap();
            (before.as_second()..=before.as_second() + 10).contains(&seconds)
        };
        let day = |more: i64| {
            let at = before + jiff::SignedDuration::from_hours(24 * more);
            json!(at.to_string()[..10])
        };
        for now in ["time", "microtime", "elsewhere"] {
            assert!(near(&told[now]), "{now} after {days} days: {told}");
        }
        for today in ["date", "carbon", "immutable", "helper", "sql"] {
            assert_eq!(told[today], day(0), "{today} after {days} days: {told}");
        }
        assert_eq!(told["in a week"], day(7));
        assert_eq!(told["said day"], "2031-02-03 00:00");
        assert_eq!(told["mktime"].as_str().unwrap()[4..], *"-03-01");
    }
}
