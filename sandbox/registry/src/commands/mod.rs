//! The commands, one subject a file.

mod account;
mod add_domain;
mod availability;
mod contacts;
mod domain_list;
mod idn;
mod modify_domain;
mod object_log;
mod paging;
mod sessions;
mod status_domain;

use jiff::Timestamp;

use crate::answer::{Answer, Failure, Outcome};
use crate::command::Command;
use crate::state::{Domain, Holder, LogEntry, State};

/// One command in the hands of its handler: the caller is known, the attributes are all known ones.
pub struct Call<'a> {
    pub state: &'a mut State,
    pub command: &'a Command,
    pub account: String,
    pub role: Option<String>,
    pub session: Option<String>,
    pub now: Timestamp,
}

impl Call<'_> {
    /// The caller's own domain named by `DOMAIN`: 545 if nobody has it, 531 if another has.
    pub fn own_domain(&mut self) -> Result<&mut Domain, Failure> {
        let name =
            registrable(self.command.required("DOMAIN")?).ok_or_else(|| wrong_syntax("DOMAIN"))?;
        match self.state.holder(&name, &self.account) {
            Holder::Mine(domain) => Ok(domain),
            Holder::Other => Err(Answer::new(531).detail("domain is owned by another user")),
            Holder::Nobody => Err(Answer::new(545)),
        }
    }

    pub fn log(&mut self, object_class: &'static str, object: &str, operation: &'static str) {
        self.state.log.push(LogEntry {
            at: self.now,
            account: self.account.clone(),
            object_class,
            object: object.to_owned(),
            operation,
            info: self.command.masked(),
        });
    }
}

/// A command that exists: its name, the attributes that it takes (patterns of [`crate::command::matches`]),
/// what it does.
pub struct Spec {
    pub name: &'static str,
    pub attributes: &'static [&'static str],
    pub run: fn(&mut Call<'_>) -> Outcome,
}

impl Spec {
    /// Finds a command without regard to case.
    pub fn named(name: &str) -> Option<&'static Self> {
        COMMANDS
            .iter()
            .find(|spec| spec.name.eq_ignore_ascii_case(name))
    }
}

static COMMANDS: &[Spec] = &[
    Spec {
        name: "AddContact",
        attributes: contacts::FIELDS,
        run: contacts::add,
    },
    Spec {
        name: "AddDomain",
        attributes: add_domain::ATTRIBUTES,
        run: add_domain::run,
    },
    Spec {
        name: "CheckAuthentication",
        attributes: &["SUBUSER", "PASSWORD"],
        run: account::check,
    },
    Spec {
        name: "CheckDomain",
        attributes: &["DOMAIN", "X-IDN-LANGUAGE"],
        run: availability::one,
    },
    Spec {
        name: "CheckDomains",
        attributes: &[
            "DOMAIN#",
            "PREMIUMCHANNELS",
            "X-IDN-LANGUAGE",
            "DOMAINCHECKMODE",
            "PHASE",
        ],
        run: availability::many,
    },
    Spec {
        name: "ConvertIDN",
        attributes: &["DOMAIN", "DOMAIN#"],
        run: idn::convert,
    },
    Spec {
        name: "EndSession",
        attributes: &["SESSION"],
        run: sessions::end,
    },
    Spec {
        name: "ModifyDomain",
        attributes: modify_domain::ATTRIBUTES,
        run: modify_domain::run,
    },
    Spec {
        name: "QueryContactList",
        attributes: &[
            "CONTACT",
            "WIDE",
            "USERDEPTH",
            "FIRST",
            "LIMIT",
            "NOTOTAL",
            "ORDERBY",
        ],
        run: contacts::list,
    },
    Spec {
        name: "QueryDomainList",
        attributes: domain_list::ATTRIBUTES,
        run: domain_list::run,
    },
    Spec {
        name: "QueryObjectLogList",
        attributes: object_log::ATTRIBUTES,
        run: object_log::list,
    },
    Spec {
        name: "StartSession",
        attributes: &["TYPE", "TIMEOUT", "MAXTTL"],
        run: sessions::start,
    },
    Spec {
        name: "StatusAccount",
        attributes: &[],
        run: account::status,
    },
    Spec {
        name: "StatusContact",
        attributes: &["CONTACT"],
        run: contacts::status,
    },
    Spec {
        name: "StatusDomain",
        attributes: &["DOMAIN", "HOSTTYPE", "REFRESH", "REPOSITORYCONTACT"],
        run: status_domain::run,
    },
    Spec {
        name: "StatusObjectLog",
        attributes: &["LOGINDEX"],
        run: object_log::status,
    },
];

pub fn wrong_syntax(attribute: &str) -> Failure {
    Answer::new(505).detail(attribute)
}

/// A host or domain name in lower-case A-labels; the API takes nothing else.
pub fn registrable(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = name.len() <= 253 && name.contains('.') && name.split('.').all(label);
    let decodes = idna::domain_to_unicode(&name).1.is_ok();
    (fits && decodes).then_some(name)
}

/// `0` or `1`; `None` if it was not sent or is empty.
pub fn switch(command: &Command, key: &str) -> Result<Option<bool>, Failure> {
    match command.filled(key) {
        None => Ok(None),
        Some("0") => Ok(Some(false)),
        Some("1") => Ok(Some(true)),
        Some(_) => Err(Answer::new(506).detail(key)),
    }
}

/// A whole number within bounds, or the default.
pub fn number(
    command: &Command,
    key: &str,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, Failure> {
    let Some(text) = command.filled(key) else {
        return Ok(default);
    };
    let number = text.parse().map_err(|_| wrong_syntax(key))?;
    if bounds.contains(&number) {
        Ok(number)
    } else {
        Err(Answer::new(541).detail(key))
    }
}

/// Unpredictable hex digits, two a byte.
pub fn random_hex<const BYTES: usize>() -> Result<String, Failure> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Answer::new(421))?;
    Ok(hex::encode(bytes))
}
