//! Domains on their way in or out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Domain, Due, Elsewhere, Mail, Premium, Price, State};
use crate::dates;
use crate::zones::Ends;

#[derive(Clone, Debug)]
pub struct Transfer {
    pub name: String,
    /// Whose domain it becomes, or was.
    pub account: String,
    pub direction: Direction,
    pub state: TransferState,
    pub log: Vec<(Timestamp, TransferState, String)>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// When it succeeds (or, waiting for a release, fails) if nobody does anything.
    pub ends: Option<Timestamp>,
    /// The other registrar.
    pub peer: String,
    /// Confirms it; mailed to the registrant.
    pub trigger: String,
    /// Only a release by the other registrar ends it well.
    pub on_release: bool,
    /// Of an incoming one.
    pub order: Option<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Incoming,
    Outgoing,
    Trade,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    Initiated,
    Requested,
    Pending,
    Successful,
    Failed,
}

/// What was ordered with an incoming transfer.
#[derive(Clone, Debug)]
pub struct Order {
    pub years: i64,
    pub price: Price,
    pub premium: Option<Premium>,
    /// Handles by contact kind; kinds that are missing come from the other registrar.
    pub contacts: BTreeMap<&'static str, Vec<String>>,
    /// Empty unless the registry uses those of the request.
    pub nameservers: Vec<String>,
}

impl Direction {
    pub fn text(self) -> &'static str {
        match self {
            Self::Incoming => "INCOMING",
            Self::Outgoing => "OUTGOING",
            Self::Trade => "TRADE",
        }
    }
}

impl TransferState {
    pub fn text(self) -> &'static str {
        match self {
            Self::Initiated => "INITIATED",
            Self::Requested => "REQUESTED",
            Self::Pending => "PENDING",
            Self::Successful => "SUCCESSFUL",
            Self::Failed => "FAILED",
        }
    }
}

impl Transfer {
    pub fn is_running(&self) -> bool {
        !matches!(
            self.state,
            TransferState::Successful | TransferState::Failed
        )
    }

    pub fn note(&mut self, state: TransferState, text: impl Into<String>, at: Timestamp) {
        self.state = state;
        self.updated = at;
        self.log.push((at, state, text.into()));
    }
}

impl State {
    pub fn running_transfer(&self, name: &str, direction: Direction) -> Option<&Transfer> {
        self.transfers
            .get(name)
            .filter(|transfer| transfer.is_running() && transfer.direction == direction)
    }

    pub fn begin_incoming(
        &mut self,
        account: &str,
        domain: &Elsewhere,
        ends: Ends,
        order: Order,
        trigger: String,
        at: Timestamp,
    ) {
        let name = domain.name.clone();
        let (on_release, ends) = match ends {
            Ends::After(time) => (false, at + time),
            Ends::OnRelease => (true, dates::days_after(at, RELEASE_DAYS)),
        };
        let mut transfer = Transfer {
            name: name.clone(),
            account: account.to_owned(),
            direction: Direction::Incoming,
            state: TransferState::Initiated,
            log: Vec::new(),
            created: at,
            updated: at,
            ends: Some(ends),
            peer: domain.registrar.clone(),
            trigger,
            on_release,
            order: Some(order),
        };
        transfer.note(TransferState::Initiated, "Transfer initiated", at);
        transfer.note(TransferState::Requested, "Transfer requested", at);
        let waits = format!("Waiting for {}", transfer.peer);
        transfer.note(TransferState::Pending, waits, at);
        self.mail_confirmation(&transfer, domain, at);
        self.put_transfer(transfer);
        self.tell(account, "DOMAIN_TRANSFER", "TRANSFER_PENDING", &name, at);
    }

    pub fn put_transfer(&mut self, transfer: Transfer) {
        let at = transfer.ends.filter(|_| transfer.is_running());
        self.agenda.plan(Due::Transfer(transfer.name.clone()), at);
        self.transfers.insert(transfer.name.clone(), transfer);
    }

    pub fn mail_confirmation(&mut self, transfer: &Transfer, domain: &Elsewhere, at: Timestamp) {
        let to = domain.owner.get("EMAIL").cloned().unwrap_or_default();
        self.mail(Mail {
            at,
            to,
            domain: domain.name.clone(),
            subject: "Please confirm the transfer of your domain",
            text: format!(
                "{} is to leave {}. Code: {}",
                domain.name, domain.registrar, transfer.trigger
            ),
            code: transfer.trigger.clone(),
        });
    }

    /// An incoming transfer ends: the domain is here, or the money is back.
    pub fn end_incoming(&mut self, name: &str, outcome: Result<(), &str>, at: Timestamp) -> bool {
        let Some(mut transfer) = self.running_transfer(name, Direction::Incoming).cloned() else {
            return false;
        };
        let Some(order) = transfer.order.clone() else {
            return false;
        };
        let account = transfer.account.clone();
        let brought = outcome.and_then(|()| self.bring(&account, name, &order, at));
        let (operation_status, event) = match brought {
            Ok(()) => {
                transfer.note(TransferState::Successful, "Domain transferred", at);
                ("SUCCESSFUL", "TRANSFER_SUCCESSFUL")
            }
            Err(reason) => {
                self.refund(&account, order.price);
                transfer.note(TransferState::Failed, reason, at);
                ("FAILED", "TRANSFER_FAILED")
            }
        };
        self.put_transfer(transfer);
        self.log_outcome(&account, name, "INBOUND_TRANSFER", operation_status, at);
        self.tell(&account, "DOMAIN_TRANSFER", event, name, at);
        true
    }

