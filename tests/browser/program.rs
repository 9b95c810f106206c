//! A server under test: a real process that prints its address, ended with its guard.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A demo that fills its database first needs the longest.
const START_LIMIT: Duration = Duration::from_secs(180);

pub struct Program {
    child: Child,
    address: String,
    printed: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts the command and waits until it prints an address of this machine. The folder it runs in, its
    /// arguments and its environment are the caller's; give it port 0.
    pub fn start(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("{shown} does not start: {error}"));
        let output = child.stdout.take().expect("its output is piped");
        let printed = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&printed);
        let (found, address) = mpsc::channel();
        // Reads to the end, so that the program never stalls on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let address = address_in(&line);
                kept.lock().expect("no reader failed").push(line);
                if let Some(address) = address {
                    // After the first address nobody listens, and nobody has to.
                    let _ = found.send(address);
                }
            }
        });
        let mut program = Self { child, address: String::new(), printed };
        match address.recv_timeout(START_LIMIT) {
            Ok(address) => program.address = address,
            Err(RecvTimeoutError::Timeout) => panic!("{shown} printed no address in {START_LIMIT:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("{shown} ended without an address; it printed {:?}", program.printed())
            }
        }
        program
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program at once, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("the program under test is killed");
    }

    /// The lines printed so far: logins, tracking codes, links.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().expect("no reader failed").clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // TERM first, as a service manager does; whoever ignores it for ten seconds is killed.
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while told.is_ok() && begun.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("the program under test did not end: {error}");
        }
    }
}

/// The first `http://127.0.0.1:PORT` or `http://localhost:PORT` in a line.
fn address_in(line: &str) -> Option<String> {
    let begin = line.find("http://127.0.0.1:").or_else(|| line.find("http://localhost:"))?;
    let address: String =
        line[begin..].chars().take_while(|c| c.is_alphanumeric() || ":/.".contains(*c)).collect();
    let (host, port) = address["http://".len()..].split_once(':')?;
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("http://{host}:{port}"))
}
