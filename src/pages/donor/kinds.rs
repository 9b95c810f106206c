//! What happened, in the words of whoever gave.

use crate::pages::words::words;

/// Makes words of kinds of event: the word of each on the wire, and what it is called.
macro_rules! kinds {
    ($($wire:literal $name:ident: $words:expr,)*) => {
        words! {
            /// What happened to goods.
            pub enum KindWord {
                $($name: $words,)*
                Other: ["something else happened", "autre événement", "otro suceso", "другое событие", "其他事件", "حدث آخر"],
            }
        }

        impl KindWord {
            /// The words for a kind of event.
            pub fn of(kind: &str) -> Self {
                match kind { $($wire => Self::$name,)* _ => Self::Other }
            }
        }
    };
}

kinds! {
    "pledge_accepted" PledgeAccepted: ["pledge accepted", "promesse acceptée", "promesa aceptada", "обязательство принято", "认捐已接受", "قُبل التعهد"],
    "pledge_declined" PledgeDeclined: ["pledge declined", "promesse déclinée", "promesa rechazada", "обязательство отклонено", "认捐被谢绝", "رُفض التعهد"],
    "pledge_withdrawn" PledgeWithdrawn: ["pledge withdrawn", "promesse retirée", "promesa retirada", "обязательство отозвано", "认捐已撤回", "سُحب التعهد"],
    "earmark_changed" EarmarkChanged: ["meant for another country", "destiné à un autre pays", "destinado a otro país", "предназначено другой стране", "改为指定其他国家", "خُصص لبلد آخر"],
    "collected" Collected: ["collected from the donor", "collecté chez le donateur", "recogido del donante", "получено от донора", "已从捐赠方提取", "جُمع من الجهة المانحة"],
    "allocated" Allocated: ["reserved for a consignment", "réservé pour un envoi", "reservado para un envío", "зарезервировано для отправки", "已预留给货运", "حُجز لشحنة"],
    "released" Released: ["reservation released", "réservation levée", "reserva liberada", "резерв снят", "预留已解除", "أُلغي الحجز"],
    "packed" Packed: ["packed", "emballé", "embalado", "упаковано", "已包装", "عُبّئ"],
    "split" Split: ["split into two consignments", "scindé en deux envois", "dividido en dos envíos", "разделено на две партии", "分为两批货运", "قُسم إلى شحنتين"],
    "departed" Departed: ["departed", "parti", "salió", "отправлено", "已发出", "غادر"],
    "arrived" Arrived: ["arrived", "arrivé", "llegó", "прибыло", "已到达", "وصل"],
    "customs_held" CustomsHeld: ["held by customs", "retenu en douane", "retenido en aduana", "задержано таможней", "海关扣留", "محتجز لدى الجمارك"],
    "customs_released" CustomsReleased: ["released by customs", "libéré par la douane", "liberado por la aduana", "выпущено таможней", "海关放行", "أفرجت عنه الجمارك"],
    "received" Received: ["received", "reçu", "recibido", "получено", "已收货", "استُلم"],
    "diverted" Diverted: ["sent another way", "dérouté", "desviado", "направлено другим путём", "改道", "حُوّل مساره"],
    "cancelled" Cancelled: ["consignment cancelled", "envoi annulé", "envío cancelado", "отправка отменена", "货运已取消", "أُلغيت الشحنة"],
    "stored" Stored: ["put into store", "mis en stock", "puesto en almacén", "помещено на склад", "已入库", "أُدخل المخزن"],
    "kit_packed" KitPacked: ["packed into kits", "assemblé en kits", "montado en kits", "собрано в наборы", "已装成套件", "جُمّع في أطقم"],
    "kit_unpacked" KitUnpacked: ["kits unpacked", "kits déballés", "kits desembalados", "наборы распакованы", "套件已拆开", "فُكّت الأطقم"],
    "moved" Moved: ["moved to another site", "transféré vers un autre site", "trasladado a otro lugar", "перемещено на другой объект", "已转移到另一地点", "نُقل إلى موقع آخر"],
    "counted" Counted: ["counted", "compté", "contado", "пересчитано", "已清点", "جُرد"],
    "delivered" Delivered: ["handed over to the consignee", "remis au destinataire", "entregado al destinatario", "передано получателю", "已交付收货方", "سُلّم إلى المستلم"],
    "distributed" Distributed: ["handed over to people", "remis aux personnes", "entregado a la gente", "передано людям", "已发放给民众", "سُلّم إلى الناس"],
    "damaged" Damaged: ["found damaged", "constaté endommagé", "hallado dañado", "обнаружено повреждение", "发现损坏", "وُجد تالفًا"],
    "held" Held: ["put on hold", "mis en attente", "retenido", "задержано до проверки", "已暂停使用", "وُضع قيد الحجز"],
    "released_from_hold" ReleasedFromHold: ["released from hold", "remis en circulation", "liberado de la retención", "снято с удержания", "解除暂停", "رُفع عنه الحجز"],
    "relotted" Relotted: ["lot number found", "numéro de lot établi", "número de lote establecido", "установлен номер партии", "批号已查明", "حُدد رقم التشغيلة"],
    "reported_missing" ReportedMissing: ["reported missing", "signalé manquant", "declarado faltante", "сообщено о недостаче", "报告短缺", "أُبلغ عن نقص"],
    "found" Found: ["found again", "retrouvé", "encontrado", "найдено", "已找回", "عُثر عليه"],
    "miscounted" Miscounted: ["was miscounted", "erreur de comptage", "error de recuento", "ошибка подсчёта", "系清点有误", "خطأ في العد"],
    "lost" Lost: ["given up as lost", "déclaré perdu", "dado por perdido", "признано утраченным", "认定丢失", "اعتُبر مفقودًا"],
    "disposed" Disposed: ["disposed of", "éliminé", "eliminado", "уничтожено", "已处置", "أُتلف"],
    "returned" Returned: ["returned to the donor", "retourné au donateur", "devuelto al donante", "возвращено донору", "已退回捐赠方", "أُعيد إلى الجهة المانحة"],
    "corrected" Corrected: ["earlier figures corrected", "chiffres antérieurs corrigés", "cifras anteriores corregidas", "прежние данные исправлены", "更正先前数字", "صُححت أرقام سابقة"],
    "reversed" Reversed: ["an entry taken back", "écriture annulée", "anotación anulada", "запись отменена", "撤销一项记录", "أُلغي قيد"],
}
