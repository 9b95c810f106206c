//! What the auditor's pages say.

use crate::pages::words::words;
use crate::reconciliation::rules::{Group, Section};

words! {
    /// What reconciliation and the ways down from it say.
    pub enum AuditWord {
        Title: ["Does it add up?", "Les comptes sont-ils justes ?", "¿Cuadran las cuentas?", "Сходится ли учёт?", "账目是否相符？", "هل تتطابق الحسابات؟"],
        Lead: ["Every account, both sides of every identity, and what is left between them. Any figure leads to its entries.", "Chaque compte, les deux côtés de chaque égalité et ce qui reste entre eux. Chaque chiffre mène à ses écritures.", "Cada cuenta, ambos lados de cada igualdad y lo que queda entre ellos. Cada cifra lleva a sus asientos.", "Каждый счёт, обе стороны каждого равенства и остаток между ними. Каждая цифра ведёт к своим записям.", "每个账户、每个等式的两边及其差额。每个数字都可查到其分录。", "كل حساب، وطرفا كل معادلة، وما يبقى بينهما. وكل رقم يقود إلى قيوده."],
        Closes: ["Closes: residual 0", "Les comptes sont justes : écart 0", "Cuadra: diferencia 0", "Сходится: остаток 0", "账目相符：差额为 0", "متطابقة: الفرق 0"],
        ClosesNot: ["Does not close", "Les comptes ne sont pas justes", "No cuadra", "Не сходится", "账目不符", "غير متطابقة"],
        ClosesNotMore: ["One side of an identity differs from the other. The table of identities says which; follow the figures down to their entries.", "Un côté d’une égalité diffère de l’autre. Le tableau des égalités dit laquelle ; suivez les chiffres jusqu’à leurs écritures.", "Un lado de una igualdad difiere del otro. La tabla de igualdades dice cuál; siga las cifras hasta sus asientos.", "Одна сторона равенства отличается от другой. Таблица равенств показывает какая; проследите цифры до записей.", "某个等式的两边不一致。等式表会指出是哪一个；请顺着数字查到分录。", "أحد طرفي معادلة يختلف عن الآخر. يبيّن جدول المعادلات أيّها؛ تتبّع الأرقام إلى قيودها."],
        Through: ["Figures include entry {0} of the log. Asked for with it under “Known at”, they stay the same for ever.", "Les chiffres comprennent l’entrée {0} du journal. Demandés avec elle sous « Connu à », ils restent les mêmes pour toujours.", "Las cifras incluyen la entrada {0} del registro. Pedidas con ella en «Conocido en», siguen iguales para siempre.", "Цифры включают запись {0} журнала. С ней в поле «Известно на» они навсегда останутся теми же.", "数字截至日志条目 {0}。在“已知于”中填写该条目，所得数字永远相同。", "تشمل الأرقام القيد {0} من السجل. وإذا طُلبت به في حقل «المعلوم عند» تبقى كما هي دائمًا."],
        Period: ["What took effect by {0}", "Ce qui a pris effet jusqu’au {0}", "Lo que surtió efecto hasta {0}", "Что вступило в силу по {0}", "截至 {0} 生效的内容", "ما سرى حتى {0}"],

        MadeUp: ["These figures count made-up programmes too: {0}.", "Ces chiffres comptent aussi des programmes fictifs : {0}.", "Estas cifras cuentan también programas ficticios: {0}.", "В эти цифры входят и вымышленные программы: {0}.", "这些数字也包括虚构项目：{0}。", "تشمل هذه الأرقام أيضًا برامج مختلقة: {0}."],

        AsOf: ["As of", "À la date du", "A fecha de", "По состоянию на", "截至", "حتى تاريخ"],
        AsOfHint: ["A day such as 2026-05-31, in UTC. Empty is now.", "Un jour tel que 2026-05-31, en UTC. Vide : maintenant.", "Un día como 2026-05-31, en UTC. Vacío: ahora.", "День, например 2026-05-31, по UTC. Пусто — сейчас.", "日期，如 2026-05-31（UTC）。留空表示现在。", "يوم مثل 2026-05-31 بالتوقيت العالمي. الفراغ يعني الآن."],
        LastMonth: ["End of last month: {0}", "Fin du mois dernier : {0}", "Fin del mes pasado: {0}", "Конец прошлого месяца: {0}", "上月末：{0}", "نهاية الشهر الماضي: {0}"],
        KnownAt: ["Known at", "Connu à", "Conocido en", "Известно на", "已知于", "المعلوم عند"],
        KnownAtHint: ["An entry of the log such as 4711, or a time such as 2026-06-01T08:00:00Z. Empty is all that is recorded.", "Une entrée du journal telle que 4711, ou une heure telle que 2026-06-01T08:00:00Z. Vide : tout ce qui est enregistré.", "Una entrada del registro como 4711 o una hora como 2026-06-01T08:00:00Z. Vacío: todo lo registrado.", "Запись журнала, например 4711, или время, например 2026-06-01T08:00:00Z. Пусто — всё записанное.", "日志条目（如 4711）或时间（如 2026-06-01T08:00:00Z）。留空表示全部已记录内容。", "قيد في السجل مثل 4711، أو وقت مثل 2026-06-01T08:00:00Z. الفراغ يعني كل ما سُجِّل."],
        From: ["Came and went since", "Mouvements depuis", "Movimientos desde", "Движение с", "收发起始日", "الحركة منذ"],
        GroupBy: ["By", "Par", "Por", "По", "按", "حسب"],
        ThenBy: ["And by", "Et par", "Y por", "И по", "再按", "ثم حسب"],
        Part: ["And show", "Et montrer", "Y mostrar", "И показать", "并显示", "وأظهر"],
        NoPart: ["nothing else", "rien d’autre", "nada más", "больше ничего", "无其他", "لا شيء آخر"],
        Narrowed: ["Narrowed to some of it.", "Restreint à une partie.", "Limitado a una parte.", "Показана часть.", "仅显示部分。", "مقصور على جزء."],
        Everything: ["Show everything", "Tout montrer", "Mostrar todo", "Показать всё", "显示全部", "أظهر الكل"],

        Programme: ["Programme", "Programme", "Programa", "Программа", "项目", "البرنامج"],
        Donor: ["Donor", "Donateur", "Donante", "Донор", "捐赠方", "الجهة المانحة"],
        Pledge: ["Pledge", "Promesse de don", "Promesa de donación", "Обязательство", "认捐", "التعهد"],
        Item: ["Item", "Article", "Artículo", "Наименование", "物品", "الصنف"],
        Lot: ["Lot", "Lot", "Lote", "Партия", "批次", "الدفعة"],
        Country: ["Country", "Pays", "País", "Страна", "国家", "البلد"],
        Site: ["Site", "Site", "Lugar", "Объект", "地点", "الموقع"],
        Holder: ["Holder", "Détenteur", "Tenedor", "Держатель", "持有方", "الحائز"],
        Owner: ["Owner", "Propriétaire", "Propietario", "Владелец", "所有方", "المالك"],
        Consignee: ["Consignee", "Destinataire", "Destinatario", "Получатель", "收货人", "المرسل إليه"],
        Consignment: ["Consignment", "Envoi", "Envío", "Партия груза", "托运货物", "الشحنة"],
        NotKnown: ["not known", "inconnu", "desconocido", "не известно", "未知", "غير معروف"],
        Nowhere: ["at no site", "sur aucun site", "en ningún lugar", "ни на одном объекте", "不在任何地点", "ليس في أي موقع"],

        Identities: ["Both sides of every identity", "Les deux côtés de chaque égalité", "Ambos lados de cada igualdad", "Обе стороны каждого равенства", "每个等式的两边", "طرفا كل معادلة"],
        Identity: ["Identity", "Égalité", "Igualdad", "Равенство", "等式", "المعادلة"],
        First: ["What documents state = what the accounts hold", "Ce que disent les documents = ce que contiennent les comptes", "Lo que dicen los documentos = lo que tienen las cuentas", "Что заявлено в документах = что на счетах", "单据所载 = 账户所存", "ما تنص عليه الوثائق = ما في الحسابات"],
        Second: ["What entered transit = what is there or left it", "Ce qui est entré en transit = ce qui y est ou l’a quitté", "Lo que entró en tránsito = lo que está o salió de él", "Поступило в путь = находится там или выбыло", "进入运输的 = 仍在途或已离开的", "ما دخل العبور = ما فيه أو غادره"],
        Third: ["Opening + in − out = closing, at each site", "Ouverture + entrées − sorties = clôture, sur chaque site", "Apertura + entradas − salidas = cierre, en cada lugar", "Начало + приход − расход = конец, на каждом объекте", "期初 + 收入 − 发出 = 期末（各地点）", "الافتتاح + الوارد − الصادر = الإقفال، في كل موقع"],
        FlowsOverAll: ["As much came in as went out, over all places", "Autant d’entrées que de sorties, tous lieux réunis", "Tanto entró como salió, en todos los lugares", "Приход равен расходу по всем местам", "全部地点的收入等于发出", "الوارد يساوي الصادر في كل الأماكن"],
        NumbersMissing: ["Numbers of documents nobody can account for", "Numéros de documents dont personne ne répond", "Números de documentos de los que nadie responde", "Номера документов, за которые никто не отчитался", "无人能说明的单据编号", "أرقام وثائق لا يُعرف مصيرها"],
        OneSide: ["One side", "Un côté", "Un lado", "Одна сторона", "一边", "أحد الطرفين"],
        OtherSide: ["The other", "L’autre", "El otro", "Другая", "另一边", "الآخر"],
        Residual: ["Residual", "Écart", "Diferencia", "Остаток", "差额", "الفرق"],
        Compared: ["Compared", "Comparés", "Comparados", "Сравнено", "已比较", "المقارَن"],
        Differing: ["Differing", "Différents", "Distintos", "Расходятся", "不一致", "المختلف"],

        Accounts: ["Every account, in base units", "Chaque compte, en unités de base", "Cada cuenta, en unidades básicas", "Каждый счёт, в базовых единицах", "每个账户（基本单位）", "كل حساب، بالوحدات الأساسية"],
        Promised: ["Promised", "Promis", "Prometido", "Обещано", "已承诺", "الموعود به"],
        Surplus: ["In excess", "En excédent", "En exceso", "Излишек", "溢余", "الفائض"],
        OnHold: ["on hold {0}", "bloqué {0}", "retenido {0}", "удержано {0}", "暂扣 {0}", "موقوف {0}"],
        DamagedToo: ["damaged {0}", "endommagé {0}", "dañado {0}", "повреждено {0}", "损坏 {0}", "تالف {0}"],
        ByPlace: ["Goods leave one place for another, so a row by place has no residual of its own; the identities above say whether it closes.", "Les biens passent d’un lieu à l’autre : une ligne par lieu n’a pas d’écart propre ; les égalités ci-dessus disent si tout est juste.", "Los bienes pasan de un lugar a otro: una fila por lugar no tiene diferencia propia; las igualdades de arriba dicen si cuadra.", "Товары переходят с места на место, поэтому у строки по месту нет своего остатка; о сходимости говорят равенства выше.", "货物会从一地转到另一地，因此按地点的行没有自己的差额；是否相符以上方等式为准。", "تنتقل البضائع من مكان إلى آخر، فلا فرق خاص لصف حسب المكان؛ والمعادلات أعلاه تبيّن التطابق."],
        RowsLeftOff: ["Only the first {0} rows are shown, those with a residual before all others. Narrow it, or take the file.", "Seules les {0} premières lignes sont montrées, celles avec un écart avant toutes les autres. Restreignez, ou prenez le fichier.", "Solo se muestran las primeras {0} filas, antes que nada las que tienen diferencia. Limite la consulta o tome el archivo.", "Показаны первые строки: {0}, сначала с остатком. Сузьте запрос или возьмите файл.", "仅显示前 {0} 行，有差额的行排在最前。请缩小范围或导出文件。", "تُعرض أول {0} من الصفوف فقط، وما فيه فرق قبل غيره. ضيّق الطلب أو خذ الملف."],
        NothingThere: ["Nothing is recorded for this. Choose a later moment, or show everything.", "Rien n’est enregistré ici. Choisissez un moment plus tardif, ou montrez tout.", "No hay nada registrado. Elija un momento posterior o muestre todo.", "Для этого ничего не записано. Выберите более поздний момент или покажите всё.", "此处没有记录。请选择更晚的时刻，或显示全部。", "لا شيء مسجَّل لهذا. اختر وقتًا لاحقًا أو أظهر الكل."],

        Transit: ["Transit of consignments", "Transit des envois", "Tránsito de los envíos", "Партии груза в пути", "托运货物的运输", "عبور الشحنات"],
        TransitEmpty: ["Every consignment closes. Choose “By: Consignment” to see each.", "Chaque envoi est juste. Choisissez « Par : Envoi » pour les voir tous.", "Todos los envíos cuadran. Elija «Por: Envío» para verlos todos.", "Все партии сходятся. Выберите «По: Партия груза», чтобы увидеть каждую.", "每批托运货物均相符。选择“按：托运货物”可逐一查看。", "كل الشحنات متطابقة. اختر «حسب: الشحنة» لرؤيتها كلها."],
        Dispatched: ["Dispatched", "Expédié", "Expedido", "Отправлено", "已发出", "المرسَل"],
        Split: ["Split off", "Séparé", "Separado", "Отделено", "拆分", "المفصول"],
        InTransit: ["In transit", "En transit", "En tránsito", "В пути", "在途", "قيد العبور"],
        Missing: ["Missing", "Manquant", "Faltante", "Недостача", "短缺", "الناقص"],
        Received: ["Received", "Reçu", "Recibido", "Получено", "已收", "المستلَم"],
        Damaged: ["Damaged", "Endommagé", "Dañado", "Повреждено", "损坏", "التالف"],
        Ended: ["Ended", "Terminé", "Terminado", "Завершено", "终结", "المنتهي"],

        RollForward: ["What lay at each site, came and went", "Ce qui était sur chaque site, est entré et sorti", "Lo que había en cada lugar, entró y salió", "Что было на объекте, пришло и ушло", "各地点的存放与收发", "ما كان في كل موقع وما دخل وخرج"],
        Opening: ["Opening", "Ouverture", "Apertura", "Начало", "期初", "الافتتاح"],
        CameIn: ["In", "Entrées", "Entradas", "Приход", "收入", "الوارد"],
        WentOut: ["Out", "Sorties", "Salidas", "Расход", "发出", "الصادر"],
        Closing: ["Closing", "Clôture", "Cierre", "Конец", "期末", "الإقفال"],

        Differences: ["Short, over, damaged and lost", "Manquants, excédents, dommages et pertes", "Faltantes, excesos, daños y pérdidas", "Недостачи, излишки, повреждения и утраты", "短缺、溢余、损坏与丢失", "النقص والفائض والتالف والمفقود"],
        DifferencesEmpty: ["Nothing was short, over, damaged or lost in this time.", "Rien n’a manqué, excédé, été endommagé ni perdu pendant cette période.", "Nada faltó, sobró, se dañó ni se perdió en este período.", "За это время не было недостач, излишков, повреждений и утрат.", "此期间没有短缺、溢余、损坏或丢失。", "لم ينقص شيء ولم يزد ولم يتلف ولم يُفقد في هذه المدة."],
        StillMissing: ["Still missing, the oldest first", "Toujours manquant, le plus ancien d’abord", "Aún faltante, lo más antiguo primero", "Всё ещё недостаёт, сначала давнее", "仍然短缺（最早的在前）", "ما زال ناقصًا، الأقدم أولًا"],
        StillMissingEmpty: ["Nothing is missing.", "Rien ne manque.", "No falta nada.", "Ничего не недостаёт.", "没有短缺。", "لا شيء ناقص."],
        Since: ["Since", "Depuis", "Desde", "С", "自", "منذ"],
        Days: ["{0} day|{0} days", "{0} jour|{0} jours|{0} jours", "{0} día|{0} días|{0} días", "{0} день|{0} дня|{0} дней|{0} дня", "{0} 天", "{0} يوم|يوم واحد ({0})|يومان ({0})|{0} أيام|{0} يومًا|{0} يوم"],
        Over: ["Over", "Excédent", "Exceso", "Излишек", "溢余", "الزيادة"],
        Lost: ["Lost", "Perdu", "Perdido", "Утрачено", "丢失", "المفقود"],
        Disposed: ["Disposed of", "Éliminé", "Eliminado", "Уничтожено", "已处置", "المُتلَف"],
        Reason: ["Reason", "Motif", "Motivo", "Обоснование", "理由", "المبرر"],
        LeftOff: ["{0} more are left off; narrow it to see them.", "{0} de plus sont omis ; restreignez pour les voir.", "Se omiten {0} más; limite la consulta para verlos.", "Ещё не показано: {0}; сузьте запрос.", "另有 {0} 项未显示；请缩小范围。", "لم يُعرض {0} أخرى؛ ضيّق الطلب لرؤيتها."],

        Holders: ["Goods that are not with their owner", "Biens qui ne sont pas chez leur propriétaire", "Bienes que no están con su propietario", "Товары не у владельца", "不在所有方处的货物", "بضائع ليست لدى مالكها"],
        HoldersEmpty: ["All goods are with their owners.", "Tous les biens sont chez leurs propriétaires.", "Todos los bienes están con sus propietarios.", "Все товары у своих владельцев.", "所有货物都在所有方处。", "كل البضائع لدى مالكيها."],
        ByOwner: ["Goods by owner", "Biens par propriétaire", "Bienes por propietario", "Товары по владельцам", "按所有方的货物", "البضائع حسب المالك"],

        Values: ["Declared values", "Valeurs déclarées", "Valores declarados", "Заявленная стоимость", "申报价值", "القيم المصرّح بها"],
        ValuesEmpty: ["No line has a declared value.", "Aucune ligne n’a de valeur déclarée.", "Ninguna línea tiene valor declarado.", "Ни у одной строки нет заявленной стоимости.", "没有任何行有申报价值。", "لا سطر له قيمة مصرّح بها."],
        Basis: ["Basis", "Base", "Base", "Основание", "依据", "الأساس"],
        Lines: ["Lines", "Lignes", "Líneas", "Строки", "行数", "الأسطر"],
        WithDonor: ["With the donor", "Chez le donateur", "Con el donante", "У донора", "在捐赠方处", "لدى الجهة المانحة"],
        InCustody: ["In custody", "En garde", "En custodia", "На хранении", "保管中", "في العهدة"],
        Delivered: ["Delivered", "Livré", "Entregado", "Доставлено", "已交付", "المسلَّم"],

        Numbers: ["Numbers of documents", "Numéros de documents", "Números de documentos", "Номера документов", "单据编号", "أرقام الوثائق"],
        NumbersEmpty: ["No numbers were given out.", "Aucun numéro n’a été attribué.", "No se asignaron números.", "Номера не выдавались.", "未发放任何编号。", "لم تُمنح أي أرقام."],
        Series: ["Series", "Série", "Serie", "Серия", "系列", "السلسلة"],
        Given: ["Given out", "Attribués", "Asignados", "Выдано", "已发放", "الممنوح"],
        Used: ["Used", "Utilisés", "Usados", "Использовано", "已使用", "المستعمل"],
        Void: ["Void", "Annulés", "Anulados", "Аннулировано", "作废", "الملغى"],
        Open: ["Open", "Ouverts", "Abiertos", "Открыто", "未用", "المفتوح"],

        Unproven: ["What no paper shows", "Ce qu’aucun document ne montre", "Lo que ningún documento muestra", "Что не подтверждено документом", "没有单据证明的事项", "ما لا تثبته وثيقة"],
        UnprovenEmpty: ["Everything that wants a paper has one.", "Tout ce qui demande un document en a un.", "Todo lo que requiere documento lo tiene.", "У всего, что требует документа, он есть.", "凡需单据者皆有单据。", "كل ما يحتاج إلى وثيقة له وثيقة."],

        Entries: ["Entries behind a figure", "Écritures derrière un chiffre", "Asientos tras una cifra", "Записи за цифрой", "数字背后的分录", "القيود وراء رقم"],
        EntriesComeTo: ["Together they come to {0}: the figure they are behind.", "Ensemble elles font {0} : le chiffre qu’elles composent.", "Juntos suman {0}: la cifra que componen.", "Вместе они дают {0}: ту самую цифру.", "合计为 {0}：即该数字。", "مجموعها {0}: وهو الرقم الذي تكوّنه."],
        Entry: ["Entry", "Écriture", "Asiento", "Запись", "分录", "القيد"],
        Event: ["Event", "Événement", "Suceso", "Событие", "事件", "الحدث"],
        Account: ["Account", "Compte", "Cuenta", "Счёт", "账户", "الحساب"],
        Papers: ["Papers", "Documents", "Documentos", "Документы", "单据", "الوثائق"],
        Counts: ["Counts from", "Compte à partir de", "Cuenta desde", "Считается с", "生效于", "يُحتسب من"],
        BeyondReach: ["beyond your reach", "hors de votre portée", "fuera de su alcance", "вне вашего доступа", "超出您的权限", "خارج نطاقك"],

        Changes: ["What was restated", "Ce qui a été rectifié", "Lo que se rectificó", "Что пересмотрено", "重述内容", "ما أُعيد بيانه"],
        ChangesLead: ["Put in the entry that was printed with a figure, and see which entries made it read differently since.", "Indiquez l’entrée imprimée avec un chiffre, et voyez quelles écritures l’ont changé depuis.", "Indique la entrada impresa con una cifra y vea qué asientos la cambiaron desde entonces.", "Укажите запись, напечатанную вместе с цифрой, и увидите, какие записи изменили её с тех пор.", "填写与数字一同打印的日志条目，即可看到此后哪些分录改变了它。", "أدخل القيد المطبوع مع رقم، وانظر أي القيود غيّرته منذ ذلك الحين."],
        After: ["After entry or time", "Après l’entrée ou l’heure", "Después de la entrada u hora", "После записи или времени", "在此条目或时间之后", "بعد القيد أو الوقت"],
        UpTo: ["Up to entry or time", "Jusqu’à l’entrée ou l’heure", "Hasta la entrada u hora", "По запись или время", "直到此条目或时间", "حتى القيد أو الوقت"],
        ChangesEmpty: ["Nothing reads differently. Choose an earlier entry, or another grouping.", "Rien n’a changé. Choisissez une entrée antérieure ou un autre regroupement.", "Nada ha cambiado. Elija una entrada anterior u otra agrupación.", "Ничего не изменилось. Выберите более раннюю запись или другую группировку.", "没有变化。请选择更早的条目或其他分组。", "لا شيء تغيّر. اختر قيدًا أسبق أو تجميعًا آخر."],
        Difference: ["Difference", "Écart", "Diferencia", "Разница", "差异", "الفرق"],
        MadeBy: ["Made by", "Dû à", "Debido a", "Из-за", "起因", "بسبب"],
        SinceThis: ["What was restated since", "Ce qui a été rectifié depuis", "Lo rectificado desde entonces", "Что пересмотрено с тех пор", "此后的重述", "ما أُعيد بيانه منذ ذلك"],
    }
}

impl From<Group> for AuditWord {
    fn from(group: Group) -> Self {
        match group {
            Group::Programme => Self::Programme,
            Group::Donor => Self::Donor,
            Group::Pledge => Self::Pledge,
            Group::Item => Self::Item,
            Group::Lot => Self::Lot,
            Group::Country => Self::Country,
            Group::Site => Self::Site,
            Group::Holder => Self::Holder,
            Group::Owner => Self::Owner,
            Group::Consignee => Self::Consignee,
            Group::Consignment => Self::Consignment,
        }
    }
}

impl From<Section> for AuditWord {
    fn from(section: Section) -> Self {
        match section {
            Section::Accounts => Self::NoPart,
            Section::Transit => Self::Transit,
            Section::RollForward => Self::RollForward,
            Section::Differences => Self::Differences,
            Section::Holders => Self::Holders,
            Section::Values => Self::Values,
            Section::Numbers => Self::Numbers,
            Section::WithoutEvidence => Self::Unproven,
        }
    }
}
