//! What the pages say on which an officer writes what else happened to goods.

use crate::pages::words::words;

words! {
    /// What else happened to goods in a warehouse, and to goods under way.
    pub enum HappenedWord {
        Lead: ["Something happened here", "Quelque chose s’est passé ici", "Algo ocurrió aquí", "Здесь что-то произошло", "此处发生了情况", "حدث شيء هنا"],
        Delivered: ["Handed from store to a consignee", "Remis du stock à un destinataire", "Entregado desde el almacén a un destinatario", "Передано со склада получателю", "从库存交给收货人", "سُلِّم من المخزن إلى مرسَل إليه"],
        Stored: ["Put away", "Rangé en stock", "Colocado en su lugar", "Размещено на складе", "已上架", "رُتِّب في المخزن"],
        Damaged: ["Found damaged", "Constaté endommagé", "Hallado dañado", "Обнаружено повреждение", "发现损坏", "وُجد تالفًا"],
        Held: ["Put on hold", "Mis en attente", "Retenido", "Удержано до проверки", "暂停使用", "وُضع قيد الحجز"],
        Released: ["Released from hold", "Remis en circulation", "Liberado de la retención", "Снято с удержания", "解除暂停", "رُفع عنه الحجز"],
        Returned: ["Given back to the donor", "Rendu au donateur", "Devuelto al donante", "Возвращено донору", "退还捐赠方", "أُعيد إلى المتبرع"],
        OnHold: ["on hold", "en attente", "retenido", "удержано", "待检", "موقوف"],
        Nothing: ["Nothing of the kind lies here now.", "Rien de tel ne se trouve ici en ce moment.", "Ahora no hay aquí nada de ese tipo.", "Сейчас здесь ничего такого нет.", "此处目前没有这类货物。", "لا شيء من هذا النوع هنا الآن."],
        Consignee: ["Who got it", "Qui l’a reçu", "Quién lo recibió", "Кто получил", "接收方", "من استلمها"],
        OfConsignment: ["The consignee of the consignment below", "Le destinataire de l’envoi ci-dessous", "El destinatario del envío de abajo", "Получатель партии, указанной ниже", "以下货运的收货人", "المرسَل إليه في الشحنة أدناه"],
        Consignment: ["Code of the consignment, where it is of one", "Code de l’envoi, s’il y en a un", "Código del envío, si es de uno", "Код партии, если она есть", "货运编码（如属某批货运）", "رمز الشحنة إن كانت من شحنة"],
        ConsignmentHint: ["The twelve letters and digits on the label, or your own number.", "Les douze lettres et chiffres de l’étiquette, ou votre numéro.", "Las doce letras y cifras de la etiqueta, o su número.", "Двенадцать букв и цифр на этикетке или ваш номер.", "标签上的十二位字母和数字，或贵方编号。", "الحروف والأرقام الاثنا عشر على الملصق، أو رقمك."],
        Place: ["Shelf or bay", "Étagère ou travée", "Estante o pasillo", "Полка или место", "货架或货位", "الرف أو الممر"],
        AnotherDay: ["Day, where it was not today", "Jour, si ce n’était pas aujourd’hui", "Día, si no fue hoy", "День, если не сегодня", "日期（如非今天）", "اليوم إن لم يكن اليوم"],
        DivertTitle: ["Send it another way", "Dérouter l’envoi", "Desviar el envío", "Направить другим путём", "改道", "حوّل مسار الشحنة"],
        DivertLead: ["Goods that are under way go to another stop, and from there to where they were going.", "Les marchandises en route vont à une autre étape, puis là où elles allaient.", "Las mercancías en camino van a otra parada y de allí a su destino.", "Товары в пути идут через другую остановку, а оттуда туда, куда шли.", "在途货物先到另一站，再前往原目的地。", "تذهب البضائع التي في الطريق إلى محطة أخرى، ومنها إلى وجهتها."],
        NothingUnderWay: ["Nothing of this consignment is under way, so there is nothing to divert.", "Rien de cet envoi n’est en route : il n’y a rien à dérouter.", "Nada de este envío está en camino: no hay nada que desviar.", "Ничего из этой партии не в пути: направлять нечего.", "此货运没有在途货物，无需改道。", "لا شيء من هذه الشحنة في الطريق، فلا شيء يُحوَّل."],
        Leg: ["Which part of the way", "Quelle étape du trajet", "Qué tramo", "Какой участок пути", "哪一段路程", "أي جزء من الطريق"],
        Stop: ["The new stop", "La nouvelle étape", "La nueva parada", "Новая остановка", "新的停靠站", "المحطة الجديدة"],
        Mode: ["How it goes there", "Comment elles y vont", "Cómo va hasta allí", "Как идёт туда", "如何前往该站", "كيف تذهب إليها"],
        Onward: ["How it goes on from there", "Comment elles en repartent", "Cómo sigue desde allí", "Как идёт дальше", "之后如何前往", "كيف تواصل منها"],
        Divert: ["Record the new way", "Enregistrer le nouveau trajet", "Registrar la nueva ruta", "Записать новый путь", "记录新路线", "سجّل الطريق الجديد"],
    }
}
