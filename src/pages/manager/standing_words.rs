//! What the pages of things in a queue say.

use crate::pages::words::words;

words! {
    /// What the pages of things in a queue say.
    pub enum StandingWord {
        Waiting: ["An update that does not count yet", "Une annonce qui ne compte pas encore", "Una novedad que aún no cuenta", "Сообщение, которое ещё не учтено", "尚未计入的登记", "تحديث لا يُحسب بعد"],
        Posts: ["It posts by itself once what it waits for is there. Nothing is to be decided.", "Elle sera enregistrée d’elle-même dès que ce qu’elle attend sera là. Rien n’est à décider.", "Se registrará sola cuando esté lo que espera. No hay nada que decidir.", "Будет учтено само, когда появится то, чего оно ждёт. Решать нечего.", "所等待的内容到位后将自动计入，无需决定。", "سيُسجَّل تلقائيًا متى توفر ما ينتظره. لا شيء للبتّ فيه."],
        RefusedWhy: ["Why it was refused", "Pourquoi elle a été refusée", "Por qué se rechazó", "Почему отклонено", "被拒绝的原因", "سبب الرفض"],
        WaitsFor: ["What it waited for", "Ce qu’elle attendait", "Qué esperaba", "Чего ждало", "所等待的内容", "ما كان ينتظره"],
        Dismiss: ["Dismiss it", "La classer", "Descartarla", "Убрать", "关闭此项", "صرف النظر عنه"],
        Dealt: ["What became of it", "Ce qu’elle est devenue", "Qué fue de ella", "Что с ним стало", "处理结果", "ما آل إليه"],
        DealtHint: ["Send it corrected first, as another update. Then say so here: it stands in the list no more, and what was recorded stays.", "Envoyez-la d’abord corrigée, comme nouvelle annonce. Dites-le ensuite ici : elle quitte la liste, et ce qui a été enregistré reste.", "Envíela primero corregida, como otra novedad. Luego dígalo aquí: sale de la lista y lo registrado permanece.", "Сначала отправьте исправленное новое сообщение. Затем скажите об этом здесь: из списка оно уйдёт, а записанное останется.", "请先以新登记提交更正内容，再在此说明：该项将从列表中移除，已有记录保留。", "أرسله مصحَّحًا أولًا كتحديث جديد، ثم اذكر ذلك هنا: يخرج من القائمة ويبقى ما سُجّل."],
        Claim: ["A claim", "Une réclamation", "Una reclamación", "Претензия", "一项索赔", "مطالبة"],
        ClaimEnded: ["Nothing follows on this claim any more.", "Plus rien ne suit cette réclamation.", "Nada más sigue a esta reclamación.", "По этой претензии больше ничего не следует.", "该索赔已无后续。", "لا يتبع هذه المطالبة شيء بعد."],
        ClaimNow: ["How it stands from now on", "Où elle en est désormais", "Cómo está desde ahora", "Как она стоит теперь", "现在的状态", "وضعها من الآن"],
        Since: ["Since which day", "Depuis quel jour", "Desde qué día", "С какого дня", "自哪一天起", "منذ أي يوم"],
        InWords: ["In words", "En toutes lettres", "En palabras", "Словами", "文字说明", "بالكلمات"],
        Loss: ["The loss it is about", "La perte concernée", "La pérdida de que trata", "Утрата, о которой речь", "所涉损失", "الخسارة المعنية"],
        Need: ["A need", "Un besoin", "Una necesidad", "Потребность", "一项需求", "احتياج"],
        NeedNow: ["How it stands from now on", "Où il en est désormais", "Cómo está desde ahora", "Как она стоит теперь", "现在的状态", "وضعه من الآن"],
        NeedOpen: ["open: it counts", "ouvert : il compte", "abierta: cuenta", "открыта: учитывается", "未结：计入", "مفتوح: يُحسب"],
        NeedClosed: ["closed: met, or needed no more", "clos : satisfait ou devenu inutile", "cerrada: cubierta o ya innecesaria", "закрыта: удовлетворена или больше не нужна", "已结：已满足或不再需要", "مغلق: لُبّي أو لم يعد لازمًا"],
        NeedWithdrawn: ["withdrawn: stated by mistake", "retiré : indiqué par erreur", "retirada: indicada por error", "отозвана: указана по ошибке", "撤回：误报", "مسحوب: ذُكر خطأً"],
        Public: ["Stands in the public list", "Figure dans la liste publique", "Figura en la lista pública", "Стоит в открытом списке", "列入公开清单", "مدرج في القائمة العامة"],
        Yes: ["yes", "oui", "sí", "да", "是", "نعم"],
        No: ["no", "non", "no", "нет", "否", "لا"],
    }
}
