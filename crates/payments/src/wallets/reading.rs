//! Reading one message: a pure function from sender, text and time of arrival.

use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};
use wharf_core::{Country, Currency, Phone};

use super::text::{amount_of, clean, fold};
use super::{Template, Wallet, Wallets};

/// What a message tells. Only `Received` is money that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Received,
    Sent,
    WithdrawalAsked,
    Withdrawn,
    Paid,
    Airtime,
    Enquiry,
    Failed,
    /// Money that came was taken back, or money that went came back.
    Reversed,
    /// A one-time code.
    Code,
    Advert,
}

impl Kind {
    pub const ALL: &'static [Self] = &[
        Self::Received,
        Self::Sent,
        Self::WithdrawalAsked,
        Self::Withdrawn,
        Self::Paid,
        Self::Airtime,
        Self::Enquiry,
        Self::Failed,
        Self::Reversed,
        Self::Code,
        Self::Advert,
    ];

    /// As files, documents and databases write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
            Self::WithdrawalAsked => "withdrawal_asked",
            Self::Withdrawn => "withdrawn",
            Self::Paid => "paid",
            Self::Airtime => "airtime",
            Self::Enquiry => "enquiry",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
            Self::Code => "code",
            Self::Advert => "advert",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == text).copied()
    }

    /// Tells nothing about the wallet's money. Such templates are generous, so they are tried last.
    pub fn is_noise(self) -> bool {
        matches!(self, Self::Code | Self::Advert)
    }
}

/// A message as its template reads it. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub operator: String,
    pub template: String,
    pub kind: Kind,
    pub currency: Currency,
    pub amount: Option<i64>,
    /// The other side's phone; `None` when it is not told, masked or no mobile number of the country.
    pub phone: Option<Phone>,
    pub payer: Option<String>,
    /// The other side's payment address, where the operator has such: `name@bank`.
    pub address: Option<String>,
    /// Our own wallet's number, where the message names it.
    pub wallet: Option<Phone>,
    pub balance: Option<i64>,
    /// What the operator took besides the amount.
    pub fee: Option<i64>,
    /// The operator's transaction number: text, leading zeros count.
    pub operator_id: Option<String>,
    /// The transaction that a reversal takes back.
    pub original_id: Option<String>,
    pub happened_at: Option<Timestamp>,
    /// Between which moments that was, where the date can be read in one way only: with its year, and in one order.
    #[serde(skip)]
    pub dated: Option<(Timestamp, Timestamp)>,
    /// Why a person should look before money is credited.
    pub doubts: Vec<Doubt>,
}

/// What is odd about a message that fits a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// The amount is missing, zero or not well-formed.
    Amount,
    /// The balance is not well-formed, or was cut.
    Balance,
    /// The date is no date, or more than 48 hours from the arrival.
    Date,
    /// It stands in one text with others: before it, with another receipt after it, or with a name that pretends one or
    /// holds a phone.
    Joined,
    /// The transaction number is shorter or longer than this operator's are: the message is cut, or something sticks to it.
    Number,
}

impl Doubt {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Balance => "balance",
            Self::Date => "date",
            Self::Joined => "joined",
            Self::Number => "number",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Amount => "the amount is missing or not well-formed",
            Self::Balance => "the balance is not well-formed",
            Self::Date => "the date is no date, or more than 48 hours from the arrival",
            Self::Joined => "it stands in one text with something else that matters",
            Self::Number => {
                "the transaction number is not as long as this operator's are: the message may be cut, or something sticks to it"
            }
        }
    }
}

/// A reading and how it came about; for people who look for the reason.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The wallet whose sender it is.
    pub operator: Option<String>,
    pub normalised: String,
    /// Templates in the order tried, as `wallet/template`; the last one is the one that fitted.
    pub tried: Vec<String>,
    pub reading: Option<Reading>,
}

