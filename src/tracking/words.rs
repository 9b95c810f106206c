//! The state of a consignment in a sentence, for everybody.

use crate::atlas::{Language, phrases};
use crate::consignments::rules::ConsignmentState;

phrases! {
    /// How goods stand.
    pub enum Sentence {
        Planned: ["Known; not yet moved.", "Enregistré ; pas encore parti.", "Registrado; aún no ha salido.", "Зарегистрировано; ещё не отправлено.", "已登记；尚未发出。", "مسجل؛ لم يتحرك بعد."],
        Allocated: ["Packed for departure; not yet moved.", "Préparé pour le départ ; pas encore parti.", "Preparado para salir; aún no ha salido.", "Готово к отправке; ещё не отправлено.", "已备妥待发；尚未发出。", "معدّ للإرسال؛ لم يتحرك بعد."],
        InTransit: ["On the way.", "En route.", "En camino.", "В пути.", "运输途中。", "في الطريق."],
        AtHub: ["At a stop, waiting for the next part of its way.", "À une étape, en attente de la suite du trajet.", "En una escala, a la espera del siguiente tramo.", "На промежуточной остановке, ожидает следующего этапа пути.", "在中转站，等待下一段运输。", "في محطة، بانتظار المرحلة التالية من الطريق."],
        PartlyDelivered: ["A part has been handed over; the rest is on the way or in a warehouse.", "Une partie a été remise ; le reste est en route ou en entrepôt.", "Una parte se ha entregado; el resto está en camino o en almacén.", "Часть передана; остальное в пути или на складе.", "一部分已移交；其余在运输途中或仓库中。", "سُلّم جزء منها؛ والباقي في الطريق أو في المستودع."],
        Delivered: ["Arrived and handed over.", "Arrivé et remis.", "Llegado y entregado.", "Прибыло и передано.", "已到达并移交。", "وصلت وسُلّمت."],
        InStorage: ["Arrived in a warehouse.", "Arrivé en entrepôt.", "Llegado a un almacén.", "Прибыло на склад.", "已到达仓库。", "وصلت إلى المستودع."],
        Ended: ["Did not reach its destination.", "N’a pas atteint sa destination.", "No llegó a su destino.", "Не достигло места назначения.", "未到达目的地。", "لم تصل إلى وجهتها."],
        Short: ["Arrived; some of it is being looked for.", "Arrivé ; une partie est recherchée.", "Llegado; se busca una parte.", "Прибыло; часть разыскивается.", "已到达；部分物资正在查找。", "وصلت؛ ويجري البحث عن جزء منها."],
        Cancelled: ["Cancelled before it left.", "Annulé avant le départ.", "Cancelado antes de salir.", "Отменено до отправки.", "发出前已取消。", "أُلغيت قبل مغادرتها."],
    }
}

/// A state in a sentence of a language.
pub fn sentence(state: ConsignmentState, language: Language) -> &'static str {
    let sentence = match state {
        ConsignmentState::Planned => Sentence::Planned,
        ConsignmentState::Allocated => Sentence::Allocated,
        ConsignmentState::InTransit => Sentence::InTransit,
        ConsignmentState::AtHub => Sentence::AtHub,
        ConsignmentState::PartlyDelivered => Sentence::PartlyDelivered,
        ConsignmentState::Delivered => Sentence::Delivered,
        ConsignmentState::InStorage => Sentence::InStorage,
        ConsignmentState::Ended => Sentence::Ended,
        ConsignmentState::Short => Sentence::Short,
        ConsignmentState::Cancelled => Sentence::Cancelled,
    };
    sentence.said(language)
}
