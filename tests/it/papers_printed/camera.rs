//! Squares as a reader of others reads them, off the pages as they are printed: zxing, which knows nothing of what drew them.
//!
//! `./test` installs it, as tests/shapely.txt says. Where it is missing the stories say so.

use std::io::Write;
use std::process::{Command, Stdio};

use relief_ledger::auth::Role;

use super::plain::said;
use super::stage::{PDF_LANGUAGES, Stage, file};
use crate::exports::standards::skipped;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Why nothing was read.
pub const NO_READER: &str =
    "there is no Python with zxing-cpp and numpy; ./test makes one, or name one in RELIEF_SHAPELY";

/// Reads pictures of pages, one behind the other, and prints what is read on each.
const SCRIPT: &str = "
import json, sys, numpy, zxingcpp
rest, pages = sys.stdin.buffer.read(), []
while rest:
    kind, size, lightest, rest = rest.split(b'\\n', 3)
    assert (kind, lightest) == (b'P5', b'255'), kind
    width, height = map(int, size.split())
    picture = numpy.frombuffer(rest, numpy.uint8, width * height).reshape(height, width)
    # Whoever looks for bars as well takes a line of letters for some now and then.
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    pages.append([code.text for code in found])
    rest = rest[width * height:]
print(json.dumps(pages))
";

/// What is read on each page of a PDF; none where there is no reader.
pub fn codes(pdf: &[u8]) -> Option<Vec<Vec<String>>> {
    let python = std::env::var("RELIEF_SHAPELY").unwrap_or_else(|_| "python3".to_owned());
    let imported =
        Command::new(&python).args(["-c", "import numpy, zxingcpp"]).stderr(Stdio::null()).status();
    if !imported.is_ok_and(|status| status.success()) {
        return None;
    }
    let drawn = said("pdftoppm", &["-gray", "-r", "200"], pdf);
    let mut reader = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    // It answers once it has all of it.
    reader.stdin.take().expect("its input").write_all(&drawn).expect("it takes all");
    let answer = reader.wait_with_output().expect("it reads");
    assert!(answer.status.success(), "{python} with zxing-cpp");
    Some(serde_json::from_slice(&answer.stdout).expect("what is read on each page"))
}

on_both_databases! {
    migrate: migrate;

    fn a_camera_reads_on_waybill_and_labels_where_the_goods_are_tracked(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (labels, waybill) = (stage.of_consignment("labels"), stage.of_consignment("waybill"));
        // The twin: where it is not known how browsers call this server, it is no address that is read.
        let Some(bare) = codes(&file(&stage.scene.officer, &waybill, "en").bytes) else {
            skipped(NO_READER);
            return;
        };
        assert_eq!(bare.concat(), [stage.code.as_str()]);
        let Stage { scene, code, .. } = stage;
        let Scene { house, .. } = scene;
        let house = house.restart_with(|settings| settings.public_origin = Some("https://relief.example.org/".to_owned()));
        let officer = house.login_as(Role::Officer);
        let address = format!("https://relief.example.org/track/{code}");
        for language in PDF_LANGUAGES {
            let read = codes(&file(&officer, &waybill, language).bytes).expect("the reader is there");
            assert_eq!(read.concat(), [address.as_str()], "the waybill in {language}");
            let read = codes(&file(&officer, &labels, language).bytes).expect("the reader is there");
            let on_each: Vec<usize> = read.iter().map(Vec::len).collect();
            assert_eq!(on_each.iter().sum::<usize>(), 14, "one for each package in {language}: {on_each:?}");
            assert!(read.concat().iter().all(|one| *one == address), "labels in {language}: {read:?}");
        }
    }
}