impl Wallets {
    /// Reads a message. Nothing is read from an unknown sender; no reading means "not understood", which is
    /// never money. Where several wallets share a sender, the one whose template fits is meant.
    pub fn read(&self, sender: &str, body: &str, arrived_at: Timestamp) -> Explained {
        let mut explained = Explained {
            operator: None,
            normalised: String::new(),
            tried: Vec::new(),
            reading: None,
        };
        let wallets = self.of_sender(sender);
        explained.operator = wallets.first().map(|wallet| wallet.name.clone());
        if body.len() > TEXT_LIMIT {
            return explained;
        }
        explained.normalised = clean(body);
        let folded = fold(&explained.normalised);
        let message = Message {
            text: &explained.normalised,
            folded: &folded,
            arrived_at,
        };
        let receipts = wallets
            .iter()
            .map(|wallet| wallet.receipt.count(&folded))
            .max();
        let receipts = receipts.unwrap_or_default();
        for pass in [Pass::Receipts, Pass::Joined, Pass::Others, Pass::Noise] {
            for wallet in &wallets {
                for template in wallet.templates.iter().filter(|one| pass.tries(one)) {
                    if pass != Pass::Joined {
                        explained
                            .tried
                            .push(format!("{}/{}", wallet.name, template.name));
                    }
                    // A receipt of a new form is nothing else.
                    if receipts > 0 && template.kind != Kind::Received {
                        continue;
                    }
                    explained.reading = wallet.fit(template, &message, pass);
                    if let Some(reading) = &mut explained.reading {
                        reading.is_joined(receipts > 1);
                        explained.operator = Some(wallet.name.clone());
                        return explained;
                    }
                }
            }
        }
        explained
    }
}

/// What is looked for, one after the other. A receipt behind other text comes before what takes any text, so
/// that no money is taken for advertising.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Receipts,
    Joined,
    Others,
    Noise,
}

impl Pass {
    fn tries(self, template: &Template) -> bool {
        match self {
            Self::Receipts | Self::Joined => template.kind == Kind::Received,
            Self::Others => template.kind != Kind::Received && !template.kind.is_noise(),
            Self::Noise => template.kind.is_noise(),
        }
    }
}

struct Message<'a> {
    text: &'a str,
    folded: &'a str,
    arrived_at: Timestamp,
}

impl Reading {
    /// A second receipt in the text would be lost.
    fn is_joined(&mut self, joined: bool) {
        let known = self.doubts.contains(&Doubt::Joined);
        if joined && self.kind == Kind::Received && !known {
            self.doubts.push(Doubt::Joined);
        }
    }
}

