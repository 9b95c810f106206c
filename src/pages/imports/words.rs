//! What the pages of imports say.

use crate::exchange::jobs::ImportState;
use crate::exchange::jobs::http::ImportView;
use crate::exchange::sheets::{Fate, SheetKind};
use crate::pages::words::words;

words! {
    /// Sending a table, saying what its columns hold, looking at what it would do, and having it recorded.
    pub enum ImportWord {
        Title: ["From a spreadsheet", "Depuis un tableur", "Desde una hoja de cálculo", "Из таблицы", "从电子表格导入", "من جدول بيانات"],
        Lead: ["Send a table. It is tried first and records nothing; you read what each row would do, and then have it recorded.", "Envoyez un tableau. Il est d’abord essayé sans rien enregistrer ; vous lisez l’effet de chaque ligne, puis vous le faites enregistrer.", "Envíe una tabla. Primero se prueba sin registrar nada; usted lee el efecto de cada fila y después la registra.", "Отправьте таблицу. Сначала она проверяется без записи; вы читаете, что даст каждая строка, и затем записываете.", "发送一张表。系统先试运行而不记录；您查看每行的结果后再正式记录。", "أرسل جدولًا. يُجرَّب أولًا دون تسجيل؛ تقرأ أثر كل صف ثم تسجّله."],
        SendOne: ["Send a table", "Envoyer un tableau", "Enviar una tabla", "Отправить таблицу", "发送表格", "إرسال جدول"],
        ReadAs: ["What the table is about", "Sujet du tableau", "De qué trata la tabla", "О чём таблица", "表格内容", "موضوع الجدول"],
        ReadAsHint: ["Our template, or a table of yours with other headings: what its columns hold is said in the next step.", "Notre modèle, ou un tableau à vous avec d’autres en-têtes : vous direz à l’étape suivante ce que contiennent ses colonnes.", "Nuestra plantilla, o una tabla suya con otros encabezados: en el paso siguiente dirá qué contienen sus columnas.", "Наш шаблон или ваша таблица с другими заголовками: содержание столбцов указывается на следующем шаге.", "可以是本系统的模板，也可以是标题不同的自有表格：下一步再说明各列的内容。", "قالبنا، أو جدول لك بعناوين أخرى: تُحدِّد في الخطوة التالية ما تحويه أعمدته."],
        Like: ["As {0} was read", "Comme {0} a été lu", "Como se leyó {0}", "Так же, как прочитан {0}", "按 {0} 的方式读取", "كما قُرئ {0}"],
        Kinds: ["Tables", "Tableaux", "Tablas", "Таблицы", "表格", "جداول"],
        Mappings: ["By a mapping that is kept", "Par une correspondance enregistrée", "Con una correspondencia guardada", "По сохранённому сопоставлению", "按已保存的映射", "وفق مطابقة محفوظة"],
        File: ["The file, CSV or XLSX", "Le fichier, CSV ou XLSX", "El archivo, CSV o XLSX", "Файл CSV или XLSX", "文件（CSV 或 XLSX）", "الملف، CSV أو XLSX"],
        FileHint: ["At most 8 MB and 20,000 rows; of whole deliveries 2 MB and 1,500 rows.", "8 Mo et 20 000 lignes au plus ; pour des livraisons entières, 2 Mo et 1 500 lignes.", "Como máximo 8 MB y 20 000 filas; de entregas completas, 2 MB y 1500 filas.", "Не более 8 МБ и 20 000 строк; для целых поставок — 2 МБ и 1500 строк.", "最多 8 MB、20,000 行；整批交付的表格最多 2 MB、1,500 行。", "8 ميغابايت و20,000 صف على الأكثر؛ ولعمليات التسليم الكاملة 2 ميغابايت و1,500 صف."],
        NoFile: ["No file was chosen. Choose a CSV or XLSX file.", "Aucun fichier choisi. Choisissez un fichier CSV ou XLSX.", "No se eligió ningún archivo. Elija un archivo CSV o XLSX.", "Файл не выбран. Выберите файл CSV или XLSX.", "未选择文件。请选择 CSV 或 XLSX 文件。", "لم يُختر ملف. اختر ملف CSV أو XLSX."],
        Try: ["Try it", "Essayer", "Probar", "Проверить", "试运行", "جرّبه"],
        Templates: ["Tables to fill in", "Tableaux à remplir", "Tablas para rellenar", "Таблицы для заполнения", "待填模板", "جداول للتعبئة"],
        TemplatesHint: ["Each says what its columns mean.", "Chacun explique ses colonnes.", "Cada una explica sus columnas.", "В каждой объяснены столбцы.", "每个模板都说明了各列的含义。", "يشرح كلٌّ منها أعمدته."],
        Sent: ["What you sent", "Ce que vous avez envoyé", "Lo que envió", "Отправленное вами", "您发送的文件", "ما أرسلته"],
        NothingSent: ["You have sent no table yet. Take a table to fill in, or send one of yours.", "Vous n’avez encore envoyé aucun tableau. Prenez un tableau à remplir, ou envoyez l’un des vôtres.", "Todavía no ha enviado ninguna tabla. Tome una tabla para rellenar o envíe una suya.", "Вы ещё не отправляли таблиц. Возьмите таблицу для заполнения или отправьте свою.", "您尚未发送表格。请下载模板填写，或发送自己的表格。", "لم ترسل أي جدول بعد. خذ جدولًا للتعبئة أو أرسل جدولًا لك."],
        FileName: ["File", "Fichier", "Archivo", "Файл", "文件", "الملف"],
        Waiting: ["Waits for its turn", "Attend son tour", "Espera su turno", "Ждёт очереди", "等待处理", "ينتظر دوره"],
        Running: ["Under way", "En cours", "En curso", "Выполняется", "进行中", "جارٍ"],
        Tried: ["Tried; nothing is recorded", "Essayé ; rien n’est enregistré", "Probada; nada registrado", "Проверено; ничего не записано", "已试运行，未记录", "جُرِّب ولم يُسجَّل شيء"],
        Done: ["Recorded", "Enregistré", "Registrado", "Записано", "已记录", "سُجِّل"],
        Failed: ["Ended without its rows", "Interrompu sans ses lignes", "Terminó sin sus filas", "Прервано без строк", "未完成", "انتهى دون صفوفه"],
        Progress: ["{0} of {1} rows", "{0} lignes sur {1}", "{0} de {1} filas", "Строк: {0} из {1}", "{1} 行中的 {0} 行", "{0} من {1} صفوف"],
        NotRead: ["The file was not opened yet.", "Le fichier n’est pas encore ouvert.", "El archivo aún no se ha abierto.", "Файл ещё не открыт.", "文件尚未打开。", "لم يُفتح الملف بعد."],
        LookAgain: ["Look again", "Regarder à nouveau", "Volver a mirar", "Посмотреть снова", "再次查看", "انظر مجددًا"],
        RecordIt: ["Record it", "Enregistrer", "Registrar", "Записать", "正式记录", "سجّله"],
        RecordHint: ["Rows that are refused are left out; all others are recorded.", "Les lignes refusées sont omises ; toutes les autres sont enregistrées.", "Las filas rechazadas se omiten; todas las demás se registran.", "Отклонённые строки пропускаются; все остальные записываются.", "被拒绝的行将跳过，其余全部记录。", "تُترك الصفوف المرفوضة، ويُسجَّل كل ما عداها."],
        OthersRecord: ["A table of deliveries is recorded by a manager who did not send it, on this page.", "Un tableau de livraisons est enregistré par un responsable qui ne l’a pas envoyé, sur cette page.", "Una tabla de entregas la registra, en esta página, un responsable que no la envió.", "Таблицу поставок записывает на этой странице руководитель, который её не отправлял.", "交付表由未发送该表的负责人在本页面记录。", "جدول عمليات التسليم يسجّله في هذه الصفحة مسؤول لم يرسله."],
        TakeUpAgain: ["Take it up again", "Reprendre", "Retomar", "Продолжить", "继续处理", "استأنفه"],
        SendAgain: ["Mend the file and send it again.", "Corrigez le fichier et renvoyez-le.", "Corrija el archivo y envíelo de nuevo.", "Исправьте файл и отправьте его снова.", "请修正文件后重新发送。", "صحّح الملف وأرسله مجددًا."],
        MendRefused: ["Mend what is refused and send it again; it is read as this one was.", "Corrigez ce qui est refusé et renvoyez-le ; il sera lu comme celui-ci.", "Corrija lo rechazado y envíelo de nuevo; se leerá como este.", "Исправьте отклонённое и отправьте снова; оно будет прочитано так же.", "修正被拒绝的内容后重新发送，将按同样方式读取。", "صحّح ما رُفض وأرسله مجددًا؛ يُقرأ كما قُرئ هذا."],
        TellColumns: ["Say what the columns hold", "Dire ce que contiennent les colonnes", "Decir qué contienen las columnas", "Указать содержание столбцов", "说明各列内容", "حدّد ما تحويه الأعمدة"],
        Row: ["Row", "Ligne", "Fila", "Строка", "行", "الصف"],
        Outcome: ["Outcome", "Résultat", "Resultado", "Итог", "结果", "النتيجة"],
        Why: ["Why", "Pourquoi", "Por qué", "Почему", "原因", "السبب"],
        CellOf: ["{0}, row {1}", "{0}, ligne {1}", "{0}, fila {1}", "{0}, строка {1}", "{0}，第 {1} 行", "{0}، الصف {1}"],
        NoRows: ["No row has its verdict yet.", "Aucune ligne n’a encore son verdict.", "Ninguna fila tiene resultado todavía.", "Ни одна строка ещё не обработана.", "尚无行有结果。", "لا صف له نتيجة بعد."],
        NoSuchRows: ["No row is so. Look at all rows.", "Aucune ligne n’est ainsi. Regardez toutes les lignes.", "Ninguna fila está así. Mire todas las filas.", "Таких строк нет. Посмотрите все строки.", "没有这样的行。请查看全部行。", "لا صف كذلك. انظر كل الصفوف."],
        AllRows: ["All rows", "Toutes les lignes", "Todas las filas", "Все строки", "全部行", "كل الصفوف"],
        RefusedFile: ["Refused rows as a file", "Lignes refusées en fichier", "Filas rechazadas como archivo", "Отклонённые строки файлом", "下载被拒绝的行", "الصفوف المرفوضة في ملف"],
        Created: ["New", "Nouvelles", "Nuevas", "Новые", "新建", "جديدة"],
        Updated: ["Changed", "Modifiées", "Modificadas", "Изменено", "更改", "معدَّلة"],
        Unchanged: ["Already so", "Déjà ainsi", "Ya estaban así", "Уже так", "无变化", "كما هي"],
        RowWaiting: ["Waiting", "En attente", "En espera", "Ждёт", "等待", "تنتظر"],
        Refused: ["Refused", "Refusées", "Rechazadas", "Отклонено", "被拒绝", "مرفوضة"],
        Skipped: ["Left out", "Omises", "Omitidas", "Пропущено", "跳过", "متروكة"],
        Columns: ["What the columns of {0} hold", "Ce que contiennent les colonnes de {0}", "Qué contienen las columnas de {0}", "Что содержат столбцы {0}", "{0} 各列的内容", "ما تحويه أعمدة {0}"],
        ColumnsLead: ["For each column of your table, choose what it holds. What has the same name is chosen already.", "Pour chaque colonne de votre tableau, choisissez ce qu’elle contient. Ce qui porte le même nom est déjà choisi.", "Para cada columna de su tabla, elija qué contiene. Lo que se llama igual ya está elegido.", "Для каждого столбца вашей таблицы выберите, что он содержит. Одноимённое уже выбрано.", "请为表格的每一列选择其内容。名称相同的已自动选好。", "اختر لكل عمود من جدولك ما يحويه. ما له الاسم نفسه مختار مسبقًا."],
        LeaveOut: ["Leave it out", "L’omettre", "Omitirla", "Пропустить", "忽略此列", "اتركه"],
        Needed: ["{0} (needed)", "{0} (nécessaire)", "{0} (necesario)", "{0} (обязательно)", "{0}（必需）", "{0} (مطلوب)"],
        Samples: ["For example: {0}", "Par exemple : {0}", "Por ejemplo: {0}", "Например: {0}", "例如：{0}", "مثلًا: {0}"],
        NoSamples: ["Its first rows are empty.", "Ses premières lignes sont vides.", "Sus primeras filas están vacías.", "Первые строки пусты.", "前几行为空。", "صفوفه الأولى فارغة."],
        Nameless: ["Column {0} has no heading and is left out.", "La colonne {0} n’a pas d’en-tête et est omise.", "La columna {0} no tiene encabezado y se omite.", "У столбца {0} нет заголовка, он пропускается.", "第 {0} 列没有标题，已忽略。", "العمود {0} بلا عنوان فيُترك."],
        Said: ["“{0}” means", "« {0} » signifie", "«{0}» significa", "«{0}» означает", "“{0}”表示", "«{0}» تعني"],
        AsItIs: ["What it says", "Ce qui est écrit", "Lo que dice", "То, что написано", "保持原文", "كما هي مكتوبة"],
        EveryRow: ["What no column holds", "Ce qu’aucune colonne ne contient", "Lo que no contiene ninguna columna", "Чего нет ни в одном столбце", "没有任何列包含的内容", "ما لا يحويه أي عمود"],
        EveryRowHint: ["Write here what is the same in every row. What is needed must be in a column or here.", "Écrivez ici ce qui est identique dans toutes les lignes. Ce qui est nécessaire doit être dans une colonne ou ici.", "Escriba aquí lo que es igual en todas las filas. Lo necesario debe estar en una columna o aquí.", "Напишите здесь то, что одинаково во всех строках. Обязательное должно быть в столбце или здесь.", "在此填写每行都相同的内容。必需内容须在某列中或填在此处。", "اكتب هنا ما هو نفسه في كل صف. المطلوب يجب أن يكون في عمود أو هنا."],
        Further: ["Further fields", "Autres champs", "Otros campos", "Другие поля", "其他字段", "حقول أخرى"],
        Dates: ["How days are written", "Comment les jours sont écrits", "Cómo se escriben los días", "Как записаны даты", "日期的写法", "كيف تُكتب الأيام"],
        Numbers: ["How numbers are written", "Comment les nombres sont écrits", "Cómo se escriben los números", "Как записаны числа", "数字的写法", "كيف تُكتب الأرقام"],
        KeepName: ["Keep this under a name, for further tables", "Garder ceci sous un nom, pour d’autres tableaux", "Guardar esto con un nombre, para otras tablas", "Сохранить под именем для других таблиц", "以名称保存，供以后使用", "احفظ هذا باسم لجداول أخرى"],
        KeepNameHint: ["May stay empty. Small letters, digits, - and _.", "Peut rester vide. Minuscules, chiffres, - et _.", "Puede quedar vacío. Minúsculas, cifras, - y _.", "Можно оставить пустым. Строчные латинские буквы, цифры, - и _.", "可留空。仅限小写字母、数字、- 和 _。", "يمكن تركه فارغًا. أحرف لاتينية صغيرة وأرقام و- و_."],
        FirstRows: ["The first rows", "Les premières lignes", "Las primeras filas", "Первые строки", "前几行", "الصفوف الأولى"],
        Organizations: ["Organizations", "Organisations", "Organizaciones", "Организации", "组织", "المنظمات"],
        Programmes: ["Programmes", "Programmes", "Programas", "Программы", "项目", "البرامج"],
        Items: ["Items and their packs", "Articles et leurs emballages", "Artículos y sus envases", "Наименования и упаковки", "物品及包装", "الأصناف وعبواتها"],
        Kits: ["Kits", "Kits", "Kits", "Наборы", "套件", "الأطقم"],
        Sites: ["Sites", "Sites", "Lugares", "Объекты", "地点", "المواقع"],
        Pledges: ["Pledges", "Promesses de dons", "Promesas de donación", "Обещанные дары", "捐赠承诺", "تعهدات التبرع"],
        Consignments: ["Consignments", "Envois", "Envíos", "Партии груза", "货运", "الشحنات"],
        Events: ["Updates of any kind", "Étapes de toute sorte", "Novedades de todo tipo", "События любого рода", "各类更新", "تحديثات من كل نوع"],
        Counts: ["Counts of stock", "Comptages de stock", "Recuentos de existencias", "Пересчёты запасов", "库存盘点", "جرد المخزون"],
        Distributions: ["Hand-overs to people", "Remises aux personnes", "Entregas a personas", "Выдачи людям", "向人员发放", "التسليم للناس"],
        Needs: ["Needs", "Besoins", "Necesidades", "Потребности", "需求", "الاحتياجات"],
        Populations: ["Populations", "Populations", "Poblaciones", "Население", "人口", "السكان"],
        Boundaries: ["Borders of areas", "Limites des zones", "Límites de zonas", "Границы районов", "地区边界", "حدود المناطق"],
    }
}

