//! From a connector's file to a connector: every text, path and name is checked here, so that nothing of it can be
//! wrong later.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderName;
use serde_json_path::JsonPath;

use super::file::{self, File};
use super::names::{Known, RESERVED, actions, of_step, with};
use super::template::{Body, Condition, Names, Template};
use super::{
    Accounts, Action, Answers, Auth, Bar, Connector, Custom, Fact, Find, Keep, Link, List, Loader,
    Metric, Page, Pages, Poll, ProductOption, Read, Request, Service, Step, Supplier, Undo, Usage,
    UsageSource, Words,
};

/// The key and what is wrong with it.
pub(super) type Wrong = (String, String);

pub(super) fn check(file: File, folder: Option<&Path>) -> Result<Connector, Wrong> {
    if !is_name(&file.name, '-') {
        return wrong("name", "use lower-case letters, digits and \"-\"");
    }
    let known = Known::of(&file);
    let (server, made) = (known.server(), known.made());
    names_are_free(&file)?;
    if !file.create.iter().any(|step| step.path.is_some()) {
        return wrong("create", "it has no step that makes anything");
    }
    let mut notes = Vec::new();
    let mut checked = Vec::new();
    for (action, list) in actions(&file) {
        let steps = steps(&place_of(&action, &file), &action, list, &known)?;
        notes.extend(steps.iter().filter_map(|step| note(&action, step)));
        checked.push((action, steps));
    }
    Ok(Connector {
        supplier: supplier(&file.supplier, folder)?,
        account: file
            .account
            .as_ref()
            .map(|account| read("account", account, &with(&Names::new(), &[])))
            .transpose()?,
        values: file
            .values
            .iter()
            .map(|(name, text)| {
                let names = without_values(&known.ordered());
                let body = Body::check(&text.clone().into(), &format!("values.{name}"), &names)?;
                Ok((name.clone(), body))
            })
            .collect::<Result<_, Wrong>>()?,
        options: file
            .options
            .iter()
            .enumerate()
            .map(|(index, option)| product_option(index, option, &server))
            .collect::<Result<_, Wrong>>()?,
        service: service(&file.service, &made)?,
        actions: checked,
        custom: file
            .custom
            .iter()
            .enumerate()
            .map(|(index, custom)| custom_action(index, custom))
            .collect::<Result<_, Wrong>>()?,
        properties: texts("properties", &file.properties, &made)?,
        accounts: file
            .accounts
            .as_ref()
            .map(|list| accounts(list, &server))
            .transpose()?,
        usage: file
            .usage
            .as_ref()
            .map(|list| usage(list, &server, &made))
            .transpose()?,
        metrics: metrics(&file)?,
        page: page(&file.page, &made)?,
        admin: facts("admin.facts", &file.admin.facts, &made)?,
        name: file.name,
        title: file.title,
        notes,
    })
}

fn names_are_free(file: &File) -> Result<(), Wrong> {
    let mut options = BTreeSet::new();
    for (index, option) in file.options.iter().enumerate() {
        let at = format!("options[{index}].name");
        if !is_name(&option.name, '_') {
            return wrong(&at, "use lower-case letters, digits and \"_\"");
        }
        if RESERVED.contains(&option.name.as_str()) {
            return wrong(&at, "this name has a meaning of its own");
        }
        if !options.insert(option.name.as_str()) {
            return wrong(&at, "there are two of this name");
        }
    }
    for (action, steps) in actions(file) {
        let mut seen = BTreeSet::new();
        for (index, step) in steps.iter().enumerate() {
            let at = format!("{}[{index}].name", place_of(&action, file));
            if !is_name(&step.name, '_') {
                return wrong(&at, "use lower-case letters, digits and \"_\"");
            }
            if RESERVED.contains(&step.name.as_str()) || options.contains(step.name.as_str()) {
                return wrong(&at, "this name has a meaning of its own");
            }
            if !seen.insert(step.name.as_str()) {
                return wrong(&at, "there are two of this name");
            }
        }
    }
    Ok(())
}

/// Where an action's steps stand in the file.
fn place_of(action: &Action, file: &File) -> String {
    match action {
        Action::Custom(name) => {
            let index = file.custom.iter().position(|custom| custom.name == *name);
            format!("custom[{}].steps", index.unwrap_or(0))
        }
        plain => plain.to_string(),
    }
}

