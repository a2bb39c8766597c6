//! The conformance suite against a live supplier: whether a connector keeps what Wharf promises.

use serde::Serialize;
use serde_json::{Map, Value, json};
use wharf_whmcs::call::{ModuleCall, ModuleHandler as _, ModuleKind, Params};

use crate::language::Action;
use crate::services::Services;

/// One promise.
#[derive(Clone, Debug, Serialize)]
pub struct Promise {
    pub name: &'static str,
    pub kept: Verdict,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Kept,
    Broken,
    /// The connector, or the parameters, have nothing to try it with.
    Skipped,
}

/// Makes one service with `first`, which knows nothing before, and asks `second`, which knows nothing either, for
/// the same one; then changes it in every way twice, and ends it. `tell` is called after each promise. What the
/// suite made is ended by it.
pub async fn conform(
    first: &Services,
    second: &Services,
    connector: &str,
    params: Map<String, Value>,
    mut tell: impl FnMut(&Promise),
) -> Vec<Promise> {
    let mut suite = Suite {
        first,
        second,
        connector,
        params,
        promises: Vec::new(),
    };
    suite.run(&mut tell).await;
    suite.promises
}

struct Suite<'a> {
    first: &'a Services,
    second: &'a Services,
    connector: &'a str,
    params: Map<String, Value>,
    promises: Vec<Promise>,
}

