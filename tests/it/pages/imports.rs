//! A table in by hand: sent, its columns told, tried, read row by row, recorded.

use super::browse::{Page, send, sent, visit};
use crate::imports::{counts, ended, imported, rows};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NEW: &str = "/imports/new";
const KINDS: [&str; 12] = [
    "organizations",
    "programmes",
    "items",
    "kits",
    "sites",
    "pledges",
    "consignments",
    "events",
    "counts",
    "distributions",
    "needs",
    "populations",
];
/// Goods that came unasked, as an officer's own list has them: a day of ours in their order, and a number with its groups.
const SPANISH: &str = "Referencia;Programa;Fecha;Artículo;Cantidad;Observación;Estante\r\n\
    G-1;CITIES;06/08/2020;MASK;1.200;llegó con lluvia;7\r\nG-2;CITIES;07/08/2020;GLOVES;5;;9\r\n";

/// Sends a file by the form, as browsers send one; without a name none was chosen.
fn sends(caller: &Caller, read: &str, file: (&str, &[u8])) -> Reply {
    sends_drawn(caller, "", read, file)
}

/// The same by a form that drew an identifier when it was shown.
fn sends_drawn(caller: &Caller, id: &str, read: &str, (name, bytes): (&str, &[u8])) -> Reply {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n{id}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"read\"\r\n\r\n{read}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(b"\r\n--edge--\r\n");
    caller.upload(NEW, "multipart/form-data; boundary=edge", &body)
}

/// The page of an import that was sent, once it has ended, and the import.
#[track_caller]
fn tried(caller: &Caller, read: &str, file: (&str, &[u8])) -> (String, Value) {
    let reply = sends(caller, read, file);
    assert_eq!(reply.status, 303, "{}", reply.text);
    let path = reply.header("location").expect("it leads on").to_owned();
    let job = ended(caller, &json!(path.trim_start_matches("/imports/")));
    (path, job)
}

/// A page that is shown in answer to a form.
#[track_caller]
fn shown(reply: &Reply, status: u16) -> Page {
    assert_eq!(reply.status, status, "{}", reply.text);
    Page::of(reply, "a form's answer")
}

/// Names and values of a form.
type Fields = Vec<(String, String)>;

