//! An officer with a list in Spanish: sends it, says what its columns hold, reads what each row would do, and has it recorded.

use std::time::{Duration, Instant};

use super::Browser;
use super::axe::{library, violations};
use crate::sessions::{PASSWORD, person};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

const TABLE: &str = "Referencia;Programa;Fecha;Artículo;Cantidad\r\nG-1;CITIES;06/08/2020;MASK;1.200\r\n\
    G-2;CITIES;07/08/2020;GLOVES;5\r\n";
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the page, which shows itself anew once an import has ended, says something.
fn wait_for(browser: &Browser, words: &str) {
    let begun = Instant::now();
    loop {
        let said = browser.text("#state");
        if said == words {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "it says {said} and not {words}: {}", browser.text("main"));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Chooses a value, as somebody at a list does.
fn choose(browser: &Browser, id: &str, value: &str) {
    let script = format!(
        "const list = document.getElementById('{id}'); list.value = '{value}'; \
         list.dispatchEvent(new Event('change', {{ bubbles: true }})); arguments[0](list.value)"
    );
    assert_eq!(browser.run(&script), value, "{id}");
}

on_both_databases! {
    migrate: migrate;

    fn a_list_in_spanish_is_told_tried_and_recorded_by_clicks(database: &TestDatabase) {
        let Some(browser) = Browser::start() else { return };
        let library = library();
        let usable = || {
            if let Some(library) = &library {
                assert_eq!(violations(&browser, library), Vec::<String>::new());
            }
            assert!(browser.sticks_out() <= 0, "it fits a phone");
        };
        let scene = Scene::new(database);
        person(&scene.house, "amina", Role::Officer);
        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let file = folder.path().join("donaciones.csv");
        std::fs::write(&file, TABLE).expect("the file is written");
        let at = |path: &str| format!("http://{}{path}", scene.officer.address);
        browser.width(360);
        browser.goto(&at("/sign-in?to=%2Fimports"));
        browser.type_into("#login", "amina");
        browser.type_into("#password", PASSWORD);
        browser.click("form[action='/sign-in'] button");

        browser.click("main a[href='/imports/new']");
        choose(&browser, "read", "kind:pledges");
        browser.type_into("#file", file.to_str().expect("a path of letters"));
        browser.click("form[action='/imports/new'] button");
        // Nobody looks again by hand: the page does.
        wait_for(&browser, "Ended without its rows");
        usable();
        browser.click("a[href$='/columns']");
        for (column, field) in ["reference", "programme", "offered at", "item", "quantity"].iter().enumerate() {
            choose(&browser, &format!("column-{column}"), field);
        }
        choose(&browser, "dates", "%d/%m/%Y");
        choose(&browser, "numbers", ",.");
        usable();
        // The button stays in reach at the foot of the window: what it lies over is scrolled up first.
        browser.run("document.querySelector('form details').scrollIntoView({block: 'center'}); arguments[0]()");
        browser.click("form details summary");
        browser.type_into("#constant-3", "unsolicited");
        browser.click("form[action$='/columns'] .actions button");

        wait_for(&browser, "Tried; nothing is recorded");
        let read = browser.text("main");
        assert!(read.contains("Artículo, row 3") && read.contains("GLOVES"), "{read}");
        usable();
        browser.click("form[action$='/run'] button");
        wait_for(&browser, "Recorded");
        assert!(browser.console_errors().is_empty(), "{:?}", browser.console_errors());
        let pledges = scene.officer.get("/api/v1/pledges").expect(200);
        assert_eq!(pledges["items"].as_array().map(Vec::len), Some(1), "{pledges:#}");
        scene.closes();
    }
}