fn steps(
    at: &str,
    action: &Action,
    list: &[file::Step],
    known: &Known,
) -> Result<Vec<Step>, Wrong> {
    let mut names = known.at_first(action);
    list.iter()
        .enumerate()
        .map(|(index, step)| {
            let checked = self::step(&format!("{at}[{index}]"), action, step, &names)?;
            names.extend(of_step(step));
            Ok(checked)
        })
        .collect()
}

fn step(at: &str, action: &Action, step: &file::Step, names: &Names) -> Result<Step, Wrong> {
    let reads = action.only_reads();
    let method = match step.method {
        Some(method) => http(method),
        None if reads => Method::GET,
        None => Method::POST,
    };
    if reads && method != Method::GET {
        return wrong(&format!("{at}.method"), "only GET is possible here");
    }
    let request = match &step.path {
        Some(path) => Some(Request {
            path: path_text(&format!("{at}.path"), path, names)?,
            query: texts(&format!("{at}.query"), &step.query, names)?,
            headers: headers(&format!("{at}.headers"), &step.headers, names)?,
            body: body(&format!("{at}.body"), step.body.as_ref(), names)?,
            answers: step.answers.clone(),
            secret: Vec::new(),
            method: method.clone(),
        }),
        None if step.find.is_some() => None,
        None => return wrong(at, "it has neither \"path\" nor \"find\""),
    };
    let own = with(
        names,
        &of_step(step)
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let changes = request.is_some() && method != Method::GET;
    if !changes && step.undo.is_some() {
        return wrong(&format!("{at}.undo"), "this step changes nothing");
    }
    let mut checked = Step {
        when: condition(&format!("{at}.when"), step.when.as_ref(), names)?,
        subject: text_if(&format!("{at}.subject"), step.subject.as_ref(), names)?,
        find: step
            .find
            .as_ref()
            .map(|find| self::find(&format!("{at}.find"), find, step, names))
            .transpose()?,
        item: item(&format!("{at}.item"), step.item.as_ref())?,
        keep: keep(at, &step.keep, &step.optional)?,
        taken: text_if(&format!("{at}.taken"), step.taken.as_ref(), names)?,
        poll: step
            .poll
            .as_ref()
            .map(|poll| self::poll(&format!("{at}.poll"), poll, &own))
            .transpose()?,
        undo: step
            .undo
            .as_ref()
            .map(|undo| self::undo(&format!("{at}.undo"), undo, &own))
            .transpose()?,
        repeat: step
            .repeat
            .unwrap_or(matches!(method, Method::GET | Method::PUT | Method::DELETE)),
        name: step.name.clone(),
        secret: step.secret.clone(),
        request,
        changes,
    };
    for request in checked.requests_mut() {
        request.secret.clone_from(&step.secret);
    }
    Ok(checked)
}

/// What a person should know who writes the step.
fn note(action: &Action, step: &Step) -> Option<String> {
    let asked = step.find.is_some() || step.repeat || !step.changes;
    let read = matches!(
        action,
        Action::Suspend | Action::Unsuspend | Action::Terminate
    );
    (!asked && !read).then(|| {
        format!(
            "{action}: the step \"{}\" has no \"find\" and may not be repeated: after a lost answer a person must look",
            step.name
        )
    })
}

fn find(at: &str, find: &file::Find, step: &file::Step, names: &Names) -> Result<Find, Wrong> {
    let kept = |name: &String| step.keep.contains_key(name) || step.optional.contains_key(name);
    if let Some(name) = find.same.keys().find(|name| !kept(name)) {
        return wrong(
            &format!("{at}.same.{name}"),
            &format!("the step keeps no \"{name}\""),
        );
    }
    if find.list.is_none() && find.pages.is_some() {
        return wrong(&format!("{at}.pages"), "only a list has pages");
    }
    Ok(Find {
        request: get(at, &find.path, &find.query, &find.answers, names)?,
        list: find
            .list
            .as_ref()
            .map(|list| json_path(&format!("{at}.list"), list))
            .transpose()?,
        pages: pages(&format!("{at}.pages"), find.pages.as_ref(), names)?,
        item: item(&format!("{at}.item"), find.item.as_ref())?,
        matching: condition(
            &format!("{at}.where"),
            find.matching.as_ref(),
            &with(names, &["item.*"]),
        )?,
        same: texts(&format!("{at}.same"), &find.same, names)?,
    })
}

fn poll(at: &str, poll: &file::Poll, names: &Names) -> Result<Poll, Wrong> {
    let names = with(names, &["accepted.*"]);
    let answer = with(&names, &["answer.*"]);
    Ok(Poll {
        request: get(at, &poll.path, &poll.query, &poll.answers, &names)?,
        until: Condition::check(&poll.until, &answer)
            .map_err(|why| (format!("{at}.until"), why))?,
        failed: condition(&format!("{at}.failed"), poll.failed.as_ref(), &answer)?,
        message: poll
            .message
            .as_ref()
            .map(|path| json_path(&format!("{at}.message"), path))
            .transpose()?,
        item: poll
            .item
            .as_ref()
            .map(|path| json_path(&format!("{at}.item"), path))
            .transpose()?,
        every: Duration::from_secs(poll.every.unwrap_or(5).clamp(1, 3_600)),
        at_most: Duration::from_secs(poll.at_most.unwrap_or(3_600)),
    })
}

fn undo(at: &str, undo: &file::Undo, names: &Names) -> Result<Undo, Wrong> {
    let method = undo.method.map_or(Method::DELETE, http);
    if method == Method::GET {
        return wrong(&format!("{at}.method"), "a read takes nothing back");
    }
    Ok(Undo {
        request: Request {
            method,
            body: body(&format!("{at}.body"), undo.body.as_ref(), names)?,
            ..get(at, &undo.path, &undo.query, &undo.answers, names)?
        },
        poll: undo
            .poll
            .as_ref()
            .map(|poll| self::poll(&format!("{at}.poll"), poll, names))
            .transpose()?,
    })
}

fn read(at: &str, read: &file::Read, names: &Names) -> Result<Read, Wrong> {
    Ok(Read {
        request: get(at, &read.path, &read.query, &Answers::default(), names)?,
        item: item(&format!("{at}.item"), read.item.as_ref())?,
        keep: keep(at, &read.keep, &read.optional)?,
    })
}

fn get(
    at: &str,
    path: &str,
    query: &BTreeMap<String, String>,
    answers: &Answers,
    names: &Names,
) -> Result<Request, Wrong> {
    Ok(Request {
        method: Method::GET,
        path: path_text(&format!("{at}.path"), path, names)?,
        query: texts(&format!("{at}.query"), query, names)?,
        headers: Vec::new(),
        body: None,
        answers: answers.clone(),
        secret: Vec::new(),
    })
}

fn list(
    at: &str,
    path: &str,
    query: &BTreeMap<String, String>,
    list: &str,
    pages: Option<&file::Pages>,
    names: &Names,
) -> Result<List, Wrong> {
    Ok(List {
        request: get(at, path, query, &Answers::default(), names)?,
        list: json_path(&format!("{at}.list"), list)?,
        pages: self::pages(&format!("{at}.pages"), pages, names)?,
    })
}

fn pages(at: &str, pages: Option<&file::Pages>, names: &Names) -> Result<Option<Pages>, Wrong> {
    let Some(pages) = pages else { return Ok(None) };
    let names = with(names, &["page", "next"]);
    let path = |key: &str, path: &Option<String>| {
        path.as_ref()
            .map(|path| json_path(&format!("{at}.{key}"), path))
            .transpose()
    };
    Ok(Some(Pages {
        query: texts(&format!("{at}.query"), &pages.query, &names)?,
        next: path("next", &pages.next)?,
        last: path("last", &pages.last)?,
    }))
}

fn supplier(file: &file::Supplier, folder: Option<&Path>) -> Result<Supplier, Wrong> {
    let base = file.base.trim_end_matches('/');
    if !base.is_empty() && (!base.starts_with('/') || base.starts_with("//")) {
        return wrong("supplier.base", "it must begin with one \"/\"");
    }
    if base.contains(['?', '#', '\\', ' ', '{']) || base.split('/').any(|part| part == "..") {
        return wrong("supplier.base", "it is no plain path");
    }
    let names = with(&Names::new(), &["server.username", "server.host"]);
    let paths = |at: &str, list: &[String]| {
        list.iter()
            .map(|path| json_path(at, path))
            .collect::<Result<Vec<_>, _>>()
    };
    let ca = match (&file.ca, folder) {
        (None, _) => None,
        (Some(_), None) => return wrong("supplier.ca", "this connector stands in no folder"),
        (Some(name), Some(folder)) => Some(
            std::fs::read(folder.join(name))
                .map_err(|error| ("supplier.ca".to_owned(), format!("{name}: {error}")))?,
        ),
    };
    let rate = file.rate;
    if rate.is_some_and(|rate| {
        rate.per_second == 0 || rate.burst == Some(0) || rate.at_once == Some(0)
    }) {
        return wrong("supplier.rate", "0 lets nothing through");
    }
    Ok(Supplier {
        base: base.to_owned(),
        auth: auth(&file.auth)?,
        headers: headers("supplier.headers", &file.headers, &names)?,
        read: Duration::from_secs(file.deadline.read.unwrap_or(10).max(1)),
        change: Duration::from_secs(file.deadline.change.unwrap_or(30).clamp(1, 45)),
        rate,
        longest_answer: file.longest_answer.unwrap_or(8 << 20),
        ca,
        error_code: paths("supplier.errors.code", &file.errors.code)?,
        error_message: paths("supplier.errors.message", &file.errors.message)?,
        answers: file.answers.clone(),
    })
}

fn auth(file: &file::Auth) -> Result<Auth, Wrong> {
    let names = |more: &[&str]| with(&Names::new(), more);
    Ok(match file {
        file::Auth::Bearer => Auth::Bearer,
        file::Auth::Basic => Auth::Basic,
        file::Auth::Header { name, value } => Auth::Header {
            name: header("supplier.auth.name", name)?,
            value: text("supplier.auth.value", value, &names(&["token", "username"]))?,
        },
        file::Auth::Hmac {
            sign,
            encoding,
            headers: list,
        } => Auth::Hmac {
            sign: text(
                "supplier.auth.sign",
                sign,
                &names(&["method", "path", "timestamp", "body", "username"]),
            )?,
            encoding: *encoding,
            headers: headers(
                "supplier.auth.headers",
                list,
                &names(&["signature", "timestamp", "username"]),
            )?,
        },
        file::Auth::Oauth { path, scope } => Auth::Oauth {
            path: path_text("supplier.auth.path", path, &names(&[]))?,
            scope: scope.clone(),
        },
    })
}

fn product_option(
    index: usize,
    option: &file::ProductOption,
    names: &Names,
) -> Result<ProductOption, Wrong> {
    let at = format!("options[{index}]");
    if !option.choices.is_empty() && option.loader.is_some() {
        return wrong(
            &format!("{at}.loader"),
            "there are choices in the file already",
        );
    }
    for (index, choice) in option.choices.iter().enumerate() {
        words(&format!("{at}.choices[{index}].title"), &choice.title)?;
    }
    let offered = |value: &String| option.choices.iter().any(|choice| choice.value == *value);
    if let Some(value) = option
        .facts
        .keys()
        .find(|value| !option.choices.is_empty() && !offered(value))
    {
        return wrong(&format!("{at}.facts.{value}"), "there is no such choice");
    }
    if option
        .default
        .as_ref()
        .is_some_and(|value| !option.choices.is_empty() && !offered(value))
    {
        return wrong(&format!("{at}.default"), "there is no such choice");
    }
    words(&format!("{at}.title"), &option.title)?;
    Ok(ProductOption {
        name: option.name.clone(),
        title: option.title.clone(),
        default: option.default.clone(),
        choices: option.choices.clone(),
        loader: option
            .loader
            .as_ref()
            .map(|file| loader(&format!("{at}.loader"), file, names))
            .transpose()?,
        facts: option.facts.clone(),
    })
}

fn loader(at: &str, file: &file::Loader, names: &Names) -> Result<Loader, Wrong> {
    let item = with(names, &["item.*"]);
    Ok(Loader {
        list: list(
            at,
            &file.path,
            &file.query,
            &file.list,
            file.pages.as_ref(),
            names,
        )?,
        value: text(&format!("{at}.value"), &file.value, &item)?,
        title: text(&format!("{at}.title"), &file.title, &item)?,
    })
}

fn service(file: &file::Service, names: &Names) -> Result<Service, Wrong> {
    Ok(Service {
        reference: text("service.reference", &file.reference, names)?,
        status: text_if("service.status", file.status.as_ref(), names)?,
        active: file.active.clone(),
        suspended: file.suspended.clone(),
        terminated: file.terminated.clone(),
    })
}

fn custom_action(index: usize, custom: &file::Custom) -> Result<Custom, Wrong> {
    let plain = !custom.name.is_empty() && custom.name.bytes().all(|b| b.is_ascii_alphanumeric());
    if !plain {
        return wrong(
            &format!("custom[{index}].name"),
            "use letters and digits: it is the name of a function in WHMCS",
        );
    }
    words(&format!("custom[{index}].title"), &custom.title)?;
    Ok(Custom {
        name: custom.name.clone(),
        title: custom.title.clone(),
        who: custom.who,
    })
}

fn accounts(file: &file::Accounts, names: &Names) -> Result<Accounts, Wrong> {
    let item = with(names, &["item.*"]);
    let each = |key: &str, value: &Option<String>| {
        text_if(&format!("accounts.{key}"), value.as_ref(), &item)
    };
    Ok(Accounts {
        list: list(
            "accounts",
            &file.path,
            &file.query,
            &file.list,
            file.pages.as_ref(),
            names,
        )?,
        reference: text("accounts.reference", &file.reference, &item)?,
        domain: text("accounts.domain", &file.domain, &item)?,
        username: each("username", &file.username)?,
        email: each("email", &file.email)?,
        plan: each("plan", &file.plan)?,
        ip: each("ip", &file.ip)?,
        created: each("created", &file.created)?,
        status: each("status", &file.status)?,
    })
}

fn usage(file: &file::Usage, server: &Names, made: &Names) -> Result<Usage, Wrong> {
    let source = match (&file.list, &file.reference) {
        (Some(path), Some(reference)) => UsageSource::All {
            list: list(
                "usage",
                &file.path,
                &file.query,
                path,
                file.pages.as_ref(),
                server,
            )?,
            reference: text("usage.reference", reference, &with(server, &["item.*"]))?,
        },
        (Some(_), None) => return wrong("usage", "a list needs \"reference\""),
        (None, _) => UsageSource::Each(get(
            "usage",
            &file.path,
            &file.query,
            &Answers::default(),
            made,
        )?),
    };
    let names = match &source {
        UsageSource::All { .. } => with(server, &["item.*"]),
        UsageSource::Each(_) => with(made, &["item.*"]),
    };
    let each = |key: &str, value: &Option<String>| {
        text_if(&format!("usage.{key}"), value.as_ref(), &names)
    };
    Ok(Usage {
        status: each("status", &file.status)?,
        disk_used: each("disk_used", &file.disk_used)?,
        disk_limit: each("disk_limit", &file.disk_limit)?,
        bandwidth_used: each("bandwidth_used", &file.bandwidth_used)?,
        bandwidth_limit: each("bandwidth_limit", &file.bandwidth_limit)?,
        source,
    })
}

fn metrics(file: &File) -> Result<Vec<Metric>, Wrong> {
    if file.usage.is_none() && !file.metrics.is_empty() {
        return wrong("metrics", "they are values of \"usage\", which is missing");
    }
    let names = with(&Names::new(), &["item.*"]);
    file.metrics
        .iter()
        .map(|(name, metric)| {
            words(&format!("metrics.{name}.title"), &metric.title)?;
            Ok(Metric {
                name: name.clone(),
                title: metric.title.clone(),
                value: text(&format!("metrics.{name}.value"), &metric.value, &names)?,
                unit: metric.unit,
                period: metric.period,
            })
        })
        .collect()
}

fn page(file: &file::Page, names: &Names) -> Result<Page, Wrong> {
    let links = file.links.iter().enumerate().map(|(index, link)| {
        let at = format!("page.links[{index}]");
        words(&format!("{at}.title"), &link.title)?;
        Ok(Link {
            title: link.title.clone(),
            url: text(&format!("{at}.url"), &link.url, names)?,
            when: condition(&format!("{at}.when"), link.when.as_ref(), names)?,
        })
    });
    let bars = file.bars.iter().enumerate().map(|(index, bar)| {
        let at = format!("page.bars[{index}]");
        words(&format!("{at}.title"), &bar.title)?;
        Ok(Bar {
            title: bar.title.clone(),
            used: text(&format!("{at}.used"), &bar.used, names)?,
            limit: text_if(&format!("{at}.limit"), bar.limit.as_ref(), names)?,
            unit: bar.unit.clone(),
        })
    });
    Ok(Page {
        facts: facts("page.facts", &file.facts, names)?,
        links: links.collect::<Result<_, Wrong>>()?,
        bars: bars.collect::<Result<_, Wrong>>()?,
    })
}

fn facts(at: &str, list: &[file::Fact], names: &Names) -> Result<Vec<Fact>, Wrong> {
    list.iter()
        .enumerate()
        .map(|(index, fact)| {
            let at = format!("{at}[{index}]");
            words(&format!("{at}.title"), &fact.title)?;
            Ok(Fact {
                title: fact.title.clone(),
                value: text(&format!("{at}.value"), &fact.value, names)?,
                when: condition(&format!("{at}.when"), fact.when.as_ref(), names)?,
                copy: fact.copy,
                secret: fact.secret,
            })
        })
        .collect()
}

fn words(at: &str, words: &Words) -> Result<(), Wrong> {
    let Words::Each(texts) = words else {
        return Ok(());
    };
    if !texts.contains_key("en") {
        return wrong(at, "the English text (en) is missing");
    }
    match texts
        .keys()
        .find(|code| !LANGUAGES.contains(&code.as_str()))
    {
        Some(code) => wrong(&format!("{at}.{code}"), "use en, ar, de or fr"),
        None => Ok(()),
    }
}

fn keep(
    at: &str,
    required: &BTreeMap<String, String>,
    optional: &BTreeMap<String, String>,
) -> Result<Keep, Wrong> {
    let paths = |key: &str, list: &BTreeMap<String, String>| {
        list.iter()
            .map(|(name, path)| {
                Ok((
                    name.clone(),
                    json_path(&format!("{at}.{key}.{name}"), path)?,
                ))
            })
            .collect::<Result<Vec<_>, Wrong>>()
    };
    if let Some(name) = optional.keys().find(|name| required.contains_key(*name)) {
        return wrong(&format!("{at}.optional.{name}"), "it is kept already");
    }
    Ok(Keep {
        required: paths("keep", required)?,
        optional: paths("optional", optional)?,
    })
}

fn texts(
    at: &str,
    list: &BTreeMap<String, String>,
    names: &Names,
) -> Result<Vec<(String, Template)>, Wrong> {
    list.iter()
        .map(|(name, value)| Ok((name.clone(), text(&format!("{at}.{name}"), value, names)?)))
        .collect()
}

fn headers(
    at: &str,
    list: &BTreeMap<String, String>,
    names: &Names,
) -> Result<Vec<(String, Template)>, Wrong> {
    list.iter()
        .map(|(name, value)| {
            let at = format!("{at}.{name}");
            Ok((header(&at, name)?, text(&at, value, names)?))
        })
        .collect()
}

fn header(at: &str, name: &str) -> Result<String, Wrong> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => wrong(at, &format!("\"{name}\" is no name of a header")),
    }
}

