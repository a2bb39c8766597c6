//! Following what was accepted.

use serde_json::Value;

use super::exchange::Extra;
use super::judge::Reply;
use super::log::Log;
use super::{Facts, Scene, Supplier, Trouble};
use crate::language::{Keep, Poll, first};

/// How something accepted stands.
#[derive(Debug)]
pub(crate) enum Polled {
    /// With the values to keep, where they are in the last answer.
    Done(Option<Facts>),
    Failed(String),
    /// In the supplier's words.
    Pending(String),
    Trouble(Trouble),
}

impl Supplier {
    /// `scene` knows what was accepted. `ends` tells that being gone is the end that is wished.
    pub(crate) async fn poll(
        &self,
        poll: &Poll,
        keep: &Keep,
        step: &str,
        ends: bool,
        scene: &Scene,
        log: &Log,
    ) -> Polled {
        let extra = Extra {
            step,
            ..Extra::default()
        };
        let answer = match self.send(&poll.request, extra, scene, log).await {
            Reply::Gone(_) if ends => return Polled::Done(None),
            reply => match self.read_of(reply) {
                Ok(answer) => answer,
                Err(trouble) => return Polled::Trouble(trouble),
            },
        };
        match self.stands(poll, keep, &answer, scene) {
            Ok(polled) => polled,
            Err(why) => Polled::Trouble(self.trouble(true, &why)),
        }
    }

    fn stands(
        &self,
        poll: &Poll,
        keep: &Keep,
        answer: &Value,
        scene: &Scene,
    ) -> Result<Polled, String> {
        let scene = scene.with("answer", answer.clone());
        let words = poll
            .message
            .as_ref()
            .and_then(|path| first(path, answer))
            .map(super::as_text);
        if let Some(failed) = &poll.failed
            && failed.holds(&scene.context)?
        {
            let words = words.unwrap_or_else(|| "it failed".to_owned());
            return Ok(Polled::Failed(self.says(&words)));
        }
        if !poll.until.holds(&scene.context)? {
            let words = words.unwrap_or_else(|| "it is still at it".to_owned());
            return Ok(Polled::Pending(self.says(&words)));
        }
        let Some(path) = &poll.item else {
            return Ok(Polled::Done(None));
        };
        let item = first(path, answer).ok_or("the answer is not what was expected")?;
        let facts = keep
            .of(item)
            .map_err(|name| format!("the answer has no \"{name}\""))?;
        Ok(Polled::Done(Some(facts)))
    }
}
