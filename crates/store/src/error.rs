use thiserror::Error;
use wharf_core::ErrorClass;

/// What can go wrong with the database.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database did not answer as it should")]
    Database(#[from] sqlx::Error),
    #[error("\"{0}\" is not a database address; use sqlite:///path/to/file or postgres://…")]
    Address(String),
    #[error("the database was made by a newer Wharf (schema {found}, this program knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("migration {version} was changed after it ran")]
    Changed { version: i64 },
    #[error("stored data of {what} cannot be read")]
    Stored {
        what: String,
        #[source]
        source: Option<serde_json::Error>,
    },
    #[error("the secret \"{scope}/{name}\" cannot be opened with this key file")]
    Seal { scope: String, name: String },
    #[error("the key file {path} {why}")]
    KeyFile { path: String, why: String },
    #[error("another request with the key \"{key}\" asked for something else")]
    Conflict { key: String },
    #[error("no effect kind \"{0}\" is registered")]
    UnknownKind(String),
    #[error("there is no effect {0}")]
    NoSuchEffect(String),
}

impl StoreError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Database(_) => ErrorClass::Temporary,
            Self::Conflict { .. } | Self::NoSuchEffect(_) => ErrorClass::Refused,
            _ => ErrorClass::Misuse,
        }
    }

    /// Whether the database can write nothing at all for now: it is full, read-only or short of something. What was
    /// to be written is not to blame.
    pub fn is_for_all(&self) -> bool {
        let Self::Database(sqlx::Error::Database(said)) = self else {
            return false;
        };
        let Some(code) = said.code() else {
            return false;
        };
        if code.len() == 5 {
            // PostgreSQL's: insufficient resources, system error, a read-only transaction.
            return code.starts_with("53") || code.starts_with("58") || code == "25006";
        }
        // SQLite's, extended: read-only, input and output, full.
        code.parse::<u32>()
            .is_ok_and(|code| matches!(code & 0xff, 8 | 10 | 13))
    }
}
