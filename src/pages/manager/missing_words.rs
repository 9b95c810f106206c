//! What the pages of missing goods say.

use crate::pages::words::words;

words! {
    /// What the pages of missing goods say.
    pub enum MissingWord {
        Title: ["Missing goods", "Marchandises manquantes", "Bienes faltantes", "Недостающие грузы", "短缺物资", "بضائع مفقودة"],
        Lead: ["Each part stays missing until somebody says what became of it.", "Chaque part reste manquante tant que personne ne dit ce qu’elle est devenue.", "Cada parte sigue faltando hasta que alguien diga qué fue de ella.", "Каждая часть числится недостающей, пока кто-то не скажет, что с ней стало.", "每一部分在有人说明去向之前都记为短缺。", "يبقى كل جزء مفقودًا إلى أن يقول أحد ما آل إليه."],
        Nothing: ["Nothing is missing. What a final receipt finds short stands here until somebody decides about it.", "Rien ne manque. Ce qu’une réception finale trouve en moins figure ici jusqu’à décision.", "No falta nada. Lo que una recepción final encuentre de menos figura aquí hasta que alguien decida.", "Недостачи нет. Чего недосчитается окончательная приёмка, стоит здесь до решения.", "没有短缺。最终收货时发现的短缺会列在此处，直至有人作出决定。", "لا شيء مفقود. ما يظهر ناقصًا عند الاستلام النهائي يُدرج هنا إلى أن يُبتّ فيه."],
        Oldest: ["Goods are missing at more places than are listed here: these have been for the longest. Decide about them, and the next ones follow.", "Des marchandises manquent en plus d’endroits que cette liste n’en montre : voici les plus anciennes. Décidez de celles-ci, et les suivantes apparaîtront.", "Faltan bienes en más lugares de los que figuran aquí: estos son los más antiguos. Decida sobre ellos y aparecerán los siguientes.", "Грузов недостаёт в большем числе мест, чем здесь перечислено: это самые давние. Примите решение по ним, и появятся следующие.", "短缺之处多于此处所列：这些是时间最久的。处理完这些，后面的便会列出。", "تنقص البضائع في أماكن أكثر مما يُدرج هنا: هذه أقدمها. بُتّ فيها لتظهر التالية."],
        Where: ["Where", "Où", "Dónde", "Где", "地点", "أين"],
        Days: ["Days", "Jours", "Días", "Дней", "天数", "أيام"],
        Since: ["Missing since {0} (days: {1})", "Manquant depuis le {0} (jours : {1})", "Falta desde el {0} (días: {1})", "Отсутствует с {0} (дней: {1})", "自{0}起短缺（天数：{1}）", "مفقود منذ {0} (أيام: {1})"],
        OneTitle: ["Decide about missing goods", "Décider de marchandises manquantes", "Decidir sobre bienes faltantes", "Решение о недостающих грузах", "处理短缺物资", "البتّ في بضائع مفقودة"],
        NoMore: ["This is not missing any more: somebody decided about it. Look at the list again.", "Ceci ne manque plus : quelqu’un a décidé. Revoyez la liste.", "Esto ya no falta: alguien decidió. Vuelva a ver la lista.", "Это больше не числится недостающим: решение принято. Посмотрите список ещё раз.", "此项已不再短缺：已有人作出决定。请重新查看清单。", "لم يعد هذا مفقودًا: بتّ فيه أحدهم. راجع القائمة مجددًا."],
        Entries: ["What was recorded about it", "Ce qui a été enregistré à ce sujet", "Lo que se registró al respecto", "Что об этом записано", "相关记录", "ما سُجّل بشأنه"],
        Changed: ["Missing by it", "Manquant de ce fait", "Faltante por ello", "Недостача от этого", "由此短缺", "المفقود بسببه"],
        Consignment: ["The consignment", "L’envoi", "El envío", "Партия груза", "该批货运", "الشحنة"],
        Decision: ["What became of it", "Ce qu’elles sont devenues", "Qué fue de ello", "Что с этим стало", "结果", "ما آل إليه"],
        Found: ["Found: it counts again where it was to be", "Retrouvé : compté de nouveau là où c’était attendu", "Encontrado: vuelve a contar donde debía estar", "Найдено: снова числится там, где должно быть", "已找到：重新计入应在地点", "عُثر عليه: يُحسب مجددًا حيث كان ينبغي أن يكون"],
        Miscounted: ["Miscounted: it never left where it was sent from", "Erreur de comptage : jamais parti du lieu d’envoi", "Error de recuento: nunca salió del lugar de envío", "Ошибка счёта: не покидало места отправки", "点数有误：从未离开发运地", "خطأ في العدّ: لم يغادر مكان إرساله"],
        Lost: ["Lost: proposed, and somebody else decides it", "Perdu : proposé, quelqu’un d’autre en décide", "Perdido: se propone y otra persona decide", "Утрачено: предлагается, решает другой человек", "丢失：提出建议，由他人决定", "فُقد: يُقترح ويبتّ فيه شخص آخر"],
        Against: ["If miscounted: set it against a correction whose units had moved on", "Si erreur de comptage : l’imputer à une correction dont les unités étaient déjà reparties", "Si fue error de recuento: imputarlo a una corrección cuyas unidades ya habían seguido", "Если ошибка счёта: зачесть против исправления, единицы которого уже ушли дальше", "若为点数有误：与物资已移走的更正相抵", "إن كان خطأ عدّ: احسبه مقابل تصحيح كانت وحداته قد انتقلت"],
        MovedOn: ["Entry {0} of the log: {1} still open", "Entrée {0} du journal : {1} encore à traiter", "Entrada {0} del registro: {1} aún abiertas", "Запись журнала {0}: ещё открыто {1}", "日志第{0}条：尚有{1}未处理", "القيد {0} من السجل: {1} ما زالت مفتوحة"],
        WhyHint: ["It is kept for ever. Name no persons.", "Conservé pour toujours. Ne nommez personne.", "Se conserva para siempre. No nombre a personas.", "Хранится всегда. Не называйте людей.", "将永久保存，请勿写人名。", "يُحفظ دائمًا. لا تذكر أسماء أشخاص."],
        LossHint: ["For a loss this must be said.", "Pour une perte, il faut l’indiquer.", "Para una pérdida hay que indicarlo.", "Для утраты это обязательно.", "若为丢失，必须填写。", "يجب ذكره عند الفقدان."],
        ReportTitle: ["Report goods missing", "Signaler des marchandises manquantes", "Comunicar bienes faltantes", "Сообщить о недостаче", "报告物资短缺", "الإبلاغ عن بضائع مفقودة"],
        NothingUnderWay: ["Nothing of this consignment is on its way. What a receipt finds short is missing by that receipt.", "Rien de cet envoi n’est en route. Ce qu’une réception trouve en moins manque par cette réception.", "Nada de este envío está en camino. Lo que una recepción encuentre de menos falta por esa recepción.", "Из этой партии ничего нет в пути. Чего не досчиталась приёмка, числится недостающим по ней.", "该批货运没有在途物资。收货时发现的短缺由该次收货记为短缺。", "لا شيء من هذه الشحنة في الطريق. ما ينقص عند الاستلام يُعدّ مفقودًا به."],
        Goods: ["Which goods", "Quelles marchandises", "Qué bienes", "Какие грузы", "哪些物资", "أي بضائع"],
        DisposeTitle: ["Propose a disposal", "Proposer une élimination", "Proponer una eliminación", "Предложить уничтожение", "建议处置", "اقتراح إتلاف"],
        Propose: ["Propose", "Proposer", "Proponer", "Предложить", "提出建议", "اقترح"],
        Damaged: ["damaged", "endommagé", "dañado", "повреждено", "损坏", "تالف"],
        Expired: ["past its day", "périmé", "caducado", "просрочено", "过期", "منتهي الصلاحية"],
        NothingOfNoUse: ["Nothing here is damaged or past its day.", "Rien ici n’est endommagé ni périmé.", "Aquí no hay nada dañado ni caducado.", "Повреждённого и просроченного здесь нет.", "此处没有损坏或过期的物资。", "لا شيء هنا تالف أو منتهي الصلاحية."],
        Record: ["Record", "Enregistrer", "Registrar", "Записать", "记录", "تسجيل"],
    }
}