fn body(at: &str, value: Option<&serde_json::Value>, names: &Names) -> Result<Option<Body>, Wrong> {
    value.map(|value| Body::check(value, at, names)).transpose()
}

fn condition(at: &str, text: Option<&String>, names: &Names) -> Result<Option<Condition>, Wrong> {
    text.map(|text| Condition::check(text, names).map_err(|why| (at.to_owned(), why)))
        .transpose()
}

fn text_if(at: &str, value: Option<&String>, names: &Names) -> Result<Option<Template>, Wrong> {
    value.map(|value| text(at, value, names)).transpose()
}

fn text(at: &str, text: &str, names: &Names) -> Result<Template, Wrong> {
    Template::check(text, names).map_err(|why| (at.to_owned(), why))
}

fn path_text(at: &str, text: &str, names: &Names) -> Result<Template, Wrong> {
    Template::path(text, names).map_err(|why| (at.to_owned(), why))
}

fn item(at: &str, path: Option<&String>) -> Result<JsonPath, Wrong> {
    json_path(at, path.map_or("$", String::as_str))
}

fn json_path(at: &str, text: &str) -> Result<JsonPath, Wrong> {
    JsonPath::parse(text).map_err(|error| (at.to_owned(), error.to_string()))
}

fn http(method: file::Method) -> Method {
    match method {
        file::Method::Get => Method::GET,
        file::Method::Post => Method::POST,
        file::Method::Put => Method::PUT,
        file::Method::Patch => Method::PATCH,
        file::Method::Delete => Method::DELETE,
    }
}

fn is_name(name: &str, sign: char) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == sign)
}

fn without_values(names: &Names) -> Names {
    let plain = names.iter().filter(|name| !name.starts_with("values."));
    plain.cloned().collect()
}

fn wrong<T>(at: &str, why: &str) -> Result<T, Wrong> {
    Err((at.to_owned(), why.to_owned()))
}

const LANGUAGES: &[&str] = &["en", "ar", "de", "fr"];
