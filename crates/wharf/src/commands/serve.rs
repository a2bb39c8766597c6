//! `wharf serve`: the daemon.

use std::fs::{File, TryLockError};
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wharf_core::Secret;
use wharf_payments::pages::{SiteCheck, SiteVerdict};
use wharf_web::staff::StaffOptions;
use wharf_web::{AdminToken, App, AppOptions, Listener, SiteLookup, meters};
use wharf_whmcs::Sites;

use crate::cli::Global;
use crate::commands::doctor;
use crate::config::Config;
use crate::daemon;
use crate::output::Output;
use crate::rooms::Rooms;
use crate::trouble::Trouble;

/// Runs the daemon until it is told to stop (SIGTERM, Ctrl-C).
///
/// It answers WHMCS's PHP modules on the socket, and shops, browsers and phones on the public address.
/// WHARF_LOG chooses what is logged (default: info).
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Stop when standard input is closed, too: for a program that runs the daemon as its child
    #[arg(long)]
    with_parent: bool,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let _alone = alone_in(&config.data_dir)?;
    let meters = meters::install()
        .map_err(|error| Trouble::failed("metrics cannot be set up").because(error))?;
    let rooms = Arc::new(Rooms::open(&config).await?);
    let app = App::new(AppOptions {
        store: rooms.store.clone(),
        sites: site_lookup(rooms.sites.clone()),
        handlers: rooms.handlers(),
        public: rooms.public(),
        metrics: meters,
        proxies: config.trusted_proxies.clone(),
        admin: AdminToken::new(daemon::admin_token(&config.key_file)?),
        version: env!("CARGO_PKG_VERSION"),
        call_patience: AppOptions::CALL_PATIENCE,
        staff: staff_pages(&config, &rooms),
    });
    let (stop, stopped) = watch::channel(false);
    let listening = listen(&config, &app, &stopped, output).await?;
    let workers = work(&rooms).await?;
    until_told_to_stop(&stop, arguments.with_parent).await?;
    finish(listening, workers).await;
    Ok(ExitCode::SUCCESS)
}

/// Takes the data folder for this process; the lock falls with it, however it ends. Two daemons on one folder
/// would both take up what the other has in hand.
fn alone_in(data_dir: &Path) -> Result<File, Trouble> {
    let path = data_dir.join("wharf.lock");
    let lock = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path);
    let lock = lock.map_err(|error| {
        Trouble::failed(format!("{} cannot be opened", path.display()))
            .because(error)
            .mend(format!("let this user write in {}", data_dir.display()))
    })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Trouble::failed(format!(
            "another daemon already works in {}",
            data_dir.display()
        ))
        .mend("stop it, or give this one a data_dir of its own")),
        Err(TryLockError::Error(error)) => {
            Err(Trouble::failed(format!("{} cannot be locked", path.display())).because(error))
        }
    }
}

async fn listen(
    config: &Config,
    app: &App,
    stop: &watch::Receiver<bool>,
    output: &Output,
) -> Result<JoinSet<()>, Trouble> {
    let refused = |error: wharf_web::ListenError| {
        Trouble::failed(crate::trouble::chain(&error)).mend(format!(
            "stop the other program, or choose another place in {}",
            config.file.display()
        ))
    };
    let socket = Listener::unix(&config.socket).await.map_err(refused)?;
    let public = Listener::tcp(config.listen).await.map_err(refused)?;
    let loopback = match config.module_listen {
        Some(address) => Some(Listener::tcp(address).await.map_err(refused)?),
        None => None,
    };
    let address = public.address().unwrap_or(config.listen);
    let module_address = loopback.as_ref().and_then(Listener::address);

    let mut listening = JoinSet::new();
    listening.spawn(wharf_web::serve(
        socket,
        wharf_web::socket_router(app.clone()),
        stop.clone(),
    ));
    listening.spawn(wharf_web::serve(
        public,
        wharf_web::public_router(app.clone()),
        stop.clone(),
    ));
    if let Some(loopback) = loopback {
        listening.spawn(wharf_web::serve(
            loopback,
            wharf_web::socket_router(app.clone()),
            stop.clone(),
        ));
    }
    output.json(&json!({ "listening": { "socket": config.socket, "public": address, "modules": module_address } }));
    tracing::info!(socket = %config.socket.display(), public = %address, version = env!("CARGO_PKG_VERSION"), "Wharf is ready");
    Ok(listening)
}

