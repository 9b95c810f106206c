//! What a document's paper says of goods: what came, what was handed over, what is lost.

use super::formats::{day, number};
use super::model::{Block, Column, Fact, Table, Value};
use super::moved::Sums;
use super::named::Names;
use super::rules::Language;
use super::words::{Goods, Phrase, Told, account};
use crate::consignments::Consignment;
use crate::core::id::{ItemId, LotId, OrganizationId};
use crate::items::{Item, Lot};
use crate::ledger::{Account, Condition};
use std::collections::{BTreeMap, HashMap};

/// Where goods that came lie: at a hub, in a warehouse, with the consignee, or back with the donor.
const CAME_TO: [Account; 4] = [Account::Allocated, Account::InStorage, Account::Delivered, Account::Returned];
/// What a loss report tells of.
const GONE_TO: [Account; 3] = [Account::Missing, Account::Lost, Account::Disposed];

/// What items and lots are called.
pub(super) struct Known {
    pub(super) items: HashMap<ItemId, Item>,
    pub(super) lots: HashMap<LotId, Lot>,
}

/// What was decided about what is lost.
pub(super) struct Decided {
    pub(super) report: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) filed: Option<String>,
    pub(super) liable: Option<OrganizationId>,
}

/// What a document is about.
pub(super) struct About<'a> {
    pub(super) consignment: Option<&'a Consignment>,
    pub(super) sums: &'a Sums,
    pub(super) goods: &'a Known,
    pub(super) decided: &'a [Decided],
}

type Heaps = BTreeMap<(Account, Condition), i64>;

/// What lies in these accounts in this condition, or in any.
fn lies(heaps: &Heaps, accounts: &[Account], condition: Option<Condition>) -> i64 {
    let is_meant = |account: &Account, other: &Condition| {
        accounts.contains(account) && condition.is_none_or(|condition| condition == *other)
    };
    heaps.iter().filter(|((account, other), _)| is_meant(account, other)).map(|(_, quantity)| quantity).sum()
}

/// What left the way, whatever became of it.
fn sent(heaps: &Heaps) -> i64 {
    -lies(heaps, &[Account::InTransit], None)
}