impl Suite<'_> {
    async fn run(&mut self, tell: &mut impl FnMut(&Promise)) {
        let wrong_token = json!("not-the-token-of-anybody");
        let tested = self.ask(self.first, "TestConnection", &[]).await;
        let connects = tested.is_empty();
        self.note("the connection test succeeds", connects, tested, tell);
        // A supplier that is not there keeps no promise, and refuses no token.
        if !connects {
            return;
        }
        let mut refused = self.params.clone();
        refused.remove("serveraccesshash");
        refused.insert("serverpassword".to_owned(), wrong_token);
        let refused = self.call(self.first, "TestConnection", refused).await;
        self.note(
            "a wrong token is refused in words",
            !refused.is_empty(),
            refused,
            tell,
        );

        let many = (0..AT_ONCE).map(|_| self.ask(self.first, "CreateAccount", &[]));
        let many = futures_util::future::join_all(many).await;
        let bad = many.iter().find(|answer| !answer.is_empty()).cloned();
        let good = bad.is_none();
        self.note(
            "the same create many times at once succeeds",
            good,
            bad.unwrap_or_default(),
            tell,
        );
        if !good {
            return;
        }
        let one = self.reference(self.first).await;
        let again = self.ask(self.second, "CreateAccount", &[]).await;
        let two = self.reference(self.second).await;
        let same = again.is_empty() && one == two;
        let detail = if same {
            one.clone()
        } else {
            format!("{again} {one} / {two}")
        };
        self.note(
            "asked for by somebody who does not know it, it is found and not made again",
            same,
            detail,
            tell,
        );
        self.listed(&one, tell).await;
        for (function, action, name) in TWICE {
            if self.steps(action) {
                let first = self.ask(self.first, function, &[]).await;
                let second = self.ask(self.first, function, &[]).await;
                let good = first.is_empty() && second.is_empty();
                self.note(name, good, format!("{first}{second}"), tell);
            } else {
                self.skip(name, tell);
            }
        }
        self.packages(tell).await;
        for (with, name) in [
            (self.first, "terminate ends it"),
            (self.first, "terminating what is ended is done"),
            (self.second, "terminating what somebody else ended is done"),
        ] {
            let answer = self.ask(with, "TerminateAccount", &[]).await;
            self.note(name, answer.is_empty(), answer, tell);
        }
    }

    /// How often the supplier lists it.
    async fn listed(&mut self, reference: &str, tell: &mut impl FnMut(&Promise)) {
        let name = "the supplier lists it once";
        let call = self.module_call("ListAccounts", self.params.clone());
        match self.first.accounts(&call).await {
            Ok(accounts) => {
                let count = accounts
                    .iter()
                    .filter(|account| account.reference == reference)
                    .count();
                self.note(
                    name,
                    count == 1,
                    format!("{count} of {}", accounts.len()),
                    tell,
                );
            }
            Err(why) if why.contains("cannot list") => self.skip(name, tell),
            Err(why) => self.note(name, false, why, tell),
        }
        let name = "its usage can be read";
        let call = self.module_call("UsageUpdate", self.params.clone());
        match self.first.usage(&call).await {
            Ok(report) => {
                let drift = report.services.iter().find_map(|used| used.drift.clone());
                let detail = drift
                    .clone()
                    .unwrap_or_else(|| format!("requests: {}", report.calls));
                self.note(
                    name,
                    drift.is_none() && !report.services.is_empty(),
                    detail,
                    tell,
                );
            }
            Err(why) if why.contains("reads no usage") => self.skip(name, tell),
            Err(why) => self.note(name, false, why, tell),
        }
    }

    async fn packages(&mut self, tell: &mut impl FnMut(&Promise)) {
        let (same, other) = (
            "a change to the same package is done",
            "another package, and back",
        );
        if !self.steps(&Action::ChangePackage) {
            self.skip(same, tell);
            self.skip(other, tell);
            return;
        }
        let answer = self.ask(self.first, "ChangePackage", &[]).await;
        self.note(same, answer.is_empty(), answer, tell);
        let Some(plan) = self.params.get("otherplan").cloned() else {
            self.skip(other, tell);
            return;
        };
        let there = self
            .ask(self.first, "ChangePackage", &[("configoption2", plan)])
            .await;
        let back = self.ask(self.first, "ChangePackage", &[]).await;
        let good = there.is_empty() && back.is_empty();
        self.note(other, good, format!("{there}{back}"), tell);
    }

    fn steps(&self, action: &Action) -> bool {
        let all = self.first.world.suppliers.shelf.all();
        let connector = all.get(self.connector);
        connector.is_some_and(|connector| !connector.steps(action).is_empty())
    }

    async fn reference(&self, of: &Services) -> String {
        let id = crate::tables::ServiceId {
            site: SITE.to_owned(),
            service: SERVICE,
        };
        match of.story(&id).await {
            Ok(Some(story)) => story.summary.reference.unwrap_or_default(),
            _ => String::new(),
        }
    }

    async fn ask(&self, of: &Services, function: &str, change: &[(&str, Value)]) -> String {
        let mut params = self.params.clone();
        for (name, value) in change {
            params.insert((*name).to_owned(), value.clone());
        }
        self.call(of, function, params).await
    }

    /// Why it did not end well; empty: it did.
    async fn call(&self, of: &Services, function: &str, params: Map<String, Value>) -> String {
        let answer = match of.call(self.module_call(function, params)).await {
            Ok(answer) => answer.value,
            Err(error) => return error.to_string(),
        };
        let text = |name: &str| {
            answer
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        match text("result").as_str() {
            "success" => String::new(),
            "" => text("error"),
            other => other.to_owned(),
        }
    }

    fn module_call(&self, function: &str, mut params: Map<String, Value>) -> ModuleCall {
        params.insert("serviceid".to_owned(), SERVICE.into());
        params.insert("configoption1".to_owned(), self.connector.into());
        let named = params
            .get("serverusername")
            .and_then(Value::as_str)
            .filter(|user| !user.is_empty() && *user != self.connector)
            .filter(|user| !user.starts_with(&format!("{}:", self.connector)))
            .map(|user| format!("{}:{user}", self.connector))
            .or_else(|| match params.get("serverusername") {
                Some(Value::String(user)) if !user.is_empty() => Some(user.clone()),
                _ => Some(self.connector.to_owned()),
            });
        params.insert("serverusername".to_owned(), named.into());
        ModuleCall {
            site: SITE.to_owned(),
            kind: ModuleKind::Server,
            module: "wharf".to_owned(),
            function: function.to_owned(),
            params: Params::new(params),
        }
    }

    fn note(
        &mut self,
        name: &'static str,
        kept: bool,
        detail: String,
        tell: &mut impl FnMut(&Promise),
    ) {
        let kept = if kept { Verdict::Kept } else { Verdict::Broken };
        self.add(Promise { name, kept, detail }, tell);
    }

    fn skip(&mut self, name: &'static str, tell: &mut impl FnMut(&Promise)) {
        let promise = Promise {
            name,
            kept: Verdict::Skipped,
            detail: "the connector, or the parameters, have nothing to try it with".to_owned(),
        };
        self.add(promise, tell);
    }

    fn add(&mut self, promise: Promise, tell: &mut impl FnMut(&Promise)) {
        tell(&promise);
        self.promises.push(promise);
    }
}

const SITE: &str = "conform";
const SERVICE: i64 = 1;
const AT_ONCE: usize = 100;
const TWICE: &[(&str, &Action, &str)] = &[
    ("SuspendAccount", &Action::Suspend, "suspend, twice"),
    ("UnsuspendAccount", &Action::Unsuspend, "unsuspend, twice"),
];
