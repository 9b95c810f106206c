//! Small words that strangers send: codes, keys, identifiers, times, places, events, queries, keys of pages.

use relief_ledger::atlas::{AreaCode, CountryCode, Language, UnLocode};
use relief_ledger::auth::{ApiKeySecret, OutsideKeys, Secret, SessionKind};
use relief_ledger::baselines::{Area, PeopleGroup};
use relief_ledger::cold::rules::{read_celsius, read_time};
use relief_ledger::confirmations::rules::Token;
use relief_ledger::core::cell::{is_formula, shielded, unshielded};
use relief_ledger::core::code::{TypedCode, read_tracking_code};
use relief_ledger::core::id::EventId;
use relief_ledger::core::page::PageQuery;
use relief_ledger::core::quantity::Quantity;
use relief_ledger::core::time::Timestamp;
use relief_ledger::documents::rules::read_number;
use relief_ledger::events::Command;
use relief_ledger::exports::ExportQuery;
use relief_ledger::exports::rules::comment;
use relief_ledger::kits::rules::read_sscc;
use relief_ledger::ledger::{read_as_of, read_known_at};
use relief_ledger::lots::rules::Within;
use relief_ledger::pages::{Form, first_language};
use relief_ledger::reconciliation::rules as reconciling;
use relief_ledger::totals::regions::read_region;
use relief_ledger::totals::rules as adding;
use relief_ledger::web::{decode_key, encode_key};
use uuid::Uuid;

use super::{Reader, none_stops, seen};

const ID: &str = "01900000-0000-7000-8000-000000000001";

#[test]
fn no_code_key_or_identifier_stops_what_reads_it() {
    let key = ApiKeySecret::draw().expect("a key").text();
    let secrets = [SessionKind::Token, SessionKind::Cookie].map(|kind| {
        let text = Secret::draw(kind).expect("a secret").text();
        Reader::of_text("secret of a session", &[&text], move |text| Secret::parse(kind, text).is_some())
    });
    none_stops(&[
        Reader::of_text("tracking code", &["7KQ2-M9XD-4TRF", "7kq2 m9xd 4trf"], |text| {
            // Whether its check letter fits is told apart; what is mistyped is read as well.
            if let TypedCode::Sound(code) = read_tracking_code(text) {
                assert!(matches!(read_tracking_code(&code), TypedCode::Sound(again) if again == code));
            }
            true
        }),
        Reader::of_text("key of a machine", &[&key], |text| ApiKeySecret::parse(text).is_some()),
        Reader::of_text("identifier", &[ID], |text| text.parse::<EventId>().is_ok()),
        Reader::of_text("SSCC", &["003700000000000014", "106141412345678908"], |text| {
            seen(read_sscc(text));
            true
        }),
        Reader::of_text("token of a link", &[&Token::new([7; 32]).text()], |text| {
            Token::parse(text).is_some_and(|token| {
                seen((token.hash(), token.id()));
                true
            })
        }),
        Reader::of_text("number of a paper", &["WB-BEI-2020-000123"], |text| {
            seen(read_number(text));
            true
        }),
        Reader::of_text(
            "keys of an issuer",
            &[
                "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
            ],
            |text| OutsideKeys::parse(text.as_bytes()).is_ok(),
        ),
    ]);
    none_stops(&secrets);
}

#[test]
fn no_time_place_or_quantity_stops_what_reads_it() {
    none_stops(&[
        Reader::of_text(
            "time",
            &["2020-08-06T12:30:00Z", "2020-08-06", "2020-08-06T12:30:00.123456+02:00"],
            |text| {
                seen(Timestamp::parse_last(text));
                Timestamp::parse(text).is_some()
            },
        ),
        Reader::of_text("time of a logger", &["2020-08-06T12:30:00Z"], |text| read_time(text, None).is_ok()),
        Reader::of_text("temperature", &["-18.25", "4", "+21.5"], |text| {
            seen(read_celsius(text));
            true
        }),
        Reader::of_text("country", &["GM", "CN"], |text| text.parse::<CountryCode>().is_ok()),
        Reader::of_text("code of an area", &["GM-B", "GM01"], |text| {
            seen(text.parse::<AreaCode>());
            true
        }),
        Reader::of_text("UN/LOCODE", &["GMBJL"], |text| {
            seen(text.parse::<UnLocode>());
            true
        }),
        Reader::of_text("group of people", &["all", "f_0_4"], |text| {
            seen(text.parse::<PeopleGroup>());
            true
        }),
        Reader::of_text("area of a population", &["GM", "GM/GM01"], |text| {
            seen(text.parse::<Area>());
            true
        }),
        Reader::of_text("quantity", &["12000", "0"], |text| serde_json::from_str::<Quantity>(text).is_ok()),
    ]);
}

