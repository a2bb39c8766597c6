//! The text of an answer.

use std::borrow::Cow;
use std::fmt;

/// One answer. As an error type it is a refusal that ends the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    code: u16,
    description: String,
    properties: Vec<(String, Vec<String>)>,
    pending: bool,
    /// Microseconds.
    runtime: u128,
}

/// An answer that refuses.
pub type Failure = Answer;
/// What a command comes to.
pub type Outcome = Result<Answer, Failure>;

impl Answer {
    /// An answer with the code's documented text.
    pub fn new(code: u16) -> Self {
        Self {
            code,
            description: text(code).to_owned(),
            properties: Vec::new(),
            pending: false,
            runtime: 0,
        }
    }

    pub fn ok() -> Self {
        Self::new(200)
    }

    /// Appends `; detail` to the description.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.description = format!("{}; {detail}", self.description);
        self
    }

    /// Says it in other words.
    #[must_use]
    pub fn saying(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Adds a property with one value, empty or not.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.properties.push((name.to_owned(), vec![value.into()]));
        self
    }

    /// Adds a property with as many values as there are; with none it is left out.
    #[must_use]
    pub fn with_all(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.properties.push((
            name.to_owned(),
            values.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Adds `1` or `0`.
    #[must_use]
    pub fn with_flag(self, name: &str, on: bool) -> Self {
        self.with(name, if on { "1" } else { "0" })
    }

    #[must_use]
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self.detail("action pending")
    }

    #[must_use]
    pub fn after(mut self, runtime: std::time::Duration) -> Self {
        self.runtime = runtime.as_micros();
        self
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[RESPONSE]\r\n")?;
        for (name, values) in &self.properties {
            for (index, value) in values.iter().enumerate() {
                write!(f, "PROPERTY[{name}][{index}]=")?;
                f.write_str(&one_line(value))?;
                f.write_str("\r\n")?;
            }
        }
        write!(f, "DESCRIPTION={}\r\n", one_line(&self.description))?;
        write!(f, "CODE={}\r\n", self.code)?;
        if self.pending {
            f.write_str("PENDING=1\r\n")?;
        }
        f.write_str("QUEUETIME=0\r\n")?;
        write!(
            f,
            "RUNTIME={}.{:03}\r\n",
            self.runtime / 1_000_000,
            self.runtime / 1_000 % 1_000
        )?;
        f.write_str("\r\nEOF\r\n")
    }
}

/// Almost no value has line ends; those that have lose them.
fn one_line(value: &str) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    if bytes.contains(&b'\r') || bytes.contains(&b'\n') {
        Cow::Owned(value.replace(['\r', '\n'], ""))
    } else {
        Cow::Borrowed(value)
    }
}

fn text(code: u16) -> &'static str {
    match code {
        200 => "Command completed successfully",
        210 => "Available",
        211 => "Not available",
        212 => "Nameserver is available",
        213 => "Nameserver is not available",
        218 => "Request is available",
        219 => "Request is not available",
        421 => "Command failed due to server error. Client should try again",
        425 => "Service temporarily locked; usage exceeded",
        500 => "Invalid command name",
        502 => "Invalid entity value",
        503 => "Invalid attribute name",
        504 => "Missing required attribute",
        505 => "Invalid attribute value syntax",
        506 => "Invalid option value",
        507 => "Invalid command format",
        510 => "Command not supported for this object class",
        530 => "Authentication failed",
        531 => "Authorization failed",
        534 => "Domain is not flagged for transfer",
        536 => "Domain is already flagged for transfer",
        540 => "Attribute value is not unique",
        541 => "Invalid attribute value",
        545 => "Entity reference not found",
        546 => "Credit limit exceeded",
        547 => "Invalid command sequence",
        548 => "Domain is not up for renewal",
        549 => "Command failed",
        552 => "Object status does not allow for operation",
        553 => "Object is pending transfer",
        554 => "Object is already registered",
        555 => "Domain is already renewed",
        _ => "Command failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_the_platform_writes_it() {
        let answer = Answer::ok()
            .with("STATUS", "ACTIVE")
            .with_all("NAMESERVER", ["ns1.a.com", "ns2.a.com"])
            .with_all("HOST", Vec::<String>::new())
            .with("AUTH", "")
            .pending()
            .after(std::time::Duration::from_millis(1_004));
        let text = answer.to_string();
        assert!(text.lines().count() == text.matches("\r\n").count());
        insta::assert_snapshot!(text.replace('\r', ""), @r"
        [RESPONSE]
        PROPERTY[STATUS][0]=ACTIVE
        PROPERTY[NAMESERVER][0]=ns1.a.com
        PROPERTY[NAMESERVER][1]=ns2.a.com
        PROPERTY[AUTH][0]=
        DESCRIPTION=Command completed successfully; action pending
        CODE=200
        PENDING=1
        QUEUETIME=0
        RUNTIME=1.004

        EOF
        ");
    }

    #[test]
    fn a_value_cannot_forge_a_line() {
        let text = Answer::new(505).detail("x\r\nCODE=200").to_string();
        assert!(
            text.contains("DESCRIPTION=Invalid attribute value syntax; xCODE=200\r\nCODE=505\r\n")
        );
    }
}
