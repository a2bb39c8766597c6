//! DeleteEvent: takes note of a message.

use super::super::Command;

/// Taking note twice does no harm, but is no read either.
pub fn request(id: &str) -> Command {
    Command::change("DeleteEvent").with("EVENT", id)
}
