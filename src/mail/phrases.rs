//! Every phrase that messages are made of, in six languages.
//!
//! Kept free of numbers, so that no language needs its plural forms.

use crate::atlas::{Language, phrases};

phrases! {
    /// What messages and the page of a link say.
    pub enum Said {
        Question: ["Do you want to be written to?", "Souhaitez-vous recevoir nos messages ?", "¿Desea que le escribamos?", "Хотите получать письма?", "您愿意接收邮件吗？", "هل تريد أن نكتب إليك؟"],
        SomebodyAsked: ["Somebody, probably you, asked this server to write to this address about relief goods:", "Quelqu’un, probablement vous, a demandé à ce serveur d’écrire à cette adresse au sujet de biens de secours :", "Alguien, probablemente usted, pidió a este servidor que escriba a esta dirección sobre bienes de socorro:", "Кто-то, вероятно вы, попросил этот сервер писать на этот адрес о гуманитарных грузах:", "有人（可能是您）请求本服务器就救援物资向此地址发送邮件：", "طلب شخص ما، ربما أنت، من هذا الخادم أن يكتب إلى هذا العنوان عن مواد الإغاثة:"],
        IfYouWant: ["If you want that, open this page and say yes:", "Si vous le souhaitez, ouvrez cette page et acceptez :", "Si lo desea, abra esta página y acepte:", "Если вы согласны, откройте эту страницу и подтвердите:", "如果您愿意，请打开此页面并确认：", "إن أردت ذلك فافتح هذه الصفحة ووافق:"],
        IfNothing: ["If you do nothing, nothing more is sent, and the address is forgotten in two days.", "Si vous ne faites rien, plus rien n’est envoyé et l’adresse est oubliée dans deux jours.", "Si no hace nada, no se envía nada más y la dirección se olvida en dos días.", "Если вы ничего не сделаете, больше ничего не придёт, а адрес будет забыт через два дня.", "如果您不作任何操作，将不再发送邮件，该地址将在两天后被删除。", "إن لم تفعل شيئاً فلن يُرسل شيء آخر، ويُنسى العنوان بعد يومين."],
        WhyYou: ["You get this because somebody who reads this mailbox asked for it.", "Vous recevez ce message parce qu’une personne qui lit cette boîte l’a demandé.", "Recibe este mensaje porque alguien que lee este buzón lo pidió.", "Вы получили это письмо, потому что его запросил читатель этого ящика.", "您收到此邮件，是因为此邮箱的使用者提出了请求。", "تتلقى هذه الرسالة لأن من يقرأ هذا الصندوق طلبها."],
        EndIt: ["End it:", "Y mettre fin :", "Darse de baja:", "Отписаться:", "退订：", "لإيقافها:"],
        MadeUp: ["These goods are made up for demonstration.", "Ces biens sont inventés pour la démonstration.", "Estos bienes son inventados para la demostración.", "Эти товары вымышлены для демонстрации.", "这些物资是为演示而虚构的。", "هذه البضائع مختلقة للعرض."],
        NewInLedger: ["New in the ledger", "Nouveau dans le registre", "Nuevo en el registro", "Новое в журнале", "账本新增记录", "جديد في السجل"],
        SinceTheLast: ["Recorded since the last message, as far as you may read:", "Enregistré depuis le dernier message, dans la mesure où vous pouvez le lire :", "Registrado desde el último mensaje, hasta donde puede leer:", "Записано с прошлого письма, насколько вам разрешено читать:", "自上次邮件以来记录的、您有权阅读的内容：", "ما سُجّل منذ آخر رسالة، بقدر ما يحق لك قراءته:"],
        AndMore: ["and more, which the list of events has.", "et d’autres, que la liste des événements contient.", "y más, que están en la lista de eventos.", "и другое, что есть в списке событий.", "以及更多，见事件列表。", "والمزيد، وهو في قائمة الأحداث."],
        EachIsAt: ["Each is at this address, with its identifier behind it:", "Chacun se trouve à cette adresse, suivie de son identifiant :", "Cada uno está en esta dirección, seguida de su identificador:", "Каждое — по этому адресу, за которым следует его идентификатор:", "每条均在此地址，后接其标识符：", "كل منها في هذا العنوان متبوعاً بمعرّفه:"],
        ToSeeTo: ["To be seen to", "À traiter", "Por atender", "Требует внимания", "待处理事项", "أمور تحتاج إلى متابعة"],
        StandsToday: ["This stands today and is other than in the message before.", "Voici la situation du jour, qui diffère du message précédent.", "Esta es la situación de hoy, distinta de la del mensaje anterior.", "Так обстоят дела сегодня, и это отличается от прошлого письма.", "以下是今日情况，与上次邮件不同。", "هذا هو الوضع اليوم، وهو يختلف عما في الرسالة السابقة."],
        ThereIsMore: ["There is more; the lists at the server have all of it.", "Il y en a davantage ; les listes du serveur contiennent tout.", "Hay más; las listas del servidor lo contienen todo.", "Есть и другое; на сервере списки полные.", "还有更多；服务器上的列表包含全部内容。", "هناك المزيد؛ والقوائم على الخادم تشملها كلها."],
        LateTitle: ["Late, or presumed lost", "En retard, ou présumé perdu", "Con retraso, o presuntamente perdido", "Опаздывает или считается утраченным", "延误或推定丢失", "متأخر أو يُفترض أنه مفقود"],
        MissingTitle: ["Missing, and nobody has decided", "Manquant, sans décision", "Faltante, sin que nadie haya decidido", "Недостача, решение не принято", "短缺，尚无人决定", "ناقص ولم يبتّ فيه أحد"],
        ExpiringTitle: ["Expiring within 90 days", "Périmé dans les 90 jours", "Caduca en 90 días", "Срок годности истекает в течение 90 дней", "90天内到期", "تنتهي صلاحيته خلال 90 يوماً"],
        Late: ["late", "en retard", "con retraso", "опаздывает", "延误", "متأخر"],
        PresumedLost: ["presumed lost", "présumé perdu", "presuntamente perdido", "считается утраченным", "推定丢失", "يُفترض أنه مفقود"],
        ShouldHaveArrived: ["should have arrived by", "aurait dû arriver le", "debía haber llegado el", "должно было прибыть к", "应到达日期", "كان يجب أن يصل بحلول"],
        Lot: ["lot", "lot", "lote", "партия", "批号", "التشغيلة"],
        Expires: ["expires", "expire le", "caduca el", "годен до", "有效期至", "تنتهي صلاحيته في"],
        PageTitle: ["Mail from ReliefLedger", "Courrier de ReliefLedger", "Correo de ReliefLedger", "Почта от ReliefLedger", "ReliefLedger 的邮件", "بريد من ReliefLedger"],
        AskedForMail: ["Somebody asked for mail about relief goods to your address.", "Quelqu’un a demandé l’envoi de messages sur des biens de secours à votre adresse.", "Alguien pidió que se envíe correo sobre bienes de socorro a su dirección.", "Кто-то запросил письма о гуманитарных грузах на ваш адрес.", "有人请求将救援物资的邮件发送到您的地址。", "طلب شخص ما إرسال بريد عن مواد الإغاثة إلى عنوانك."],
        Yes: ["Yes, write to me", "Oui, écrivez-moi", "Sí, escríbanme", "Да, пишите мне", "是，请给我发邮件", "نعم، اكتبوا إليّ"],
        No: ["No, and forget my address", "Non, oubliez mon adresse", "No, y olviden mi dirección", "Нет, забудьте мой адрес", "否，并删除我的地址", "لا، وانسوا عنواني"],
        FromNowOn: ["You are written to from now on. Each message has a link that ends it.", "Vous recevrez désormais nos messages. Chacun contient un lien pour y mettre fin.", "A partir de ahora se le escribirá. Cada mensaje tiene un enlace para darse de baja.", "Отныне вам будут писать. В каждом письме есть ссылка для отписки.", "从现在起您将收到邮件。每封邮件均有退订链接。", "سنكتب إليك من الآن فصاعداً. وفي كل رسالة رابط لإيقافها."],
        Forgotten: ["Nothing more is sent, and your address is forgotten.", "Plus rien n’est envoyé et votre adresse est oubliée.", "No se envía nada más y su dirección queda olvidada.", "Больше ничего не придёт, а ваш адрес забыт.", "不再发送邮件，您的地址已删除。", "لن يُرسل شيء آخر، وقد نُسي عنوانك."],
    }
}

