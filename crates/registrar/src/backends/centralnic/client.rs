//! An account of a platform of the family: the verbs, sent in its dialect.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use wharf_core::{DomainName, Secret};

use super::contacts::roles;
use super::dialect::{Contacts, Dialect};
use super::transport::{Credentials, Environment, Transport};
use super::{Command, Response, cnr, ispapi, verbs};
use crate::{
    Account, Application, ApplicationState, Applied, AuthCode, AuthCodeWay, Availability, Cause,
    Changed, CheckAsk, Checked, Contact, DeletedDomain, DeletedList, Direction, DomainList,
    DomainQuery, DomainStatus, EventList, ExchangeRate, HistoryEntry, HistoryQuery,
    ListedApplication, Modification, OrderedContacts, Page, PriceList, Registered, Registrar,
    RegistrarError, Registration, Renewal, RenewalMode, Renewed, Reply, Restore, SuggestionQuery,
    Talk, TransferAnswer, TransferCheck, TransferList, TransferOrder, TransferStatus, ZoneFacts,
    ZoneOptions,
};

/// The platforms of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    Ispapi,
    /// CentralNic Reseller, once RRPproxy.
    Cnr,
}

impl Platform {
    fn dialect(self) -> &'static Dialect {
        match self {
            Self::Ispapi => &ispapi::DIALECT,
            Self::Cnr => &cnr::DIALECT,
        }
    }
}

/// An account. A cheap handle: clone it.
#[derive(Clone, Debug)]
pub struct CentralNic {
    transport: Transport,
    dialect: &'static Dialect,
}

#[derive(Clone, Debug)]
pub struct CentralNicOptions {
    pub platform: Platform,
    pub environment: Environment,
    pub credentials: Credentials,
    /// Another address than the platform's own, for a proxy or a test.
    pub url: Option<String>,
    /// From [`http_client`](super::http_client); accounts share it.
    pub http: reqwest::Client,
}

impl CentralNic {
    pub fn new(options: CentralNicOptions) -> Self {
        let dialect = options.platform.dialect();
        let system = dialect.system(options.environment);
        Self {
            transport: Transport {
                http: options.http,
                url: options.url.map_or_else(|| Arc::from(system.url), Arc::from),
                entity: system.entity,
                credentials: Credentials {
                    login: dialect.login(&options.credentials.login),
                    password: options.credentials.password,
                },
            },
            dialect,
        }
    }

    /// Sends a command; its answer is read by `reply`.
    fn ask<'a, T: Send + 'a>(
        &'a self,
        command: Command,
        talk: &'a Talk,
        reply: impl FnOnce(&Response) -> T + Send + 'a,
    ) -> Reply<'a, T> {
        Box::pin(async move { Ok(reply(&self.transport.call(&command, talk).await?)) })
    }

    fn change<'a>(&'a self, command: Command, talk: &'a Talk) -> Reply<'a, Changed> {
        self.ask(command, talk, verbs::changed)
    }

    /// Several calls at once; their answers in the order of the commands.
    async fn all(
        &self,
        commands: Vec<Command>,
        talk: &Talk,
    ) -> Vec<Result<Response, RegistrarError>> {
        let calls: Vec<_> = commands
            .into_iter()
            .map(|command| {
                let (transport, talk) = (self.transport.clone(), talk.clone());
                async move { transport.call(&command, &talk).await }
            })
            .collect();
        stream::iter(calls).buffered(AT_ONCE).collect().await
    }
}

impl CentralNic {
    /// Sends an order with its contacts: those that are written into the command already, or their handles.
    async fn order(
        &self,
        command: Command,
        contacts: &OrderedContacts,
        talk: &Talk,
    ) -> Result<Response, RegistrarError> {
        let mut command = command;
        if self.dialect.contacts == Contacts::Handles {
            let mut known: Vec<(&Contact, String)> = Vec::new();
            for (role, contact) in roles(contacts) {
                let found = known.iter().find(|(other, _)| *other == contact);
                let handle = match found {
                    Some((_, handle)) => handle.clone(),
                    None => self.handle(contact, talk).await?,
                };
                command = command.with(role, &handle);
                known.push((contact, handle));
            }
        }
        self.transport.call(&command, talk).await
    }

