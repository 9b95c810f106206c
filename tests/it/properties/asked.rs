//! Totals as whoever asks gets them: by every dimension, by some together, and of a day in the past.

use relief_ledger::auth::Scope;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::totals::rules::{Filters, Group, PlaceMeaning, Question};
use relief_ledger::totals::{Narrowed, TotalsView, answer};

/// A day in the middle of what happens in the small world.
const A_DAY: &str = "2020-03-14T00:00:00Z";

fn question(group_by: Vec<Group>) -> Question {
    Question {
        group_by,
        place: PlaceMeaning::At,
        filters: Filters::default(),
        scope: Scope::from_words("all"),
        eyes: None,
        as_of: None,
        known_at: None,
        narrowed: Narrowed::default(),
    }
}

fn questions() -> Vec<Question> {
    let mut questions: Vec<Question> = Group::ALL.into_iter().map(|group| question(vec![group])).collect();
    questions.extend([
        Question { place: PlaceMeaning::For, ..question(vec![Group::Country]) },
        question(vec![Group::Item, Group::Country]),
        question(vec![Group::Donor, Group::Month]),
        Question { as_of: Timestamp::parse(A_DAY), ..question(vec![Group::Site]) },
        Question { as_of: Timestamp::parse(A_DAY), ..question(vec![Group::Item]) },
    ]);
    questions
}

/// What is answered to each question, with its words.
pub fn totals(url: &str) -> Vec<(String, TotalsView)> {
    let mut conn = connect(url).expect("the database opens");
    let ask = |question: Question| {
        let groups: Vec<&str> = question.group_by.iter().map(|group| group.word()).collect();
        let words = format!("by {} {}, as of {:?}", groups.join(", "), question.place.word(), question.as_of);
        (words, answer(&mut conn, &question).expect("totals are answered"))
    };
    questions().into_iter().map(ask).collect()
}

/// The answers whose two sides differ, in words: each row's, all rows' together, and what came in against what went out.
pub fn open(totals: &[(String, TotalsView)]) -> Vec<String> {
    let mut found = Vec::new();
    for (words, view) in totals {
        let rows = view.rows.iter().chain(&view.not_placed).chain([&view.total]);
        let residuals: Vec<i64> = rows.map(|row| row.residual).collect();
        if residuals.iter().any(|residual| *residual != 0) || view.flows_residual != Some(0) {
            found.push(format!("{words}: {residuals:?}, in less out {:?}", view.flows_residual));
        }
    }
    found
}
