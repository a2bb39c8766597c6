//! How a call of WHMCS's API can fail, and what to tell the people who must mend it.

use thiserror::Error;
use wharf_core::ErrorClass;

/// Three classes, because the money depends on them: only `result` = `error` is a definite no, only a
/// connection that was never established is certain to have changed nothing; anything else may have
/// happened.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ApiError {
    #[error("WHMCS refused {action}: {message}")]
    Refused {
        action: &'static str,
        message: String,
    },
    #[error("WHMCS could not be reached for {action}: {why}")]
    NotSent { action: &'static str, why: String },
    #[error("no usable answer from WHMCS to {action}: {why}")]
    Unknown { action: &'static str, why: String },
}

impl ApiError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Refused { .. } => ErrorClass::Refused,
            Self::NotSent { .. } => ErrorClass::Temporary,
            Self::Unknown { .. } => ErrorClass::Unknown,
        }
    }

    /// Whether the refusal is about who asks (credentials, address, role), so that the same request may
    /// well succeed once staff has mended the set-up.
    pub fn is_about_access(&self) -> bool {
        self.access_fault().is_some()
    }

    /// Whether the credential's role lacks the action.
    pub fn is_about_the_role(&self) -> bool {
        matches!(self.access_fault(), Some(AccessFault::Role))
    }

    /// Whether there is no such client.
    pub fn is_about_no_client(&self) -> bool {
        let no_client = |message: &str| {
            let lower = message.to_ascii_lowercase();
            lower.contains("client not found") || lower.contains("client id not found")
        };
        matches!(self, Self::Refused { message, .. } if no_client(message))
    }

    /// What happened and what to do about it, for staff.
    pub fn in_words(&self) -> String {
        match self {
            Self::Refused { action, .. } if self.is_about_access() => {
                self.access_fault().map_or_else(String::new, |fault| fault.in_words(action))
            }
            Self::Refused { .. } => self.to_string(),
            Self::NotSent { why, .. } => format!(
                "WHMCS cannot be reached: {why}. {}",
                Obstacle::of(why).mend()
            ),
            Self::Unknown { why, .. } if why == TIMEOUT => "WHMCS did not answer in time. Look whether its \
                server is overloaded, or a hook or module hangs inside the call."
                .to_owned(),
            Self::Unknown { why, .. } if why.starts_with(STATUS) => format!(
                "WHMCS gave no usable answer: {why}. Its web server or PHP failed: look into its error log."
            ),
            Self::Unknown { why, .. } if why == HTML => "WHMCS answered with a web page instead of JSON: \
                maintenance mode, a firewall's challenge or a wrong address. Open the site's address followed \
                by includes/api.php from this machine."
                .to_owned(),
            Self::Unknown { why, .. } => format!("WHMCS gave no usable answer: {why}."),
        }
    }

    fn access_fault(&self) -> Option<AccessFault<'_>> {
        let Self::Refused { message, .. } = self else {
            return None;
        };
        let lower = message.to_ascii_lowercase();
        if lower.starts_with("invalid ip") {
            let address = message.get("invalid ip".len()..).unwrap_or_default();
            return Some(AccessFault::Address(
                address.trim_matches([' ', ':', '.', '"']),
            ));
        }
        if lower.starts_with("invalid permissions") {
            return Some(AccessFault::Role);
        }
        if lower.contains("authentication failed")
            || lower.contains("invalid or missing credentials")
        {
            return Some(AccessFault::Credentials);
        }
        lower
            .contains("access denied")
            .then_some(AccessFault::Denied)
    }
}

/// A set-up fault that WHMCS names in its message.
enum AccessFault<'a> {
    Address(&'a str),
    Role,
    Credentials,
    Denied,
}

impl AccessFault<'_> {
    fn in_words(&self, action: &str) -> String {
        match self {
            Self::Address(address) => format!(
                "WHMCS does not accept this machine's address {address}. Allow exactly {address} in WHMCS under \
                 System Settings > General Settings > Security > API IP Access Restriction, or set an access key."
            ),
            Self::Role => format!(
                "The API credential may not call {action}. Tick {action} in its API role \
                 (System Settings > API Credentials > API Roles)."
            ),
            Self::Credentials => "WHMCS does not know this API identifier and secret. Check both in the site's \
                set-up, and that the credential still exists under System Settings > API Credentials."
                .to_owned(),
            Self::Denied => "WHMCS denies access. The administrator of the API credential needs a role with \
                \"API Access\"; if configuration.php has an API access key, the site's set-up needs it too."
                .to_owned(),
        }
    }
}

/// Why no connection came about, as far as the transport's words tell.
enum Obstacle {
    Certificate,
    Name,
    Port,
    Other,
}

impl Obstacle {
    fn of(why: &str) -> Self {
        let lower = why.to_ascii_lowercase();
        let any = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
        if any(&[
            "certificate",
            "unknownissuer",
            "notvalidforname",
            "tls",
            "handshake",
        ]) {
            Self::Certificate
        } else if any(&["dns", "lookup", "resolve", "name or service"]) {
            Self::Name
        } else if any(&["refused", "unreachable", "timed out", "deadline"]) {
            Self::Port
        } else {
            Self::Other
        }
    }

    fn mend(&self) -> &'static str {
        match self {
            Self::Certificate => {
                "Its certificate is not accepted: it may have run out, be made for another name or be signed by \
                 an authority that this machine does not know. Renew it, or name the authority's file as ca_file."
            }
            Self::Name => {
                "Check the host name in the site's address, and this machine's name servers."
            }
            Self::Port => {
                "Check that the web server runs, the port in the site's address, and the firewalls between."
            }
            Self::Other => "Check the site's address, its certificate and the firewall.",
        }
    }
}

/// The reason of an answer that is a page.
pub(super) const HTML: &str = "a web page instead of JSON";
/// The reason of an answer that did not come.
pub(super) const TIMEOUT: &str = "no answer in time";
/// How the reason of a server's error begins.
pub(super) const STATUS: &str = "HTTP status ";

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> ApiError {
        ApiError::Refused {
            action: "AddCredit",
            message: message.to_owned(),
        }
    }

    #[test]
    fn set_up_faults_say_what_to_mend() {
        insta::assert_snapshot!(refused("Invalid IP 203.0.113.9").in_words(), @"WHMCS does not accept this machine's address 203.0.113.9. Allow exactly 203.0.113.9 in WHMCS under System Settings > General Settings > Security > API IP Access Restriction, or set an access key.");
        assert!(
            refused("Invalid Permissions: API action \"addcredit\" is not allowed")
                .in_words()
                .contains("Tick AddCredit")
        );
        assert!(
            refused("Authentication Failed")
                .in_words()
                .contains("identifier and secret")
        );
        assert!(refused("Access Denied").in_words().contains("API Access"));
        let cut = |why: &str| {
            let action = "AddCredit";
            let why = why.to_owned();
            ApiError::NotSent { action, why }.in_words()
        };
        assert!(cut("invalid peer certificate: UnknownIssuer").contains("ca_file"));
        assert!(cut("failed to lookup address information").contains("name servers"));
        assert!(cut("Connection refused (os error 111)").contains("the port"));
        let broken = |why: &str| {
            let action = "AddCredit";
            let why = why.to_owned();
            ApiError::Unknown { action, why }.in_words()
        };
        assert!(broken(TIMEOUT).contains("hangs"));
        assert!(broken("HTTP status 502").contains("error log"));
        assert!(!refused("Client ID Not Found").is_about_access());
        assert_eq!(
            refused("Client ID Not Found").in_words(),
            "WHMCS refused AddCredit: Client ID Not Found"
        );
    }
}
