//! StatusEvent: one message with its data.

use super::super::{Command, Response, dates};
use crate::Event;

pub fn request(id: &str) -> Command {
    Command::read("StatusEvent").with("EVENT", id)
}

pub fn reply(response: &Response, id: &str) -> Event {
    let row = response.whole();
    Event {
        id: id.to_owned(),
        class: row.text("EVENTCLASS").unwrap_or_default(),
        subclass: row.text("EVENTSUBCLASS").unwrap_or_default(),
        at: dates::timestamp(row, "EVENTDATE"),
        data: (0..DATA_LINES)
            .filter_map(|line| row.text(&format!("EVENTDATA{line}")))
            .collect(),
    }
}

/// Lines of data that a message can have; four are documented.
const DATA_LINES: usize = 10;