impl Wallet {
    fn fit(&self, template: &Template, message: &Message<'_>, pass: Pass) -> Option<Reading> {
        let parts = match pass {
            Pass::Joined => template.pattern.fit_joined(message.folded)?,
            Pass::Receipts | Pass::Others | Pass::Noise => template.pattern.fit(message.folded)?,
        };
        // Cut out of the unfolded text: folding keeps offsets.
        let part = |name: &str| {
            let found = parts.name(name)?;
            message.text.get(found.range()).map(str::trim)
        };
        if !["amount", "balance", "fee", "id"].iter().all(|name| {
            parts
                .name(name)
                .is_none_or(|found| is_whole(message.folded, found))
        }) {
            return None;
        }
        let decimals = self.currency.exponent();
        let minor = |name: &str| {
            part(name).and_then(|text| match text.strip_prefix('-') {
                Some(text) => amount_of(text, decimals, self.grouping).map(|minor| -minor),
                None => amount_of(text, decimals, self.grouping),
            })
        };
        // Operators write a number whole; a shorter one is of an account, and so is what follows such words.
        let phone = |name: &str| {
            let before = parts
                .name(name)
                .and_then(|found| message.folded.get(..found.start()));
            let before = before.unwrap_or_default().to_ascii_lowercase();
            let whole = before.ends_with(['*', '#']) || before.ends_with("a/c");
            let text =
                part(name).filter(|text| text.len() >= whole_number(self.country) && !whole)?;
            Phone::parse_in(self.country, text).ok()
        };
        let words = |name: &str| {
            part(name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let written = part("date").map(|date| match part("time") {
            Some(time) => format!("{date} {time}"),
            None => date.to_owned(),
        });
        let moments: Vec<Moment> = written.map_or_else(Vec::new, |written| {
            let formats = template.dates.iter();
            formats
                .filter_map(|format| self.moment(&written, format, message.arrived_at))
                .collect()
        });
        let told = moments
            .iter()
            .min_by_key(|told| told.at.duration_since(message.arrived_at).abs());
        let sure = told.filter(|told| {
            let same = |other: &Moment| (other.at, other.timed) == (told.at, told.timed);
            told.has_year && moments.iter().all(same)
        });

        let (payer, operator_id) = (words("name"), words("id"));
        let receives = template.kind == Kind::Received;
        if receives && payer.as_deref().is_some_and(|name| !is_a_name(name))
            || operator_id.as_deref().is_some_and(|id| !is_a_number(id))
        {
            return None;
        }
        let mut doubts = Vec::new();
        // A phone where the amount should be.
        let padded = |text: &str| {
            let mut digits = text.chars();
            digits.next() == Some('0') && digits.next().is_some_and(|c| c.is_ascii_digit())
        };
        let money = minor("amount").filter(|minor| *minor > 0);
        let money = money.filter(|_| !part("amount").is_some_and(padded));
        if template.kind == Kind::Received {
            if money.is_none() {
                doubts.push(Doubt::Amount);
            }
            let is_cut = |text: &str| self.cents && !has_cents(text, decimals);
            if part("balance").is_some_and(is_cut)
                || part("balance").is_some() && minor("balance").is_none_or(|minor| minor < 0)
            {
                doubts.push(Doubt::Balance);
            }
        }
        let near = |told: &Moment| told.at.duration_since(message.arrived_at).abs() <= SANE;
        if !template.dates.is_empty() && part("date").is_some() && !told.is_some_and(near) {
            doubts.push(Doubt::Date);
        }
        let takes_back = || {
            let words = TAKING_BACK.as_ref();
            words.is_none_or(|words| words.is_match(message.folded))
        };
        let ambiguous = || self.is_ambiguous(message.folded, &parts);
        let holds_phone = || {
            let name = payer.as_deref().unwrap_or_default();
            holds_a_phone(name, self.country)
        };
        if receives
            && (pass == Pass::Joined
                || holds_phone()
                || takes_back()
                || self.is_followed(&parts)
                || ambiguous())
        {
            doubts.push(Doubt::Joined);
        }
        let is_odd = |id: &String| {
            let odd = |digits| id.len() < digits || receives && id.len() > digits;
            self.digits.is_some_and(odd)
        };
        if operator_id.as_ref().is_some_and(is_odd) {
            doubts.push(Doubt::Number);
        }
        Some(Reading {
            operator: self.name.clone(),
            template: template.name.clone(),
            kind: template.kind,
            currency: self.currency,
            amount: money,
            phone: phone("phone"),
            payer,
            address: words("address").map(|address| address.to_lowercase()),
            wallet: phone("wallet"),
            balance: minor("balance"),
            fee: minor("fee"),
            operator_id,
            original_id: words("original"),
            happened_at: told.filter(|told| told.timed).map(|told| told.at),
            dated: sure.map(|told| (told.at, told.until())),
            doubts,
        })
    }

    /// Whether a receipt can be read in another way, of this form or another of the wallet's, with free text that goes on
    /// further, so that other parts count: one of them is pretended.
    fn is_ambiguous(&self, folded: &str, parts: &Captures<'_>) -> bool {
        let receives = |template: &&Template| template.kind == Kind::Received;
        self.templates
            .iter()
            .filter(receives)
            .filter_map(|template| template.pattern.fit_widest(folded))
            .any(|widest| {
                // It may take digits of a number or an optional part; it is another one that counts.
                TOLD.iter()
                    .filter_map(|name| parts.name(name).zip(widest.name(name)))
                    .any(|(one, other)| one.end() <= other.start() || other.end() <= one.start())
            })
    }

    /// Whether what stands after a receipt is no advertising but other news of money, which would be lost.
    fn is_followed(&self, parts: &Captures<'_>) -> bool {
        let Some(rest) = parts.name("advert") else {
            return false;
        };
        let rest = rest.as_str().trim_start_matches([' ', '\n', '.']);
        let tells = |template: &&Template| !template.kind.is_noise();
        self.templates.iter().filter(tells).any(|template| {
            template.pattern.fit(rest).is_some() || template.pattern.fit_joined(rest).is_some()
        })
    }

    /// A local date of the wallet's country. Which of two hours a date at the end of summer time means is not told,
    /// nor sometimes the year: it is the one nearest to the arrival.
    fn moment(&self, text: &str, format: &str, arrived_at: Timestamp) -> Option<Moment> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let without_zones = Offset::from_hours(self.country.winter_hours()).ok()?;
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::fixed(without_zones));
        let told = strtime::parse(format, &text).ok()?;
        let time = told.hour().and_then(|_| told.to_time().ok());
        let has_year = format.contains("%y") || format.contains("%Y");
        let there = |date: Date| {
            let civil = date.to_datetime(time.unwrap_or(Time::midnight()));
            let ambiguous = zone.to_ambiguous_zoned(civil);
            let both = [ambiguous.clone().earlier(), ambiguous.later()];
            let nearest = both
                .into_iter()
                .filter_map(Result::ok)
                .min_by_key(|zoned| zoned.timestamp().duration_since(arrived_at).abs());
            Some(Moment {
                at: nearest?.timestamp(),
                timed: time.is_some(),
                has_year,
            })
        };
        if has_year {
            // Two digits in the place of four are another form's.
            let date = told.to_date().ok().filter(|date| date.year() >= 1_000);
            return there(date?);
        }
        let (month, day) = (told.month()?, told.day()?);
        let year = arrived_at.to_zoned(zone.clone()).year();
        [year.checked_sub(1), Some(year), year.checked_add(1)]
            .into_iter()
            .flatten()
            .filter_map(|year| there(Date::new(year, month, day).ok()?))
            .min_by_key(|told| told.at.duration_since(arrived_at).abs())
    }
}

