//! A name with ß: .de keeps the letter, .com has ss.

use serde_json::json;

use super::shopper::{Played, Shopper, facts};
use super::{StoryError, Timeline, Told};

pub(super) async fn play(
    customer: Shopper<'_>,
    mut time: Timeline<'_>,
) -> Result<Told, StoryError> {
    let label = format!("straße-{}", customer.word);
    let story = Idn { customer };
    let kept = time.step("customer", story.buy(&label, "de")).await?;
    let folded = time.step("customer", story.buy(&label, "com")).await?;
    time.step("registry", story.prove(&kept, &folded)).await?;
    Ok(Told {
        outcome: "registered",
        says: format!("{label} is {kept} below .de and {folded} below .com"),
        facts: facts([("domain", json!(kept)), ("folded", json!(folded))]),
    })
}

struct Idn<'a> {
    customer: Shopper<'a>,
}

impl Idn<'_> {
    /// The name as the registry got it.
    async fn buy(&self, label: &str, tld: &str) -> Played<String> {
        let name = format!("{label}.{tld}");
        let customer = &self.customer;
        let found = customer.search(&name).await?;
        let offered = found.attribute(
            &format!("form[id^='add-domain-'][id$='-{tld}'] input[name=query]"),
            "value",
        )?;
        let id = offered.replace('.', "-");
        customer
            .browser
            .send(&found.form(&format!("[id='add-domain-{id}']"))?)
            .await?;
        let invoice = customer.check_out().await?;
        customer.pay(&invoice).await?;
        customer.wait_for(&offered, "Active").await?;
        let word = &customer.word;
        let all = super::json(&format!("{}/_sandbox/domains", customer.addresses.registry)).await?;
        let registered = all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|domain| super::far_side::text(domain, "domain"))
            .find(|domain| domain.contains(word.as_str()) && domain.ends_with(&format!(".{tld}")))
            .ok_or_else(|| StoryError::wrong(format!("the registry has no {name}")))?;
        Ok((
            format!("buys {name}: the registry has it as {registered}"),
            registered,
        ))
    }

    async fn prove(&self, kept: &str, folded: &str) -> Played<()> {
        let word = &self.customer.word;
        if !kept.starts_with("xn--") {
            return Err(StoryError::wrong(format!("{kept} has lost its ß")));
        }
        if folded != format!("strasse-{word}.com") {
            return Err(StoryError::wrong(format!("{folded} has no ss for ß")));
        }
        Ok(("keeps ß below .de, and has ss below .com".to_owned(), ()))
    }
}
