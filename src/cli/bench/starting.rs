//! How long a server needs from its start to being ready, on a database that is there already.

use super::failed;
use super::figure::Figure;
use super::house::House;
use crate::core::problem::Outcome;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Starts; the middle one counts.
const STARTS: usize = 5;

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Measures starts on a house.
///
/// # Errors
/// Where the server does not start.
pub(super) fn measure(house: &House, name: &str, keys: &Path, figures: &mut Vec<Figure>) -> Outcome<()> {
    let mut milliseconds = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        milliseconds.push(start(&house.url, keys)?);
    }
    milliseconds.sort_unstable_by(f64::total_cmp);
    figures.push(Figure::at_most(format!("{name}: start to ready"), "ms", milliseconds[STARTS / 2], 250.0));
    Ok(())
}

/// Milliseconds from starting the program to the first good answer of /health/ready.
fn start(url: &str, keys: &Path) -> Outcome<f64> {
    let began = Instant::now();
    let child = Command::new(std::env::current_exe().map_err(failed)?)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database-url",
            url,
            "--config",
            "/nonexistent",
            "--keys",
        ])
        .arg(keys)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut started = Started(child);
    let output = started.0.stdout.take().ok_or_else(|| failed("the server has no output"))?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).map_err(failed)?;
    let address = line
        .split_once("http://")
        .and_then(|(_, behind)| behind.split(' ').next())
        .ok_or_else(|| failed(format!("the server said {line:?}")))?;
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(failed(format!("the server is not ready: {answer}")));
    }
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}