phrases! {
    /// What happened.
    pub enum Happened {
        PledgeAccepted: ["pledge accepted", "promesse acceptée", "promesa aceptada", "обязательство принято", "认捐已接受", "قُبل التعهد"],
        PledgeDeclined: ["pledge declined", "promesse déclinée", "promesa rechazada", "обязательство отклонено", "认捐被谢绝", "رُفض التعهد"],
        PledgeWithdrawn: ["pledge withdrawn", "promesse retirée", "promesa retirada", "обязательство отозвано", "认捐已撤回", "سُحب التعهد"],
        EarmarkChanged: ["earmark changed", "affectation modifiée", "asignación cambiada", "изменено целевое назначение", "指定用途已变更", "غُيّر التخصيص"],
        Collected: ["collected", "collecté", "recogido", "собрано", "已收集", "جُمع"],
        Allocated: ["allocated", "affecté", "asignado", "зарезервировано", "已分配", "خُصّص"],
        Released: ["released", "libéré", "liberado", "освобождено из резерва", "已解除分配", "أُلغي التخصيص"],
        Packed: ["packed", "emballé", "empacado", "упаковано", "已包装", "عُبّئ"],
        Split: ["split", "divisé", "dividido", "разделено", "已拆分", "قُسّم"],
        Departed: ["departed", "parti", "salió", "отправлено", "已出发", "غادر"],
        Arrived: ["arrived", "arrivé", "llegó", "прибыло", "已到达", "وصل"],
        CustomsHeld: ["customs held", "retenu en douane", "retenido en aduana", "задержано таможней", "海关扣留", "احتجزته الجمارك"],
        CustomsReleased: ["customs released", "libéré par la douane", "liberado por la aduana", "выпущено таможней", "海关放行", "أفرجت عنه الجمارك"],
        Received: ["received", "reçu", "recibido", "получено", "已接收", "استُلم"],
        Diverted: ["diverted", "dérouté", "desviado", "перенаправлено", "已改道", "حُوّل مساره"],
        Cancelled: ["cancelled", "annulé", "cancelado", "отменено", "已取消", "أُلغي"],
        Stored: ["stored", "entreposé", "almacenado", "размещено на складе", "已入库", "خُزّن"],
        KitPacked: ["kit packed", "kit assemblé", "kit preparado", "набор укомплектован", "套装已打包", "جُمّعت المجموعة"],
        KitUnpacked: ["kit unpacked", "kit déballé", "kit desarmado", "набор распакован", "套装已拆包", "فُكّت المجموعة"],
        Moved: ["moved", "déplacé", "trasladado", "перемещено", "已移动", "نُقل"],
        Counted: ["counted", "compté", "contado", "пересчитано", "已清点", "عُدّ"],
        Delivered: ["delivered", "livré", "entregado", "доставлено", "已交付", "سُلّم"],
        Distributed: ["distributed", "distribué", "distribuido", "роздано", "已发放", "وُزّع"],
        Damaged: ["damaged", "endommagé", "dañado", "повреждено", "已损坏", "تضرر"],
        Held: ["held", "bloqué", "retenido", "задержано", "已冻结", "حُجز"],
        ReleasedFromHold: ["released from hold", "débloqué", "liberado de la retención", "снято с задержания", "已解除冻结", "رُفع الحجز عنه"],
        Relotted: ["relotted", "changé de lot", "cambiado de lote", "изменена партия", "已变更批号", "غُيّرت تشغيلته"],
        ReportedMissing: ["reported missing", "signalé manquant", "notificado como faltante", "сообщено о недостаче", "已报告短缺", "أُبلغ عن نقصه"],
        Found: ["found", "retrouvé", "encontrado", "найдено", "已找到", "عُثر عليه"],
        Miscounted: ["miscounted", "mal compté", "mal contado", "ошибка подсчёта", "清点有误", "خطأ في العد"],
        Lost: ["lost", "perdu", "perdido", "утрачено", "丢失", "فُقد"],
        Disposed: ["disposed", "éliminé", "eliminado", "уничтожено", "已处置", "أُتلف"],
        Returned: ["returned", "retourné", "devuelto", "возвращено", "已退回", "أُعيد"],
        Corrected: ["corrected", "corrigé", "corregido", "исправлено", "已更正", "صُحّح"],
        Reversed: ["reversed", "annulé par écriture inverse", "revertido", "сторнировано", "已冲销", "عُكس القيد"],
    }
}

/// What happened by the word of a kind of event. A kind that was made since is told by its own word.
pub(super) fn happened(kind: &str, language: Language) -> String {
    let words = kind.replace('_', " ");
    let known = Happened::ALL.iter().find(|one| one.said(Language::English) == words);
    known.map_or(words, |one| one.said(language).to_owned())
}
