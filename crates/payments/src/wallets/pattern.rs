//! The pattern language of wallet files: a regular expression with named parts, on folded text.

use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder};

use super::text::fold;

/// A pattern. It fits a whole message or not at all; matching takes linear time. It is compiled when it is
/// first needed: most operators' patterns never are.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The expression in pieces that a message may fit one after the other.
    pieces: Vec<Piece>,
    whole: OnceLock<Option<Regex>>,
    widest: OnceLock<Option<Regex>>,
    joined: OnceLock<Option<Regex>>,
}

#[derive(Clone, Debug)]
struct Piece {
    /// As the file has it, for people.
    source: String,
    expression: String,
}

/// How far a message fits a pattern that it does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Near {
    /// Pieces that fit, and how many there are.
    pub fitting: usize,
    pub of: usize,
    /// Where the text stops to fit.
    pub at: usize,
    /// The piece that does not fit; `None` when text is left over after the last one.
    pub failed: Option<String>,
}

impl Pattern {
    /// Cheap: nothing is compiled. [`check`](Self::check) tells whether it can be.
    pub(super) fn new(source: &str) -> Self {
        let pieces = pieces(&source.replace(" ?", " "))
            .into_iter()
            .map(|source| Piece {
                expression: expression(&source),
                source: source.trim().to_owned(),
            })
            .collect();
        Self {
            pieces,
            whole: OnceLock::new(),
            widest: OnceLock::new(),
            joined: OnceLock::new(),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let all = self.pieces.len();
        compile(&self.text(all, "^(?:", END))
            .and_then(|_| compile(&self.text(all, BEFORE, END)))
            .and_then(|_| compile(&self.widened()))
            .map(|_| ())
            .map_err(|error| {
                // The whole expression, which is before it, is not what the file has.
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            })
    }

    pub(super) fn has(&self, part: &str) -> bool {
        let name = format!("(?P<{part}>");
        self.pieces
            .iter()
            .any(|piece| piece.expression.contains(&name))
    }

    /// Whether its transaction number may have letters.
    pub(super) fn has_codes(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| piece.expression.contains(CODES))
    }

    pub(super) fn fit<'t>(&self, folded: &'t str) -> Option<Captures<'t>> {
        let compiled = || compile(&self.text(self.pieces.len(), "^(?:", END)).ok();
        self.whole.get_or_init(compiled).as_ref()?.captures(folded)
    }

    /// As [`fit`](Self::fit), with names and free text as long as they can be, over lines too. Where this catches
    /// other parts, the text can be read in two ways: a name or note pretends the rest of a receipt.
    pub(super) fn fit_widest<'t>(&self, folded: &'t str) -> Option<Captures<'t>> {
        let compiled = || compile(&self.widened()).ok();
        self.widest.get_or_init(compiled).as_ref()?.captures(folded)
    }

    /// As [`fit`](Self::fit), with other text before it that ends in a line break, a sentence's end or a
    /// link: what is left when a phone joins two messages.
    pub(super) fn fit_joined<'t>(&self, folded: &'t str) -> Option<Captures<'t>> {
        let compiled = || compile(&self.text(self.pieces.len(), BEFORE, END)).ok();
        self.joined.get_or_init(compiled).as_ref()?.captures(folded)
    }

    fn widened(&self) -> String {
        let text = self.text(self.pieces.len(), "^(?:", END);
        WIDE.iter()
            .fold(text, |text, (narrow, wide)| text.replace(narrow, wide))
    }

    /// For people who look for the reason: compiles as many expressions as it needs.
    pub(super) fn near(&self, folded: &str) -> Near {
        let end_of = |count: usize| {
            let expression = compile(&self.text(count, "^(?:", ")")).ok()?;
            expression.find(folded).map(|found| found.end())
        };
        // If some pieces fit, fewer do.
        let (mut fitting, mut beyond, mut at) = (0, self.pieces.len() + 1, 0);
        while fitting + 1 < beyond {
            let count = fitting + (beyond - fitting) / 2;
            match end_of(count) {
                Some(end) => (fitting, at) = (count, end),
                None => beyond = count,
            }
        }
        Near {
            fitting,
            of: self.pieces.len(),
            at,
            failed: self.pieces.get(fitting).map(|piece| piece.source.clone()),
        }
    }

    fn text(&self, count: usize, before: &str, after: &str) -> String {
        let pieces = self.pieces.iter().take(count);
        let inner: String = pieces.map(|piece| piece.expression.as_str()).collect();
        format!("{before}{inner}{after}")
    }
}

