use thiserror::Error;
use wharf_core::ErrorClass;

/// Why a registrar did not do or tell what was asked. The texts are for staff and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistrarError {
    /// The registrar said no. Nothing was changed.
    #[error("the registrar refused: {description} (code {code})")]
    Refused {
        code: u16,
        description: String,
        cause: Cause,
    },
    /// The registrar said "not now". Nothing was changed.
    #[error("the registrar cannot do it at the moment: {description} (code {code})")]
    Temporary { code: u16, description: String },
    /// Nothing was sent.
    #[error("the registrar cannot be reached: {0}")]
    NotSent(String),
    /// The command was, or may have been, sent, and what came back is no answer. A change may have happened.
    #[error("the registrar gave no usable answer: {0}")]
    Unknown(String),
}

/// Refusals that callers treat differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Login or password are wrong, or the caller's address is not allowed.
    Login,
    /// The account may not use this command.
    Forbidden,
    /// The object exists, in somebody else's hands.
    NotOurs,
    /// There is no such object here.
    NotFound,
    /// The name is registered already.
    Taken,
    /// The account has not enough money.
    Funds,
    /// The renewal was made before.
    AlreadyRenewed,
    /// The domain cannot be renewed now: it is too early, or too late.
    NotUpForRenewal,
    /// This extension has no such command: a renewal is paid for instead.
    NotExplicit,
    /// The auth code is missing or wrong.
    WrongCode,
    /// A lock at the registry forbids it.
    Locked,
    /// A transfer is under way.
    TransferPending,
    /// There is no transfer to answer.
    NoTransfer,
    /// The domain's state forbids it.
    State,
    /// A value is not one that the registrar takes.
    InvalidValue,
    /// Something that must be given is not.
    MissingValue,
    Other,
}

impl RegistrarError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Refused { .. } => ErrorClass::Refused,
            Self::Temporary { .. } | Self::NotSent(_) => ErrorClass::Temporary,
            Self::Unknown(_) => ErrorClass::Unknown,
        }
    }

    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Refused { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// Whether the trouble is the registrar's or the network's, not the request's.
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}