    /// Whatever became of a contact: the order itself was not sent, and a contact can be asked for again.
    async fn handle(&self, contact: &Contact, talk: &Talk) -> Result<String, RegistrarError> {
        match self.transport.call(&cnr::add_contact(contact), talk).await {
            Ok(response) => cnr::handle(&response),
            Err(RegistrarError::Unknown(why)) => Err(RegistrarError::NotSent(format!(
                "a contact could not be made ({why})"
            ))),
            Err(error) => Err(error),
        }
    }

    /// Contacts as they are written into a command: none, where they go by handle.
    fn inline(&self, contacts: &OrderedContacts) -> OrderedContacts {
        match self.dialect.contacts {
            Contacts::Inline => contacts.clone(),
            Contacts::Handles => OrderedContacts::default(),
        }
    }

    /// What this version does not do on the platform.
    fn lacks<'a, T: Send + 'a>(what: &str) -> Reply<'a, T> {
        let error = RegistrarError::Refused {
            code: 500,
            description: format!("Wharf cannot {what} of CentralNic Reseller yet"),
            cause: Cause::Other,
        };
        Box::pin(async move { Err(error) })
    }
}

impl Registrar for CentralNic {
    fn check<'a>(
        &'a self,
        names: &'a [DomainName],
        ask: CheckAsk,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<Checked>> {
        Box::pin(async move {
            let batches = names.chunks(verbs::check_domains::BATCH);
            let commands = batches
                .clone()
                .map(|batch| verbs::check_domains::request(batch, ask))
                .collect();
            let answers = self.all(commands, talk).await;
            let mut checked = Vec::with_capacity(names.len());
            let (mut answered, mut trouble) = (false, None);
            for (batch, answer) in batches.zip(answers) {
                match answer {
                    Ok(response) => {
                        answered = true;
                        checked.extend(verbs::check_domains::reply(&response, batch));
                    }
                    Err(error) => {
                        trouble.get_or_insert(error);
                        checked.extend(batch.iter().map(|name| Checked {
                            name: name.clone(),
                            availability: Availability::Unknown,
                        }));
                    }
                }
            }
            match trouble {
                Some(error) if !answered => Err(error),
                _ => Ok(checked),
            }
        })
    }

