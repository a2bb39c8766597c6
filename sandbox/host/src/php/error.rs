//! What can go wrong between the host and PHP. A module's own failure is part of its answer, not of these.

use std::path::PathBuf;

use super::PhpFailure;

#[derive(Debug, thiserror::Error)]
pub enum PhpError {
    #[error("cannot write {path}")]
    Files {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("no program {0} was found; install php8.2-fpm or name it")]
    NoProgram(PathBuf),
    #[error("php-fpm did not start: {0}")]
    Start(String),
    #[error("php-fpm did not answer")]
    Connection(#[source] std::io::Error),
    #[error("the FastCGI exchange with php-fpm broke")]
    Protocol(#[from] fastcgi_client::ClientError),
    #[error("all PHP workers were busy for {0} s")]
    Busy(u64),
    #[error("PHP gave no answer that can be read: {0}")]
    Garbled(String),
    #[error("{0} is not a script that visitors may run")]
    NoScript(String),
    #[error("{}: {} ({}:{})", .0.class, .0.message, .0.file, .0.line)]
    Module(PhpFailure),
}
