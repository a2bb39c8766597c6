//! Command text: `KEY=VALUE` lines.

/// A command with its parameters, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    kind: Kind,
    params: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Change,
}

impl Command {
    /// A command that changes nothing: it may be sent again.
    pub fn read(name: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Read,
            params: Vec::new(),
        }
    }

    /// A command that changes or buys something: it is sent once.
    pub fn change(name: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Change,
            params: Vec::new(),
        }
    }

    /// Sets a parameter. Line breaks in the value are deleted, as the protocol has no way to write them.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl AsRef<str>) -> Self {
        let value: String = value
            .as_ref()
            .chars()
            .filter(|c| *c != '\r' && *c != '\n')
            .collect();
        self.params.push((key.into().to_ascii_uppercase(), value));
        self
    }

    /// As [`with`](Self::with), left out where the value is empty: an empty one would mean "set to nothing".
    #[must_use]
    pub fn with_given(self, key: impl Into<String>, value: impl AsRef<str>) -> Self {
        if value.as_ref().trim().is_empty() {
            self
        } else {
            self.with(key, value)
        }
    }

    /// A zero-based list: `DOMAIN0`, `DOMAIN1`, ….
    #[must_use]
    pub fn with_list<T: AsRef<str>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            self = self.with(format!("{key}{index}"), value);
        }
        self
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn is_change(&self) -> bool {
        self.kind == Kind::Change
    }

    /// As it goes over the wire.
    pub fn text(&self) -> String {
        self.lines(|_, value| value.to_owned())
    }

    /// As it may be read by people.
    pub fn masked(&self) -> String {
        self.lines(|key, value| {
            if is_secret(key) {
                MASK.to_owned()
            } else {
                value.to_owned()
            }
        })
    }

    fn lines(&self, show: impl Fn(&str, &str) -> String) -> String {
        let mut text = format!("COMMAND={}", self.name);
        for (key, value) in &self.params {
            text.push('\n');
            text.push_str(key);
            text.push('=');
            text.push_str(&show(key, value));
        }
        text
    }
}

/// Parameters and properties that are never written to a log.
pub(super) fn is_secret(key: &str) -> bool {
    matches!(key, "AUTH" | "DOMAINAUTH" | "PASSWORD" | "SESSION") || key.starts_with("PEM")
}

/// Of one length, whatever it hides.
pub(super) const MASK: &str = "********";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_lines_of_upper_case_keys_in_order() {
        let command = Command::read("CheckDomains")
            .with_list("domain", ["a.com", "b.com"])
            .with("OwnerContact0City", "Cairo\r\nCOMMAND=DeleteDomain")
            .with_given("STATE", " ")
            .with("AUTH", "s=cret");
        insta::assert_snapshot!(command.text(), @"
        COMMAND=CheckDomains
        DOMAIN0=a.com
        DOMAIN1=b.com
        OWNERCONTACT0CITY=CairoCOMMAND=DeleteDomain
        AUTH=s=cret
        ");
        assert!(command.masked().ends_with("AUTH=********"));
    }
}
