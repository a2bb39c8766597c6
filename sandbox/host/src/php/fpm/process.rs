//! The php-fpm process: started, watched, and ended with all its children.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::watch;

use super::super::error::PhpError;

/// A process group of its own, so that one signal reaches the master and every worker.
///
/// Where util-linux's `setpriv` is found, the kernel also ends the master (and it its workers) when our process is
/// killed outright. That signal comes when the *thread* that started a child ends, so a thread of its own waits for it.
#[derive(Debug)]
pub(super) struct Process {
    group: Pid,
    ended: watch::Receiver<bool>,
    stderr: Arc<Mutex<String>>,
}

impl Process {
    pub(super) fn start(program: &Path, arguments: Vec<OsString>) -> Result<Self, PhpError> {
        let (tell_pid, pid) = std::sync::mpsc::channel();
        let (tell_end, ended) = watch::channel(false);
        let stderr = Arc::new(Mutex::new(String::new()));
        let words = Arc::clone(&stderr);
        let mut command = command(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        std::thread::Builder::new()
            .name("php-fpm".to_owned())
            .spawn(move || {
                match command.spawn() {
                    Ok(mut child) => {
                        drop(tell_pid.send(Ok(child.id())));
                        listen(child.stderr.take(), &words);
                        drop(child.wait());
                    }
                    Err(error) => drop(tell_pid.send(Err(error))),
                }
                tell_end.send_replace(true);
            })
            .map_err(|error| PhpError::Start(error.to_string()))?;
        let id = pid
            .recv()
            .map_err(|error| PhpError::Start(error.to_string()))?
            .map_err(|error| PhpError::Start(format!("{}: {error}", program.display())))?;
        let group = i32::try_from(id)
            .map(Pid::from_raw)
            .map_err(|error| PhpError::Start(error.to_string()))?;
        Ok(Self {
            group,
            ended,
            stderr,
        })
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Nothing in PHP has a right to go on when the host stops, so this is no request.
    pub(super) fn kill(&self) {
        if !self.has_ended() {
            killpg(self.group, Signal::SIGKILL).ok();
        }
    }

    pub(super) async fn ended(&self) {
        drop(self.ended.clone().wait_for(|ended| *ended).await);
    }

    pub(super) fn last_words(&self) -> String {
        self.stderr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Keeps the beginning of what the master says before it has its log; ends when the process does.
fn listen(stderr: Option<impl Read>, words: &Mutex<String>) {
    let Some(mut stderr) = stderr else { return };
    let mut chunk = [0_u8; 1024];
    while let Ok(count) = stderr.read(&mut chunk) {
        let Some(text) = chunk.get(..count).filter(|text| !text.is_empty()) else {
            return;
        };
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() < 8192 {
            words.push_str(&String::from_utf8_lossy(text));
        }
    }
}

fn command(program: &Path) -> Command {
    match lookup(Path::new("setpriv"), &["/usr/bin"]) {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// The php-fpm program itself: as given, or by its name in the usual places.
pub(super) fn find(program: &Path) -> Result<PathBuf, PhpError> {
    lookup(program, &["/usr/sbin", "/usr/local/sbin", "/sbin"])
        .ok_or_else(|| PhpError::NoProgram(program.to_owned()))
}

fn lookup(program: &Path, more: &[&str]) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(more.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}
