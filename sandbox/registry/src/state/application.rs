//! Applications: registrations that somebody decides about.

use jiff::Timestamp;

use super::{Domain, Due, Price, State};
use crate::dates;

#[derive(Clone, Debug)]
pub struct Application {
    /// As it will be registered.
    pub domain: Domain,
    pub years: i64,
    pub class: String,
    pub price: Price,
    pub state: ApplicationState,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationState {
    Requested,
    Successful,
    Failed,
}

impl ApplicationState {
    pub fn text(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Successful => "SUCCESSFUL",
            Self::Failed => "FAILED",
        }
    }
}

impl State {
    /// Keeps an application, which is granted after some weeks unless somebody decides otherwise.
    pub fn apply(&mut self, application: Application) -> u64 {
        let id = self.number();
        let at = dates::days_after(application.created, DECIDED_DAYS);
        self.agenda.plan(Due::Application(id), Some(at));
        self.applications.insert(id, application);
        id
    }

    pub fn application_due(&mut self, id: u64, at: Timestamp) {
        self.decide(id, Ok(()), at);
    }

    /// Registers the domain, or gives the money back; says whether there was something to decide.
    pub fn decide(&mut self, id: u64, outcome: Result<(), &str>, at: Timestamp) -> bool {
        let Some(application) = self.applications.get_mut(&id) else {
            return false;
        };
        if application.state != ApplicationState::Requested {
            return false;
        }
        let taken = self.domains.contains_key(&application.domain.name);
        application.updated = at;
        let mut domain = application.domain.clone();
        let price = application.price;
        let outcome = outcome.and(if taken {
            Err("The name went to somebody else")
        } else {
            Ok(())
        });
        match outcome {
            Ok(()) => application.state = ApplicationState::Successful,
            Err(reason) => {
                application.state = ApplicationState::Failed;
                reason.clone_into(&mut application.reason);
            }
        }
        let years = application.years;
        self.agenda.plan(Due::Application(id), None);
        let (account, name) = (domain.account.clone(), domain.name.clone());
        let (operation, status, event) = if outcome.is_ok() {
            let now = dates::whole_second(at);
            domain.created = now;
            domain.updated = now;
            domain.active_from = now;
            domain.expiration = dates::years_after(now, years);
            domain.paid_until = domain.expiration;
            self.put_domain(domain);
            ("CREATE", "SUCCESSFUL", "APPLICATION_SUCCESSFUL")
        } else {
            self.refund(&account, price);
            ("APPLICATION", "FAILED", "APPLICATION_FAILED")
        };
        self.log_outcome(&account, &name, operation, status, at);
        self.tell(&account, "DOMAIN_APPLICATION", event, &name, at);
        true
    }
}

const DECIDED_DAYS: i64 = 25;
