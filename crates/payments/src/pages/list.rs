//! Lists: the same rows as a table on a page and as a CSV file.

use askama::Template;
use wharf_core::{Currency, Money};

use super::words::money;
use super::{Fragment, Look, Words, rendered};

/// A list with its filters.
#[derive(Debug)]
pub struct List {
    pub title: String,
    pub lead: String,
    /// Where it stands, and where its CSV does: `/staff/transfers`.
    pub path: &'static str,
    pub filters: Vec<Filter>,
    pub table: Table,
    /// `after` of the next page, where there is one.
    pub next: Option<String>,
    /// What of the filters cannot be looked for.
    pub problem: String,
    /// Above the table: buttons, notices; trusted HTML.
    pub above: String,
    /// Whether there is a CSV file of it.
    pub csv: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// What is said where there is no row.
    pub empty: String,
}

/// A column: its name in CSV files, and its heading.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: &'static str,
    pub label: String,
    pub number: bool,
    /// Not on the page.
    pub only_csv: bool,
}

impl Column {
    pub fn new(words: Words, name: &'static str) -> Self {
        Self {
            label: words.of("column", name),
            only_csv: false,
            ..Self::only_csv(name)
        }
    }

    /// What a program or a bookkeeper needs, and a page has no room for.
    pub fn only_csv(name: &'static str) -> Self {
        Self {
            name,
            label: String::new(),
            number: false,
            only_csv: true,
        }
    }

    pub fn number(words: Words, name: &'static str) -> Self {
        Self::new(words, name).of_numbers()
    }

    #[must_use]
    pub fn of_numbers(self) -> Self {
        Self {
            number: true,
            ..self
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub text: String,
    /// A second, quieter line.
    pub note: String,
    pub href: Option<String>,
    /// `good`, `bad`, `warn`, `quiet`: shown as a tag.
    pub tone: &'static str,
    /// Numbers and codes: left to right, figures of one width.
    pub code: bool,
    /// In one line.
    pub time: bool,
    /// A button below.
    pub action: Option<Action>,
    csv: Option<String>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Left to right, whatever the page's direction.
    pub fn code(text: impl Into<String>) -> Self {
        Self {
            code: true,
            ..Self::text(text)
        }
    }

    pub fn tag(words: Words, kind: &str, word: &str) -> Self {
        Self {
            text: words.of(kind, word),
            tone: tone(word),
            csv: Some(word.to_owned()),
            ..Self::default()
        }
    }

    pub fn time(words: Words, ms: i64) -> Self {
        if ms <= 0 {
            return Self::text("–").in_csv("");
        }
        Self {
            text: words.time(ms),
            code: true,
            time: true,
            csv: Some(words.local(ms).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            ..Self::default()
        }
    }

    pub fn money(minor: i64, currency: Currency) -> Self {
        Self {
            text: money(minor, currency),
            code: true,
            csv: Some(Money::new(minor, currency).amount()),
            ..Self::default()
        }
    }

    /// In which direction the text runs, where a browser would not find it out.
    pub fn direction(&self) -> Option<&'static str> {
        direction(&self.text)
    }

    pub fn note_direction(&self) -> &'static str {
        direction(&self.note).unwrap_or("auto")
    }

    #[must_use]
    pub fn to(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    #[must_use]
    pub fn with_action(mut self, href: impl Into<String>, text: impl Into<String>) -> Self {
        self.action = Some(Action {
            href: href.into(),
            text: text.into(),
            warning: String::new(),
        });
        self
    }

    /// What follows from its button, which is unfolded first.
    #[must_use]
    pub fn warned(mut self, warning: impl Into<String>) -> Self {
        if let Some(action) = &mut self.action {
            action.warning = warning.into();
        }
        self
    }

    #[must_use]
    pub fn in_csv(mut self, text: impl Into<String>) -> Self {
        self.csv = Some(text.into());
        self
    }
}

/// Something that is done from a list.
#[derive(Clone, Debug)]
pub struct Action {
    pub href: String,
    pub text: String,
    /// What follows from it, where that must be read first.
    pub warning: String,
}

/// A field above a list.
#[derive(Clone, Debug)]
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    pub value: String,
    pub kind: FilterKind,
    /// What the empty choice is called, where it is not "all".
    pub empty: Option<String>,
    /// It cannot be looked for.
    pub wrong: bool,
}

#[derive(Clone, Debug)]
pub enum FilterKind {
    Text,
    Number,
    Day,
    /// Value and text of each choice; the empty value is "all".
    Choice(Vec<(String, String)>),
}

impl Filter {
    pub fn text(look: &Look<'_>, name: &'static str) -> Self {
        Self::new(look, name, FilterKind::Text)
    }

    pub fn number(look: &Look<'_>, name: &'static str) -> Self {
        Self::new(look, name, FilterKind::Number)
    }

