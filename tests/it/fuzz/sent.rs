//! What other systems and other people's spreadsheets send: documents of EPCIS, sheets of every kind, and mappings of them.

use relief_ledger::captures::event::read_event;
use relief_ledger::captures::rules::read_document;
use relief_ledger::captures::uris::{class, paper, place, sscc};
use relief_ledger::exchange::sheets::{Form, Sheet, SheetKind, SheetMapping, template};
use serde_json::Value;

use super::{Reader, none_stops, seen};

const SHIPPED: &str = r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
{"relief":"urn:relief-ledger:epcis:"}],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2020-08-20T10:00:00Z",
"epcisBody":{"eventList":[{"type":"ObjectEvent","eventID":"urn:uuid:01900000-0000-7000-8000-000000000001",
"eventTime":"2020-08-01T08:00:00+08:00","eventTimeZoneOffset":"+08:00","action":"OBSERVE","bizStep":"shipping",
"bizTransactionList":[{"bizTransaction":"urn:epcglobal:cbv:bt:0614141000005:7KQX-3M2P-9RTC"}],
"readPoint":{"id":"urn:relief-ledger:site-code:BJS"},
"quantityList":[{"epcClass":"urn:relief-ledger:item-code:MASK:lot:A-1","quantity":600.0,"uom":"KGM"}]}]}}"#;
const RECEIVED: &str = r#"{"@context":[{"own":"urn:relief-ledger:epcis:"}],"type":"EPCISDocument","schemaVersion":"2.0",
"creationDate":"2020-08-20T10:00:00Z","epcisBody":{"eventList":[{"type":"AggregationEvent","action":"ADD",
"eventTime":"2020-08-05T09:00:00Z","eventTimeZoneOffset":"-00:30","bizStep":"https://ref.gs1.org/cbv/BizStep-receiving",
"parentID":"urn:epc:id:sscc:0614141.1234567890","childEPCs":["https://id.gs1.org/00/106141412345678908"],
"childQuantityList":[{"epcClass":"https://id.gs1.org/01/09506000134352/10/A-1"}],
"own:kind":"received","own:precision":"day","own:leg":"01900000-0000-7000-8000-000000000002",
"own:receipt":{"final":true,"lines":[{"good":5,"missing":1}]},"own:lots":[{"number":"A-1"}],
"errorDeclaration":{"declarationTime":"2020-08-06T00:00:00Z","reason":"did_not_occur",
"correctiveEventIDs":["urn:uuid:01900000-0000-7000-8000-000000000003"]}}]}}"#;

#[test]
fn no_document_of_epcis_stops_what_reads_it_nor_any_identifier_in_one() {
    none_stops(&[
        Reader::of_text("document of EPCIS", &[SHIPPED, RECEIVED], |text| {
            let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
            let Ok(document) = read_document(value) else { return false };
            document.events.iter().all(|event| {
                let read = read_event(event, "/epcisBody/eventList/0", document.prefix.as_deref());
                read.is_ok_and(|event| {
                    seen((event.event_id(), event.row_id("everything"), event.papers().count()));
                    true
                })
            })
        }),
        Reader::of_text(
            "identifier of GS1",
            &[
                "urn:epc:id:sscc:0614141.1234567890",
                "https://id.gs1.org/01/09506000134352/10/A%2F1",
                "urn:epc:class:lgtin:4012345.012345.998877",
                "urn:relief-ledger:item:01900000-0000-7000-8000-000000000004:lot:01900000-0000-7000-8000-000000000005",
                "urn:epcglobal:cbv:bt:0614141000005:7KQX-3M2P-9RTC",
            ],
            |text| {
                seen((class(text), paper(text), place(text), sscc(text)));
                true
            },
        ),
    ]);
}

/// A template that is filled in with the examples of its own instructions.
pub fn filled(kind: SheetKind) -> String {
    let text = String::from_utf8(template(kind, Form::Csv).expect("a template")).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    let (heading, notes) = lines.split_last().expect("a heading");
    let columns = &notes[notes.len() - heading.split(',').count()..];
    let cell = |note: &&str| {
        let example = note.split_once(" Example: ").map_or("", |(_, example)| example);
        format!("\"{}\"", example.replace('"', "\"\""))
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    format!("{text}{}\r\n", cells.join(","))
}

/// Whether a sheet is read to its end, all that it states.
fn is_read(kind: SheetKind, bytes: &[u8]) -> bool {
    let Ok(sheet) = Sheet::open(bytes.to_vec(), &SheetMapping::of(kind)) else { return false };
    seen((sheet.count().is_ok(), sheet.notes().len()));
    for record in sheet.records() {
        let Ok(record) = record else { return false };
        seen((record.numbers().count(), record.last_row()));
    }
    true
}

#[test]
fn no_sheet_of_any_kind_stops_what_reads_it() {
    let kinds = SheetKind::ALL.into_iter().filter(|kind| *kind != SheetKind::Boundaries);
    let reader = |kind: SheetKind| {
        Reader::new(kind.word(), vec![filled(kind).into_bytes()], move |bytes| is_read(kind, bytes))
    };
    none_stops(&kinds.map(reader).collect::<Vec<_>>());
}

#[test]
fn no_mapping_of_a_sheet_stops_what_reads_it() {
    let sample = "name = \"our-articles\"\ntitle = \"Our list\"\n[sheet]\nkind = \"items\"\n[columns]\ncode = \"Article no.\"\n\"storage class\" = \"Store\"\n\
                  [constants]\n\"base unit\" = \"piece\"\n[words.\"storage class\"]\nFridge = \"refrigerated\"\n";
    let table = "Article no.,Description,Store\nA-1,Masks,Fridge\n";
    none_stops(&[Reader::of_text("mapping of a sheet", &[sample], move |text| {
        let Ok(mapping) = SheetMapping::parse(text) else { return false };
        // Whether a table fits it is another question, whose answer stops nobody either.
        if let Ok(sheet) = Sheet::open(table.as_bytes().to_vec(), &mapping) {
            sheet.records().for_each(seen);
        }
        true
    })]);
}