    fn bring(
        &mut self,
        account: &str,
        name: &str,
        order: &Order,
        at: Timestamp,
    ) -> Result<(), &'static str> {
        let domain = self
            .elsewhere(name)
            .ok_or("the domain is not there any more")?;
        let zone = self.zones.of(name).ok_or("the zone is not sold any more")?;
        let mut lists = order.contacts.clone();
        let fields = if zone.thin {
            hidden(name)
        } else {
            domain.owner.clone()
        };
        for kind in [
            "OWNERCONTACT",
            "ADMINCONTACT",
            "TECHCONTACT",
            "BILLINGCONTACT",
        ] {
            if !lists.contains_key(kind) {
                let (handle, _) = self.contact(account, fields.clone(), "AUTO", false, at);
                lists.insert(kind, vec![handle]);
            }
        }
        let nameservers = if order.nameservers.is_empty() {
            domain.nameservers.clone()
        } else {
            order.nameservers.clone()
        };
        lists.insert("NAMESERVER", nameservers);
        let now = dates::whole_second(at);
        let expiration = dates::years_after(domain.expiration.max(now), order.years);
        self.elsewhere.remove(name);
        self.put_domain(Domain {
            name: name.to_owned(),
            account: account.to_owned(),
            zone,
            created: domain.created,
            updated: now,
            active_from: now,
            expiration,
            paid_until: expiration,
            transferred: Some(now),
            delete_at: None,
            restored_at: None,
            trade_lock: None,
            retry_at: None,
            renewal_mode: "AUTORENEW".to_owned(),
            auth: domain.auth,
            transfer_lock: false,
            leaving: false,
            trustee: false,
            internal_dns: false,
            premium: order.premium,
            lists,
            extensions: BTreeMap::new(),
        });
        Ok(())
    }

    /// Another registrar asks for a domain of this one.
    pub fn begin_outgoing(
        &mut self,
        name: &str,
        registrar: &str,
        auth: &str,
        at: Timestamp,
    ) -> Result<(), String> {
        let mut domain = self
            .domains
            .get(name)
            .cloned()
            .ok_or("there is no such domain here")?;
        if domain.leaving {
            return Err("it is asked for already".into());
        }
        if domain.is_locked() {
            return Err("its transfer lock is on".into());
        }
        if domain.trade_lock.is_some_and(|until| at < until) {
            return Err("its registrant has changed; it is locked for 60 days".into());
        }
        if domain.auth != auth {
            return Err("the code is wrong".into());
        }
        domain.leaving = true;
        let account = domain.account.clone();
        self.put_domain(domain);
        let mut transfer = Transfer {
            name: name.to_owned(),
            account: account.clone(),
            direction: Direction::Outgoing,
            state: TransferState::Requested,
            log: Vec::new(),
            created: at,
            updated: at,
            ends: Some(dates::days_after(at, OUTGOING_DAYS)),
            peer: registrar.to_owned(),
            trigger: String::new(),
            on_release: false,
            order: None,
        };
        let text = format!("{registrar} requests the transfer");
        transfer.note(TransferState::Pending, text, at);
        self.put_transfer(transfer);
        self.log_outcome(&account, name, "OUTBOUND_TRANSFER", "REQUEST", at);
        self.tell(
            &account,
            "DOMAIN_TRANSFER",
            "FOREIGN_TRANSFER_PENDING",
            name,
            at,
        );
        Ok(())
    }

    pub fn end_outgoing(&mut self, name: &str, outcome: Result<(), &str>, at: Timestamp) -> bool {
        let Some(mut transfer) = self.running_transfer(name, Direction::Outgoing).cloned() else {
            return false;
        };
        let account = transfer.account.clone();
        // It may have been deleted meanwhile.
        let outcome = outcome.and(if self.domains.contains_key(name) {
            Ok(())
        } else {
            Err("The domain is not here any more")
        });
        let (status, event) = match outcome {
            Ok(()) => {
                if let Some(domain) = self.take_domain(name) {
                    self.hand_over(domain, &transfer.peer.clone());
                }
                transfer.note(TransferState::Successful, "Domain transferred", at);
                ("SUCCESSFUL", "FOREIGN_TRANSFER_SUCCESSFUL")
            }
            Err(reason) => {
                if let Some(domain) = self.domains.get_mut(name) {
                    domain.leaving = false;
                }
                transfer.note(TransferState::Failed, reason, at);
                ("FAILED", "FOREIGN_TRANSFER_FAILED")
            }
        };
        self.put_transfer(transfer);
        self.log_outcome(&account, name, "OUTBOUND_TRANSFER", status, at);
        self.tell(&account, "DOMAIN_TRANSFER", event, name, at);
        true
    }

    pub fn transfer_due(&mut self, name: &str, at: Timestamp) {
        let Some(transfer) = self.transfers.get(name) else {
            return;
        };
        match (transfer.direction, transfer.on_release) {
            (Direction::Incoming, false) => self.end_incoming(name, Ok(()), at),
            (Direction::Incoming, true) => self.end_incoming(name, Err("It was not released"), at),
            (Direction::Outgoing, _) => self.end_outgoing(name, Ok(()), at),
            (Direction::Trade, _) => false,
        };
    }
}

/// What a registry without contacts, and a registrar with privacy, leave of a registrant.
fn hidden(name: &str) -> BTreeMap<String, String> {
    let mut fields = super::elsewhere::owner(name);
    for field in ["FIRSTNAME", "LASTNAME", "STREET", "CITY", "ZIP"] {
        fields.insert(field.to_owned(), "REDACTED FOR PRIVACY".to_owned());
    }
    fields
}

const RELEASE_DAYS: i64 = 30;
const OUTGOING_DAYS: i64 = 5;
