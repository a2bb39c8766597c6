//! A real browser: headless Chromium through ChromeDriver, and what must be true of every page that it shows.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A browser window, and the driver that moves it.
#[derive(Debug)]
pub struct Browser {
    pub client: Client,
    scripts: bool,
    /// Addresses that were found to answer.
    checked: Mutex<HashSet<String>>,
    /// What was wrong with pages, to be told together.
    faults: Mutex<Vec<String>>,
    _driver: Driver,
}

impl Browser {
    pub async fn start() -> Self {
        Self::with_scripts(true).await
    }

    /// As somebody who has switched JavaScript off.
    pub async fn start_without_scripts() -> Self {
        Self::with_scripts(false).await
    }

    async fn with_scripts(scripts: bool) -> Self {
        let driver = Driver::start();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(driver.profile.path(), scripts))
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a browser starts");
        let browser = Self {
            client,
            scripts,
            checked: Mutex::default(),
            faults: Mutex::default(),
            _driver: driver,
        };
        browser.resize(WIDE).await;
        browser
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// The element, as soon as the page has it.
    pub async fn find(&self, css: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}\n{}", self.page_text().await),
        }
    }

    pub async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// Does something with an element; looks it up again where the page has loaded itself again in between.
    async fn with<T>(&self, css: &str, act: impl AsyncFn(Element) -> Result<T, CmdError>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match act(self.find(css).await).await {
                Ok(done) => return done,
                Err(error) => assert!(
                    is_stale(&error) && Instant::now() < deadline,
                    "{css}: {error}"
                ),
            }
        }
    }

    pub async fn click(&self, css: &str) {
        self.with(css, async |element| element.click().await).await;
    }

    /// Clicks what may be gone by now, in which case nothing happens.
    pub async fn click_if_there(&self, css: &str) {
        if let Ok(element) = self.client.find(Locator::Css(css)).await
            && let Err(error) = element.click().await
        {
            assert!(is_stale(&error), "{css}: {error}");
        }
    }

    /// Types into an empty field, or over what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        self.with(css, async |field| {
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    pub async fn text(&self, css: &str) -> String {
        self.with(css, async |element| element.text().await).await
    }

    pub async fn attribute(&self, css: &str, name: &str) -> String {
        let found = self.with(css, async |element| element.attr(name).await);
        found.await.unwrap_or_default()
    }

    pub async fn value(&self, css: &str) -> String {
        let found = self.with(css, async |field| field.prop("value").await);
        found.await.unwrap_or_default()
    }

    /// Waits until an element reads so; the page may load itself again meanwhile.
    pub async fn until_text(&self, css: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = match self.client.find(Locator::Css(css)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if text == wanted {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{css} reads {text:?}, not {wanted:?}\n{}",
                self.page_text().await
            );
        }
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Looks a page over: errors in the console, links that lead nowhere, what is unlabelled, hard to read, or
    /// wider than a window or a phone. Keeps a picture. [`end`](Self::end) tells what was found.
    pub async fn look(&self, name: &str) {
        self.picture(name).await;
        let mut faults = self.console_errors().await;
        // The rest is asked with scripts; those pages are looked over where they run.
        if self.scripts {
            faults.extend(self.page_faults().await);
            self.resize(NARROW).await;
            faults.extend(
                self.page_faults()
                    .await
                    .into_iter()
                    .map(|fault| format!("on a phone: {fault}")),
            );
            self.resize(WIDE).await;
            faults.extend(self.broken_links().await);
        }
        let mut all = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }

    /// What the looks have found so far.
    pub fn faults(&self) -> Vec<String> {
        self.faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Fails if a page that was looked at had a fault.
    pub fn end(self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    async fn page_faults(&self) -> Vec<String> {
        let faults = self.run(include_str!("faults.js")).await;
        serde_json::from_value(faults).unwrap()
    }

    /// Every address of this machine that the page names must answer, to this browser's session.
    async fn broken_links(&self) -> Vec<String> {
        let links: Vec<String> = serde_json::from_value(self.run(LINKS).await).unwrap();
        let cookies = self.client.get_all_cookies().await.unwrap();
        let cookies: Vec<String> = cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        let client = crate::client();
        let mut broken = Vec::new();
        for link in links {
            let url = Url::parse(&link).unwrap();
            let ours = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
            // A log-out would end the walk.
            if !ours || url.path().contains("logout") || !self.is_new(&link) {
                continue;
            }
            let answer = client
                .get(url)
                .header("cookie", cookies.join("; "))
                .send()
                .await
                .unwrap();
            if answer.status().as_u16() >= 400 {
                broken.push(format!("{link} answers {}", answer.status()));
            }
        }
        broken
    }

    fn is_new(&self, link: &str) -> bool {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.insert(link.to_owned())
    }

    /// What the pages wrote to the console, warnings left out, since the last look.
    pub async fn console_errors(&self) -> Vec<String> {
        let log = self.command("se/log", json!({ "type": "browser" })).await;
        log.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry.get("level") == Some(&"SEVERE".into()))
            .map(|entry| {
                entry
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    /// Keeps a picture of the page (of a long one, its beginning), if `WHARF_SCREENSHOTS` names a folder.
    pub async fn picture(&self, name: &str) {
        let Some(dir) = std::env::var_os("WHARF_SCREENSHOTS") else {
            return;
        };
        let body = json!({ "cmd": "Page.getLayoutMetrics", "params": {} });
        let layout = self.command("goog/cdp/execute", body).await;
        let height = layout
            .pointer("/cssContentSize/height")
            .and_then(Value::as_f64);
        let height = height.unwrap_or_default().clamp(500.0, 1_240.0);
        self.resize((WIDE.0, height as u32)).await;
        if self.scripts {
            self.run("window.scrollTo(0, 0);").await;
        }
        let bytes = self.client.screenshot().await.unwrap();
        self.resize(WIDE).await;
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(
            std::path::Path::new(&dir).join(format!("{name}.png")),
            bytes,
        )
        .unwrap();
    }

    /// Turns to a new tab; gives the way back to the one before.
    pub async fn open_tab(&self, url: &str) -> WindowHandle {
        let before = self.client.window().await.unwrap();
        let tab = self.client.new_window(true).await.unwrap();
        self.client.switch_to_window(tab.handle).await.unwrap();
        self.resize(WIDE).await;
        self.open(url).await;
        before
    }

    /// Closes this tab and turns back to another.
    pub async fn close_tab(&self, back_to: WindowHandle) {
        self.client.close_window().await.unwrap();
        self.client.switch_to_window(back_to).await.unwrap();
    }

    /// Sets what a page has to itself, in CSS pixels.
    pub async fn resize(&self, (width, height): (u32, u32)) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let body = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.command("goog/cdp/execute", body).await;
    }

    async fn page_text(&self) -> String {
        let url = self.client.current_url().await;
        let text = match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        format!("{url:?}\n{text}")
    }

    async fn command(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Raw { path, body }).await.unwrap()
    }
}

/// ChromeDriver, and the profile of the browser that it starts.
#[derive(Debug)]
struct Driver {
    process: Child,
    port: u16,
    profile: tempfile::TempDir,
}

impl Driver {
    /// Now and then the port that it finds free is taken by another before it has it: then once more.
    fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        for _ in 0..5 {
            let mut process = Command::new("chromedriver")
                .arg("--port=0")
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("chromedriver is installed (make test installs it)");
            if let Some(port) = port_of(&mut process) {
                return Self {
                    port,
                    process,
                    profile,
                };
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        panic!("chromedriver does not say its port")
    }

    /// The processes of its browser: those that were given the profile, which is of nobody else.
    fn browsers(&self) -> Vec<String> {
        let profile = self.profile.path().to_string_lossy().into_owned();
        let of_profile = |pid: &String| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&profile)
        };
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .map(|process| process.file_name().to_string_lossy().into_owned())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(of_profile)
            .collect()
    }
}

impl Drop for Driver {
    /// The driver ends its browser only when it is asked; killed, or too busy to hear it, it would leave it behind.
    fn drop(&mut self) {
        if let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = line.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = write!(line, "GET /shutdown HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
            let _ = line.read_to_end(&mut Vec::new());
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        for browser in self.browsers() {
            let _ = Command::new("kill").args(["-KILL", &browser]).status();
        }
    }
}

/// The port that the driver found for itself; it says so when it is ready.
fn port_of(driver: &mut Child) -> Option<u16> {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.rsplit_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}

fn capabilities(profile: &std::path::Path, scripts: bool) -> Capabilities {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    // Chromium's own sandbox does not start for root.
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        arguments.push("--no-sandbox".to_owned());
    }
    let javascript = if scripts { 1 } else { 2 };
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": { "profile.managed_default_content_settings.javascript": javascript },
        },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    capabilities.as_object().cloned().unwrap_or_default()
}

/// A command that ChromeDriver has and the standard has not.
#[derive(Debug)]
struct Raw {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

const LINKS: &str =
    "return [...document.querySelectorAll('a[href], link[href], img[src], script[src]')]
    .map(element => element.href || element.src).filter(link => link.startsWith('http'));";

pub const WIDE: (u32, u32) = (1_200, 900);
pub const NARROW: (u32, u32) = (390, 844);
/// For what a page waits for: long enough on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the page has loaded itself again since the element was found.
fn is_stale(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(why) if why.error == ErrorStatus::StaleElementReference)
}
