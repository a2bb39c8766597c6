//! The daemon as a child process that can be killed and comes back.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The running daemon. When it dies without being asked to, it is started again, as a service manager would.
#[derive(Clone, Debug)]
pub struct Daemon(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    health: String,
    /// The process id; 0 while none runs.
    pid: watch::Sender<u32>,
    stopping: AtomicBool,
    starts: AtomicU32,
}

#[derive(Debug, Error)]
pub enum DaemonError {
    #[error("the daemon cannot be started ({program})")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("\"{command}\" failed:\n{output}")]
    Command { command: String, output: String },
    #[error("the daemon did not become healthy within {seconds} s; its log is {log}")]
    Unhealthy { seconds: u64, log: String },
}

impl Daemon {
    /// Starts it and waits until it is healthy.
    pub async fn start(
        program: PathBuf,
        config: PathBuf,
        log: PathBuf,
        public_url: &str,
    ) -> Result<Self, DaemonError> {
        let daemon = Self(Arc::new(Inner {
            program,
            config,
            log,
            health: format!("{public_url}/healthz"),
            pid: watch::Sender::new(0),
            stopping: AtomicBool::new(false),
            starts: AtomicU32::new(0),
        }));
        let child = daemon.spawn()?;
        tokio::spawn(daemon.clone().keep_alive(child));
        daemon.wait_healthy().await?;
        Ok(daemon)
    }

    /// Kills it without warning (SIGKILL) and returns once it is dead. It is started again at once.
    pub async fn kill(&self) {
        let mut pid = self.0.pid.subscribe();
        let victim = *pid.borrow_and_update();
        if victim == 0 {
            return;
        }
        let _ = kill(
            Pid::from_raw(i32::try_from(victim).unwrap_or(i32::MAX)),
            Signal::SIGKILL,
        );
        let _ = pid.wait_for(|now| *now != victim).await;
    }

    /// Asks it to stop (SIGTERM), for good.
    pub async fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        let mut pid = self.0.pid.subscribe();
        let running = *pid.borrow_and_update();
        if running != 0 {
            let _ = kill(
                Pid::from_raw(i32::try_from(running).unwrap_or(i32::MAX)),
                Signal::SIGTERM,
            );
            if tokio::time::timeout(Duration::from_secs(10), pid.wait_for(|now| *now == 0))
                .await
                .is_err()
            {
                let _ = kill(
                    Pid::from_raw(i32::try_from(running).unwrap_or(i32::MAX)),
                    Signal::SIGKILL,
                );
            }
        }
    }

    /// The process id; `None` in the moment between two lives.
    pub fn pid(&self) -> Option<u32> {
        Some(*self.0.pid.borrow()).filter(|pid| *pid != 0)
    }

    /// How often it was started, the first time included.
    pub fn starts(&self) -> u32 {
        self.0.starts.load(Ordering::SeqCst)
    }

    pub async fn wait_healthy(&self) -> Result<(), DaemonError> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build();
        let give_up = tokio::time::Instant::now() + Duration::from_secs(HEALTHY_WITHIN);
        while tokio::time::Instant::now() < give_up {
            if let Ok(client) = &client
                && let Ok(answer) = client.get(&self.0.health).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(DaemonError::Unhealthy {
            seconds: HEALTHY_WITHIN,
            log: self.0.log.display().to_string(),
        })
    }

    async fn keep_alive(self, mut child: Child) {
        loop {
            // Waiting closes the child's standard input, which tells it that its parent is gone.
            let _line = child.stdin.take();
            let _ = child.wait().await;
            self.0.pid.send_replace(0);
            if self.0.stopping.load(Ordering::SeqCst) {
                return;
            }
            tracing::warn!("the daemon is gone; starting it again");
            loop {
                match self.spawn() {
                    Ok(new) => {
                        child = new;
                        break;
                    }
                    Err(error) => tracing::error!(%error, "trying again"),
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    fn spawn(&self) -> Result<Child, DaemonError> {
        let trouble = |source| DaemonError::Start {
            program: self.0.program.display().to_string(),
            source,
        };
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.0.log)
            .map_err(trouble)?;
        let child = Command::new(&self.0.program)
            .args(["serve", "--with-parent"])
            .arg("--config")
            .arg(&self.0.config)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(trouble)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(trouble)?;
        self.0.starts.fetch_add(1, Ordering::SeqCst);
        self.0.pid.send_replace(child.id().unwrap_or_default());
        Ok(child)
    }
}

/// Runs a command of the program to its end; `stdin` is given to it.
pub(crate) async fn run(
    program: &std::path::Path,
    arguments: &[&str],
    stdin: &str,
) -> Result<(), DaemonError> {
    use tokio::io::AsyncWriteExt as _;
    let trouble = |source| DaemonError::Start {
        program: program.display().to_string(),
        source,
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(trouble)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A command that ends early has said why; the broken pipe adds nothing.
        let _ = pipe.write_all(stdin.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(trouble)?;
    if output.status.success() {
        return Ok(());
    }
    Err(DaemonError::Command {
        command: format!("wharf {}", arguments.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

const HEALTHY_WITHIN: u64 = 20;
