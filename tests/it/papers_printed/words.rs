//! Phrases in six languages, and numbers, days and amounts as each writes them.

use relief_ledger::papers::formats::{amount, cubic_metres, day, kilograms, number};
use relief_ledger::papers::rules::Language;
use relief_ledger::papers::words::{Goods, Phrase, Told};

/// Every phrase in every language.
fn phrases() -> Vec<(String, Vec<(Language, &'static str)>)> {
    let each = |said: &dyn Fn(Language) -> &'static str| {
        Language::ALL.into_iter().map(|language| (language, said(language))).collect()
    };
    let mut all = Vec::new();
    all.extend(
        Phrase::ALL.iter().map(|one| (format!("Phrase::{one:?}"), each(&|language| one.said(language)))),
    );
    all.extend(
        Goods::ALL.iter().map(|one| (format!("Goods::{one:?}"), each(&|language| one.said(language)))),
    );
    all.extend(Told::ALL.iter().map(|one| (format!("Told::{one:?}"), each(&|language| one.said(language)))));
    all
}

/// What is wrong with a phrase in a language: it is missing, or in letters of another one.
fn faults(name: &str, language: Language, words: &str) -> Option<String> {
    let has =
        |range: std::ops::RangeInclusive<char>| words.chars().any(|character| range.contains(&character));
    let fault = |what: &str| Some(format!("{name} in {}: {what}", language.code()));
    if words.trim().is_empty() || words.trim() != words {
        return fault("is missing, or has spaces around it");
    }
    // Units and codes are written alike in several languages.
    let is_short = words.chars().count() <= 4;
    match language {
        Language::Russian if !has('а'..='я') && !has('А'..='Я') && !is_short => {
            fault("is not in Cyrillic letters")
        }
        Language::Arabic if !has('\u{620}'..='\u{64a}') => fault("is not in Arabic letters"),
        Language::Chinese if !has('\u{4e00}'..='\u{9fff}') && !is_short => {
            fault("is not in Chinese characters")
        }
        Language::English | Language::French | Language::Spanish
            if has('а'..='я') || has('\u{4e00}'..='\u{9fff}') =>
        {
            fault("is in letters of another language")
        }
        _ => None,
    }
}

#[test]
fn no_phrase_is_missing_in_any_language() {
    let phrases = phrases();
    assert!(phrases.len() > 130, "{}", phrases.len());
    let found: Vec<String> = phrases
        .iter()
        .flat_map(|(name, said)| {
            said.iter().filter_map(move |(language, words)| faults(name, *language, words))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    // Twins.
    assert!(faults("x", Language::Russian, "Waybill").is_some());
    assert!(faults("x", Language::French, "").is_some());
    assert!(faults("x", Language::Chinese, "Packing list").is_some());
    assert!(faults("x", Language::English, "Номер").is_some());
}

#[test]
fn a_long_phrase_is_not_left_in_english() {
    for (name, said) in phrases() {
        let english = said[0].1;
        if english.split(' ').count() < 3 {
            continue;
        }
        for (language, words) in &said[1..] {
            assert_ne!(*words, english, "{name} in {}", language.code());
        }
    }
}

#[test]
fn numbers_are_grouped_as_each_language_groups_them() {
    let told: Vec<String> = Language::ALL.into_iter().map(|language| number(language, 1_234_567)).collect();
    assert_eq!(
        told,
        [
            "1,234,567",
            "1\u{202f}234\u{202f}567",
            "1.234.567",
            "1\u{a0}234\u{a0}567",
            "1,234,567",
            "1,234,567"
        ]
    );
    assert_eq!(number(Language::Spanish, 1_234), "1234");
    assert_eq!(number(Language::Spanish, 12_345), "12.345");
    assert_eq!(number(Language::English, -1_000), "\u{2212}1,000");
    assert_eq!(number(Language::English, i64::MIN), "\u{2212}9,223,372,036,854,775,808");
    assert_eq!(number(Language::English, 999), "999");
}

#[test]
fn weights_and_amounts_lose_nothing() {
    assert_eq!(kilograms(Language::English, 7_800), "7.8");
    assert_eq!(kilograms(Language::French, 1), "0,001");
    assert_eq!(kilograms(Language::Russian, 1_234_000), "1\u{a0}234");
    assert_eq!(kilograms(Language::English, -500), "\u{2212}0.5");
    assert_eq!(cubic_metres(Language::English, 1_250_000), "1.25");
    assert_eq!(amount(Language::English, 262_500, "USD"), "2,625.00\u{a0}USD");
    assert_eq!(amount(Language::Spanish, 262_505, "USD"), "2625,05\u{a0}USD");
    assert_eq!(amount(Language::English, 2_625, "JPY"), "2,625\u{a0}JPY");
}

#[test]
fn days_are_in_words_and_no_day_stays_as_it_is() {
    let told: Vec<String> = Language::ALL.into_iter().map(|language| day(language, "2026-06-03")).collect();
    assert_eq!(
        told,
        [
            "3 June 2026",
            "3 juin 2026",
            "3 de junio de 2026",
            "3 июня 2026\u{a0}г.",
            "2026年6月3日",
            "3 يونيو 2026"
        ]
    );
    assert_eq!(day(Language::French, "2026-01-01"), "1er janvier 2026");
    assert_eq!(day(Language::English, "2026-12-31T23:59:59Z"), "31 December 2026");
    assert_eq!(day(Language::English, "soon"), "soon");
}
