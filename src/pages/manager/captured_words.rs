//! What the pages say of events that other systems sent and that wait for a person.

use crate::pages::words::words;

words! {
    /// What the pages say of events that other systems sent.
    pub enum CaptureWord {
        Title: ["From other systems", "D’autres systèmes", "De otros sistemas", "Из других систем", "来自其他系统", "من أنظمة أخرى"],
        Lead: ["What another system sent and what fits no consignment here, or what the ledger refuses. Say what it is about, or what became of it.", "Ce qu’un autre système a envoyé et qui ne correspond à aucun envoi ici, ou que le registre refuse. Dites de quoi il s’agit, ou ce qu’il en est advenu.", "Lo que otro sistema envió y no corresponde a ningún envío de aquí, o lo que el registro rechaza. Diga de qué se trata o qué fue de ello.", "То, что прислала другая система и что не подходит ни к одной партии или отклонено учётом. Укажите, о чём это или что с этим стало.", "其他系统发送的、与此处任何货运不符或被账目拒绝的事件。请说明其所指，或处理结果。", "ما أرسله نظام آخر ولا يطابق أي شحنة هنا، أو ما يرفضه السجل. قل عمَّ هو أو ما آل إليه."],
        Nothing: ["Nothing from another system waits for you.", "Rien d’un autre système ne vous attend.", "Nada de otro sistema le espera.", "Из других систем ничего не ждёт.", "没有来自其他系统的待处理事件。", "لا شيء من نظام آخر ينتظرك."],
        One: ["An event of another system", "Un événement d’un autre système", "Un evento de otro sistema", "Событие другой системы", "其他系统的一个事件", "حدث من نظام آخر"],
        Step: ["What it says happened", "Ce qu’il dit s’être passé", "Lo que dice que ocurrió", "Что, по его словам, произошло", "所述事件", "ما يقول إنه حدث"],
        Name: ["Its identifier", "Son identifiant", "Su identificador", "Его идентификатор", "其标识", "معرّفه"],
        Came: ["Received on", "Reçu le", "Recibido el", "Получено", "收到日期", "ورد في"],
        Why: ["Why it waits, or how it ended", "Pourquoi il attend, ou comment il s’est terminé", "Por qué espera, o cómo terminó", "Почему ждёт или чем закончилось", "等待原因或处理结果", "لماذا ينتظر أو كيف انتهى"],
        AsSent: ["As it was sent", "Tel qu’il a été envoyé", "Tal como se envió", "Как было прислано", "原始内容", "كما أُرسل"],
        Decision: ["What is to be done", "Que faire", "Qué hacer", "Что сделать", "如何处理", "ماذا يُفعل"],
        Settle: ["Record it for the consignment below", "L’enregistrer pour l’envoi ci-dessous", "Registrarlo para el envío de abajo", "Записать для партии, указанной ниже", "记入以下货运", "سجّله للشحنة أدناه"],
        Dismiss: ["Dismiss it for the reason below", "Le classer pour la raison ci-dessous", "Descartarlo por el motivo de abajo", "Убрать по причине, указанной ниже", "按以下理由关闭", "صرف النظر عنه للسبب أدناه"],
        Consignment: ["Code of the consignment", "Code de l’envoi", "Código del envío", "Код партии", "货运编码", "رمز الشحنة"],
        ConsignmentHint: ["Leave it blank to have the event tried again with what it says itself.", "Laissez vide pour réessayer avec ce que l’événement dit lui-même.", "Déjelo en blanco para probar de nuevo con lo que el propio evento dice.", "Оставьте пустым, чтобы попробовать снова с тем, что сказано в событии.", "留空则按事件自身内容重试。", "اتركه فارغًا لتُعاد المحاولة بما يقوله الحدث نفسه."],
        Leg: ["Which part of its way, where it has several: 1 is the first", "Quelle étape du trajet, s’il y en a plusieurs : 1 est la première", "Qué tramo, si hay varios: 1 es el primero", "Какой участок пути, если их несколько: 1 — первый", "第几段路程（如有多段）：1 为第一段", "أي جزء من الطريق إن كان له أجزاء: 1 هو الأول"],
        Reason: ["What became of it, if it is dismissed", "Ce qu’il en est advenu, s’il est classé", "Qué fue de ello, si se descarta", "Что с ним стало, если его убрать", "如关闭，处理结果如何", "ما آل إليه إن صُرف النظر عنه"],
        Settled: ["Nothing is to be decided about it any more.", "Il n’y a plus rien à décider à son sujet.", "Ya no hay nada que decidir al respecto.", "Решать здесь больше нечего.", "已无需处理。", "لم يعد فيه ما يُبتّ."],
    }
}
