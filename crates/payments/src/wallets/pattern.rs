//! The pattern language of wallet files: a regular expression with named parts, on folded text.

use regex::{Captures, Regex, RegexBuilder};

use super::text::fold;

/// A compiled pattern. It fits a whole message or not at all; matching takes linear time.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    pub(super) fn new(source: &str) -> Result<Self, regex::Error> {
        let mut expression = fold(source);
        for (part, meaning) in PARTS {
            expression = expression.replace(part, meaning);
        }
        // A blank that is not a quantified one (" ?") may be a line break or missing.
        let expression = expression.replace(" ?", r"\s*").replace(' ', r"\s*");
        RegexBuilder::new(&format!(r"^(?:{expression})\s*$"))
            .size_limit(SIZE_LIMIT)
            .build()
            .map(Self)
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.0.capture_names().flatten().any(|name| name == part)
    }

    pub(super) fn fit<'t>(&self, folded: &'t str) -> Option<Captures<'t>> {
        self.0.captures(folded)
    }
}

/// Captures are generous; what they caught is then read strictly.
const PARTS: &[(&str, &str)] = &[
    ("<amount>", "(?P<amount>[0-9.,]{0,18}[0-9])"),
    ("<balance>", "(?P<balance>[0-9.,]{0,18}[0-9])"),
    ("<fee>", "(?P<fee>[0-9.,]{0,18}[0-9])"),
    ("<phone>", r"(?P<phone>\+?[0-9]{10,14})"),
    ("<source>", r"(?P<phone>\+?[0-9]{10,20})"),
    ("<wallet>", r"(?P<wallet>\+?[0-9]{10,14})"),
    ("<name>", r"(?P<name>[^\n]+?)"),
    ("<id>", "(?P<id>[0-9]{8,20})"),
    (
        "<date>",
        r"(?P<date>[0-9A-Za-z][0-9A-Za-z:,/\x20-]{5,30}[0-9A-Za-z])",
    ),
    ("<advert>", r"(?:[\s.][\s\S]*)?"),
];

const SIZE_LIMIT: usize = 1 << 20;
