//! The bar of where each unit is: widths add up to the whole, and nothing is so little that it is not drawn.

use super::whereabouts::Whereabouts;
use super::{Side, shared};
use crate::ledger::{Account, Condition};
use crate::pages::frame::Frame;
use crate::papers::words::condition;
use std::collections::BTreeMap;

/// How wide a bar is, in units of its own: the page stretches it.
pub const WIDTH: i64 = 1_000;
/// What is between two groups.
pub const GAP: i64 = 4;
/// No part is narrower: on the narrowest phone that is two points, which an eye still finds.
pub const LEAST: i64 = 8;

/// Goods by where they are and in what condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    parts: BTreeMap<(Whereabouts, Condition), i64>,
}

impl Goods {
    /// Adds heaps up; sources are none, since goods come from there.
    pub fn of(heaps: impl IntoIterator<Item = (Account, Condition, i64)>) -> Self {
        let mut parts = BTreeMap::new();
        for (account, condition, quantity) in heaps {
            if let Some(at) = Whereabouts::of(account).filter(|_| quantity != 0) {
                let sum: &mut i64 = parts.entry((at, condition)).or_default();
                *sum = sum.saturating_add(quantity);
            }
        }
        Self { parts }
    }

    /// All of them.
    pub fn total(&self) -> i64 {
        self.parts.values().fold(0, |sum, quantity| sum.saturating_add(*quantity))
    }

    /// Those that are there.
    pub fn at(&self, place: Whereabouts) -> i64 {
        let there = self.parts.iter().filter(|((at, _), _)| *at == place);
        there.fold(0, |sum, (_, quantity)| sum.saturating_add(*quantity))
    }

    /// Those that are there in a condition.
    pub fn part(&self, place: Whereabouts, condition: Condition) -> i64 {
        self.parts.get(&(place, condition)).copied().unwrap_or(0)
    }

    /// Those that can still come to good, in a condition: in custody or with whom they were for.
    pub fn usable(&self, condition: Condition) -> i64 {
        let open = [Whereabouts::OnTheWay, Whereabouts::InStore, Whereabouts::HandedOver];
        open.iter().fold(0, |sum, place| sum.saturating_add(self.part(*place, condition)))
    }

    /// The shapes of the bar, as they lie from its left edge.
    pub fn shapes(&self, side: Side) -> Vec<Shape> {
        let parts: Vec<(Whereabouts, Condition, i64)> =
            self.parts.iter().map(|((at, condition), quantity)| (*at, *condition, *quantity)).collect();
        let drawn: Vec<(Whereabouts, Condition, i64)> =
            parts.into_iter().filter(|(_, _, quantity)| *quantity > 0).collect();
        let is_new = |pair: &&[(Whereabouts, Condition, i64)]| matches!(pair, [one, two] if one.0 != two.0);
        let gaps = GAP * i64::try_from(drawn.windows(2).filter(is_new).count()).unwrap_or(0);
        let quantities: Vec<i64> = drawn.iter().map(|(_, _, quantity)| *quantity).collect();
        let widths = shared(WIDTH - gaps, &quantities, LEAST);
        let mut shapes: Vec<Shape> = Vec::with_capacity(drawn.len());
        let mut x = 0;
        for ((at, condition, _), width) in drawn.into_iter().zip(widths) {
            if shapes.last().is_some_and(|last| last.at != at) {
                x += GAP;
            }
            shapes.push(Shape { at, condition, x: side.place(x, width, WIDTH), width });
            x += width;
        }
        shapes
    }
}

/// A part of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Where its goods are.
    pub at: Whereabouts,
    /// In what condition.
    pub condition: Condition,
    /// Where it begins.
    pub x: i64,
    /// How wide it is.
    pub width: i64,
}

impl Shape {
    /// The class its colour comes from.
    pub fn class(&self) -> &'static str {
        self.at.class()
    }

    /// The pattern over it, where it has one: what nobody decided about, what is held, and what is damaged.
    pub fn pattern(&self) -> Option<&'static str> {
        match (self.at, self.condition) {
            (Whereabouts::Missing, _) => Some("missing"),
            (_, Condition::Good) => None,
            (_, Condition::OnHold) => Some("held"),
            (_, Condition::Damaged) => Some("damaged"),
        }
    }
}

/// One of the bar's parts in words.
pub struct Key {
    /// The class its colour comes from.
    pub class: &'static str,
    /// Where the goods are.
    pub words: &'static str,
    /// How many.
    pub quantity: String,
    /// How many of them are held or damaged, in words.
    pub of_which: Vec<String>,
}

/// A bar as a page shows it.
pub struct Bar {
    /// Which of the page's bars: patterns are found by it.
    pub number: usize,
    /// All of it in a sentence, for whoever does not see it.
    pub label: String,
    /// What is drawn.
    pub shapes: Vec<Shape>,
    /// The same in words.
    pub keys: Vec<Key>,
}

impl Bar {
    /// The bar of some goods, called by what they are.
    pub fn of(frame: &Frame, number: usize, name: &str, goods: &Goods) -> Self {
        let there = Whereabouts::ALL.into_iter().filter(|place| goods.at(*place) != 0);
        let keys: Vec<Key> = there.map(|place| key(frame, goods, place)).collect();
        let told: Vec<String> = keys.iter().map(|key| format!("{} {}", key.words, key.quantity)).collect();
        Self {
            number,
            label: format!("{name}: {}", told.join("; ")),
            shapes: goods.shapes(Side::of(frame.direction())),
            keys,
        }
    }

    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// What a shape is filled with over its colour.
    pub fn fill(&self, pattern: &str) -> String {
        format!("url(#{pattern}-{})", self.number)
    }
}

fn key(frame: &Frame, goods: &Goods, place: Whereabouts) -> Key {
    let of_which = |one: Condition| {
        let quantity = goods.part(place, one);
        (quantity != 0).then(|| format!("{}: {}", condition(frame.language, one), frame.number(quantity)))
    };
    Key {
        class: place.class(),
        words: frame.say(place.words()),
        quantity: frame.number(goods.at(place)),
        of_which: [Condition::OnHold, Condition::Damaged].into_iter().filter_map(of_which).collect(),
    }
}