    pub fn day(look: &Look<'_>, name: &'static str) -> Self {
        Self::new(look, name, FilterKind::Day)
    }

    pub fn choice(look: &Look<'_>, name: &'static str, choices: Vec<(String, String)>) -> Self {
        Self::new(look, name, FilterKind::Choice(choices))
    }

    fn new(look: &Look<'_>, name: &'static str, kind: FilterKind) -> Self {
        Self {
            name,
            label: look.words().of("filter", name),
            value: look.field(name).to_owned(),
            kind,
            empty: None,
            wrong: false,
        }
    }

    /// Nothing chosen is something of its own.
    #[must_use]
    pub fn without_all(mut self, empty: &str) -> Self {
        self.empty = Some(empty.to_owned());
        self
    }
}

impl List {
    pub fn page(&self, look: &Look<'_>) -> Fragment {
        let filtered = self.filters.iter().any(|filter| !filter.value.is_empty());
        let later = self
            .next
            .as_ref()
            .map(|after| self.address(self.path, Some(after)));
        let page = ListPage {
            t: look.words(),
            list: self,
            filtered,
            table: if filtered && self.table.rows.is_empty() {
                let none = look.words().text("nothing_found").to_owned();
                Table {
                    empty: none,
                    ..Table::default()
                }
                .html(look)
            } else {
                self.table.html(look)
            },
            first: (!look.field("after").is_empty()).then(|| self.address(self.path, None)),
            later,
            csv: self.address(&format!("{}.csv", self.path), None),
        };
        Fragment {
            title: self.title.clone(),
            html: rendered(&page),
        }
    }

    fn address(&self, path: &str, after: Option<&str>) -> String {
        let given = self
            .filters
            .iter()
            .filter(|filter| !filter.value.is_empty())
            .map(|filter| (filter.name, filter.value.as_str()));
        let query: Vec<String> = given
            .chain(after.map(|after| ("after", after)))
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }
}

impl Table {
    /// With links from a column's cells, by the number of their row.
    #[must_use]
    pub fn linked(mut self, column: usize, to: impl Fn(usize) -> Option<String>) -> Self {
        for (number, row) in self.rows.iter_mut().enumerate() {
            if let (Some(cell), Some(href)) = (row.get_mut(column), to(number)) {
                cell.href = Some(href);
            }
        }
        self
    }

    pub fn html(&self, look: &Look<'_>) -> String {
        rendered(&TablePart {
            t: look.words(),
            csrf: look.csrf,
            table: self,
        })
    }

    /// The heading line of a CSV file. It begins with a mark by which spreadsheets know UTF-8.
    pub fn csv_head(&self) -> String {
        let names = self.columns.iter().map(|column| column.name.to_owned());
        format!("\u{feff}{}", csv_line(names))
    }

