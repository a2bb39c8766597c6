//! What a phone says about its own state.

use serde_json::Value;

use super::fields::Fields;

/// A sign of life. Percent; whether it is plugged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vitals {
    pub battery: Option<i64>,
    pub charging: Option<bool>,
    /// It came as a heartbeat, not beside a message.
    pub beat: bool,
}

impl Vitals {
    pub fn beat() -> Self {
        Self {
            beat: true,
            ..Self::default()
        }
    }

    /// From the fields of a heartbeat or of a message's template: `battery`, and `charging` or `power`.
    pub fn of(fields: &Fields) -> Self {
        let charging = fields
            .first(&["charging", "isCharging", "power", "plugged"])
            .and_then(plugged);
        Self {
            battery: fields
                .first(&["battery", "batteryLevel", "level"])
                .and_then(percent),
            charging,
            beat: false,
        }
    }

    /// From SMSGate's health report.
    pub fn of_health(health: &Value) -> Self {
        let observed = |check: &str| health.get("checks")?.get(check)?.get("observedValue");
        let battery = observed("battery:level")
            .and_then(Value::as_i64)
            .filter(|level| (0..=100).contains(level));
        Self {
            battery,
            charging: observed("battery:charging")
                .and_then(Value::as_i64)
                .map(|flags| flags > 0),
            beat: true,
        }
    }

    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

fn percent(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse().ok().filter(|level| (0..=100).contains(level))
}

fn plugged(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "charging" | "full" | "ac" | "usb" | "wireless" => Some(true),
        "false" | "0" | "no" | "discharging" | "unplugged" | "none" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn state_is_read_where_it_is_told() {
        let of = |form: &str| Vitals::of(&Fields::of_form(form.as_bytes()));
        let told = |battery, charging| Vitals {
            battery,
            charging,
            beat: false,
        };
        assert_eq!(of("battery=84&charging=true"), told(Some(84), Some(true)));
        assert_eq!(
            of("battery=17%25&power=unplugged"),
            told(Some(17), Some(false))
        );
        assert_eq!(of("battery=-1&power=unknown"), told(None, None));
        assert_eq!(of("battery=101"), told(None, None));
        assert!(of("from=VF-Cash").is_empty());
        let health = json!({ "checks": {
            "battery:level": { "observedValue": 9, "observedUnit": "percent" },
            "battery:charging": { "observedValue": 4, "observedUnit": "flags" },
        } });
        let read = Vitals::of_health(&health);
        assert_eq!(
            (read.battery, read.charging, read.beat),
            (Some(9), Some(true), true)
        );
        assert_eq!(Vitals::of_health(&json!(null)), Vitals::beat());
    }
}
