//! What pages show.

use super::super::template::Names;
use super::super::{Bar, Fact, Link, Page, Words, file};
use super::texts::{condition, text, text_if};
use super::{Wrong, wrong};

pub(super) fn page(file: &file::Page, names: &Names) -> Result<Page, Wrong> {
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

pub(super) fn facts(at: &str, list: &[file::Fact], names: &Names) -> Result<Vec<Fact>, Wrong> {
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

pub(super) fn words(at: &str, words: &Words) -> Result<(), Wrong> {
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

const LANGUAGES: &[&str] = &["en", "ar", "de", "fr"];