    pub fn csv_rows(&self) -> String {
        self.rows
            .iter()
            .map(|row| {
                csv_line(self.columns.iter().zip(row).map(|(column, cell)| {
                    let text = cell.csv.as_deref().unwrap_or(&cell.text);
                    if column.number {
                        text.to_owned()
                    } else {
                        harmless(text)
                    }
                }))
            })
            .collect()
    }
}

/// Spreadsheets run what begins like a formula. Texts come from strangers: such a cell gets an apostrophe.
fn harmless(text: &str) -> String {
    let begins = text
        .trim_start()
        .starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'])
        || text.starts_with(['\t', '\r', '\n']);
    if begins {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells
        .map(|cell| {
            if cell.contains([',', '"', '\n', '\r', ';', '\t']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}

/// For a query in an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Of a text with parts that are set apart, by its first letter outside of them. Browsers look at those, too: to them an
/// Arabic sentence that begins with an amount runs from the left.
fn direction(text: &str) -> Option<&'static str> {
    let (mut depth, mut apart) = (0_u32, false);
    let mut letters = text.chars().filter(|c| {
        match c {
            '\u{2066}'..='\u{2068}' => (depth, apart) = (depth + 1, true),
            '\u{2069}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_alphabetic()
    });
    let first = letters.next()?;
    let from_the_right =
        matches!(first, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    apart.then_some(if from_the_right { "rtl" } else { "ltr" })
}

/// How a machine word feels.
fn tone(word: &str) -> &'static str {
    match word {
        "credited" | "approved" | "done" | "enabled" | "released" | "fine" | "ok" | "paid"
        | "good" | "vouched" => "good",
        "blocked" | "rejected" | "refused" | "reversed" | "wrong" | "silent" | "unheard"
        | "unserved" | "failed" | "out" => "bad",
        "held" | "review" | "open" | "unknown" | "doubtful" | "retry" | "gap" | "unseeded"
        | "battery" | "quiet" | "unreadable" | "expired" | "observe" => "warn",
        _ => "quiet",
    }
}

#[derive(Template)]
#[template(path = "staff/list.html")]
struct ListPage<'a> {
    t: Words,
    list: &'a List,
    filtered: bool,
    table: String,
    first: Option<String>,
    later: Option<String>,
    csv: String,
}

#[derive(Template)]
#[template(path = "staff/table.html")]
struct TablePart<'a> {
    t: Words,
    csrf: &'a str,
    table: &'a Table,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use proptest::prelude::*;

    fn table(cells: Vec<Cell>) -> Table {
        let words = Words::new(Language::English);
        Table {
            columns: cells.iter().map(|_| Column::new(words, "payer")).collect(),
            rows: vec![cells],
            empty: String::new(),
        }
    }

    fn look(query: &[(String, String)]) -> Look<'_> {
        Look {
            language: Language::English,
            csrf: "c",
            actor: "mona",
            may_decide: true,
            may_set_up: false,
            query,
        }
    }

    #[test]
    fn a_spreadsheet_runs_nothing_of_ours() {
        for bad in [
            "=1+1",
            "+20",
            "-2",
            "@SUM(A1)",
            "\t=1",
            "  =cmd|' /C calc'!A0",
            "\r=1",
        ] {
            let line = table(vec![Cell::text(bad)]).csv_rows();
            let cell = line.trim_start_matches('"');
            assert!(cell.starts_with('\''), "{line:?}");
        }
        let line = table(vec![Cell::text("a \"b\", c"), Cell::text("plain")]).csv_rows();
        assert_eq!(line, "\"a \"\"b\"\", c\",plain\r\n");
        let words = Words::new(Language::English);
        let number = Table {
            columns: vec![Column::number(words, "amount")],
            rows: vec![vec![Cell::money(-1_250, Currency::EGP)]],
            empty: String::new(),
        };
        assert_eq!(number.csv_rows(), "-12.50\r\n");
    }

    proptest! {
        #[test]
        fn no_text_cell_begins_like_a_formula(text in any::<String>()) {
            let line = table(vec![Cell::text(text)]).csv_rows();
            let cell = line.strip_prefix('"').unwrap_or(&line);
            let first = cell.trim_start().chars().next();
            let begins_badly = matches!(first, Some('=' | '+' | '-' | '@'));
            prop_assert!(!begins_badly, "{line:?}");
        }

        #[test]
        fn pages_hold_no_markup_of_strangers(text in "[<>&\"']{1,9}") {
            let html = table(vec![Cell::text(format!("x{text}y"))]).html(&look(&[]));
            prop_assert!(!html.contains(&format!("x{text}y")), "{html}");
        }
    }

    #[test]
    fn sentences_run_in_the_direction_of_their_language() {
        for (text, runs) in [
            (
                "\u{2068}36.99 USD\u{2069} مقابل \u{2068}50.25\u{2069}",
                Some("rtl"),
            ),
            ("\u{2068}منى\u{2069} approved", Some("ltr")),
            ("36.99 USD for 1858.75 EGP", None),
            ("\u{2068}USD\u{2069}", None),
        ] {
            assert_eq!(direction(text), runs, "{text}");
        }
    }

    #[test]
    fn a_list_on_a_page() {
        let query = [("state".to_owned(), "held".to_owned())];
        let look = look(&query);
        let list = List {
            title: "Transfers".into(),
            lead: String::new(),
            path: "/staff/transfers",
            filters: vec![
                Filter::text(&look, "text"),
                Filter::choice(&look, "state", vec![("held".into(), "held".into())]),
            ],
            table: table(vec![
                Cell::tag(look.words(), "state", "held")
                    .to("/staff/transfers/1")
                    .with_note("two claims"),
            ]),
            next: Some("9".into()),
            above: String::new(),
            problem: String::new(),
            csv: true,
        };
        insta::assert_snapshot!(list.page(&look).html, @r##"
        <h1>Transfers</h1>

        <form class="filters" method="get" action="/staff/transfers" role="search">
        <div><label for="filter-text">Search</label>
        <input id="filter-text" name="text" value="" type="search" maxlength="80" placeholder="Number, phone or id"></div>
        <div><label for="filter-state">State</label>
        <select id="filter-state" name="state"><option value="">all</option><option value="held" selected>held</option></select></div>
        <div class="buttons"><button>Show</button> <a href="/staff/transfers">Show all</a></div>
        </form>
        <div class="table" tabindex="0" role="region" aria-label="Table"><table>
        <thead><tr><th scope="col">Payer</th></tr></thead>
        <tbody>
        <tr><td data-label="Payer"><div><a href="/staff/transfers/1"><span class="tag warn">held</span></a><small dir="auto">two claims</small></div></td></tr>
        </tbody></table></div>
        <p class="pager"><a href="/staff/transfers?state=held&#38;after=9" rel="next">Older</a><a class="csv" href="/staff/transfers.csv?state=held" download>Download as CSV</a></p>
        "##);
    }
}
