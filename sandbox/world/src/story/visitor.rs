//! A person with a browser, as far as HTTP goes: cookies, links, and forms as the page has them.

use std::time::Duration;

use reqwest::Url;
use scraper::{ElementRef, Html, Selector};

use super::StoryError;

/// A browser session.
#[derive(Clone, Debug)]
pub struct Visitor {
    client: reqwest::Client,
}

/// A page that was opened.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub html: String,
}

/// A form of a page with the values that it came with.
#[derive(Clone, Debug)]
pub struct Form {
    page: Url,
    action: String,
    method: String,
    fields: Vec<(String, String)>,
}

impl Visitor {
    pub fn new() -> Result<Self, StoryError> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .cookie_store(true)
            .timeout(Duration::from_secs(120))
            .build()
            .map_err(|error| StoryError::wrong(format!("no HTTP client: {error}")))?;
        Ok(Self { client })
    }

    /// Opens a page; anything but 200 is wrong.
    pub async fn open(&self, url: &str) -> Result<Page, StoryError> {
        self.read(self.client.get(url)).await
    }

    /// Sends a form, as its button would.
    pub async fn send(&self, form: &Form) -> Result<Page, StoryError> {
        let action = form
            .page
            .join(&form.action)
            .map_err(|error| StoryError::wrong(error.to_string()))?;
        let request = if form.method.eq_ignore_ascii_case("post") {
            self.client.post(action).form(&form.fields)
        } else {
            self.client.get(action).query(&form.fields)
        };
        self.read(request).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Result<Page, StoryError> {
        let answer = request.send().await?;
        let (status, url) = (answer.status(), answer.url().clone());
        let html = answer.text().await?;
        if !status.is_success() {
            let text: String = visible(&html).chars().take(300).collect();
            return Err(StoryError::wrong(format!(
                "{url} answered {status}: {text}"
            )));
        }
        Ok(Page { url, html })
    }
}

impl Page {
    /// The first form that the selector names.
    pub fn form(&self, selector: &str) -> Result<Form, StoryError> {
        let html = Html::parse_document(&self.html);
        let form = first(&html, selector).ok_or_else(|| self.missing(selector))?;
        let mut fields = Vec::new();
        let all = Selector::parse("input, select, textarea")
            .map_err(|error| StoryError::wrong(error.to_string()))?;
        for field in form.select(&all) {
            if let Some(filled) = value_of(field) {
                fields.push(filled);
            }
        }
        Ok(Form {
            page: self.url.clone(),
            action: form.attr("action").unwrap_or(self.url.as_str()).to_owned(),
            method: form.attr("method").unwrap_or("get").to_owned(),
            fields,
        })
    }

    /// The visible text of the first element that the selector names.
    pub fn text(&self, selector: &str) -> Result<String, StoryError> {
        let html = Html::parse_document(&self.html);
        let element = first(&html, selector).ok_or_else(|| self.missing(selector))?;
        Ok(element
            .text()
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>()
            .join(" "))
    }

    pub fn attribute(&self, selector: &str, name: &str) -> Result<String, StoryError> {
        let html = Html::parse_document(&self.html);
        first(&html, selector)
            .and_then(|element| element.attr(name))
            .map(str::to_owned)
            .ok_or_else(|| self.missing(&format!("{selector} with {name}")))
    }

    pub fn has(&self, selector: &str) -> bool {
        first(&Html::parse_document(&self.html), selector).is_some()
    }

    /// All of the page's text.
    pub fn all_text(&self) -> String {
        visible(&self.html)
    }

    /// Fails unless the page shows `text` somewhere.
    pub fn must_show(&self, text: &str) -> Result<(), StoryError> {
        if self.all_text().contains(text) {
            return Ok(());
        }
        Err(StoryError::wrong(format!(
            "{} does not show \"{text}\"",
            self.url
        )))
    }

    fn missing(&self, what: &str) -> StoryError {
        let text: String = self.all_text().chars().take(400).collect();
        StoryError::wrong(format!("{} has no {what}; it says: {text}", self.url))
    }
}

impl Form {
    /// Fills a field, adding it if the form has none of that name (a button's, say).
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

fn first<'a>(html: &'a Html, selector: &str) -> Option<ElementRef<'a>> {
    let selector = Selector::parse(selector).ok()?;
    html.select(&selector).next()
}

/// What a browser would send for a field that nobody touched.
fn value_of(field: ElementRef<'_>) -> Option<(String, String)> {
    let name = field.attr("name")?.to_owned();
    let value = match field.value().name() {
        "select" => {
            let options = Selector::parse("option").ok()?;
            let mut options = field.select(&options);
            let all: Vec<_> = options.by_ref().collect();
            let chosen = all
                .iter()
                .find(|option| option.attr("selected").is_some())
                .or(all.first())?;
            chosen
                .attr("value")
                .map_or_else(|| chosen.text().collect(), str::to_owned)
        }
        "textarea" => field.text().collect(),
        _ => match field.attr("type").unwrap_or("text") {
            "checkbox" | "radio" if field.attr("checked").is_none() => return None,
            "checkbox" | "radio" => field.attr("value").unwrap_or("on").to_owned(),
            "submit" | "button" | "image" | "reset" => return None,
            _ => field.attr("value").unwrap_or_default().to_owned(),
        },
    };
    Some((name, value))
}

fn visible(html: &str) -> String {
    let html = Html::parse_document(html);
    let mut text = String::new();
    for node in html.tree.nodes() {
        let Some(piece) = node.value().as_text() else {
            continue;
        };
        let hidden = node
            .parent()
            .and_then(|parent| parent.value().as_element().map(|e| e.name().to_owned()));
        if matches!(hidden.as_deref(), Some("script" | "style" | "title")) {
            continue;
        }
        text.push_str(piece);
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_the_page_has_it() {
        let page = Page {
            url: "http://127.0.0.1/cart.php?a=view".parse().unwrap(),
            html: "<form id=f method=post action='?a=checkout'><input type=hidden name=token value=t>\
                   <input name=email><select name=country><option value=EG selected>Egypt<option value=DE>Germany</select>\
                   <input type=checkbox name=terms value=yes><input type=radio name=pay value=a><input type=radio name=pay value=b checked>\
                   <button name=go>Go</button></form>"
                .to_owned(),
        };
        let form = page.form("#f").unwrap().fill("email", "a@example.com");
        assert_eq!(
            (form.method.as_str(), form.action.as_str()),
            ("post", "?a=checkout")
        );
        let mut fields = form.fields.clone();
        fields.sort();
        let expected = [
            ("country", "EG"),
            ("email", "a@example.com"),
            ("pay", "b"),
            ("token", "t"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(fields, expected);
        assert!(
            page.form("#g")
                .unwrap_err()
                .to_string()
                .contains("has no #g")
        );
    }
}
