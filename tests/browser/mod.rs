//! A real Chromium, driven as a person would: open, read, click, look.
//!
//! Blocking on purpose: a browser story is read from top to bottom. Each `Browser` has its own driver, port
//! and profile folder, so stories run side by side. Chromium may reach nothing but this machine.

mod audit;
pub mod axe;
mod consignee;
pub mod demo;
mod donor;
mod each;
mod forced;
mod injection;
mod keyboard;
mod larger;
mod manager;
mod readme;
mod refused;
mod screens;
pub mod board;
mod live;
mod offline;
mod phone;
pub mod program;
mod public;
pub mod stories;
mod taking;
mod told;
mod twice;
mod upload;
mod usable;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How long a page may take to show what a story waits for: the machine is small and shared.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a driver is started that finds no port: one of hundreds of starts does not.
const DRIVER_STARTS: usize = 5;

const CHROMIUM_FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A page that needs anything from outside fails here, as it would at a hospital without a line.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--window-size=1280,1024",
];

pub struct Browser {
    /// Dropped last: the session needs it to say good-bye.
    runtime: tokio::runtime::Runtime,
    client: Option<Client>,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts Chromium, or says why the story is skipped; on CI a missing browser fails instead.
    pub fn start() -> Option<Self> {
        if !installed("chromedriver") || !(installed("chromium") || installed("google-chrome")) {
            let what =
                "chromium and chromedriver are not installed: apt-get install -y chromium chromium-driver";
            assert!(std::env::var("CI").is_err(), "{what}");
            println!("SKIPPED: {what}");
            return None;
        }
        Some(Self::start_on(tempfile::tempdir().expect("a temporary folder is made")))
    }

    /// Ends it and starts it anew with what it kept, as when a phone was switched off between.
    pub fn again(mut self) -> Self {
        let other = tempfile::tempdir().expect("a temporary folder is made");
        let profile = std::mem::replace(&mut self._profile, other);
        drop(self);
        Self::start_on(profile)
    }