    fn suggest<'a>(
        &'a self,
        query: &'a SuggestionQuery,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<DomainName>> {
        use verbs::query_domain_suggestion_list::reply;
        self.ask((self.dialect.suggest)(query), talk, reply)
    }

    fn account<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Account> {
        use verbs::status_account::{reply, request};
        self.ask(request(), talk, |response| {
            reply(response, &self.transport.credentials.login)
        })
    }

    fn prices<'a>(&'a self, talk: &'a Talk) -> Reply<'a, PriceList> {
        use verbs::status_user::{reply, request};
        if !self.dialect.catalogue {
            return Self::lacks("read the price list");
        }
        self.ask(request(), talk, reply)
    }

    fn exchange_rates<'a>(&'a self, talk: &'a Talk) -> Reply<'a, Vec<ExchangeRate>> {
        use verbs::get_current_exchange_rates::{reply, request};
        self.ask(request(), talk, reply)
    }

    fn zones<'a>(&'a self, names: &'a [DomainName], talk: &'a Talk) -> Reply<'a, Vec<ZoneOptions>> {
        use verbs::query_domain_options::{BATCH, reply, request};
        if !self.dialect.catalogue {
            return Self::lacks("read the extensions");
        }
        Box::pin(async move {
            let batches = names.chunks(BATCH);
            let answers = self.all(batches.clone().map(request).collect(), talk).await;
            let mut options = Vec::with_capacity(names.len());
            for (batch, answer) in batches.zip(answers) {
                options.extend(reply(&answer?, batch));
            }
            Ok(options)
        })
    }

    fn zone<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, ZoneFacts> {
        use verbs::query_domain_repository_info::{reply, request};
        if !self.dialect.catalogue {
            return Self::lacks("read the extensions");
        }
        self.ask(request(name), talk, |response| reply(response, name))
    }

    fn status<'a>(&'a self, name: &'a DomainName, talk: &'a Talk) -> Reply<'a, DomainStatus> {
        use verbs::status_domain::{reply, request};
        self.ask(request(name), talk, |response| {
            reply(response, name, self.dialect)
        })
    }

    fn domains<'a>(&'a self, query: &'a DomainQuery, talk: &'a Talk) -> Reply<'a, DomainList> {
        let reply = verbs::query_domain_list::reply;
        self.ask((self.dialect.list)(query), talk, move |response| {
            reply(response, self.dialect)
        })
    }

    fn deleted<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Option<DeletedDomain>> {
        use verbs::query_object_list::{reply, request};
        self.ask(request(Some(name), Page::first(10)), talk, |response| {
            let mut found = reply(response).domains.into_iter();
            found.find(|deleted| deleted.name == *name)
        })
    }

    fn all_deleted<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, DeletedList> {
        use verbs::query_object_list::{reply, request};
        self.ask(request(None, page), talk, reply)
    }

    fn history<'a>(
        &'a self,
        query: &'a HistoryQuery,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<HistoryEntry>> {
        use verbs::query_object_log_list::{reply, request};
        self.ask(request(query), talk, reply)
    }

    fn history_detail<'a>(&'a self, index: &'a str, talk: &'a Talk) -> Reply<'a, Vec<String>> {
        use verbs::status_object_log::{reply, request};
        self.ask(request(index), talk, reply)
    }

    fn events<'a>(&'a self, page: Page, talk: &'a Talk) -> Reply<'a, EventList> {
        use verbs::{query_event_list, status_event};
        Box::pin(async move {
            let list = self
                .transport
                .call(&query_event_list::request(page), talk)
                .await?;
            let (ids, total) = query_event_list::reply(&list);
            let commands = ids.iter().map(|id| status_event::request(id)).collect();
            let answers = self.all(commands, talk).await;
            let events = ids.iter().zip(answers);
            let events =
                events.map(|(id, answer)| answer.map(|found| status_event::reply(&found, id)));
            Ok(EventList {
                events: events.collect::<Result<_, _>>()?,
                total,
            })
        })
    }

    fn forget_event<'a>(&'a self, id: &'a str, talk: &'a Talk) -> Reply<'a, ()> {
        self.ask(verbs::delete_event::request(id), talk, |_| ())
    }

    fn register<'a>(&'a self, order: &'a Registration, talk: &'a Talk) -> Reply<'a, Registered> {
        use verbs::add_domain::{reply, request};
        Box::pin(async move {
            let command = match self.dialect.contacts {
                Contacts::Inline => request(order, self.dialect),
                Contacts::Handles => {
                    let bare = Registration {
                        contacts: verbs::no_contacts(),
                        ..order.clone()
                    };
                    request(&bare, self.dialect)
                }
            };
            let contacts = order.contacts.clone().into();
            let response = self.order(command, &contacts, talk).await?;
            Ok(reply(&response, self.dialect))
        })
    }

    fn apply<'a>(&'a self, order: &'a Application, talk: &'a Talk) -> Reply<'a, Applied> {
        use verbs::add_domain_application::{reply, request};
        if !self.dialect.applications {
            return Self::lacks("order names that are applied for or have a price of their own");
        }
        Box::pin(async move { reply(&self.transport.call(&request(order), talk).await?) })
    }

    fn application<'a>(&'a self, id: &'a str, talk: &'a Talk) -> Reply<'a, ApplicationState> {
        use verbs::status_domain_application::{request, state};
        self.ask(request(id), talk, |response| state(response.whole()))
    }

    fn applications<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Vec<ListedApplication>> {
        use verbs::query_domain_application_list::{reply, request};
        self.ask(request(name), talk, reply)
    }

    fn modify<'a>(
        &'a self,
        name: &'a DomainName,
        change: &'a Modification,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        let no_hosts = change
            .nameservers
            .as_ref()
            .is_some_and(crate::Nameservers::is_empty);
        if no_hosts || change.is_empty() {
            // What is left out would mean "no change", and be answered as a success.
            let error = RegistrarError::Refused {
                code: 504,
                description: if no_hosts {
                    "no nameserver was given"
                } else {
                    "nothing to change was given"
                }
                .to_owned(),
                cause: Cause::MissingValue,
            };
            return Box::pin(async move { Err(error) });
        }
        Box::pin(async move {
            let contacts = change.contacts.clone().unwrap_or_default();
            let written = Modification {
                contacts: Some(self.inline(&contacts)),
                ..change.clone()
            };
            let command = verbs::modify_domain::request(name, &written, self.dialect);
            Ok(verbs::changed(&self.order(command, &contacts, talk).await?))
        })
    }

    fn renew<'a>(&'a self, order: &'a Renewal, talk: &'a Talk) -> Reply<'a, Renewed> {
        self.ask(
            (self.dialect.renew)(order),
            talk,
            verbs::renew_domain::reply,
        )
    }

    fn pay_renewal<'a>(&'a self, order: &'a Renewal, talk: &'a Talk) -> Reply<'a, Renewed> {
        match (self.dialect.pay_renewal)(order) {
            Ok(command) => self.ask(command, talk, verbs::renew_domain::reply),
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }

    fn set_renewal_mode<'a>(
        &'a self,
        name: &'a DomainName,
        mode: &'a RenewalMode,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        self.change(verbs::set_domain_renewal_mode::request(name, mode), talk)
    }

    fn restore<'a>(&'a self, order: &'a Restore, talk: &'a Talk) -> Reply<'a, Changed> {
        self.change(verbs::restore_domain::request(order), talk)
    }

    fn delete<'a>(
        &'a self,
        name: &'a DomainName,
        extra: &'a [(String, String)],
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        self.change(verbs::delete_domain::request(name, extra), talk)
    }

    fn push<'a>(
        &'a self,
        name: &'a DomainName,
        target: Option<&'a str>,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        self.change(verbs::push_domain::request(name, target), talk)
    }

    fn auth_code<'a>(
        &'a self,
        name: &'a DomainName,
        way: AuthCodeWay,
        talk: &'a Talk,
    ) -> Reply<'a, AuthCode> {
        use verbs::{denic_create_auth_info1, request_domain_auth_info, status_domain};
        Box::pin(async move {
            let command = match way {
                AuthCodeWay::Status => status_domain::request(name),
                AuthCodeWay::DenicAuthInfo1 => denic_create_auth_info1::request(name),
                AuthCodeWay::Mailed => request_domain_auth_info::request(name),
                AuthCodeWay::Fresh => (self.dialect.fresh_auth_code)(name),
            };
            let mut response = self.transport.call(&command, talk).await?;
            if way == AuthCodeWay::Mailed {
                return Ok(AuthCode::Mailed);
            }
            if way == AuthCodeWay::Fresh && response.first("AUTH").is_none() {
                // It was made up there; where it was not told, it stands with the domain.
                response = self
                    .transport
                    .call(&status_domain::request(name), talk)
                    .await?;
            }
            status_domain::auth_code(&response)
        })
    }

    fn check_transfer<'a>(
        &'a self,
        name: &'a DomainName,
        auth: Option<&'a Secret>,
        talk: &'a Talk,
    ) -> Reply<'a, TransferCheck> {
        use verbs::check_domain_transfer::{reply, request};
        self.ask(request(name, auth), talk, reply)
    }

    fn transfer<'a>(&'a self, order: &'a TransferOrder, talk: &'a Talk) -> Reply<'a, Changed> {
        Box::pin(async move {
            let written = TransferOrder {
                contacts: self.inline(&order.contacts),
                ..order.clone()
            };
            let command = verbs::transfer_domain::request(&written);
            let response = self.order(command, &order.contacts, talk).await?;
            Ok(verbs::changed(&response))
        })
    }

    fn transfer_status<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, TransferStatus> {
        use verbs::status_domain_transfer::{reply, request};
        self.ask(request(name), talk, reply)
    }

    fn answer_transfer<'a>(
        &'a self,
        name: &'a DomainName,
        answer: TransferAnswer,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        self.change(verbs::transfer_domain::answer_request(name, answer), talk)
    }

    fn resend_transfer_mail<'a>(
        &'a self,
        name: &'a DomainName,
        talk: &'a Talk,
    ) -> Reply<'a, Changed> {
        self.change(verbs::resend_transfer_mails::request(name), talk)
    }

    fn transfers<'a>(
        &'a self,
        direction: Direction,
        page: Page,
        talk: &'a Talk,
    ) -> Reply<'a, TransferList> {
        use verbs::query_transfer_list::{reply, request};
        self.ask(request(direction, page), talk, reply)
    }
}

/// Calls that one question sends side by side.
const AT_ONCE: usize = 8;
