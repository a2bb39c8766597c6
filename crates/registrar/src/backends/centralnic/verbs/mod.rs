//! The commands, one per file: the request, and what its answer means.

pub(super) mod add_domain;
pub(super) mod add_domain_application;
pub mod check_domain_transfer;
pub(super) mod check_domains;
pub(super) mod delete_domain;
pub(super) mod delete_event;
pub(super) mod denic_create_auth_info1;
pub(super) mod get_current_exchange_rates;
pub(super) mod modify_domain;
pub(super) mod push_domain;
pub(super) mod query_domain_application_list;
pub(super) mod query_domain_list;
pub(super) mod query_domain_options;
pub(super) mod query_domain_repository_info;
pub(super) mod query_domain_suggestion_list;
pub(super) mod query_event_list;
pub(super) mod query_object_list;
pub(super) mod query_object_log_list;
pub(super) mod query_transfer_list;
pub(super) mod renew_domain;
pub(super) mod request_domain_auth_info;
pub(super) mod resend_transfer_mails;
pub(super) mod restore_domain;
pub(super) mod set_domain_renewal_mode;
pub(super) mod status_account;
pub(super) mod status_domain;
pub(super) mod status_domain_application;
pub(super) mod status_domain_transfer;
pub(super) mod status_event;
pub(super) mod status_object_log;
pub(super) mod status_user;
pub(super) mod transfer_domain;

use super::{Command, Response};
use crate::{Changed, Page};

/// What a change without properties of its own answers.
pub(super) fn changed(response: &Response) -> Changed {
    Changed {
        pending: response.pending,
    }
}

pub(super) fn paged(command: Command, page: Page) -> Command {
    command
        .with("FIRST", page.first.to_string())
        .with("LIMIT", page.limit.to_string())
}

/// Contacts that are written elsewhere.
pub(super) fn no_contacts() -> crate::Contacts {
    let none = crate::Contact::default;
    crate::Contacts {
        owner: none(),
        admin: none(),
        tech: none(),
        billing: none(),
    }
}

fn with_extra(command: Command, extra: &[(String, String)]) -> Command {
    extra
        .iter()
        .fold(command, |command, (key, value)| command.with(key, value))
}

#[cfg(test)]
pub(super) fn answer(text: &str) -> super::Response {
    let whole = format!(
        "[RESPONSE]\r\n{}\r\nQUEUETIME=0\r\nRUNTIME=0.004\r\n\r\nEOF\r\n",
        text.trim().replace('\n', "\r\n")
    );
    super::Response::parse(&whole).unwrap()
}

#[cfg(test)]
pub(super) fn name(text: &str) -> wharf_core::DomainName {
    wharf_core::DomainName::parse(text).unwrap()
}