/// Words that a wallet's receipts have, whatever the rest of their form. Compiled when first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    sources: Vec<String>,
    compiled: OnceLock<Option<Regex>>,
}

impl Marks {
    pub(super) fn new(sources: Vec<String>) -> Self {
        Self {
            sources,
            compiled: OnceLock::new(),
        }
    }

    pub(super) fn sources(&self) -> &[String] {
        &self.sources
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let compiled = compile(&self.text()).map_err(|error| error.to_string());
        let compiled = compiled.map_err(|text| text.lines().last().unwrap_or_default().to_owned());
        match compiled {
            Ok(marks) if !self.sources.is_empty() && marks.is_match("") => {
                Err("it fits any text".to_owned())
            }
            Ok(_) => Ok(()),
            Err(why) => Err(why.trim_start_matches("error: ").to_owned()),
        }
    }

    /// How often they stand in a text, one after the other.
    pub(super) fn count(&self, folded: &str) -> usize {
        if self.sources.is_empty() {
            return 0;
        }
        let compiled = self.compiled.get_or_init(|| compile(&self.text()).ok());
        let found = compiled.as_ref().map(|marks| marks.find_iter(folded));
        found.map_or(0, Iterator::count)
    }

    fn text(&self) -> String {
        let all: Vec<String> = self.sources.iter().map(|one| expression(one)).collect();
        format!("(?i:{})", all.join("|"))
    }
}

/// The first `<part>` of a pattern that is none of ours, and which parts there are.
pub(super) fn unknown_part(source: &str) -> Option<(String, String)> {
    let is_known = |part: &str| PARTS.iter().any(|(known, _)| *known == part);
    // Not what regular expressions write as `(?P<name>`, nor what is escaped.
    let is_other = |at: usize| {
        let before = source.get(..at).unwrap_or_default();
        ["(?", "(?P", "\\"]
            .iter()
            .any(|mark| before.ends_with(mark))
    };
    let all = Regex::new("<[A-Za-z_]+>").ok()?;
    let found = all
        .find_iter(source)
        .filter(|found| !is_other(found.start()))
        .map(|found| found.as_str())
        .find(|part| !is_known(part))?;
    let known: Vec<&str> = PARTS.iter().map(|(known, _)| *known).collect();
    Some((found.to_owned(), known.join(" ")))
}

fn compile(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression).size_limit(SIZE_LIMIT).build()
}

fn expression(source: &str) -> String {
    let mut expression = fold(source);
    for (part, meaning) in PARTS {
        expression = expression.replace(part, meaning);
    }
    // Cleaned text has no other blanks. Operators leave them out or break the line there.
    expression.replace(' ', r"[\x20\n]*")
}