/// How far an import is.
pub(super) fn state_word(import: &ImportView) -> ImportWord {
    match import.state {
        ImportState::Waiting => ImportWord::Waiting,
        ImportState::Running => ImportWord::Running,
        ImportState::Done if import.dry_run => ImportWord::Tried,
        ImportState::Done => ImportWord::Done,
        ImportState::Failed => ImportWord::Failed,
    }
}

/// What became of a row.
pub(super) fn fate_word(fate: Fate) -> ImportWord {
    match fate {
        Fate::Created => ImportWord::Created,
        Fate::Updated => ImportWord::Updated,
        Fate::Unchanged => ImportWord::Unchanged,
        Fate::Waiting => ImportWord::RowWaiting,
        Fate::Refused => ImportWord::Refused,
        Fate::Skipped => ImportWord::Skipped,
    }
}

/// What a table is about.
pub(super) fn kind_word(kind: SheetKind) -> ImportWord {
    match kind {
        SheetKind::Organizations => ImportWord::Organizations,
        SheetKind::Programmes => ImportWord::Programmes,
        SheetKind::Items => ImportWord::Items,
        SheetKind::Kits => ImportWord::Kits,
        SheetKind::Sites => ImportWord::Sites,
        SheetKind::Pledges => ImportWord::Pledges,
        SheetKind::Consignments => ImportWord::Consignments,
        SheetKind::Events => ImportWord::Events,
        SheetKind::Counts => ImportWord::Counts,
        SheetKind::Distributions => ImportWord::Distributions,
        SheetKind::Needs => ImportWord::Needs,
        SheetKind::Populations => ImportWord::Populations,
        SheetKind::Boundaries => ImportWord::Boundaries,
    }
}