/// What a form tells of columns: the headings of the table, each with what it holds.
fn told(columns: &[(&str, &str)], further: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = Vec::new();
    for (place, (heading, field)) in columns.iter().enumerate() {
        fields.push((format!("heading-{place}"), (*heading).to_owned()));
        fields.push((format!("column-{place}"), (*field).to_owned()));
    }
    fields.extend(further.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

fn borrowed(fields: &Fields) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The Spanish list as it is told.
fn in_spanish() -> Fields {
    let columns = [
        ("Referencia", "reference"),
        ("Programa", "programme"),
        ("Fecha", "offered at"),
        ("Artículo", "item"),
        ("Cantidad", "quantity"),
        ("Observación", "note"),
        ("Estante", ""),
    ];
    told(&columns, &[("constant-3", "unsolicited"), ("dates", "%d/%m/%Y"), ("numbers", ",.")])
}

fn pledge_count(scene: &Scene) -> usize {
    let found = scene.officer.get("/api/v1/pledges?limit=500").expect(200);
    found["items"].as_array().map_or(0, Vec::len)
}

on_both_databases! {
    migrate: migrate;

    fn a_sheet_with_spanish_headings_is_told_by_hand_tried_and_recorded(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        assert!(visit(officer, "/imports").says("You have sent no table yet"));
        let (path, job) = tried(officer, "kind:pledges", ("donaciones.csv", SPANISH.as_bytes()));
        assert_eq!((&job["state"], &job["dry_run"]), (&json!("failed"), &json!(true)), "{job:#}");
        let page = visit(officer, &path);
        assert!(page.says("<h1>donaciones.csv</h1>") && page.says("has no column"), "{}", page.text);
        let columns = format!("{path}/columns");
        assert!(page.says(&format!("href=\"{columns}\"")), "{}", page.text);
        let page = visit(officer, &columns);
        assert!(page.says("For example: G-1 · G-2") && page.says(">Cantidad</label>"), "{}", page.text);
        assert!(page.says("reference (needed)") && !page.says("name=\"name\""), "an officer keeps no mapping: {}", page.text);

        // What each row needs stands in a column, or is the same in all of them; and in one column alone.
        let mut lacking = in_spanish();
        lacking[9].1.clear();
        let wrong = shown(&send(officer, &columns, &borrowed(&lacking)), 422);
        assert!(wrong.says("<title>Error: ") && wrong.says("href=\"#constant-8\"") && wrong.says("id=\"constant-8-error\""), "{}", wrong.text);
        assert!(wrong.says("value=\"unsolicited\"") && wrong.says("<option value=\"item\" selected>"), "{}", wrong.text);
        let mut doubled = in_spanish();
        doubled[13].1 = "note".to_owned();
        let wrong = shown(&send(officer, &columns, &borrowed(&doubled)), 422);
        assert!(wrong.says("href=\"#column-6\"") && wrong.says("chosen for two columns"), "{}", wrong.text);

        assert_eq!(sent(officer, &columns, &borrowed(&in_spanish())), path);
        let job = ended(officer, &job["id"]);
        assert_eq!((counts(&job), &job["mapping"], &job["kind"]), ((1, 0, 1), &json!("by-hand"), &json!("pledges")), "{job:#}");
        // A list, which reads no more of a mapping than its name, tells the same of it.
        let list = officer.get("/api/v1/imports").expect(200);
        assert!(list["items"].as_array().expect("imports").contains(&job), "{list:#} {job:#}");
        assert_eq!(pledge_count(&scene), 0, "a dry run changes nothing");
        let page = visit(officer, &path);
        assert!(page.says("Tried; nothing is recorded") && page.says("2 of 2 rows"), "{}", page.text);
        assert!(page.says("Artículo, row 3") && page.says("<bdi>GLOVES</bdi>"), "the cell is named: {}", page.text);
        let page = visit(officer, &columns);
        assert!(page.says("<option value=\"quantity\" selected>") && page.says("<option value=\"%d/%m/%Y\" selected>"), "{}", page.text);

        assert_eq!(sent(officer, &format!("{path}/run"), &[]), path);
        let job = ended(officer, &job["id"]);
        assert_eq!((counts(&job), &job["dry_run"]), ((1, 0, 1), &json!(false)), "{job:#}");
        let pledges = officer.get("/api/v1/pledges").expect(200);
        let pledge = &pledges["items"][0];
        assert_eq!((&pledge["reference"], &pledge["note"]), (&json!("G-1"), &json!("llegó con lluvia")), "{pledges:#}");
        let page = visit(officer, &path);
        assert!(page.says("id=\"state\">Recorded") && !page.says("/run\"") && !page.says("/columns\""), "{}", page.text);
        let refused = send(officer, &columns, &borrowed(&in_spanish()));
        assert_eq!(refused.status, 409, "what is recorded stays as it was read: {}", refused.text);

        // What was refused is mended and sent again, and nobody tells the columns again.
        let like = format!("like:{}", job["id"].as_str().expect("an id"));
        let page = visit(officer, &format!("{NEW}?read={like}"));
        assert!(page.says(&format!("<option value=\"{like}\" selected>As donaciones.csv was read")), "{}", page.text);
        let mended = SPANISH.replace("GLOVES", "MASK");
        let (_, job) = tried(officer, &like, ("corregido.csv", mended.as_bytes()));
        assert_eq!((counts(&job), &job["mapping"]), ((1, 1, 0), &json!("by-hand")), "{job:#}");
        assert_eq!(sends(&scene.receiver, &like, ("a.csv", mended.as_bytes())).status, 404, "it is somebody else's");
        scene.closes();
        scene.verifies();
    }

    fn a_form_that_is_sent_twice_makes_one_import(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (officer, file) = (&scene.officer, ("donaciones.csv", SPANISH.as_bytes()));
        let led = |id: &str, file: (&str, &[u8])| {
            let reply = sends_drawn(officer, id, "kind:pledges", file);
            assert_eq!(reply.status, 303, "{}", reply.text);
            reply.header("location").expect("it leads on").to_owned()
        };
        let id = visit(officer, NEW).hidden("id").to_owned();
        let first = led(&id, file);
        assert_eq!(first, format!("/imports/{id}"));
        assert_eq!(led(&id, file), first, "sent twice it is one");
        ended(officer, &json!(id));
        assert_eq!(led(&id, file), first, "also once it has ended");
        // The twins: another file from a form that somebody went back to, and the same by a form that was opened anew.
        let other = led(&id, ("donaciones.csv", b"Referencia\r\nG-9\r\n"));
        let anew = led(visit(officer, NEW).hidden("id"), file);
        assert!(other != first && anew != first && other != anew, "{other} {anew}");
        // Lists are in the order of identifiers: one that is not of today is not taken, nor is one that is none.
        assert_ne!(led("01700000-0000-7000-8000-000000000001", file), "/imports/01700000-0000-7000-8000-000000000001");
        led("nothing", file);
        let list = officer.get("/api/v1/imports?limit=50").expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(5), "{list:#}");
    }

    fn an_identifier_of_somebody_elses_import_is_taken_for_none_of_ones_own(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (officer, other, file) = (&scene.officer, &scene.receiver, ("donaciones.csv", SPANISH.as_bytes()));
        let led = |caller: &Caller, id: &str| {
            let reply = sends_drawn(caller, id, "kind:pledges", file);
            assert_eq!(reply.status, 303, "{}", reply.text);
            reply.header("location").expect("it leads on").to_owned()
        };
        let id = visit(officer, NEW).hidden("id").to_owned();
        assert_eq!(led(officer, &id), format!("/imports/{id}"));
        let own = led(other, &id);
        assert_ne!(own, format!("/imports/{id}"));
        ended(other, &json!(own.trim_start_matches("/imports/")));
        other.get(&format!("/api/v1/imports/{id}")).refused("not_found", &[]);
        for caller in [officer, other] {
            let list = caller.get("/api/v1/imports").expect(200);
            assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "each has one: {list:#}");
        }
        // The twin: whoever sent the first is led to that one again.
        assert_eq!(led(officer, &id), format!("/imports/{id}"));
    }

    fn why_a_row_is_refused_is_said_in_the_language_of_the_page(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let table = "reference,programme,kind,offered at,item,quantity\r\nG-1,CITIES,unsolicited,2020-07-01,MASK,muchas\r\n\
            G-2,CITIES,unsolicited,ayer,MASK,5\r\nG-3,CITIES,unsolicited,2020-07-01,GLOVES,5\r\n";
        let (path, job) = tried(officer, "kind:pledges", ("donaciones.csv", table.as_bytes()));
        assert_eq!(job["refused"], 3, "{job:#}");
        let page = officer.send("GET", &path, &[("Accept-Language", "es")], None);
        let page = shown(&page, 200);
        for (value, words) in [
            ("muchas", "No es un número entero. Escríbalo en cifras, como 120."),
            ("ayer", "No es una fecha. Escríbala así: 2020-12-31."),
            ("GLOVES", "Aquí no hay nada con este nombre para usted."),
        ] {
            let said = format!("<bdi>{value}</bdi>: <span lang=\"es\">{words}");
            assert!(page.says(&said), "{said}: {}", page.text);
        }
        // In English the interface's own words say more, and a program reads the code.
        assert!(visit(officer, &path).says("<span lang=\"en\">"));
        let rows = officer.get(&format!("/api/v1{path}/rows")).expect(200);
        let codes: Vec<&Value> = rows["items"].as_array().expect("rows").iter().map(|row| &row["reasons"][0]["code"]).collect();
        assert_eq!(codes, ["not_a_number", "not_a_date", "unknown"], "{rows:#}");
    }

    fn refused_rows_are_looked_at_apart_and_taken_as_a_file(database: &TestDatabase) {
        let scene = Scene::new(database);
        let table = "reference,name,country\r\nWAHO,West African Health Organisation,BF\r\nX,=cmd(),Gambya\r\n";
        let (path, job) = tried(&scene.admin, "kind:organizations", ("who.csv", table.as_bytes()));
        assert_eq!(counts(&job), (1, 0, 1), "{job:#}");
        let page = visit(&scene.admin, &format!("{path}?only=refused"));
        assert!(page.says("country, row 3") && page.says("Gambya") && !page.says("WAHO"), "{}", page.text);
        let page = visit(&scene.admin, &format!("{path}?only=waiting"));
        assert!(page.says("No row is so"), "{}", page.text);
        let file = scene.admin.get(&format!("{path}/refused.csv"));
        assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")), "{}", file.text);
        let head = "\"reference\",\"name\",\"country\"\r\n\"# row 3, country, Gambya: ";
        assert!(file.text.starts_with(head) && file.text.ends_with("\"X\",\"'=cmd()\",\"Gambya\"\r\n"), "{}", file.text);
        // It is mended and sent again as it is, and says why in rows that are passed over.
        let mended = file.text.replace("Gambya\"\r\n", "Gambia\"\r\n");
        let (_, again) = tried(&scene.admin, "kind:organizations", ("mended.csv", mended.as_bytes()));
        assert_eq!((counts(&again), &again["skipped"]), ((1, 0, 0), &json!(1)), "{again:#} {:#?}", rows(&scene.admin, &again));
        let list = visit(&scene.admin, "/imports");
        assert!(list.says("who.csv") && list.says("2 of 2 rows"), "{}", list.text);
    }

    fn refused_rows_are_read_again_by_a_mapping_that_says_how_its_tables_are_written(database: &TestDatabase) {
        let scene = Scene::new(database);
        let mapping = "name = \"oficina\"\ntitle = \"La oficina\"\n[file]\ndelimiter = \";\"\nencoding = \"windows-1252\"\nheader_row = 3\n\
            [sheet]\nkind = \"organizations\"\n[columns]\nreference = \"código\"\nname = \"nombre\"\ncountry = \"país\"\n";
        scene.manager.post("/api/v1/mappings", &json!({"rows": [{"text": mapping}]})).expect(201);
        let table = "Oficina;;\r\nagosto;;\r\ncódigo;nombre;país\r\nN-1;Niñez primero;BF\r\nN-2;Niñez, segundo;Gambya\r\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(table);
        let (path, job) = tried(&scene.admin, "mapping:oficina", ("oficina.csv", bytes.as_ref()));
        assert_eq!(counts(&job), (1, 0, 1), "{job:#} {:#?}", rows(&scene.admin, &job));
        let file = scene.admin.get(&format!("{path}/refused.csv"));
        assert!(file.text.contains("\"N-2\";\"Niñez, segundo\";\"Gambya\"\r\n"), "{}", file.text);
        // It is mended and sent again as it is, by the same mapping: what it says is what it said.
        let mended = file.text.replace("\"Gambya\"", "\"Gambia\"");
        let like = format!("like:{}", path.trim_start_matches("/imports/"));
        let (path, again) = tried(&scene.admin, &like, ("oficina.csv", mended.as_bytes()));
        assert_eq!((counts(&again), &again["mapping"]), ((1, 0, 0), &job["mapping"]), "{again:#} {:#?}", rows(&scene.admin, &again));
        sent(&scene.admin, &format!("{path}/run"), &[]);
        assert_eq!(counts(&ended(&scene.admin, &again["id"])), (1, 0, 0));
        let found = scene.admin.get("/api/v1/organizations?limit=500").expect(200);
        assert!(found.to_string().contains("Niñez, segundo"), "{found:#}");
    }

    fn an_import_is_its_senders_alone(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (path, _) = tried(&scene.officer, "kind:pledges", ("donaciones.csv", SPANISH.as_bytes()));
        for caller in [&scene.receiver, &scene.manager, &scene.admin] {
            for page in [path.clone(), format!("{path}/columns"), format!("{path}/refused.csv")] {
                assert_eq!(caller.get(&page).status, 404, "{page}");
            }
            assert_eq!(send(caller, &format!("{path}/columns"), &borrowed(&in_spanish())).status, 404);
            assert_eq!(send(caller, &format!("{path}/run"), &[]).status, 404);
            assert!(!visit(caller, "/imports").says("donaciones"));
        }
        assert_eq!(scene.auditor.get("/imports").status, 403);
    }

    fn what_is_told_is_kept_under_a_name_by_whoever_may(database: &TestDatabase) {
        let scene = Scene::new(database);
        let admin = &scene.admin;
        let table = "Código;Descripción;Unidad;Categoría\r\nV-1;Vacuna;dosis;médico\r\n";
        let (path, job) = tried(admin, "kind:items", ("artículos.csv", table.as_bytes()));
        let columns = format!("{path}/columns");
        let drawn = visit(admin, &columns).hidden("id").to_owned();
        let headings = [("Código", "code"), ("Descripción", "name"), ("Unidad", "base unit"), ("Categoría", "category")];
        let form = |name: &str| told(&headings, &[("id", drawn.as_str()), ("name", name)]);
        let wrong = shown(&send(admin, &columns, &borrowed(&form("Nuestros artículos"))), 422);
        assert!(wrong.says("href=\"#name\"") && wrong.says("value=\"Nuestros artículos\""), "{}", wrong.text);
        sent(admin, &columns, &borrowed(&form("nuestros-articulos")));
        let job = ended(admin, &job["id"]);
        assert!(job["mapping"].as_str().is_some_and(|name| name.starts_with("nuestros-articulos@")), "{job:#}");
        assert_eq!(counts(&job), (1, 0, 0), "{job:#} {:#?}", rows(admin, &job));
        assert!(visit(admin, NEW).says("value=\"mapping:nuestros-articulos\""));
        let (_, job) = tried(admin, "mapping:nuestros-articulos", ("más.csv", table.as_bytes()));
        assert_eq!(counts(&job), (1, 0, 0), "{job:#}");
    }

    fn words_of_a_table_are_told_once_they_were_refused(database: &TestDatabase) {
        let scene = Scene::new(database);
        let admin = &scene.admin;
        let table = "Referencia,Nombre,Donante\r\nHAINAN,Provincia de Hainan,sí\r\nBANJUL,Ciudad de Banjul,no\r\n";
        let (path, job) = tried(admin, "kind:organizations", ("organizaciones.csv", table.as_bytes()));
        let columns = format!("{path}/columns");
        let headings = [("Referencia", "reference"), ("Nombre", "name"), ("Donante", "donor")];
        sent(admin, &columns, &borrowed(&told(&headings, &[])));
        assert_eq!(counts(&ended(admin, &job["id"])), (1, 0, 1));
        assert!(visit(admin, &path).says("Donante, row 2"));
        let page = visit(admin, &columns);
        assert!(page.says("“sí” means</label>") && !page.says("“no” means"), "{}", page.text);
        let words = [("said-2-0", "sí"), ("word-2-0", "yes")];
        sent(admin, &columns, &borrowed(&told(&headings, &words)));
        assert_eq!(counts(&ended(admin, &job["id"])), (2, 0, 0), "{:#?}", rows(admin, &job));
        let page = visit(admin, &columns);
        assert!(page.says("<option value=\"yes\" selected>"), "{}", page.text);
    }

    fn needs_are_told_by_hand_and_are_the_same_needs_as_by_the_template(database: &TestDatabase) {
        let scene = Scene::new(database);
        let officer = &scene.officer;
        let table = "Ref;Programa;Artículo;País;Cantidad;Para;Fuente\r\nN-1;CITIES;MASK;GM;500;31/01/2030;formulario 1\r\n";
        let (path, job) = tried(officer, "kind:needs", ("necesidades.csv", table.as_bytes()));
        assert_eq!(job["state"], "failed", "{job:#}");
        let headings = [
            ("Ref", "Reference"),
            ("Programa", "Programme"),
            ("Artículo", "Item"),
            ("País", "Area"),
            ("Cantidad", "Quantity"),
            ("Para", "Needed by"),
            ("Fuente", "Source"),
        ];
        let fields = told(&headings, &[("constant-9", "high"), ("dates", "%d/%m/%Y")]);
        sent(officer, &format!("{path}/columns"), &borrowed(&fields));
        assert_eq!(counts(&ended(officer, &job["id"])), (1, 0, 0), "{:#?}", rows(officer, &job));
        sent(officer, &format!("{path}/run"), &[]);
        assert_eq!(counts(&ended(officer, &job["id"])), (1, 0, 0));
        let ours = "Reference,Programme,Item,Site,Area,Organization,Quantity,Needed by,People,Priority,Shelf life (days),Source,Note\r\n\
                    N-1,CITIES,MASK,,GM,,500,2030-01-31,,high,,formulario 1,\r\n";
        let again = imported(officer, "kind=needs", ours);
        assert_eq!(counts(&again), (0, 1, 0), "{again:#} {:#?}", rows(officer, &again));
    }

    fn every_kind_is_sent_from_its_template_and_says_its_columns(database: &TestDatabase) {
        let scene = Scene::new(database);
        let admin = &scene.admin;
        let page = visit(admin, NEW);
        let senders = [admin, &scene.manager, &scene.officer].map(|caller| (caller, visit(caller, NEW)));
        for kind in KINDS {
            let offered = format!("value=\"kind:{kind}\"");
            let sender = senders.iter().find(|(_, page)| page.says(&offered));
            let (sender, _) = sender.unwrap_or_else(|| panic!("nobody is offered to send {kind}"));
            for ending in ["csv", "xlsx"] {
                let template = sender.get(&format!("/api/v1/imports/templates/{kind}.{ending}"));
                let (path, job) = tried(sender, &format!("kind:{kind}"), (&format!("{kind}.{ending}"), &template.bytes));
                assert_eq!((&job["state"], &job["kind"]), (&json!("done"), &json!(kind)), "{ending}: {job:#}");
                let columns = visit(sender, &format!("{path}/columns"));
                assert!(columns.says(" selected>") && !columns.says("id=\"constant-"), "{kind}: {}", columns.text);
            }
        }
        for mapping in ["relief", "hxl-345w-honduras"] {
            assert!(page.says(&format!("value=\"mapping:{mapping}\"")), "{mapping}: {}", page.text);
        }
        let records = b"{}\n";
        let (path, job) = tried(admin, "mapping:relief", ("records.ndjson", records));
        assert_eq!(job["mapping"], "relief", "{job:#}");
        assert!(!visit(admin, &path).says("/columns\""), "its mapping says all of it");
        assert_eq!(admin.get(&format!("{path}/columns")).status, 409);
        // Officers are offered what they may.
        let page = visit(&scene.officer, NEW);
        assert!(page.says("kind:pledges") && !page.says("kind:items"), "{}", page.text);
    }

    fn a_form_without_a_file_or_with_too_large_a_one_is_shown_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let none = shown(&sends(&scene.officer, "kind:pledges", ("", b"")), 422);
        assert!(none.says("<title>Error: ") && none.says("href=\"#file\"") && none.says("No file was chosen"), "{}", none.text);
        assert!(none.says("<option value=\"kind:pledges\" selected>"), "what was chosen stays chosen: {}", none.text);
        let unknown = shown(&sends(&scene.officer, "mapping:nobodys", ("a.csv", b"a\r\n1\r\n")), 422);
        assert!(unknown.says("href=\"#read\"") && unknown.says("id=\"read-error\""), "{}", unknown.text);
        let large = shown(&sends(&scene.officer, "kind:pledges", ("a.csv", &vec![b'a'; 9 * 1_024 * 1_024])), 413);
        assert!(large.says("href=\"#file\""), "{}", large.text);
        let not_mine = shown(&sends(&scene.officer, "kind:items", ("a.csv", b"code\r\n")), 403);
        assert!(not_mine.says("<title>Error: "), "{}", not_mine.text);
    }

    fn what_was_tried_is_read_in_another_way_by_the_interface(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (path, job) = tried(&scene.officer, "kind:pledges", ("donaciones.csv", SPANISH.as_bytes()));
        let api = format!("/api/v1{path}");
        let found = scene.officer.get(&format!("{api}/columns")).expect(200);
        assert_eq!(found["columns"][0], json!({"heading": "Referencia", "field": null, "said": []}), "{found:#}");
        assert_eq!((&found["kind"], &found["rows"][0][4]), (&json!("pledges"), &json!("1.200")), "{found:#}");
        let told = |body: Value| scene.officer.post(&format!("{api}/reading"), &body);
        told(json!({"columns": {"referencia": "x"}})).refused("invalid", &["/columns/referencia"]);
        told(json!({"columns": {"reference": ""}, "dates": ["%q"], "decimal": "point"})).refused("invalid", &["/columns/reference", "/dates/0", "/decimal"]);
        told(json!({"mapping": "relief", "dates": ["%d/%m/%Y"]})).refused("invalid", &["/mapping"]);
        let columns = json!({"reference": "Referencia", "programme": "Programa", "offered at": "Fecha", "item": "Artículo", "quantity": "Cantidad"});
        let body = json!({"columns": columns, "constants": {"kind": "unsolicited"}, "dates": ["%d/%m/%Y"], "decimal": ",", "thousands": "."});
        let answer = told(body.clone()).expect(202);
        assert_eq!((&answer["mapping"], &answer["receipt"]), (&json!("by-hand"), &Value::Null), "{answer:#}");
        assert_eq!(counts(&ended(&scene.officer, &job["id"])), (1, 0, 1));
        scene.officer.post(&format!("{api}/run"), &json!({})).expect(202);
        ended(&scene.officer, &job["id"]);
        told(body).refused("wrong_state", &[]);
    }

    fn a_form_filled_with_as_many_fields_as_fit_keeps_nobody_waiting(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (path, _) = tried(&scene.officer, "kind:pledges", ("donaciones.csv", SPANISH.as_bytes()));
        // Headings of columns that the table has not, a megabyte of them.
        let fields: Fields = (0..60_000).map(|place| (format!("heading-{place}"), String::new())).collect();
        let begun = Instant::now();
        let wrong = shown(&send(&scene.officer, &format!("{path}/columns"), &borrowed(&fields)), 422);
        assert!(wrong.says("<title>Error: "), "{}", wrong.text);
        // Whoever looked through all of them for each would take minutes.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