#[test]
fn no_event_stops_what_reads_it() {
    let departed = format!(
        "{{\"id\":\"{ID}\",\"kind\":\"departed\",\"occurred_at\":\"2020-08-20\",\"consignment\":\"{ID}\",\"leg\":\"{ID}\",\
         \"lines\":[{{\"item\":\"{ID}\",\"quantity\":100}}]}}"
    );
    let counted = departed.replace("departed", "counted");
    none_stops(&[Reader::of_text("event", &[&departed, &counted], |text| {
        serde_json::from_str(text).is_ok_and(|value| {
            seen(Command::read(value));
            true
        })
    })]);
}

#[test]
fn no_query_or_key_of_a_page_stops_what_reads_it() {
    let export = format!("country=GM&programme={ID}&from=2020-06-01&known_at=4711&table=records");
    let key = encode_key(&(Timestamp(1), Uuid::nil(), "a name"));
    none_stops(&[
        Reader::of_text("query of an export", &[&export, "as_of=2020-12-31"], |text| {
            serde_urlencoded::from_str::<ExportQuery>(text).is_ok_and(|query| {
                seen(query.question(relief_ledger::auth::Scope::everything()).map(|_| ()));
                seen(query.words());
                true
            })
        }),
        Reader::of_text("query of a page", &["limit=5&after=abc"], |text| {
            serde_urlencoded::from_str::<PageQuery>(text).is_ok()
        }),
        Reader::of_text("key of a page", &[&key, &encode_key(&7_i64), &encode_key(&Uuid::nil())], |text| {
            let read = [
                decode_key::<(Timestamp, Uuid, String)>(text).is_ok(),
                decode_key::<i64>(text).is_ok(),
                decode_key::<Uuid>(text).is_ok(),
            ];
            read.contains(&true)
        }),
        Reader::of_text("moment", &["2020-12-31", "2020-12-31T23:59:59Z"], |text| {
            seen(read_known_at("known_at", Some(text)));
            read_as_of(Some(text)).is_ok()
        }),
        Reader::of_text("time to look ahead", &["3m", "0m", "arrival"], |text| {
            text.parse::<Within>().is_ok_and(|within| {
                seen(within.last_day(chrono::NaiveDate::MAX));
                true
            })
        }),
        Reader::of_text("region", &["202"], |text| {
            seen((read_region("region", Some(text)).is_ok(), read_region("subregion", Some(text)).is_ok()));
            true
        }),
        Reader::of_text("dimensions", &["country,item", "programme"], |text| {
            seen(reconciling::read_groups("group_by", text, 3));
            seen(reconciling::read_without(text));
            seen(reconciling::read_sections(Some(text)));
            seen(reconciling::read_account(Some(text)));
            seen(reconciling::read_condition(Some(text)));
            seen(adding::read_month("month", Some(text)));
            seen(adding::read_corridor(Some(text)));
            adding::read_groups(text).is_ok()
        }),
    ]);
}

#[test]
fn no_form_or_wish_for_a_language_stops_what_reads_it() {
    none_stops(&[
        Reader::of_text("languages somebody reads", &["fr-CH, en;q=0.8", "de, ar;q=0.5, *;q=0.1"], |text| {
            seen(first_language(text));
            true
        }),
        Reader::new(
            "form",
            vec![
                b"login=amina&password=a+b%20c&to=%2Fmap".to_vec(),
                b"line=1&line=2&quantity-0=%D9%A3".to_vec(),
            ],
            |bytes| {
                let form = Form::read(bytes);
                for (name, value) in form.fields() {
                    assert!(form.all(name).any(|given| given == value.trim()), "{name:?}");
                    assert_eq!(form.get(name), form.raw(name).trim());
                    seen(form.given(name));
                }
                !form.fields().is_empty()
            },
        ),
    ]);
    // What is no number weighs nothing, and what is no UTF-8 is replaced.
    assert_eq!(first_language("fr;q=NaN, ar;q=0.5"), Language::Arabic);
    assert_eq!(Form::read(b"a=%FF").get("a"), "\u{fffd}");
}

#[test]
fn no_text_stops_what_makes_cells_and_comments_of_it() {
    none_stops(&[
        Reader::of_text("cell", &["=1+1", "Masks, surgical", "a\t-b;@c|+d"], |text| {
            let cell = shielded(text);
            assert_eq!(unshielded(&cell), text);
            seen(is_formula(&cell));
            true
        }),
        Reader::of_text("comment of XML", &["filters: none", "a--b---c-", "<!-- -->"], |text| {
            let comment = comment(text);
            assert!(!comment.contains("--") && !comment.ends_with('-'), "{comment:?}");
            assert_eq!(comment.replace(' ', ""), text.replace(' ', ""), "nothing is lost");
            true
        }),
    ]);
    // The twin: the replacement that was, which three hyphens get past.
    assert!("a---b".replace("--", "- -").contains("--"));
}