/// When something happened. Without a time of day it is when the day began, and only serves to see that it is right.
struct Moment {
    at: Timestamp,
    timed: bool,
    /// Otherwise it is a guess.
    has_year: bool,
}

impl Moment {
    fn until(&self) -> Timestamp {
        let rest = SignedDuration::from_hours(if self.timed { 0 } else { 24 });
        self.at.checked_add(rest).unwrap_or(self.at)
    }
}

/// Whether an amount has all the decimals of its currency.
fn has_cents(text: &str, decimals: u32) -> bool {
    let fraction = text.rsplit_once('.').map_or("", |(_, fraction)| fraction);
    fraction.len() == decimals as usize
}

/// Whether a number was not cut out of a longer one.
fn is_whole(text: &str, number: regex::Match<'_>) -> bool {
    let after = text.get(number.end()..).unwrap_or_default();
    let mut after = after.chars();
    let goes_on = match after.next() {
        Some('.' | ',') => after.next().is_some_and(|c| c.is_ascii_digit()),
        next => next.is_some_and(|c| c.is_ascii_digit()),
    };
    let before = text.get(..number.start()).unwrap_or_default();
    let mut before = before.chars().rev();
    let began_before = match before.next() {
        Some('.' | ',') => before.next().is_some_and(|c| c.is_ascii_digit()),
        last => last.is_some_and(|c| c.is_ascii_digit()),
    };
    !goes_on && !began_before
}

/// Whether it names somebody, and has not swallowed a part of the message.
fn is_a_name(text: &str) -> bool {
    let folded = fold(text).to_lowercase();
    text.chars().count() <= LONGEST_NAME && !OTHER_PARTS.iter().any(|words| folded.contains(words))
}

/// Whether a name holds somebody's number: then it has swallowed the payer's, or pretends one.
fn holds_a_phone(name: &str, country: Country) -> bool {
    let mut numbers = name.split(|c: char| !c.is_ascii_digit() && !matches!(c, '*' | '#'));
    numbers.any(|number| {
        number.len() >= whole_number(country) && Phone::parse_in(country, number).is_ok()
    })
}

/// How long a mobile number is at least, as operators write it: with its leading zero, where the country has one.
fn whole_number(country: Country) -> usize {
    match country {
        Country::Egypt | Country::Bangladesh | Country::Pakistan => 11,
        _ => 10,
    }
}

/// Whether it can be a transaction's number, and is no word. InstaPay's are hexadecimal; of bKash's, M-PESA's (ten signs)
/// and Nagad's (eight) a few have capitals only.
fn is_a_number(id: &str) -> bool {
    let hexadecimal = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let capitals = matches!(id.len(), 8 | 10)
        && id.bytes().all(|b| b.is_ascii_uppercase())
        && !OF_WORDS.iter().any(|part| id.contains(part));
    hexadecimal || capitals || id.bytes().any(|b| b.is_ascii_digit())
}