/// Cuts at blanks and around parts, but never inside brackets. An alternative at the top cannot be cut.
fn pieces(source: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut depth, mut class, mut escaped, mut after_part) = (0_usize, false, false, false);
    for c in source.chars() {
        let top = depth == 0 && !class && !escaped;
        if top && c == '|' {
            return vec![source.to_owned()];
        }
        let quantifier = after_part && matches!(c, '?' | '*' | '+' | '{');
        if top && (c == ' ' || c == '<' || after_part && !quantifier) {
            pieces.push(String::new());
        }
        after_part = top && c == '>' || quantifier;
        if escaped {
            escaped = false;
        } else {
            match c {
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '(' if !class => depth += 1,
                ')' if !class => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Captures are generous; what they caught is then read strictly.
const PARTS: &[(&str, &str)] = &[
    ("<amount>", "(?P<amount>[0-9.,]{0,18}[0-9])"),
    ("<balance>", "(?P<balance>-?[0-9.,]{0,18}[0-9])"),
    ("<fee>", "(?P<fee>[0-9.,]{0,18}[0-9])"),
    ("<phone>", r"(?P<phone>\+?[0-9]{9,15})"),
    ("<source>", r"(?P<phone>\+?[0-9]{9,20})"),
    ("<wallet>", r"(?P<wallet>\+?[0-9]{9,15})"),
    ("<name>", r"(?P<name>[^\n:]+?)"),
    ("<business>", r"(?P<name>[A-Za-z][^.:\n]*?)"),
    ("<id>", "(?P<id>[0-9]{6,20})"),
    ("<code>", "(?P<id>[0-9A-Za-z]{5,40})"),
    ("<original>", "(?P<original>[0-9A-Za-z]{5,40})"),
    (
        "<address>",
        "(?P<address>[0-9A-Za-z._-]{2,60}@[A-Za-z][0-9A-Za-z.]{1,30})",
    ),
    (
        "<date>",
        r"(?P<date>[0-9A-Za-z][0-9A-Za-z:,/\x20-]{2,30}[0-9A-Za-z])",
    ),
    (
        "<time>",
        r"(?P<time>[0-9]{1,2}:[0-9:]{2,5}(?:\x20?[AaPp][Mm])?)",
    ),
    ("<masked>", r"[0-9+]{0,6}[*xX]{1,15}[0-9]{0,6}"),
    // Up to the line's end, where nothing tells where a name ends.
    ("<line>", r"(?P<name>[^\n]+)"),
    ("<advert>", r"(?P<advert>[\s.,:;!،؛-][\s\S]*)?"),
];

/// Free text as patterns have it, and as long as it can be.
const WIDE: [(&str, &str); 7] = [
    (r"(?P<name>[^\n:]+?)", r"(?P<name>[\s\S]+)"),
    (r"(?P<name>[A-Za-z][^.:\n]*?)", r"(?P<name>[\s\S]+)"),
    (r"(?:[^.\n]|\.[^\s.])*", r"[\s\S]*"),
    (r"[^\n]*?", r"[\s\S]*"),
    (r"[^\n]+?", r"[\s\S]+"),
    (r"[\s\S]*?", r"[\s\S]*"),
    (")??", ")?"),
];
/// How a number with letters begins.
const CODES: &str = "(?P<id>[0-9A-Za-z]";
const END: &str = r")[\x20\n]*$";
const BEFORE: &str = r"^(?P<before>[\s\S]*?(?:\n|[.!?؟…][\x20\n]*|https?://[^\x20\n]+\x20))(?:";

const SIZE_LIMIT: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_cut_where_a_message_may_stop_to_fit() {
        assert_eq!(
            pieces(r"got Tk<amount>?(?: in|to <x>) [a b] from <phone>\."),
            [
                "got",
                " Tk",
                "<amount>?",
                "(?: in|to <x>)",
                " [a b]",
                " from",
                " ",
                "<phone>",
                r"\."
            ]
        );
        assert_eq!(pieces("a b|c d"), ["a b|c d"]);
    }

    #[test]
    fn a_part_that_is_none_is_found() {
        let unknown = |source: &str| unknown_part(source).map(|(part, _)| part);
        assert_eq!(
            unknown("from <name> has <balence>").as_deref(),
            Some("<balence>")
        );
        for source in ["<Balance>", "EGP<Balance>", "<amount><Balance>"] {
            assert_eq!(unknown(source).as_deref(), Some("<Balance>"), "{source}");
        }
        assert_eq!(unknown(r"<amount><advert> (?P<x>a) (?<y>b) \<z>"), None);
    }

    #[test]
    fn a_near_miss_names_what_fails_and_where() {
        let pattern = Pattern::new(r"received <amount> from <phone> ?\. id: <id>");
        let near = pattern.near("received 50 from 01012345678. no: 123456789");
        assert_eq!(near.failed.as_deref(), Some("id:"));
        assert_eq!(near.at, "received 50 from 01012345678.".len());
        let near = pattern.near("received 50 from 01012345678. id: 123456789 and more");
        assert_eq!((near.failed, near.fitting), (None, near.of));
        assert_eq!(pattern.near("hello").fitting, 0);
    }

    #[test]
    fn a_name_that_pretends_the_rest_is_read_in_two_ways() {
        let pattern = Pattern::new("from <name> id <id><advert>");
        let ids = |text: &str| {
            let read = |parts: Option<Captures<'_>>| parts.map(|parts| parts["id"].to_owned());
            (read(pattern.fit(text)), read(pattern.fit_widest(text)))
        };
        let (one, other) = ids("from Ali id 111111. id 222222");
        assert_eq!(
            (one.as_deref(), other.as_deref()),
            (Some("111111"), Some("222222"))
        );
        let (one, other) = ids("from Ali id 111111. no id");
        assert_eq!(one, other);
    }

    #[test]
    fn other_text_may_stand_before_only_where_a_message_can_begin() {
        let pattern = Pattern::new("received <amount> id <id>");
        let receipt = "received 50 id 123456789";
        for before in ["win a prize!\n", "Win. ", "see http://example.com/x "] {
            let text = format!("{before}{receipt}");
            assert!(pattern.fit(&text).is_none(), "{before}");
            assert!(pattern.fit_joined(&text).is_some(), "{before}");
        }
        for before in ["when you ", "offer: ", "\""] {
            assert!(pattern.fit_joined(&format!("{before}{receipt}")).is_none());
        }
    }
}
