//! Extensions that nobody sells, for lists as long as a real registrar's.

use super::Zone;
use super::table::generic;

/// The same ones in the same order every time; each twenty-fifth is not in Latin letters.
pub fn rows() -> impl Iterator<Item = Zone> {
    let latin = FIRST
        .iter()
        .flat_map(|first| SECOND.iter().map(move |second| format!("{first}{second}")));
    let others = OTHERS.iter().flat_map(|first| {
        OTHERS
            .iter()
            .filter(move |second| same_script(first, second))
            .map(move |second| format!("{first}{second}"))
    });
    let mut others = others.filter_map(|label| idna::domain_to_ascii_strict(&label).ok());
    latin.enumerate().map(move |(place, label)| {
        let label = match place % 25 {
            24 => others.next().unwrap_or(label),
            _ => label,
        };
        let annual = 500 + i64::try_from(place).unwrap_or(0) * 37 % 9_500;
        let longest = [10, 10, 5, 2].get(place % 4).copied().unwrap_or(10);
        Zone {
            registration: (1..=longest).collect(),
            renewal: (1..=longest).collect(),
            trustee: place % 3 != 0,
            currency: [None, None, None, Some("EUR"), Some("GBP")]
                .get(place % 5)
                .copied()
                .flatten(),
            ..generic(&label, annual)
        }
    })
}

fn same_script(a: &str, b: &str) -> bool {
    a.as_bytes().first() == b.as_bytes().first() && a != b
}

const FIRST: &[&str] = &[
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jolly",
    "karst", "larch", "maple", "north", "ocean", "pearl", "quartz", "river", "shore", "tidal",
    "umber", "vivid", "willow", "yonder", "zephyr", "anchor", "beacon", "canopy", "drift",
    "estuary", "ferry", "gable", "harbour", "island", "jetty", "keel", "lagoon", "mooring",
    "nautic", "oar",
];
const SECOND: &[&str] = &[
    "art", "bay", "club", "den", "edge", "farm", "gate", "hub", "ink", "joy", "kit", "lab", "mart",
    "nest", "oak", "post", "quest", "reef", "site", "town", "unit", "view", "ward", "yard", "zone",
    "arc", "base", "camp", "dock", "epic", "firm", "glow", "home", "idea", "jam", "knot", "land",
    "mill", "nook", "orbit",
];
const OTHERS: &[&str] = &[
    "بيت", "بحر", "برج", "باب", "بلد", "сад", "снег", "сила", "свет", "село", "港口", "海洋",
    "海岸", "海湾", "海岛",
];
