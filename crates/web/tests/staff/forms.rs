//! Forms as a browser sends them.

use scraper::{Html, Selector};

use super::browser::{Browser, Page};

/// What a browser would send of the page's settings form, untouched.
pub fn standing(page: &Page) -> Vec<(String, String)> {
    let html = Html::parse_document(&page.text);
    let all = Selector::parse("form.settings input, form.settings select").unwrap();
    let chosen = Selector::parse("option[selected]").unwrap();
    let first = Selector::parse("option").unwrap();
    let mut fields = Vec::new();
    for element in html.select(&all) {
        let attribute = |name: &str| element.value().attr(name).unwrap_or_default().to_owned();
        let name = attribute("name");
        if name == "csrf" {
            continue;
        }
        if element.value().name() == "select" {
            let option = element
                .select(&chosen)
                .next()
                .or_else(|| element.select(&first).next());
            let value = option.and_then(|option| option.value().attr("value"));
            fields.push((name, value.unwrap_or_default().to_owned()));
        } else if attribute("type") != "checkbox" || element.value().attr("checked").is_some() {
            fields.push((name, attribute("value")));
        }
    }
    fields
}

pub fn set(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(field, _)| field != name);
    fields.push((name.to_owned(), value.to_owned()));
}

pub fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    let found = fields.iter().find(|(field, _)| field == name);
    found.map_or("", |(_, value)| value)
}

pub async fn send(
    browser: &mut Browser,
    from: &Page,
    path: &str,
    fields: &[(String, String)],
) -> Page {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.submit(from, path, &fields).await
}
