//! StatusObjectLog: all that an entry of the log holds.

use super::super::command::is_secret;
use super::super::{Command, Response};

pub fn request(index: &str) -> Command {
    Command::read("StatusObjectLog").with("LOGINDEX", index)
}

/// For an order these are the lines of the command, as it was sent; lines with a secret are left out.
pub fn reply(response: &Response) -> Vec<String> {
    let lines = response.all("OPERATIONINFO").iter();
    let public = |line: &&String| {
        let key = line.split('=').next().unwrap_or_default().trim();
        !is_secret(&key.to_ascii_uppercase())
    };
    lines.filter(public).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn an_orders_lines_come_without_its_auth_code() {
        let lines = reply(&answer(
            "
PROPERTY[OPERATIONINFO][0]=COMMAND=TransferDomain
PROPERTY[OPERATIONINFO][1]=AUTH = s3cret
PROPERTY[OPERATIONINFO][2]=NAMESERVER0=ns1.example.net
DESCRIPTION=ok
CODE=200",
        ));
        assert_eq!(
            lines,
            ["COMMAND=TransferDomain", "NAMESERVER0=ns1.example.net"]
        );
    }
}
