//! Entry scripts of the root that visitors request directly, such as gateway callbacks.

use std::path::{Component, Path};

use super::call::Session;
use super::error::PhpError;
use super::fpm::Fpm;
use super::wire;

#[derive(Clone, Debug, Default)]
pub struct ScriptRequest {
    /// Relative to the root: `modules/gateways/callback/wallet.php`. Also PHP's `SCRIPT_NAME` (with a leading slash).
    pub script: String,
    pub method: String,
    /// The raw query string without `?`.
    pub query: String,
    /// The visitor's own headers, cookies among them. Nothing in here can set a session or another CGI variable.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub remote_addr: String,
    pub session: Session,
}

#[derive(Clone, Debug, Default)]
pub struct ScriptResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What PHP logged on the way: warnings, and fatal errors with file and line.
    pub log: String,
}

pub(super) async fn run(fpm: &Fpm, request: ScriptRequest) -> Result<ScriptResponse, PhpError> {
    let file = allowed(&request.script)
        .map(|path| fpm.root().join(path))
        .filter(|path| path.is_file())
        .ok_or_else(|| PhpError::NoScript(request.script.clone()))?;
    wire::script(fpm, &file, request).await
}

/// Only `.php` files that a web server of a WHMCS installation would run; never the host's own runtime.
fn allowed(script: &str) -> Option<&Path> {
    let path = Path::new(script.trim_start_matches('/'));
    let mut parts = path.components();
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let hidden = path
        .components()
        .any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    let first = parts.next()?.as_os_str().to_str()?.to_ascii_lowercase();
    let closed = [
        "runtime",
        "includes",
        "vendor",
        "init.php",
        "configuration.php",
    ]
    .contains(&first.as_str());
    let php = path.extension().is_some_and(|extension| extension == "php");
    (plain && !hidden && !closed && php).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_reach_module_scripts_and_nothing_of_the_host() {
        for good in [
            "modules/gateways/callback/wallet.php",
            "/modules/addons/x/hook.php",
            "shop.php",
        ] {
            assert!(allowed(good).is_some(), "{good}");
        }
        for bad in [
            "runtime/runner.php",
            "Runtime/runner.php",
            "modules/../runtime/runner.php",
            "includes/functions.php",
            "configuration.php",
            "modules/gateways/callback/wallet.txt",
            "modules/.git/x.php",
            "",
        ] {
            assert!(allowed(bad).is_none(), "{bad}");
        }
    }
}
