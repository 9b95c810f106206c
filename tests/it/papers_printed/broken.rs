//! Text that would break out of its place stays whole, and in its place.

use proptest::prelude::*;
use relief_ledger::papers::html::{escaped, html};
use relief_ledger::papers::model::{Block, Column, Fact, Label, Paper, Signature, Table, Value, clean};
use relief_ledger::papers::pdf::pdf;
use relief_ledger::papers::rules::Language;

use super::stage::{Stage, assert_says, file, page, pages, read, run_on};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Words that a name may be made of by somebody who wants more than to be named.
const HOSTILE: &str = "<script>alert(1)</script> & \"quoted\" 'single' </style><b>bold</b> {{x}} %PDF ) Tj (";

/// A paper with these words wherever words may stand.
fn paper_of(language: Language, words: &str) -> Paper {
    let columns = vec![Column::words("Item", 40), Column::words("Lot", 20), Column::numbers("Quantity", 10)];
    let row = vec![Value::words(words), Value::code(words), Value::Number("1,200".into())];
    Paper {
        language,
        title: "Waybill",
        name: "x".into(),
        blocks: vec![
            Block::Heading("Way"),
            Block::Notice(clean(words)),
            Block::Facts(vec![Fact::new("Name", Value::words(words))]),
            Block::Table(Table { caption: "Goods", columns, rows: vec![row.clone(), row], total: None }),
            Block::Code("7KQ2-M9XD-4TRF".into()),
            Block::Signatures(vec![Signature {
                act: "Received by",
                name: Value::words(words),
                date: Value::Blank,
            }]),
            Block::Labels(vec![Label {
                code: "7KQ2-M9XD-4TRF".into(),
                package: Value::Number("1 / 2".into()),
                facts: vec![Fact::new("Consignee", Value::words(words))],
            }]),
        ],
        foot: vec!["ReliefLedger · 1".into()],
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_name_of_markup_is_a_name(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let consignee = stage.scene.organization(HOSTILE, "GM");
        let (consignment, _) = stage.scene.planned(&consignee, &[&stage.banjul, &stage.scene.site("Brikama", "warehouse", "GM")]);
        let path = format!("/api/v1/consignments/{consignment}/papers/waybill");
        let text = page(officer, &path, "en");
        for never in ["<script", "</style><b>", "<b>bold"] {
            assert!(!text.contains(never), "{never} came out");
        }
        assert!(text.contains(&escaped(HOSTILE)), "it is not told whole");
        assert_says(&read(&file(officer, &path, "en").bytes), &[HOSTILE]);
    }

    fn a_name_in_another_script_prints_in_its_own_letters(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let banjul = &stage.banjul;
        for (name, is_set) in [("Городской совет Банжула", true), ("مجلس مدينة بانجول", true), ("Δήμος", true), ("班珠尔市议会", false)] {
            let consignee = stage.scene.organization(name, "GM");
            let (consignment, _) = stage.scene.planned(&consignee, &[banjul, &stage.scene.site(name, "warehouse", "GM")]);
            let path = format!("/api/v1/consignments/{consignment}/papers/waybill");
            let text = read(&file(officer, &path, "en").bytes);
            // What is lacking is said; a browser has it.
            assert_eq!(text.contains("not in this file’s typeface"), !is_set, "{name}: {text}");
            assert!(page(officer, &path, "en").contains(name), "{name}");
            if name.is_ascii() || name.starts_with(['Г', 'Δ']) {
                assert_says(&text, &[name]);
            }
        }
    }
}

#[test]
fn a_text_that_turns_the_direction_turns_nothing() {
    let turned =
        "GLOVE\u{202e}xobatolg\u{202c} \u{2066}a\u{2069}\u{200f}b\u{feff}c\u{0}d\u{1b}[2Je\r\nf\tg\u{2028}h";
    assert_eq!(clean(turned), "GLOVExobatolg abc d [2Je f g h");
    let page = html(&paper_of(Language::English, turned)).expect("a page");
    let file = pdf(&paper_of(Language::English, turned)).expect("a file");
    for text in [page, read(&file)] {
        assert_says(&text, &["GLOVExobatolg"]);
        assert!(
            text.chars().all(
                |one| !matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\0' | '\u{1b}')
            )
        );
    }
    assert_eq!(clean("  \u{202e}\u{0} "), "", "of nothing but marks nothing is left");
    assert_eq!(Value::words("\u{202e}"), Value::Blank);
}

#[test]
fn a_name_of_ten_thousand_letters_stays_whole() {
    for name in ["x".repeat(10_000), "word ".repeat(2_000), "Ж".repeat(10_000), "مرحبا ".repeat(1_700)]
    {
        let paper = paper_of(Language::Russian, &name);
        assert!(html(&paper).expect("a page").contains(name.trim()));
        let file = pdf(&paper).expect("a file");
        assert!(pages(&file) > 3, "it takes its pages");
        let told = run_on(&read(&file));
        if !name.starts_with('م') {
            let letter: String = name.chars().take(1).collect();
            // Once as a notice, once as a fact, and in two cells of each of two rows.
            assert!(
                told.matches(&letter).count() >= 6 * name.matches(&letter).count(),
                "letters of it are lost"
            );
        }
        assert!(told.contains("1,200"), "what stands beside it is lost");
    }
}

#[test]
fn a_page_that_lets_markup_through_would_be_seen() {
    let (words, bare) = ("<b>bold</b>", html(&paper_of(Language::Spanish, "x")).expect("a page"));
    let page = html(&paper_of(Language::Spanish, words)).expect("a page");
    assert_eq!(elements(&page), elements(&bare));
    let broken = page.replace(&escaped(words), words);
    assert_ne!(elements(&broken), elements(&bare));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_text_makes_a_paper_and_stays_in_its_place(words in "\\PC{0,200}|[\\x00-\\x{10ffff}]{0,60}|[ءا-ي 0-9a-z()]{0,80}") {
        let paper = paper_of(Language::French, &words);
        let file = pdf(&paper).expect("a file");
        prop_assert!(file.starts_with(b"%PDF-"));
        prop_assert_eq!(&file, &pdf(&paper).expect("the same file"));
        let page = html(&paper).expect("a page");
        // The same elements as of a paper with no words of others, or with a letter for them.
        let bare = if clean(&words).is_empty() { "" } else { "x" };
        let bare = html(&paper_of(Language::French, bare)).expect("a page");
        prop_assert_eq!(elements(&page), elements(&bare));
    }

    #[test]
    fn what_is_clean_stays_as_it_is(words in "\\PC{0,200}|[\\x00-\\x{10ffff}]{0,60}") {
        let once = clean(&words);
        prop_assert_eq!(&clean(&once), &once);
        prop_assert!(once.chars().all(|one| !one.is_control()));
        // Letters are never lost.
        let letters = |text: &str| text.chars().filter(|one| one.is_alphanumeric()).count();
        prop_assert_eq!(letters(&once), letters(&words));
    }
}

/// The elements of a page, in order.
fn elements(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|part| part.split('>').next().unwrap_or(part)).collect()
}