/// Takes up what a stop or crash left, then works.
async fn work(rooms: &Rooms) -> Result<JoinSet<()>, Trouble> {
    let store = &rooms.store;
    let trouble = |error: wharf_store::StoreError| {
        Trouble::failed("what was left unfinished cannot be read").because(error)
    };
    let effects = store.journal().recover().await.map_err(trouble)?;
    let jobs = store.jobs().recover().await.map_err(trouble)?;
    let credits = rooms.payments.take_up().await.map_err(trouble)?;
    if effects > 0 || jobs > 0 || credits > 0 {
        tracing::info!(
            effects,
            jobs,
            credits,
            "taking up what the last run left unfinished"
        );
    }
    let mut workers = JoinSet::new();
    let journal = store.journal().clone();
    workers.spawn(for_ever("journal", move || {
        let journal = journal.clone();
        async move { journal.work().await }
    }));
    let jobs = store.jobs().clone();
    workers.spawn(for_ever("jobs", move || jobs.clone().work()));
    let queue = rooms.queue.clone();
    workers.spawn(for_ever("module queue", move || {
        let queue = queue.clone();
        async move { queue.watch().await }
    }));
    let payments = rooms.payments.clone();
    workers.spawn(for_ever("messages", move || {
        let payments = payments.clone();
        async move { payments.watch_messages().await }
    }));
    let payments = rooms.payments.clone();
    workers.spawn(for_ever("phones", move || {
        let payments = payments.clone();
        async move { payments.watch_devices().await }
    }));
    let payments = rooms.payments.clone();
    workers.spawn(for_ever("wallet files", move || {
        let payments = payments.clone();
        async move { payments.watch_wallets().await }
    }));
    let payments = rooms.payments.clone();
    workers.spawn(for_ever("holds", move || {
        let payments = payments.clone();
        async move { payments.watch_holds().await }
    }));
    Ok(workers)
}

/// A worker that breaks off is started again: without it, effects would stay unknown in silence.
async fn for_ever<W>(name: &'static str, worker: impl Fn() -> W)
where
    W: Future<Output = ()> + Send + 'static,
{
    loop {
        let end = tokio::spawn(worker()).await;
        tracing::error!(worker = name, ?end, "a worker broke off; starting it again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn until_told_to_stop(stop: &watch::Sender<bool>, with_parent: bool) -> Result<(), Trouble> {
    let trouble = |error| Trouble::failed("signals cannot be received").because(error);
    let mut terminate = signal(SignalKind::terminate()).map_err(trouble)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(trouble)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = parent_is_gone(), if with_parent => {}
    }
    tracing::info!("stopping: answers under way are finished");
    stop.send_replace(true);
    Ok(())
}

/// The parent holds the other end of standard input; it closes when the parent dies, however that happens.
async fn parent_is_gone() {
    let mut nothing = Vec::new();
    let _ = tokio::io::stdin().read_to_end(&mut nothing).await;
}

/// Lets answers end. Calls of the journal that are out are simply left: the next start settles them.
async fn finish(mut listening: JoinSet<()>, mut workers: JoinSet<()>) {
    while listening.join_next().await.is_some() {}
    workers.abort_all();
    tracing::info!("stopped");
}

/// The operators' pages, if they are switched on. They ask WHMCS what doctor asks it.
fn staff_pages(config: &Config, rooms: &Arc<Rooms>) -> Option<StaffOptions> {
    let staff = config.staff?;
    let asked = (rooms.clone(), config.clone());
    Some(StaffOptions {
        payments: rooms.payments.clone(),
        sites: rooms.sites.clone(),
        services: rooms.services.clone(),
        site_check: Arc::new(move |site| {
            let (rooms, config) = asked.clone();
            Box::pin(async move {
                let checks = doctor::sites::one(&rooms, &config, &site).await;
                checks.into_iter().map(site_check).collect()
            })
        }),
        secure: config.public_url.starts_with("https://"),
        idle: staff.idle,
        whole: staff.whole,
    })
}

fn site_check(check: doctor::Check) -> SiteCheck {
    SiteCheck {
        verdict: match check.verdict {
            doctor::Verdict::Fine => SiteVerdict::Fine,
            doctor::Verdict::Doubtful => SiteVerdict::Doubtful,
            doctor::Verdict::Wrong => SiteVerdict::Wrong,
        },
        name: check.name,
        what: check.detail,
        mend: check.mend,
    }
}

fn site_lookup(sites: Sites) -> SiteLookup {
    Arc::new(move |token: Secret| {
        let sites = sites.clone();
        Box::pin(async move { Ok(sites.by_token(token.expose()).await?.map(String::from)) })
    })
}
