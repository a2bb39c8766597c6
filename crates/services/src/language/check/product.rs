//! What the product offers, and what is told of its services.

use super::super::file::File;
use super::super::names::with;
use super::super::template::Names;
use super::super::{
    Accounts, Answers, Custom, Loader, Metric, ProductOption, Service, Usage, UsageSource, file,
};
use super::page::words;
use super::requests::{get, list};
use super::texts::{text, text_if};
use super::{Wrong, wrong};

pub(super) fn product_option(
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

pub(super) fn service(file: &file::Service, names: &Names) -> Result<Service, Wrong> {
    Ok(Service {
        reference: text("service.reference", &file.reference, names)?,
        status: text_if("service.status", file.status.as_ref(), names)?,
        active: file.active.clone(),
        suspended: file.suspended.clone(),
        terminated: file.terminated.clone(),
    })
}

pub(super) fn custom_action(index: usize, custom: &file::Custom) -> Result<Custom, Wrong> {
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

pub(super) fn accounts(file: &file::Accounts, names: &Names) -> Result<Accounts, Wrong> {
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

pub(super) fn usage(file: &file::Usage, server: &Names, made: &Names) -> Result<Usage, Wrong> {
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
            &[],
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

pub(super) fn metrics(file: &File) -> Result<Vec<Metric>, Wrong> {
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
