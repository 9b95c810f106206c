//! What anybody does in the browser without signing in: looks at figures and the map, and follows a code.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Browser;
use super::program::Program;

/// How long a demonstration may take to print its tracking code.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tracking code a demonstration prints: three groups of four.
fn code_in(line: &str) -> Option<String> {
    let is_code = |word: &&str| {
        word.len() == 14
            && word.char_indices().all(|(at, letter)| match at {
                4 | 9 => letter == '-',
                _ => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            })
    };
    if !line.to_lowercase().contains("track") {
        return None;
    }
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .find(is_code)
        .map(str::to_owned)
}

fn view_box(browser: &Browser) -> String {
    let script = "arguments[0](document.querySelector('#map svg').getAttribute('viewBox'))";
    browser.run(script).as_str().expect("a map has a frame").to_owned()
}

/// Fingers on the map, each by its number, what it does and how far from the middle of the map: as a phone tells it.
fn fingers(browser: &Browser, doing: &[(&str, i32, i32)]) {
    let one = |(kind, finger, across): &(&str, i32, i32)| format!("at('{kind}', {finger}, {across});");
    let doing: String = doing.iter().map(one).collect();
    browser.run(&format!(
        "const svg = document.querySelector('#map svg'); const box = svg.getBoundingClientRect();\
         const at = (kind, pointerId, across) => svg.dispatchEvent(new PointerEvent(kind, {{ pointerId, pointerType: 'touch',\
         bubbles: true, cancelable: true, clientX: box.left + box.width / 2 + across, clientY: box.top + box.height / 2 }}));\
         {doing} arguments[0](true)"
    ));
}

/// How wide what is shown of the map is.
fn wide(browser: &Browser) -> f64 {
    view_box(browser).split(' ').nth(2).and_then(|text| text.parse().ok()).expect("a width")
}

#[test]
fn a_stranger_looks_at_figures_moves_the_map_and_follows_a_code() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder is made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--database-url", "sqlite://demo.db"]);
    command.current_dir(folder.path()).stderr(Stdio::null());
    let program = Program::start(&mut command);

    browser.goto(&format!("{}/", program.address()));
    assert_eq!(browser.text("h1"), "Where donated supplies are, and whom they reached");
    assert!(browser.text("main").contains("over 1,094,000"), "what others reported is there");

    browser.goto(&format!("{}/map", program.address()));
    let whole = view_box(&browser);
    browser.click("#map-tools [data-move=in]");
    let nearer = view_box(&browser);
    assert_ne!(nearer, whole);
    browser.click("#map-tools [data-move=right]");
    assert_ne!(view_box(&browser), nearer);
    browser.click("#map-tools [data-move=whole]");
    assert!(view_box(&browser).starts_with("0.0 0.0 1000.0"), "{}", view_box(&browser));

    // Two fingers that go apart bring it nearer, by as much; one moves it then, and none moves the whole map.
    fingers(&browser, &[("pointerdown", 1, 0), ("pointermove", 1, 40), ("pointerup", 1, 40)]);
    assert!((wide(&browser) - 1_000.0).abs() < 0.1, "{}", view_box(&browser));
    let apart =
        [("pointerdown", 1, -20), ("pointerdown", 2, 20), ("pointermove", 1, -80), ("pointermove", 2, 80)];
    fingers(&browser, &apart);
    fingers(&browser, &[("pointerup", 1, -80), ("pointerup", 2, 80)]);
    assert!((wide(&browser) - 250.0).abs() < 0.2, "{}", view_box(&browser));
    let nearer = view_box(&browser);
    fingers(&browser, &[("pointerdown", 3, 0), ("pointermove", 3, 50), ("pointerup", 3, 50)]);
    assert_ne!(view_box(&browser), nearer);
    assert!((wide(&browser) - 250.0).abs() < 0.2, "{}", view_box(&browser));
    browser.click("#map-tools [data-move=whole]");

    let begun = Instant::now();
    let code = loop {
        if let Some(code) = program.printed().iter().find_map(|line| code_in(line)) {
            break code;
        }
        assert!(begun.elapsed() < PATIENCE, "it printed {:#?}", program.printed());
        std::thread::sleep(Duration::from_millis(20));
    };
    browser.goto(&format!("{}/track", program.address()));
    browser.type_into("#code", &code.to_lowercase());
    browser.click("main button");
    assert!(browser.text("h1").contains(&code), "{}", browser.text("h1"));
    assert!(browser.text(".timeline").contains("Departed"), "{}", browser.text(".timeline"));

    // A proof somebody shared is checked by the browser of whoever opens it.
    browser.goto(&format!("{}/proofs/0", program.address()));
    browser.click("#check");
    let told = browser.text("#checked li:nth-of-type(2)");
    assert!(told.contains("the entry 0 with this hash is in the log"), "{told}");
    assert_eq!(browser.text("#checked li:nth-of-type(2).good"), told);
    assert_eq!(browser.console_errors(), Vec::<String>::new());
}
