//! Operators: the people who work with the pages, and what each of them may do.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;
use wharf_core::{ErrorClass, Secret, id};
use wharf_store::{Store, StoreError};

use super::{password, tables};

/// What an operator may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything, decides nothing.
    Viewer,
    /// Approves and rejects, asks again whether something happened, reconciles.
    Reviewer,
    /// Changes the set-up too.
    Admin,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Reviewer, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = OperatorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text).ok_or_else(|| OperatorError::NoSuchRole(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operator {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    /// Epoch milliseconds.
    pub created_at: i64,
}

#[derive(Debug, Error)]
pub enum OperatorError {
    #[error(
        "\"{0}\" cannot be a name; use 2 to 40 letters, digits, dots, dashes, underscores or @"
    )]
    Name(String),
    #[error("there is an operator \"{0}\" already")]
    Taken(String),
    #[error("there is no operator \"{0}\"")]
    Unknown(String),
    #[error("\"{0}\" is no role; choose viewer, reviewer or admin")]
    NoSuchRole(String),
    #[error("this password is too easy to guess: {0}")]
    Weak(&'static str),
    #[error("the password is not right")]
    Wrong,
    #[error("the password cannot be hashed")]
    Hashing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperatorError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Hashing => ErrorClass::Temporary,
            Self::Taken(_) | Self::Unknown(_) | Self::Wrong => ErrorClass::Refused,
            Self::Name(_) | Self::NoSuchRole(_) | Self::Weak(_) => ErrorClass::Misuse,
        }
    }
}

/// The table of operators. `source` says where a change was asked for: an address, or the command line.
#[derive(Clone, Debug)]
pub struct Operators {
    store: Store,
}

impl Operators {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    pub async fn add(
        &self,
        name: &str,
        role: Role,
        password: Secret,
    ) -> Result<Operator, OperatorError> {
        let name = spelled(name)?;
        password::check(&name, &password)?;
        let hash = password::hash(password).await?;
        let clock = self.store.clock();
        let operator = Operator {
            id: id::new_id(clock),
            name,
            role,
            disabled: false,
            created_at: clock.now_ms(),
        };
        let mut tx = self.store.begin().await?;
        if !tables::insert(&mut tx, &operator, &hash).await? {
            return Err(OperatorError::Taken(operator.name));
        }
        tables::note(&mut tx, clock, &operator.name, COMMAND_LINE, "added").await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(operator)
    }

    pub async fn list(&self) -> Result<Vec<Operator>, OperatorError> {
        Ok(tables::all(self.store.pool()).await?)
    }

    /// Ends the operator's sessions, but the one whose token's hash is `keep`.
    pub async fn set_password(
        &self,
        name: &str,
        password: Secret,
        source: &str,
        keep: &str,
    ) -> Result<(), OperatorError> {
        let name = spelled(name)?;
        password::check(&name, &password)?;
        let hash = password::hash(password).await?;
        let mut tx = self.store.begin().await?;
        let (operator, _) = known(&mut tx, &name).await?;
        let clock = self.store.clock();
        tables::set_password(&mut tx, &operator.id, &hash, clock.now_ms()).await?;
        tables::close_sessions(&mut tx, &operator.id, keep).await?;
        tables::note(&mut tx, clock, &name, source, "password").await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// As [`set_password`](Self::set_password), for somebody who must prove to know the one before.
    pub async fn change_password(
        &self,
        name: &str,
        before: Secret,
        password: Secret,
        source: &str,
        keep: &str,
    ) -> Result<(), OperatorError> {
        let kept = {
            let mut tx = self.store.begin().await?;
            known(&mut tx, &spelled(name)?).await?.1
        };
        if !password::verify(before, Some(kept)).await {
            return Err(OperatorError::Wrong);
        }
        self.set_password(name, password, source, keep).await
    }

    pub async fn set_role(&self, name: &str, role: Role) -> Result<(), OperatorError> {
        let name = spelled(name)?;
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        let (operator, _) = known(&mut tx, &name).await?;
        tables::set_role(&mut tx, &operator.id, role, clock.now_ms()).await?;
        tables::note(&mut tx, clock, &name, COMMAND_LINE, "role").await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// A disabled operator cannot log in, and is logged out at once.
    pub async fn set_disabled(&self, name: &str, disabled: bool) -> Result<(), OperatorError> {
        let name = spelled(name)?;
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        let (operator, _) = known(&mut tx, &name).await?;
        tables::set_disabled(&mut tx, &operator.id, disabled, clock.now_ms()).await?;
        if disabled {
            tables::close_sessions(&mut tx, &operator.id, "").await?;
        }
        let event = if disabled { "disabled" } else { "enabled" };
        tables::note(&mut tx, clock, &name, COMMAND_LINE, event).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// What the operator decided stays in the audit log.
    pub async fn remove(&self, name: &str) -> Result<(), OperatorError> {
        let name = spelled(name)?;
        let mut tx = self.store.begin().await?;
        let (operator, _) = known(&mut tx, &name).await?;
        tables::close_sessions(&mut tx, &operator.id, "").await?;
        tables::remove(&mut tx, &operator.id).await?;
        tables::note(&mut tx, self.store.clock(), &name, COMMAND_LINE, "removed").await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

async fn known(tx: &mut wharf_store::Tx, name: &str) -> Result<(Operator, String), OperatorError> {
    tables::by_name(tx, name)
        .await?
        .ok_or_else(|| OperatorError::Unknown(name.to_owned()))
}

/// The one spelling of a name.
pub(super) fn spelled(name: &str) -> Result<String, OperatorError> {
    let wanted = name.trim().to_lowercase();
    let fits = (2..=40).contains(&wanted.len())
        && wanted
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b));
    if fits {
        Ok(wanted)
    } else {
        Err(OperatorError::Name(name.chars().take(60).collect()))
    }
}

const COMMAND_LINE: &str = "command line";
