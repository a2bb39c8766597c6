//! What a person sees of a service: the values of a connector's page, filled in.

use crate::language::{Action, Condition, Connector, Fact, Template, Who};
use crate::order::Order;
use crate::page::{Bar, PageButton, PageFact, PageLink};
use crate::supplier::{Log, Scene, Supplier};
use crate::tables::{Kept, ServiceRow};
use crate::world::World;

/// The filled-in parts of a page. What has no value is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    pub facts: Vec<PageFact>,
    pub bars: Vec<Bar>,
    pub links: Vec<PageLink>,
    pub sign_on: bool,
    pub buttons: Vec<PageButton>,
}

/// For the client area. `language` is a code: `en`.
pub(crate) async fn client(
    world: &World,
    supplier: &Supplier,
    row: &ServiceRow,
    kept: &Kept,
    language: &str,
) -> Filled {
    let connector = &supplier.connector;
    let scene = scene(world, supplier, row, kept).await;
    let page = &connector.page;
    let links = page.links.iter().filter_map(|link| {
        let url = value(&link.url, link.when.as_ref(), &scene)?;
        let is_address = url.starts_with("https://") || url.starts_with("http://");
        is_address.then(|| PageLink {
            title: link.title.in_language(language).to_owned(),
            url,
        })
    });
    let bars = page.bars.iter().filter_map(|bar| {
        Some(Bar {
            title: bar.title.in_language(language).to_owned(),
            used: value(&bar.used, None, &scene)?,
            limit: bar
                .limit
                .as_ref()
                .and_then(|limit| value(limit, None, &scene)),
            unit: bar.unit.clone(),
        })
    });
    Filled {
        facts: facts(&page.facts, &scene, language),
        bars: bars.collect(),
        links: links.collect(),
        sign_on: !connector.steps(&Action::Sso).is_empty(),
        buttons: buttons(connector, Who::Client, language),
    }
}

/// The staff's facts of a service.
pub(crate) async fn admin(
    world: &World,
    supplier: &Supplier,
    row: &ServiceRow,
    language: &str,
) -> Vec<PageFact> {
    let scene = scene(world, supplier, row, &row.kept).await;
    facts(&supplier.connector.admin, &scene, language)
}

/// The buttons that somebody may press.
pub(crate) fn buttons(connector: &Connector, who: Who, language: &str) -> Vec<PageButton> {
    // PHP needs a function for each: they are numbered by their place in the file.
    let custom = connector.custom.iter().zip(1..);
    custom
        .filter(|(custom, _)| custom.who == who || custom.who == Who::Both)
        .map(|(custom, number)| PageButton {
            title: custom.title.in_language(language).to_owned(),
            function: format!("Button{number}"),
        })
        .collect()
}

fn facts(list: &[Fact], scene: &Scene, language: &str) -> Vec<PageFact> {
    list.iter()
        .filter_map(|fact| {
            Some(PageFact {
                title: fact.title.in_language(language).to_owned(),
                value: value(&fact.value, fact.when.as_ref(), scene)?,
                copy: fact.copy,
                secret: fact.secret,
            })
        })
        .collect()
}

/// Without asking the supplier: a page shows what is known.
async fn scene(world: &World, supplier: &Supplier, row: &ServiceRow, kept: &Kept) -> Scene {
    let mut used = supplier.connector.shown();
    used.retain(|name| !name.starts_with("account") && !name.starts_with("values"));
    let (order, log) = (Order::of(row), Log::of("page"));
    let filled = world.suppliers.scene(supplier, &order, kept, &used, &log);
    match filled.await {
        Ok(scene) => scene,
        Err(trouble) => {
            tracing::warn!(why = %trouble.text, "a page goes without its secrets");
            crate::state::plain_scene(&supplier.connector, &order, kept)
        }
    }
}

fn value(text: &Template, when: Option<&Condition>, scene: &Scene) -> Option<String> {
    if let Some(when) = when
        && !when.holds(&scene.context).ok()?
    {
        return None;
    }
    text.render(&scene.context)
        .ok()
        .filter(|text| !text.is_empty())
}