impl About<'_> {
    fn named(&self, language: Language, item: ItemId, lot: LotId) -> [Value; 3] {
        let lot = self.goods.lots.get(&lot);
        let expires = lot.and_then(|lot| lot.expires_on.as_deref()).map(|text| day(language, text));
        [self.item(item), Value::code_of(lot.map(|lot| lot.number.as_str())), Value::number_of(expires)]
    }

    fn item(&self, id: ItemId) -> Value {
        let item = self.goods.items.get(&id);
        Value::words_of(item.map(|item| format!("{} · {}", item.code, item.name)).as_deref())
    }

    fn unit(&self, id: ItemId) -> Value {
        Value::words_of(self.goods.items.get(&id).map(|item| item.base_unit.as_str()))
    }

    /// What came, and in what condition.
    pub(super) fn received(&self, language: Language) -> Table {
        let counted = |value: i64| Value::Number(number(language, value));
        let rows = self.sums.iter().filter_map(|((item, lot), heaps)| {
            let came = |condition: Condition| lies(heaps, &CAME_TO, Some(condition));
            let missing = lies(heaps, &[Account::Missing], None);
            let figures = [
                sent(heaps),
                came(Condition::Good),
                came(Condition::OnHold),
                came(Condition::Damaged),
                missing,
            ];
            if figures.iter().all(|figure| *figure == 0) {
                return None;
            }
            let mut row = self.named(language, *item, *lot).to_vec();
            row.push(self.unit(*item));
            row.extend(figures.map(counted));
            Some(row)
        });
        let mut columns = super::shipping::named_columns(language).to_vec();
        columns.push(Column::words(Goods::Unit.said(language), 9));
        let figures = [Goods::Sent, Goods::Good, Goods::OnHold, Goods::Damaged, Goods::Missing];
        columns.extend(figures.map(|title| Column::numbers(title.said(language), 12)));
        Table { caption: Goods::Received.said(language), columns, rows: rows.collect(), total: None }
    }

    /// What came beyond what was sent, by item: a lot may have been named only on arrival.
    pub(super) fn excess(&self, language: Language) -> Option<Block> {
        let mut beyond: BTreeMap<ItemId, i64> = BTreeMap::new();
        for ((item, _), heaps) in self.sums {
            let came = lies(heaps, &CAME_TO, None) + lies(heaps, &[Account::Missing], None);
            *beyond.entry(*item).or_default() += came - sent(heaps);
        }
        let rows: Vec<Vec<Value>> = beyond
            .into_iter()
            .filter(|(_, quantity)| *quantity > 0)
            .map(|(item, quantity)| {
                vec![self.item(item), Value::Number(number(language, quantity)), self.unit(item)]
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        let columns = vec![
            Column::words(Goods::Item.said(language), 60),
            Column::numbers(Goods::Quantity.said(language), 20),
            Column::words(Goods::Unit.said(language), 20),
        ];
        Some(Block::Table(Table { caption: Goods::InExcess.said(language), columns, rows, total: None }))
    }

    /// What was handed over to the consignee, or to people.
    pub(super) fn delivered(&self, language: Language) -> Table {
        let rows = self.sums.iter().filter_map(|((item, lot), heaps)| {
            // What a consignee handed on to people on the same paper is told once.
            let handed =
                lies(heaps, &[Account::Delivered], None).max(0) + lies(heaps, &[Account::Distributed], None);
            if handed == 0 {
                return None;
            }
            let mut row = self.named(language, *item, *lot).to_vec();
            row.extend([Value::Number(number(language, handed)), self.unit(*item)]);
            Some(row)
        });
        let mut columns = super::shipping::named_columns(language).to_vec();
        columns.extend([
            Column::numbers(Goods::Quantity.said(language), 18),
            Column::words(Goods::Unit.said(language), 14),
        ]);
        Table { caption: Goods::Title.said(language), columns, rows: rows.collect(), total: None }
    }

    /// What is missing, lost or disposed of.
    pub(super) fn lost(&self, language: Language) -> Table {
        let mut rows = Vec::new();
        for ((item, lot), heaps) in self.sums {
            for gone in GONE_TO {
                let quantity = lies(heaps, &[gone], None);
                if quantity <= 0 {
                    continue;
                }
                let mut row = self.named(language, *item, *lot).to_vec();
                row.extend([
                    Value::Words(account(language, gone).to_owned()),
                    Value::Number(number(language, quantity)),
                    self.unit(*item),
                ]);
                rows.push(row);
            }
        }
        let mut columns = super::shipping::named_columns(language).to_vec();
        columns.extend([
            Column::words(Told::State.said(language), 20),
            Column::numbers(Goods::Quantity.said(language), 14),
            Column::words(Goods::Unit.said(language), 12),
        ]);
        Table { caption: Goods::Title.said(language), columns, rows, total: None }
    }

    /// What the decisions say: report, cause, where the evidence is filed, who is liable.
    pub(super) fn causes(&self, language: Language, names: &Names) -> Vec<Block> {
        let facts = |one: &Decided| {
            let cause = one.cause.as_deref().map(|word| cause(language, word).to_owned());
            Block::Facts(vec![
                Fact::new(Phrase::Reference.said(language), Value::code_of(one.report.as_deref())),
                Fact::new(Told::Cause.said(language), Value::words_of(cause.as_deref())),
                Fact::new(Told::Liable.said(language), names.organization(language, one.liable)),
                Fact::new(Told::Filed.said(language), Value::words_of(one.filed.as_deref())),
            ])
        };
        self.decided.iter().map(facts).collect()
    }
}

/// What caused a loss, in a language.
fn cause(language: Language, word: &str) -> &'static str {
    let phrase = match word {
        "transport" => Told::ByTransport,
        "storage" => Told::ByStorage,
        "repacking" => Told::ByRepacking,
        "theft" => Told::ByTheft,
        "origin" => Told::AtOrigin,
        _ => Told::ByOther,
    };
    phrase.said(language)
}
