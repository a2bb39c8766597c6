//! What the operators of a schedule have set up, and what they change in it.

use crate::dice::Dice;
use crate::support::TRUSTING;

/// A store's caution and rate; what is not drawn stays as [`TRUSTING`] has it.
#[derive(Clone, Debug)]
pub struct Rules {
    pub store: &'static str,
    /// Piastres for a dollar.
    pub rate: i64,
    pub observes: bool,
    pub books_transactions: bool,
    pub hold: &'static str,
    pub proves_phones: bool,
    pub one_client_per_phone: bool,
    pub checks_balances: bool,
    /// Piastres above which two people must approve.
    pub second_above: Option<i64>,
    /// Whether no transfer above the ceiling is believed.
    pub low_ceiling: bool,
    pub when_covered: bool,
}

impl Rules {
    /// A store that credits whatever matches.
    pub fn trusting(store: &'static str) -> Self {
        Self {
            store,
            rate: if store == "nile" { 5_025 } else { 4_000 },
            observes: false,
            books_transactions: false,
            hold: "off",
            proves_phones: false,
            one_client_per_phone: false,
            checks_balances: false,
            second_above: None,
            low_ceiling: false,
            when_covered: store == "nile",
        }
    }

    pub fn drawn(store: &'static str, dice: &mut Dice) -> Self {
        let plain = Self::trusting(store);
        if dice.percent(35) {
            return plain;
        }
        Self {
            observes: dice.percent(8),
            books_transactions: dice.percent(20),
            hold: *dice.pick::<&str>(&HOLDS),
            proves_phones: dice.percent(40),
            one_client_per_phone: dice.percent(40),
            checks_balances: dice.percent(50),
            second_above: dice.percent(25).then_some(SECOND_ABOVE),
            low_ceiling: dice.percent(10),
            when_covered: dice.percent(50),
            ..plain
        }
    }

    /// The operators think again. Whether balances are checked stays: it tells how numbers are drawn.
    pub fn changed(&self, dice: &mut Dice) -> Self {
        let other = Self::drawn(self.store, dice);
        if dice.percent(60) {
            return Self {
                rate: *dice.pick(&[5_025, 4_000, 4_850, 6_137]),
                ..self.clone()
            };
        }
        Self {
            rate: self.rate,
            checks_balances: self.checks_balances,
            ..other
        }
    }

    pub fn text(&self) -> String {
        let mut lines = vec![
            format!("id = \"{0}\"\nsite = \"main\"\nname = \"{0}\"", self.store),
            format!("rates = {{ USD = \"{}\" }}", pounds(self.rate)),
            format!(
                "check_answers = \"{}\"",
                either(self.when_covered, "when-covered", "credit-only")
            ),
            format!("mode = \"{}\"", either(self.observes, "observe", "credit")),
            format!("hold = \"{}\"\nhold_above = \"200\"", self.hold),
            format!(
                "phone_binding = \"{}\"",
                either(self.proves_phones, "prove", "off")
            ),
            format!(
                "clients_per_phone = {}",
                u8::from(self.one_client_per_phone)
            ),
            format!("balance_check = {}", self.checks_balances),
        ];
        if self.books_transactions {
            lines.push("booking = \"add_transaction\"\nbooking_gateway = \"wharf\"".to_owned());
        }
        if let Some(above) = self.second_above {
            lines.push(format!("second_person_above = \"{}\"", pounds(above)));
        }
        if self.low_ceiling {
            lines.push("ceiling_transfer = \"400\"".to_owned());
        }
        let own = lines.join("\n");
        let said = |line: &&str| {
            let key = line.split(" = ").next();
            !own.lines().any(|own| own.split(" = ").next() == key)
        };
        let rest: Vec<&str> = TRUSTING.lines().filter(said).collect();
        format!("{own}\n{}", rest.join("\n"))
    }
}

pub fn pounds(piastres: i64) -> String {
    format!("{}.{:02}", piastres / 100, piastres % 100)
}

fn either(one: bool, yes: &'static str, no: &'static str) -> &'static str {
    if one { yes } else { no }
}

const HOLDS: [&str; 6] = ["off", "off", "off", "first_payment", "above", "always"];
const SECOND_ABOVE: i64 = 30_000;
