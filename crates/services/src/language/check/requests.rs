//! Steps and the requests that they make.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;

use super::super::names::{Known, of_step, with};
use super::super::template::{Condition, Names};
use super::super::{
    Action, Answers, Find, Keep, List, Pages, Poll, Read, Request, Step, Undo, file,
};
use super::texts::{answers, body, condition, headers, item, json_path, path_text, text_if, texts};
use super::{Wrong, wrong};

pub(super) fn steps(
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
            answers: answers(&format!("{at}.answers"), &step.answers)?,
            secret: step.secret.clone(),
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
    Ok(Step {
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
            .map(|poll| self::poll(&format!("{at}.poll"), poll, &step.secret, &own))
            .transpose()?,
        undo: step
            .undo
            .as_ref()
            .map(|undo| self::undo(&format!("{at}.undo"), undo, &step.secret, &own))
            .transpose()?,
        repeat: step
            .repeat
            .unwrap_or(matches!(method, Method::GET | Method::PUT | Method::DELETE)),
        name: step.name.clone(),
        secret: step.secret.clone(),
        request,
        changes,
    })
}

/// What a person should know who writes the step.
pub(super) fn note(action: &Action, step: &Step) -> Option<String> {
    let undone = step.undo.as_ref().is_some_and(|undo| undo.in_doubt);
    let asked = step.find.is_some() || step.repeat || undone || !step.changes;
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
        request: get(
            at,
            &find.path,
            &find.query,
            &find.answers,
            &step.secret,
            names,
        )?,
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

fn poll(at: &str, poll: &file::Poll, secret: &[String], names: &Names) -> Result<Poll, Wrong> {
    let names = with(names, &["accepted.*"]);
    let answer = with(&names, &["answer.*"]);
    Ok(Poll {
        request: get(at, &poll.path, &poll.query, &poll.answers, secret, &names)?,
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

fn undo(at: &str, undo: &file::Undo, secret: &[String], names: &Names) -> Result<Undo, Wrong> {
    let method = undo.method.map_or(Method::DELETE, http);
    if method == Method::GET {
        return wrong(&format!("{at}.method"), "a read takes nothing back");
    }
    Ok(Undo {
        in_doubt: undo.in_doubt,
        request: Request {
            method,
            body: body(&format!("{at}.body"), undo.body.as_ref(), names)?,
            ..get(at, &undo.path, &undo.query, &undo.answers, secret, names)?
        },
        poll: undo
            .poll
            .as_ref()
            .map(|poll| self::poll(&format!("{at}.poll"), poll, secret, names))
            .transpose()?,
    })
}

pub(super) fn read(at: &str, read: &file::Read, names: &Names) -> Result<Read, Wrong> {
    Ok(Read {
        request: get(at, &read.path, &read.query, &Answers::default(), &[], names)?,
        item: item(&format!("{at}.item"), read.item.as_ref())?,
        keep: keep(at, &read.keep, &read.optional)?,
    })
}

pub(super) fn get(
    at: &str,
    path: &str,
    query: &BTreeMap<String, String>,
    told: &Answers,
    secret: &[String],
    names: &Names,
) -> Result<Request, Wrong> {
    Ok(Request {
        method: Method::GET,
        path: path_text(&format!("{at}.path"), path, names)?,
        query: texts(&format!("{at}.query"), query, names)?,
        headers: Vec::new(),
        body: None,
        answers: answers(&format!("{at}.answers"), told)?,
        secret: secret.to_vec(),
    })
}

pub(super) fn list(
    at: &str,
    path: &str,
    query: &BTreeMap<String, String>,
    list: &str,
    pages: Option<&file::Pages>,
    names: &Names,
) -> Result<List, Wrong> {
    Ok(List {
        request: get(at, path, query, &Answers::default(), &[], names)?,
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

fn http(method: file::Method) -> Method {
    match method {
        file::Method::Get => Method::GET,
        file::Method::Post => Method::POST,
        file::Method::Put => Method::PUT,
        file::Method::Patch => Method::PATCH,
        file::Method::Delete => Method::DELETE,
    }
}
