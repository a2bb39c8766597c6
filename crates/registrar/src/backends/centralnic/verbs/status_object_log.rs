//! StatusObjectLog: all that an entry of the log holds.

use super::super::{Command, Response};

pub fn request(index: &str) -> Command {
    Command::read("StatusObjectLog").with("LOGINDEX", index)
}

/// For an order these are the lines of the command, as it was sent.
pub fn reply(response: &Response) -> Vec<String> {
    response.all("OPERATIONINFO").to_vec()
}
