//! The PHP side of the host: the files of a WHMCS root, a php-fpm master of our own, and the calls into modules.
//!
//! One call is one fresh PHP request, because modules call `exit`, share global names and leave globals behind.

mod call;
mod embedded;
mod error;
mod fpm;
mod script;
mod wire;

pub use call::{ModuleKind, PhpAnswer, PhpCall, PhpFailure, Session};
pub use error::PhpError;
pub use script::{ScriptRequest, ScriptResponse};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use wharf_core::Clock;

/// What a [`Php`] needs to know. Paths must be absolute.
#[derive(Clone, Debug)]
pub struct PhpOptions {
    /// The WHMCS root, laid out by [`Php::lay_out_root`].
    pub root: PathBuf,
    /// Folder for the configuration, socket, log and compiled templates of this php-fpm; made when missing.
    pub run_dir: PathBuf,
    /// The SQLite file, shared with the host. It must exist before the first call that touches it.
    pub database: PathBuf,
    /// With trailing slash.
    pub system_url: String,
    /// The php-fpm program: a path, or a name that is looked up on `PATH`, `/usr/sbin` and `/usr/local/sbin`.
    pub fpm: PathBuf,
    /// PHP processes. A module call may lead to more (a hook that calls `localAPI`), so at least ten are started.
    pub workers: u32,
    /// The text of `cc_encryption_hash`.
    pub encryption_key: String,
    /// `localAPI` in PHP is `POST {system_url}_internal/localapi` with the header `X-Internal-Key: <this>` and the JSON
    /// body `{"action": "AddCredit", "values": {…}, "admin": "admin" | null}`; the answer is the action's JSON.
    pub internal_key: String,
    /// What PHP takes for the time.
    pub clock: Clock,
}

/// A running php-fpm with the WHMCS root it serves. Clones share it; the last one that goes stops it.
#[derive(Clone, Debug)]
pub struct Php {
    fpm: Arc<fpm::Fpm>,
}

impl Php {
    /// Writes the host's files (init.php, configuration.php, includes/, runtime/, empty modules/ folders) into a root.
    /// Files that are already the same are left alone; modules and other people's files are never touched.
    pub fn lay_out_root(
        root: &Path,
        database: &Path,
        encryption_key: &str,
        system_url: &str,
    ) -> Result<(), PhpError> {
        embedded::lay_out(root, database, encryption_key, system_url)
    }

    /// Starts php-fpm and waits until it accepts requests.
    pub async fn start(options: PhpOptions) -> Result<Self, PhpError> {
        let fpm = fpm::Fpm::start(options).await?;
        Ok(Self { fpm: Arc::new(fpm) })
    }

    /// Runs one function of one module, with the hooks that belong around it.
    ///
    /// Function names of the host's own: `__hook` (params `point`, `vars` → list of what the hooks returned), `__modules`
    /// (list of the modules of that kind: `name`, `hooks`, `meta`, `config`, `functions`, `error`), `__functions` (the
    /// function names of one module without prefix). Menu points take the menu as `vars.__menu` (`name`, `label`, `uri`,
    /// `order`, `children`…) and answer with it as the hooks left it.
    ///
    /// The parameter `_request` (`method`, `query`, `post`, `ip`) becomes `$_GET`, `$_POST` and `$_REQUEST`, for functions
    /// that read what the visitor sent to the page. `MetricProvider` answers with its metrics, or with the usage of the
    /// tenant named by `_tenant`; `CustomActions` with the list, or with what the action named by `_invoke` returned.
    pub async fn call(&self, call: PhpCall) -> Result<PhpAnswer, PhpError> {
        if call.function == "__modules" {
            return call::modules(&self.fpm, call).await;
        }
        call::run(&self.fpm, &call).await
    }

    /// Runs a real entry script of the root, such as `modules/gateways/callback/wallet.php`.
    pub async fn script(&self, request: ScriptRequest) -> Result<ScriptResponse, PhpError> {
        script::run(&self.fpm, request).await
    }

    /// Ends php-fpm and all of its processes, and waits for that. Dropping the last clone does it without waiting.
    pub async fn stop(&self) {
        self.fpm.stop().await;
    }

    /// Convenience for tests and pages: the value of a call that must exist and not fail.
    pub async fn value(&self, call: PhpCall) -> Result<Value, PhpError> {
        let answer = self.call(call).await?;
        match answer.failure {
            Some(failure) => Err(PhpError::Module(failure)),
            None => Ok(answer.value),
        }
    }
}

#[cfg(test)]
mod tests;
