//! Where goods of one item are, as a bar, as a table and heap by heap.

use super::words::DonorWord;
use crate::ledger::{Account, Condition};
use crate::pages::drawing::bar::{Bar, Goods};
use crate::pages::drawing::whereabouts::Whereabouts;
use crate::pages::frame::Frame;
use crate::papers::words::{account, condition};
use crate::pledges::{LineStatus, PledgeStatus};
use crate::totals::{Key, TotalsRow};

/// A row of the table of where goods are: how many now, and at the end of the visit before.
pub(super) struct GroupRow {
    pub place: &'static str,
    pub now: String,
    pub then: Option<(String, String)>,
}

/// A heap of goods.
pub(super) struct HeapRow {
    pub account: &'static str,
    pub condition: &'static str,
    pub quantity: String,
    pub place: String,
    pub lot: String,
    pub tracking_code: Option<String>,
}

/// Where goods of one item are.
pub(super) struct LineShown {
    pub name: String,
    pub meant_for: Option<String>,
    pub adds_up: String,
    pub differs: Option<String>,
    pub bar: Bar,
    pub groups: Vec<GroupRow>,
    pub total: String,
    pub heaps: Vec<HeapRow>,
    pub has_left: bool,
}

impl LineShown {
    /// The bar, where there is anything to draw.
    pub(super) fn drawn(&self) -> Option<&Bar> {
        Some(&self.bar).filter(|bar| !bar.is_empty())
    }
}

pub(super) fn goods_in(line: &LineStatus) -> Goods {
    Goods::of(line.places.iter().map(|heap| (heap.account, heap.condition, heap.quantity)))
}

pub(super) fn lines_of(frame: &Frame, status: &PledgeStatus, then: Option<&PledgeStatus>) -> Vec<LineShown> {
    let line = |(number, line): (usize, &LineStatus)| {
        let before = then.map(|then| {
            let before = then.lines.iter().find(|before| before.line == line.line);
            before.map(goods_in).unwrap_or_default()
        });
        line_shown(frame, number, line, before.as_ref())
    };
    status.lines.iter().enumerate().map(line).collect()
}

fn line_shown(frame: &Frame, number: usize, line: &LineStatus, then: Option<&Goods>) -> LineShown {
    let goods = goods_in(line);
    let heap = |heap: &crate::pledges::Heap| HeapRow {
        account: account(frame.language, heap.account),
        condition: condition(frame.language, heap.condition),
        quantity: frame.number(heap.quantity),
        place: [heap.site_name.clone(), heap.country.as_deref().map(|code| frame.country(code))]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
        lot: heap.lot.clone().unwrap_or_default(),
        tracking_code: heap.tracking_code.clone(),
    };
    LineShown {
        meant_for: line
            .earmark_country
            .as_deref()
            .map(|code| frame.with(DonorWord::MeantFor, frame.country(code))),
        adds_up: adds_up(frame, line.promised, line.surplus),
        differs: differs(frame, line.residual),
        heaps: line.places.iter().map(heap).collect(),
        ..shown_goods(frame, number, line.item_name.clone(), &goods, then)
    }
}

/// Where goods are, as far as they tell it themselves.
fn shown_goods(frame: &Frame, number: usize, name: String, goods: &Goods, then: Option<&Goods>) -> LineShown {
    let is_told =
        |place: &Whereabouts| goods.at(*place) != 0 || then.is_some_and(|then| then.at(*place) != 0);
    let group = |place: Whereabouts| GroupRow {
        place: frame.say(place.words()),
        now: frame.number(goods.at(place)),
        then: then.map(|then| {
            let (before, now) = (then.at(place), goods.at(place));
            let sign = if now > before { "+" } else { "" };
            (frame.number(before), format!("{sign}{}", frame.number(now.saturating_sub(before))))
        }),
    };
    LineShown {
        meant_for: None,
        adds_up: String::new(),
        differs: None,
        bar: Bar::of(frame, number, &name, goods),
        groups: Whereabouts::ALL.into_iter().filter(is_told).map(group).collect(),
        total: frame.number(goods.total()),
        heaps: Vec::new(),
        has_left: goods.total() != goods.at(Whereabouts::NotSent),
        name,
    }
}

fn adds_up(frame: &Frame, promised: i64, surplus: i64) -> String {
    frame.with_two(DonorWord::AddsUp, frame.number(promised), frame.number(surplus))
}

fn differs(frame: &Frame, residual: i64) -> Option<String> {
    (residual != 0).then(|| frame.with(DonorWord::Differs, frame.number(residual)))
}

/// What a total of an item says of its accounts; conditions are told of all of them together.
pub(super) fn goods_of(row: &TotalsRow) -> Goods {
    let accounts = [
        (Account::Unallocated, row.unallocated),
        (Account::InStorage, row.in_storage),
        (Account::Allocated, row.allocated),
        (Account::InTransit, row.in_transit),
        (Account::Missing, row.missing),
        (Account::Delivered, row.delivered),
        (Account::Distributed, row.distributed),
        (Account::Lost, row.lost),
        (Account::Disposed, row.disposed),
        (Account::Returned, row.returned),
        (Account::Withdrawn, row.withdrawn),
    ];
    Goods::of(accounts.into_iter().map(|(account, quantity)| (account, Condition::Good, quantity)))
}

pub(super) fn item_name(row: &TotalsRow) -> String {
    match row.keys.get("item") {
        Some(Some(Key::Named(named))) => named.name.clone().unwrap_or_default(),
        Some(Some(Key::Country { name, .. } | Key::Region { name, .. })) => name.clone(),
        Some(Some(Key::Corridor { .. } | Key::Area { .. } | Key::Month(_)) | None) | None => String::new(),
    }
}

pub(super) fn item_line(frame: &Frame, number: usize, row: &TotalsRow) -> LineShown {
    LineShown {
        adds_up: adds_up(frame, row.promised, row.surplus),
        differs: differs(frame, row.residual),
        ..shown_goods(frame, number, item_name(row), &goods_of(row), None)
    }
}
