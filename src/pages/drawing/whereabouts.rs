//! Where goods are, in eight plain words: every account but the sources is in exactly one.

use crate::ledger::Account;
use crate::pages::words::words;

/// Where goods are, in the order in which they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whereabouts {
    /// Still with the donor.
    NotSent,
    /// Under way.
    OnTheWay,
    /// In a warehouse, free or reserved.
    InStore,
    /// With the consignee.
    HandedOver,
    /// With people.
    WithPeople,
    /// Short, undecided.
    Missing,
    /// Damaged, lost or expired, and given up.
    Lost,
    /// Returned to the donor, or withdrawn before it left.
    Back,
}

impl Whereabouts {
    /// All eight.
    pub const ALL: [Self; 8] = [
        Self::NotSent,
        Self::OnTheWay,
        Self::InStore,
        Self::HandedOver,
        Self::WithPeople,
        Self::Missing,
        Self::Lost,
        Self::Back,
    ];

    /// Where goods of an account are; nowhere where they come from it.
    pub fn of(account: Account) -> Option<Self> {
        match account {
            Account::Promised | Account::Surplus => None,
            Account::Unallocated => Some(Self::NotSent),
            Account::InTransit => Some(Self::OnTheWay),
            Account::InStorage | Account::Allocated => Some(Self::InStore),
            Account::Delivered => Some(Self::HandedOver),
            Account::Distributed => Some(Self::WithPeople),
            Account::Missing => Some(Self::Missing),
            Account::Lost | Account::Disposed => Some(Self::Lost),
            Account::Returned | Account::Withdrawn => Some(Self::Back),
        }
    }

    /// The class its shapes take their colour from.
    pub fn class(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::OnTheWay => "way",
            Self::InStore => "store",
            Self::HandedOver => "over",
            Self::WithPeople => "people",
            Self::Missing => "missing",
            Self::Lost => "lost",
            Self::Back => "back",
        }
    }

    /// The words for it.
    pub fn words(self) -> WhereWord {
        match self {
            Self::NotSent => WhereWord::NotSent,
            Self::OnTheWay => WhereWord::OnTheWay,
            Self::InStore => WhereWord::InStore,
            Self::HandedOver => WhereWord::HandedOver,
            Self::WithPeople => WhereWord::WithPeople,
            Self::Missing => WhereWord::Missing,
            Self::Lost => WhereWord::Lost,
            Self::Back => WhereWord::Back,
        }
    }
}

words! {
    /// Where goods are.
    pub enum WhereWord {
        NotSent: ["not sent", "non envoyé", "sin enviar", "не отправлено", "未发出", "لم يُرسل"],
        OnTheWay: ["on the way", "en route", "en camino", "в пути", "运输途中", "في الطريق"],
        InStore: ["in store", "en stock", "en almacén", "на складе", "在仓库", "في المخزن"],
        HandedOver: ["handed over", "remis au destinataire", "entregado al destinatario", "передано получателю", "已交付收货方", "سُلّم إلى المستلم"],
        WithPeople: ["with people", "auprès des personnes", "en manos de la gente", "у людей", "已到民众手中", "لدى الناس"],
        Missing: ["missing", "manquant", "faltante", "недостаёт", "短缺", "ناقص"],
        Lost: ["damaged, lost or expired", "endommagé, perdu ou périmé", "dañado, perdido o vencido", "повреждено, утрачено или просрочено", "损坏、丢失或过期", "تالف أو مفقود أو منتهي الصلاحية"],
        Back: ["returned or withdrawn", "retourné ou retiré", "devuelto o retirado", "возвращено или отозвано", "已退回或撤回", "أُعيد أو سُحب"],
    }
}
