//! Lists, page by page.

use serde_json::Value;

use super::exchange::Extra;
use super::judge::Reply;
use super::log::Log;
use super::{Scene, Supplier, Trouble};
use crate::language::{Condition, List, Pages, Read, Request, first};
use serde_json_path::JsonPath;

impl Supplier {
    /// All items of a list.
    pub(crate) async fn list(
        &self,
        list: &List,
        step: &str,
        scene: &Scene,
        log: &Log,
    ) -> Result<Vec<Value>, Trouble> {
        self.walk(
            &list.request,
            &list.list,
            list.pages.as_ref(),
            None,
            step,
            scene,
            log,
        )
        .await
        .map(Option::unwrap_or_default)
    }

    /// The items of a list; with a condition the first that meets it, and no further page is read. None: the list
    /// itself is not there.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another part of the list"
    )]
    pub(super) async fn walk(
        &self,
        request: &Request,
        path: &JsonPath,
        pages: Option<&Pages>,
        wanted: Option<&Condition>,
        step: &str,
        scene: &Scene,
        log: &Log,
    ) -> Result<Option<Vec<Value>>, Trouble> {
        let mut all = Vec::new();
        let mut next = None;
        for page in 1..=MOST_PAGES {
            let query = match pages {
                None => Vec::new(),
                Some(pages) => self.page_query(pages, page, next.as_ref(), scene)?,
            };
            let extra = Extra {
                step,
                query: &query,
                polls: false,
            };
            let answer = match self.send(request, extra, scene, log).await {
                Reply::Gone(_) if page == 1 => return Ok(None),
                reply => self.read_of(reply)?,
            };
            if self.dry {
                return Ok(Some(all));
            }
            let items = self.items(path, &answer)?;
            let empty = items.is_empty();
            for item in items {
                match wanted {
                    None => all.push(item),
                    Some(wanted) => {
                        let scene = scene.with("item", item.clone());
                        let is = wanted
                            .holds(&scene.context)
                            .map_err(|why| self.trouble(false, &why))?;
                        if is {
                            return Ok(Some(vec![item]));
                        }
                    }
                }
            }
            let Some(pages) = pages else {
                return Ok(Some(all));
            };
            let over = match (&pages.next, &pages.last) {
                (Some(path), _) => {
                    next = first(path, &answer)
                        .filter(|mark| mark.as_str() != Some("") && *mark != &Value::Bool(false))
                        .cloned();
                    next.is_none()
                }
                (None, Some(path)) => first(path, &answer)
                    .and_then(Value::as_u64)
                    .is_none_or(|last| page >= last),
                (None, None) => empty,
            };
            if over {
                return Ok(Some(all));
            }
        }
        Err(self.trouble(false, "its list does not end"))
    }

    fn page_query(
        &self,
        pages: &Pages,
        page: u64,
        next: Option<&Value>,
        scene: &Scene,
    ) -> Result<Vec<(String, String)>, Trouble> {
        // The first request has no mark to name.
        if pages.next.is_some() && next.is_none() {
            return Ok(Vec::new());
        }
        let mut scene = scene.with("page", page.into());
        scene
            .context
            .insert("next".to_owned(), next.cloned().unwrap_or_default());
        pages
            .query
            .iter()
            .map(|(name, value)| {
                let value = value
                    .render(&scene.context)
                    .map_err(|why| self.trouble(false, &why))?;
                Ok((name.clone(), value))
            })
            .collect()
    }

    /// A list must be a list: anything else would pass for "not there" and have it made again.
    fn items(&self, path: &JsonPath, answer: &Value) -> Result<Vec<Value>, Trouble> {
        let found = path.query(answer).all();
        if let [Value::Array(items)] = found.as_slice() {
            return Ok(items.clone());
        }
        // A path with a wildcard leads to the items themselves.
        let many = path.to_string().contains('*');
        if many && (!found.is_empty() || answer.is_object() || answer.is_array()) {
            return Ok(found.into_iter().cloned().collect());
        }
        Err(self.trouble(true, "the answer is not the list that was expected"))
    }

    /// One thing; none when it is gone.
    pub(crate) async fn read(
        &self,
        read: &Read,
        step: &str,
        scene: &Scene,
        log: &Log,
    ) -> Result<Option<super::Facts>, Trouble> {
        if self.dry {
            self.send(&read.request, extra(step), scene, log).await;
            return Ok(Some(read.keep.made_up(step)));
        }
        let item = self
            .item(&read.request, &read.item, step, scene, log)
            .await?;
        item.map(|item| {
            read.keep
                .of(&item)
                .map_err(|name| self.trouble(true, &format!("the answer has no \"{name}\"")))
        })
        .transpose()
    }

    /// The item of an answer; none when it is gone.
    pub(crate) async fn item(
        &self,
        request: &Request,
        path: &JsonPath,
        step: &str,
        scene: &Scene,
        log: &Log,
    ) -> Result<Option<Value>, Trouble> {
        let answer = match self.send(request, extra(step), scene, log).await {
            Reply::Gone(_) => return Ok(None),
            reply => self.read_of(reply)?,
        };
        match first(path, &answer) {
            Some(item) => Ok(Some(item.clone())),
            None => Err(self.trouble(true, "the answer is not what was expected")),
        }
    }

    /// What a read gave.
    pub(super) fn read_of(&self, reply: Reply) -> Result<Value, Trouble> {
        match reply {
            Reply::Done(answer) | Reply::Pending(answer) => Ok(answer.value),
            Reply::Already(why) | Reply::Gone(why) | Reply::Refused(why) | Reply::Wrong(why) => {
                Err(self.trouble(false, &why))
            }
            Reply::Later(why) => Err(self.trouble(true, &format!("too many requests ({why})"))),
            Reply::NotYet(why) => Err(self.not_yet(&why)),
            Reply::NotSent(why) | Reply::Lost(why) => Err(self.trouble(true, &why)),
        }
    }
}

fn extra(step: &str) -> Extra<'_> {
    Extra {
        step,
        ..Extra::default()
    }
}

const MOST_PAGES: u64 = 1_000;
