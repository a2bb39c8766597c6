//! What php-fpm is told: one pool on a private Unix socket, PHP settings by command line because the cache of
//! compiled files is sized when the master starts.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::super::PhpOptions;
use super::super::error::PhpError;

pub(super) fn pool(
    options: &PhpOptions,
    socket: &Path,
    log: &Path,
    workers: u32,
    root: bool,
) -> String {
    let user = if root {
        "user = root\ngroup = root\n"
    } else {
        ""
    };
    let quote = |text: &str| format!("\"{}\"", text.replace('"', ""));
    let path = |path: &Path| quote(&path.to_string_lossy());
    let mut text = format!(
        "[global]\n\
         daemonize = no\n\
         error_log = {log}\n\
         log_level = notice\n\
         process_control_timeout = 1s\n\
         \n\
         [host]\n\
         {user}\
         listen = {socket}\n\
         listen.mode = 0600\n\
         pm = static\n\
         pm.max_children = {workers}\n\
         request_terminate_timeout = 120s\n\
         catch_workers_output = yes\n\
         decorate_workers_output = no\n\
         clear_env = yes\n",
        log = path(log),
        socket = path(socket),
    );
    let environment = [
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("HOST_INTERNAL_KEY", options.internal_key.clone()),
        (
            "HOST_RUN_DIR",
            options.run_dir.to_string_lossy().into_owned(),
        ),
    ];
    for (name, value) in environment {
        text.push_str(&format!("env[{name}] = {}\n", quote(&value)));
    }
    text
}

pub(super) fn arguments(file: &Path, options: &PhpOptions) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![
        "--nodaemonize".into(),
        "--allow-to-run-as-root".into(),
        "--fpm-config".into(),
        file.into(),
    ];
    let sessions = options.run_dir.join("sessions");
    let sessions = format!("session.save_path=\"{}\"", sessions.display());
    for setting in PHP_SETTINGS.iter().copied().chain([sessions.as_str()]) {
        arguments.extend(["-d".into(), setting.into()]);
    }
    arguments
}

/// A Unix socket's path may have 107 bytes; a deep folder gets its socket in a private one in the temporary folder.
pub(super) fn socket_path(run_dir: &Path) -> Result<PathBuf, PhpError> {
    let near = run_dir.join("php.sock");
    if near.as_os_str().len() <= 100 {
        return Ok(near);
    }
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| PhpError::Start(error.to_string()))?;
    let folder = std::env::temp_dir().join(format!("host-php-{}", hex::encode(bytes)));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|source| PhpError::Files {
            path: folder.clone(),
            source,
        })?;
    Ok(folder.join("php.sock"))
}

pub(super) fn owned_by_root(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.uid() == 0)
}

/// The configuration carries the internal key.
pub(super) fn only_for_owner(file: &Path) -> Result<(), PhpError> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).map_err(|source| PhpError::Files {
        path: file.to_owned(),
        source,
    })
}

const PHP_SETTINGS: &[&str] = &[
    "opcache.enable=1",
    "opcache.memory_consumption=96",
    "opcache.max_accelerated_files=8000",
    // Modules are edited while the host runs, so every include is checked, and new files are cached at once.
    "opcache.validate_timestamps=1",
    "opcache.revalidate_freq=0",
    "opcache.file_update_protection=0",
    "include_path=.:/usr/share/php",
    "error_reporting=22519",
    "display_errors=0",
    "log_errors=1",
    "html_errors=0",
    "error_log=",
    "expose_php=0",
    "date.timezone=UTC",
    "default_charset=UTF-8",
    "memory_limit=256M",
    "max_execution_time=90",
    "post_max_size=32M",
    "upload_max_filesize=32M",
    "user_ini.filename=",
    // Their places are taken by functions that know the sandbox's time.
    "disable_functions=time,microtime,date,gmdate,idate,strtotime,mktime,gmmktime,getdate,localtime,date_create,date_create_immutable",
    "cgi.fix_pathinfo=0",
    "session.use_cookies=0",
    "session.use_only_cookies=0",
    "session.use_strict_mode=0",
    "session.cache_limiter=",
    "session.auto_start=0",
    "session.gc_probability=0",
];
