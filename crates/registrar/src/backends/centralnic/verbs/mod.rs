//! The commands, one per file: the request, and what its answer means.

pub(super) mod add_domain;
pub(super) mod check_domains;
pub mod convert_idn;
pub(super) mod modify_domain;
pub(super) mod query_domain_list;
pub(super) mod status_account;
pub(super) mod status_domain;

#[cfg(test)]
pub(super) fn answer(text: &str) -> super::Response {
    let whole = format!(
        "[RESPONSE]\r\n{}\r\nQUEUETIME=0\r\nRUNTIME=0.004\r\n\r\nEOF\r\n",
        text.trim().replace('\n', "\r\n")
    );
    super::Response::parse(&whole).unwrap()
}
