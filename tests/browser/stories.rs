//! What a person does in the browser, and the proof that the browser would notice if it did not work.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};

use super::Browser;
use super::program::Program;

const SOUND: &str = "<!doctype html><title>Sound</title><link rel=icon href=data:,><h1>Masks for Banjul</h1>
<input id=name><button id=greet>Greet</button><p id=answer></p>
<script>document.querySelector('#greet').onclick = () => setTimeout(() => {
  document.querySelector('#answer').innerHTML = '<b>Hello ' + document.querySelector('#name').value + '</b>';
}, 200);</script>";
const BROKEN: &str = "<!doctype html><title>Broken</title><link rel=icon href=data:,><h1>Broken</h1>
<script>missing.call()</script><img src=/gone.png>";
const FROM_OUTSIDE: &str = "<!doctype html><title>Outside</title><link rel=icon href=data:,><h1>Outside</h1>
<script src=http://scripts.example.org/page.js></script>";

/// Serves three still pages for as long as the test's process lives.
pub fn serve_pages() -> String {
    let page = |text: &'static str| {
        web::get().to(move || async move { HttpResponse::Ok().content_type("text/html").body(text) })
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let app = move || {
            App::new()
                .route("/", page(SOUND))
                .route("/broken", page(BROKEN))
                .route("/outside", page(FROM_OUTSIDE))
        };
        let server =
            HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("the listener is good");
        actix_web::rt::System::new().block_on(server.run()).expect("the pages are served");
    });
    format!("http://{address}")
}

#[test]
fn a_page_is_read_filled_in_and_pictured() {
    let Some(browser) = Browser::start() else { return };
    let address = serve_pages();
    browser.goto(&address);
    assert_eq!(browser.title(), "Sound");
    assert_eq!(browser.text("h1"), "Masks for Banjul");
    browser.type_into("#name", "Koidu");
    browser.click("#greet");
    assert_eq!(browser.text("#answer b"), "Hello Koidu", "what appears later is waited for");
    assert!(browser.console_errors().is_empty());

    let folder = tempfile::tempdir().expect("a temporary folder is made");
    let picture = folder.path().join("page.png");
    browser.screenshot(&picture);
    let bytes = std::fs::read(&picture).expect("the picture is there");
    assert!(bytes.starts_with(b"\x89PNG"));
}

#[test]
fn a_page_that_fails_in_the_browser_is_caught() {
    let Some(browser) = Browser::start() else { return };
    let address = serve_pages();
    browser.goto(&format!("{address}/broken"));
    assert_eq!(browser.text("h1"), "Broken");
    let errors = browser.console_errors().join("\n");
    assert!(errors.contains("missing is not defined"), "{errors}");
    assert!(errors.contains("/gone.png") && errors.contains("404"), "{errors}");

    browser.goto(&format!("{address}/outside"));
    let errors = browser.console_errors().join("\n");
    assert!(errors.contains("scripts.example.org"), "a page must not need the world outside: {errors}");
}

#[test]
fn a_program_is_found_by_the_address_it_prints_and_ends_with_the_story() {
    let script = "echo starting; echo 'Open http://127.0.0.1:45678/docs (ctrl-c stops)'; exec sleep 600";
    let begun = Instant::now();
    let program = Program::start(Command::new("sh").args(["-c", script]));
    assert_eq!(program.address(), "http://127.0.0.1:45678");
    assert_eq!(program.printed()[0], "starting");
    drop(program);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
#[should_panic(expected = "ended without an address; it printed [\"no database\"]")]
fn a_program_that_does_not_come_up_says_what_it_printed() {
    Program::start(Command::new("sh").args(["-c", "echo no database; exit 2"]));
}
