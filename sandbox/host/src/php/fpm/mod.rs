//! A php-fpm master of our own and the connections to its workers.

mod config;
mod process;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fastcgi_client::{Client, Params, Request, Response, io};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use self::process::Process;
use super::PhpOptions;
use super::embedded::{make_folder, write_if_changed};
use super::error::PhpError;

/// php-fpm with its socket. A worker belongs to one connection for as long as that stays open, so there are never
/// more connections than workers, and idle ones are used again.
#[derive(Debug)]
pub(super) struct Fpm {
    options: PhpOptions,
    socket: PathBuf,
    process: Process,
    idle: Mutex<Vec<UnixStream>>,
    free: Semaphore,
}

impl Fpm {
    pub(super) async fn start(options: PhpOptions) -> Result<Self, PhpError> {
        let program = process::find(&options.fpm)?;
        for folder in ["sessions", "templates_c"] {
            make_folder(&options.run_dir.join(folder))?;
        }
        let workers = options.workers.max(FEWEST_WORKERS);
        let socket = config::socket_path(&options.run_dir)?;
        let log = options.run_dir.join("php-fpm.log");
        let file = options.run_dir.join("php-fpm.conf");
        // The file's owner tells whether this is root, who must name a user for the workers.
        write_if_changed(&file, b"")?;
        let text = config::pool(
            &options,
            &socket,
            &log,
            workers,
            config::owned_by_root(&file),
        );
        write_if_changed(&file, text.as_bytes())?;
        config::only_for_owner(&file)?;

        let process = Process::start(&program, config::arguments(&file, &options))?;
        let fpm = Self {
            options,
            socket,
            process,
            idle: Mutex::new(Vec::new()),
            free: Semaphore::new(usize::try_from(workers).unwrap_or(usize::MAX)),
        };
        fpm.wait_until_up(&log).await?;
        Ok(fpm)
    }

    pub(super) fn root(&self) -> &Path {
        &self.options.root
    }

    pub(super) fn options(&self) -> &PhpOptions {
        &self.options
    }

    /// One exchange with one worker. A request is never sent twice: a broken exchange may have had its effect.
    pub(super) async fn exchange(
        &self,
        params: Params<'_>,
        body: &[u8],
    ) -> Result<Response, PhpError> {
        let _permit = timeout(PATIENCE, self.free.acquire())
            .await
            .map_err(|_| PhpError::Busy(PATIENCE.as_secs()))?
            .map_err(|_| PhpError::Start("it was stopped".to_owned()))?;
        let mut stream = match self.idle_stream() {
            Some(stream) => stream,
            None => self.connect().await?,
        };
        let mut client = Client::new_keep_alive_tokio(&mut stream);
        let response = client
            .execute(Request::new(params, io::Cursor::new(body)))
            .await?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(stream);
        Ok(response)
    }

    pub(super) async fn stop(&self) {
        self.free.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.process.kill();
        self.process.ended().await;
        drop(std::fs::remove_file(&self.socket));
    }

    async fn connect(&self) -> Result<UnixStream, PhpError> {
        UnixStream::connect(&self.socket)
            .await
            .map_err(PhpError::Connection)
    }

    /// A connection that its worker has not closed meanwhile.
    fn idle_stream(&self) -> Option<UnixStream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(stream) = idle.pop() {
            let waiting = stream.try_read(&mut [0_u8; 1]);
            if waiting.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock) {
                return Some(stream);
            }
        }
        None
    }

    async fn wait_until_up(&self, log: &Path) -> Result<(), PhpError> {
        let start = Instant::now();
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        loop {
            beat.tick().await;
            if let Ok(stream) = self.connect().await {
                self.idle
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(stream);
                return Ok(());
            }
            if self.process.has_ended() || start.elapsed() > START_PATIENCE {
                let told = std::fs::read_to_string(log).unwrap_or_default();
                let tail: Vec<&str> = told.lines().rev().take(5).collect();
                let mut text = tail.into_iter().rev().collect::<Vec<_>>().join("; ");
                text.push_str(&self.process.last_words());
                return Err(PhpError::Start(text));
            }
        }
    }
}

impl Drop for Fpm {
    fn drop(&mut self) {
        self.process.kill();
        drop(std::fs::remove_file(&self.socket));
    }
}

const FEWEST_WORKERS: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(60);
const START_PATIENCE: Duration = Duration::from_secs(20);
