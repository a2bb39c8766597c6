//! Which names a connector's texts may use, and where.

use super::Action;
use super::file::{File, Step};
use super::template::Names;

/// The names of one file.
pub(super) struct Known {
    /// Known everywhere.
    server: Names,
    /// Known wherever it is about a service.
    order: Names,
    /// What any step keeps.
    kept: Names,
}

impl Known {
    pub(super) fn of(file: &File) -> Self {
        let mut server: Names = ["server.username", "server.host"].map(str::to_owned).into();
        if let Some(account) = &file.account {
            let names = account.keep.keys().chain(account.optional.keys());
            server.extend(names.map(|name| format!("account.{name}")));
        }
        let mut order: Names = ORDER.iter().map(|name| (*name).to_owned()).collect();
        order.extend(file.values.keys().map(|name| format!("values.{name}")));
        for option in &file.options {
            order.insert(format!("options.{}", option.name));
            let keys = option.facts.values().flat_map(|facts| facts.keys());
            order.extend(keys.map(|key| format!("{}.{key}", option.name)));
        }
        let mut kept = Names::new();
        for (_, steps) in actions(file) {
            kept.extend(steps.iter().flat_map(of_step));
        }
        Self {
            server,
            order,
            kept,
        }
    }

    pub(super) fn server(&self) -> Names {
        self.server.clone()
    }

    /// Before anything of the service is there: the values of `[values]`.
    pub(super) fn ordered(&self) -> Names {
        union(&[&self.server, &self.order])
    }

    /// Of a service that is there.
    pub(super) fn made(&self) -> Names {
        union(&[&self.server, &self.order, &self.kept])
    }

    /// What the first step of an action knows.
    pub(super) fn at_first(&self, action: &Action) -> Names {
        match action {
            Action::Test | Action::AdminSso => self.server(),
            Action::Create => self.ordered(),
            _ => self.made(),
        }
    }
}

/// The names that a step adds.
pub(super) fn of_step(step: &Step) -> impl Iterator<Item = String> + '_ {
    let names = step.keep.keys().chain(step.optional.keys());
    names.map(|key| format!("{}.{key}", step.name))
}

pub(super) fn with(names: &Names, more: &[&str]) -> Names {
    let more = more.iter().map(|name| (*name).to_owned());
    names.iter().cloned().chain(more).collect()
}

/// The actions of a file with their steps.
pub(super) fn actions(file: &File) -> Vec<(Action, &Vec<Step>)> {
    let plain = Action::PLAIN.into_iter().map(|action| {
        let steps = match &action {
            Action::Create => &file.create,
            Action::Suspend => &file.suspend,
            Action::Unsuspend => &file.unsuspend,
            Action::Terminate => &file.terminate,
            Action::Renew => &file.renew,
            Action::ChangePackage => &file.change_package,
            Action::ChangePassword => &file.change_password,
            Action::Test => &file.test,
            Action::Sso => &file.sso,
            Action::AdminSso => &file.admin_sso,
            Action::Facts | Action::Custom(_) => &file.facts,
        };
        (action, steps)
    });
    let custom = file
        .custom
        .iter()
        .map(|custom| (Action::Custom(custom.name.clone()), &custom.steps));
    plain.chain(custom).collect()
}

fn union(sets: &[&Names]) -> Names {
    sets.iter().flat_map(|set| set.iter().cloned()).collect()
}

/// What is known of every order.
const ORDER: &[&str] = &[
    "whmcs.site",
    "whmcs.serviceid",
    "whmcs.pid",
    "whmcs.userid",
    "client.id",
    "client.email",
    "client.firstname",
    "client.lastname",
    "client.name",
    "client.company",
    "client.address",
    "client.city",
    "client.state",
    "client.postcode",
    "client.country",
    "client.phone",
    "client.language",
    "domain",
    "username",
    "password",
    "reason",
    "uid",
    "fields.*",
    "secret.*",
];

/// What no step and no option may be called.
pub(super) const RESERVED: &[&str] = &[
    "whmcs", "client", "domain", "username", "password", "reason", "uid", "fields", "secret",
    "options", "values", "account", "server", "item", "answer", "accepted", "page", "next",
];