/// What stands in the words that a message may have in a number's place.
const OF_WORDS: [&str; 16] = [
    "SUCCE", "COMPL", "CANCEL", "REVER", "REJEC", "RECEI", "PROCES", "TRANS", "PENDI", "FAIL",
    "CLAIM", "CONF", "APPRO", "DECLI", "REFUN", "EXPIR",
];
const LONGEST_NAME: usize = 80;
/// The parts that money hangs on.
const TOLD: [&str; 8] = [
    "amount", "phone", "wallet", "balance", "fee", "id", "date", "address",
];
/// Folded, as patterns are, and in lower case.
const OTHER_PARTS: &[&str] = &[
    "رصيدك الحالي",
    "رصيد محفظتك",
    "رقم محفظتك",
    "رقم العمليه",
    "balance is",
    "balance:",
    "تم استلام",
    "you have received",
];
/// Words that take a receipt back, or say that it is none yet. Folded, as patterns are.
static TAKING_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let arabic = [
        "تم (?:عكس|الغاء (?:العمليه|المعامله|التحويل|المبلغ)|استرداد|استرجاع|ارجاع|اعاده|رد|رفض|الالغاء|الاسترداد|سحب المبلغ)",
        "(?:اعيد|سحب) المبلغ",
        "(?:تم تعليق|سيتم خصم|بعد موافقت|لاعتراض|محجوز|معلق)",
        "(?:قيد|تحت) (?:المراجعه|الانتظار|التنفيذ)",
        "لم (?:تتم|يتم|تكتمل|يكتمل|تنجح|ينجح|تنفذ|ينفذ|تقبل|يقبل|تعتمد|يعتمد|يضف|تضف|يضاف|تضاف|يصل المبلغ)",
        "تم (?:خصم المبلغ|تجميد|ايقاف|الرفض|التراجع|الارجاع)",
        "غير (?:ناجح|مكتمل|منفذ|معتمد|مقبول)",
        "انتهت صلاحيه (?:العمليه|المعامله|التحويل)",
        "انتظار (?:ال)?(?:موافق|تاكيد|مراجع|اعتماد)",
        "فشل|فاشل|مرفوض|معلقه|ملغاه|ملغيه|الغيت|الغاؤه|الغائه|لاغيه",
        "(?:مردود|مرتجع|مسترجع|معكوس|مجمد|موقوف)ه",
        "(?:مبلغ|تحويل|عمليه|معامله|حواله) (?:ال)?(?:مسترد|مردود|مرتجع|مسترجع|معكوس|مجمد|موقوف|منتهي|لاغي|ملغي)",
        "رساله (?:تجريبيه|اختبار)",
    ];
    let english = [
        "(?:reversed|rolled back|disputed|refunded|declined|rejected|failed|unsuccessful|returned|recalled)",
        "(?:revoked|voided|withdrawn|charged back|incomplete|unconfirmed|undone)",
        "(?:is a reversal|available after)",
        "(?:not|never) (?:yet )?(?:been )?(?:successful|completed?|confirmed|processed|approved|accepted|settled|credited|received)",
        "(?:transaction|transfer|payment|is|was|been|has) (?:expired|void|suspended|frozen|blocked)",
        "(?:transaction|transfer|payment|is|was|been) cancell?ed",
        "(?:transaction|transfer|payment|is|still) pending",
        "(?:pending|awaiting|waiting for|subject to) (?:approval|review|confirmation)",
        "(?:is|only) (?:a|an) (?:test|sample|example)",
        "(?:on hold|under review)",
        "debited from your",
    ];
    // Said alone at the end.
    let alone = r"(?:^|[.\n (\[])(?:pending|cancell?ed|void|expired|test)[.!)\] ]*$";
    let blank = |text: &str| text.replace(' ', r"\s*");
    let english = english.join("|").replace(' ', r"\s+");
    let text = format!(
        "{}|(?i-u:\\b)(?i:{english})(?i-u:\\b)|(?i:{alone})",
        blank(&arabic.join("|"))
    );
    Regex::new(&text).ok()
});
const SANE: SignedDuration = SignedDuration::from_hours(48);
/// Longer texts are no operator's message.
pub(super) const TEXT_LIMIT: usize = 4 * 1024;