    /// Kills it without a word, as a phone does that runs out of memory, and starts it anew with what it kept.
    pub fn killed(mut self) -> Self {
        let below = processes_below(self.driver.id());
        assert!(!below.is_empty(), "Chromium runs below its driver");
        for process in &below {
            // One that ended by itself, as its parent was killed, is as good.
            drop(Command::new("kill").args(["-9", &process.to_string()]).stderr(Stdio::null()).status());
        }
        let begun = Instant::now();
        while below.iter().any(|process| parent_of(*process).is_some()) {
            assert!(begun.elapsed() < PATIENCE, "Chromium does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Nobody is left to say good-bye to.
        self.client = None;
        let other = tempfile::tempdir().expect("a temporary folder is made");
        let profile = std::mem::replace(&mut self._profile, other);
        drop(self);
        for name in ["SingletonLock", "SingletonCookie", "SingletonSocket"] {
            // What says that the profile is in use; a phone's system sees to that by itself.
            drop(std::fs::remove_file(profile.path().join(name)));
        }
        Self::start_on(profile)
    }

    fn start_on(profile: tempfile::TempDir) -> Self {
        let (driver, port) = start_driver();
        // The driver talks on a thread of its own while the story does something else.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the runtime starts");
        let mut browser = Self { runtime, client: None, driver, _profile: profile };
        let mut flags: Vec<String> = CHROMIUM_FLAGS.map(String::from).to_vec();
        flags.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let wanted = json!({
            "goog:chromeOptions": { "args": flags, "prefs": { "download.default_directory": browser.saved() } },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = wanted else { unreachable!("the braces make an object") };
        let client = browser.runtime.block_on(
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        browser.client = Some(client.expect("Chromium starts"));
        browser
    }

    /// Where the files lie that pages had saved.
    pub fn saved(&self) -> PathBuf {
        self._profile.path().join("saved")
    }

    pub fn goto(&self, url: &str) {
        self.wait(self.client().goto(url)).unwrap_or_else(|error| panic!("{url} does not open: {error}"));
    }

    pub fn title(&self) -> String {
        self.wait(self.client().title()).expect("the page has a title")
    }

    /// The visible text of the first element that matches, which may still have to appear.
    pub fn text(&self, css: &str) -> String {
        loop {
            match self.wait(async { self.appear(css).await.text().await }) {
                Ok(text) => return text,
                // The page went while it was read: the next one has such an element, or it is waited for.
                Err(error) if is_gone(&error) => {}
                Err(error) => panic!("{css}: {error}"),
            }
        }
    }

    pub fn click(&self, css: &str) {
        loop {
            match self.wait(async { self.appear(css).await.click().await }) {
                Ok(()) => return,
                // The page was made anew before it was clicked: what stands there now is meant.
                Err(error) if is_gone(&error) => {}
                Err(error) => panic!("{css}: {error}"),
            }
        }
    }

    /// Types into a field, after what is there.
    pub fn type_into(&self, css: &str, keys: &str) {
        self.wait(async { self.appear(css).await.send_keys(keys).await })
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Presses keys one after the other, wherever the focus is, as somebody does who has no mouse.
    pub fn press(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.wait(self.client().perform_actions(actions))
            .unwrap_or_else(|error| panic!("{keys:?} cannot be pressed: {error}"));
    }

    /// Runs a script as the page would; its last argument takes the answer when there is one.
    pub fn run(&self, script: &str) -> Value {
        let ran = self.client().execute_async(script, Vec::new());
        self.wait(ran).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Makes the window as wide as a phone's or a desk's, in CSS pixels.
    pub fn width(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.command("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Shows pages in light or dark, as the browser's settings ask for it.
    pub fn theme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", features);
    }

    /// A command of the browser's own protocol, which WebDriver has no word for.
    pub fn command(&self, name: &str, parameters: Value) -> Value {
        let command = DevTools { name: name.to_owned(), parameters };
        self.wait(self.client().issue_cmd(command)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// How many pixels the page is wider than the window: one that must be scrolled sideways on a phone is broken. A phone's
    /// `innerWidth` grows with what sticks out, so it is no measure.
    pub fn sticks_out(&self) -> i64 {
        let script =
            "const root = document.documentElement; arguments[0](root.scrollWidth - root.clientWidth)";
        self.run(script).as_i64().expect("a number of pixels")
    }

    /// Texts that stand in a column of a letter or two, as one that nobody can read.
    pub fn squeezed(&self) -> Vec<String> {
        let script = "
            const found = [];
            for (const one of document.querySelectorAll('caption, h1, h2, h3, p, li, dt, dd, label, legend, summary, th, td')) {
                const text = one.innerText.trim();
                if (text.length < 12 || !one.checkVisibility() || one.closest('.visually-hidden, .cards > thead')) continue;
                const [box, letter] = [one.getBoundingClientRect(), parseFloat(getComputedStyle(one).fontSize)];
                if (box.width < 3 * letter && box.height > 6 * letter) found.push(`squeezed: ${one.localName} ${text.slice(0, 40)}`);
            }
            arguments[0](found);";
        let found = self.run(script);
        found.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Writes what the window shows as a PNG file.
    pub fn screenshot(&self, path: &Path) {
        let picture = self.wait(self.client().screenshot()).expect("the page can be pictured");
        std::fs::write(path, picture).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Opens a further window beside the one that is looked at, and looks at it from now on; says what leads back.
    pub fn new_window(&self) -> WindowHandle {
        let before = self.wait(self.client().window()).expect("the window has a name");
        let made = self.wait(self.client().new_window(false)).expect("a window opens");
        self.switch_to(made.handle);
        before
    }

    /// Looks at another window.
    pub fn switch_to(&self, window: WindowHandle) {
        self.wait(self.client().switch_to_window(window)).expect("the window is there");
    }

    /// What the page logged as an error since the last question: failed scripts, missing files, refused loads.
    pub fn console_errors(&self) -> Vec<String> {
        let log = self.wait(self.client().issue_cmd(ConsoleLog)).expect("the console is readable");
        let entries = log.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn appear(&self, css: &str) -> fantoccini::elements::Element {
        let waiting = self.client().wait().at_most(PATIENCE).for_element(Locator::Css(css));
        waiting.await.unwrap_or_else(|error| panic!("{css} does not appear: {error}"))
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("the browser is open until it is dropped")
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// Whether an element went with its page, in either of the words that there are for it.
fn is_gone(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.to_string().contains("does not belong to the document")
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && let Err(error) = self.runtime.block_on(client.close())
        {
            eprintln!("Chromium did not close: {error}");
        }
        // Killing the driver first would leave Chromium behind.
        if let Err(error) = self.driver.kill().and_then(|()| self.driver.wait()) {
            eprintln!("chromedriver did not end: {error}");
        }
    }
}

/// Chromedriver's own command for the console, which WebDriver has no word for.
#[derive(Debug)]
struct ConsoleLog;

impl WebDriverCompatibleCommand for ConsoleLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

#[derive(Debug)]
struct DevTools {
    name: String,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"cmd": self.name, "params": self.parameters}).to_string()))
    }
}

/// Which process started another; nothing where that one has ended.
fn parent_of(process: u32) -> Option<u32> {
    let told = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of a program may have anything in it; the state and the parent stand behind it.
    let mut behind = told.rsplit_once(')')?.1.split_whitespace();
    let state = behind.next()?;
    let parent = behind.next()?.parse().ok()?;
    (state != "Z" && state != "X").then_some(parent)
}

/// All that a process started, and what those started.
fn processes_below(ancestor: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("the processes are listed");
    let all = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = all.filter_map(|process| Some((process, parent_of(process)?))).collect();
    let mut found = Vec::new();
    let mut latest = vec![ancestor];
    while !latest.is_empty() {
        let below = parents.iter().filter(|(_, parent)| latest.contains(parent));
        latest = below.map(|(process, _)| *process).collect();
        found.extend(&latest);
    }
    found
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Starts chromedriver on a port that it chooses itself and prints. It chooses one of the newer protocol and ends where the older
/// one's of the same number is somebody else's: then it is started once more.
fn start_driver() -> (Child, u16) {
    for _ in 0..DRIVER_STARTS {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let output = driver.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, behind) = line.split_once("started successfully on port ")?;
            behind.trim_end_matches('.').parse().ok()
        });
        if let Some(port) = port {
            // The rest is read and thrown away, so that the driver never stalls on a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return (driver, port);
        }
        driver.wait().expect("it has ended");
    }
    panic!("chromedriver found no port in {DRIVER_STARTS} starts");
}
