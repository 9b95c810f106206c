//! What the administrator's pages say.

use crate::auth::Role;
use crate::items::StorageClass;
use crate::pages::words::words;
use crate::sites::SiteKind;

words! {
    /// What is kept by administrators, and what becomes of it.
    pub enum AdminWord {
        Title: ["Administration", "Administration", "Administración", "Администрирование", "管理", "الإدارة"],
        Lead: ["What waits for your decision, and what you keep for everybody.", "Ce qui attend votre décision, et ce que vous tenez pour tous.", "Lo que espera su decisión y lo que usted mantiene para todos.", "Что ждёт вашего решения и что вы ведёте для всех.", "待您决定的事项，以及您为大家维护的内容。", "ما ينتظر قرارك وما ترعاه للجميع."],
        Pending: ["To decide", "À décider", "Por decidir", "На решение", "待决定", "بانتظار القرار"],
        PendingEmpty: ["Nothing waits for a decision. What somebody proposes stands here.", "Rien n’attend de décision. Ce que quelqu’un propose figure ici.", "Nada espera decisión. Lo que alguien proponga figurará aquí.", "Ничто не ждёт решения. Предложения появятся здесь.", "没有待决定事项。有人提议后会列于此处。", "لا شيء ينتظر قرارًا. ما يُقترح يظهر هنا."],
        Proposal: ["Proposal", "Proposition", "Propuesta", "Предложение", "提议", "الاقتراح"],
        Kind: ["Kind", "Genre", "Tipo", "Вид", "类别", "النوع"],
        About: ["About", "Au sujet de", "Sobre", "О чём", "关于", "بشأن"],
        Reason: ["Reason", "Motif", "Motivo", "Обоснование", "理由", "السبب"],
        ProposedBy: ["Proposed by", "Proposé par", "Propuesto por", "Предложил", "提议者", "اقترحه"],
        ProposedAt: ["Proposed", "Proposé", "Propuesto", "Предложено", "提议于", "اقتُرح في"],
        Proposed: ["What is proposed", "Ce qui est proposé", "Lo que se propone", "Что предложено", "提议内容", "ما يُقترح"],
        Effect: ["What it would change", "Ce que cela changerait", "Lo que cambiaría", "Что это изменит", "将产生的变化", "ما سيغيّره"],
        EffectEmpty: ["It moves no goods.", "Cela ne déplace aucun bien.", "No mueve mercancías.", "Товары не перемещаются.", "不移动任何货物。", "لا ينقل أي بضائع."],
        Before: ["Before", "Avant", "Antes", "До", "之前", "قبل"],
        After: ["After", "Après", "Después", "После", "之后", "بعد"],
        Decision: ["Decision", "Décision", "Decisión", "Решение", "决定", "القرار"],
        Approve: ["Approve", "Approuver", "Aprobar", "Одобрить", "批准", "موافقة"],
        Refuse: ["Refuse", "Refuser", "Rechazar", "Отклонить", "拒绝", "رفض"],
        Decide: ["Decide", "Décider", "Decidir", "Решить", "决定", "قرّر"],
        Withdraw: ["Withdraw it", "La retirer", "Retirarla", "Отозвать", "撤回", "اسحبه"],
        YourOwn: ["You proposed this yourself, so somebody else decides it.", "Vous l’avez proposé vous-même ; quelqu’un d’autre en décide.", "Usted mismo lo propuso; lo decide otra persona.", "Вы сами это предложили, решает другой.", "这是您本人的提议，须由他人决定。", "أنت من اقترح هذا، فيقرره غيرك."],

        People: ["People", "Personnes", "Personas", "Люди", "人员", "الأشخاص"],
        PeopleLead: ["Whoever logs in, with a role and what it is bound to.", "Qui se connecte, avec son rôle et ses limites.", "Quien inicia sesión, con su función y sus límites.", "Кто входит, с ролью и пределами.", "登录者及其角色与范围。", "من يسجّل الدخول، مع دوره وحدوده."],
        Invite: ["Invite", "Inviter", "Invitar", "Пригласить", "邀请", "ادعُ"],
        InviteTitle: ["Invite somebody", "Inviter quelqu’un", "Invitar a alguien", "Пригласить человека", "邀请某人", "دعوة شخص"],
        Name: ["Name", "Nom", "Nombre", "Имя", "姓名", "الاسم"],
        Login: ["Login", "Identifiant", "Usuario", "Логин", "用户名", "اسم المستخدم"],
        LoginHint: ["3 to 64 letters, digits, or any of . _ - @ +", "3 à 64 lettres, chiffres ou . _ - @ +", "3 a 64 letras, cifras o . _ - @ +", "От 3 до 64 букв, цифр или . _ - @ +", "3 至 64 个字母、数字或 . _ - @ +", "من 3 إلى 64 حرفًا أو رقمًا أو . _ - @ +"],
        Role: ["Role", "Rôle", "Función", "Роль", "角色", "الدور"],
        Organization: ["Organization", "Organisation", "Organización", "Организация", "组织", "المنظمة"],
        NoOrganization: ["none", "aucune", "ninguna", "нет", "无", "لا شيء"],
        Countries: ["Countries", "Pays", "Países", "Страны", "国家", "البلدان"],
        CountriesHint: ["Codes such as GM, SN. Empty is everywhere.", "Codes tels que GM, SN. Vide : partout.", "Códigos como GM, SN. Vacío: en todas partes.", "Коды, например GM, SN. Пусто — везде.", "代码如 GM, SN。留空表示不限。", "رموز مثل GM, SN. الفراغ يعني كل مكان."],
        Disabled: ["May not log in", "Ne peut pas se connecter", "No puede iniciar sesión", "Вход запрещён", "禁止登录", "لا يجوز له الدخول"],
        Active: ["may log in", "peut se connecter", "puede iniciar sesión", "вход разрешён", "可登录", "يجوز له الدخول"],
        Erased: ["erased", "effacé", "borrado", "стёрт", "已删除", "ممحو"],
        ResetLink: ["Make a link for another password", "Créer un lien pour un autre mot de passe", "Crear un enlace para otra contraseña", "Создать ссылку для нового пароля", "生成重设密码的凭证", "أنشئ رابطًا لكلمة مرور أخرى"],
        EndSessions: ["End all sessions", "Mettre fin à toutes les sessions", "Cerrar todas las sesiones", "Завершить все сеансы", "结束所有会话", "أنهِ كل الجلسات"],

        ShownOnce: ["This is shown once. Hand it over now; it cannot be read again.", "Ceci n’est montré qu’une fois. Remettez-le maintenant ; on ne pourra plus le lire.", "Esto se muestra una sola vez. Entréguelo ahora; no podrá leerse de nuevo.", "Показывается один раз. Передайте сейчас; прочитать снова нельзя.", "仅显示一次。请立即转交，之后无法再读取。", "يُعرض هذا مرة واحدة. سلّمه الآن؛ فلا يُقرأ مجددًا."],
        Invitation: ["Invitation", "Invitation", "Invitación", "Приглашение", "邀请码", "الدعوة"],
        InvitationUse: ["With it the person sets a password at {0}.", "Avec elle, la personne choisit un mot de passe à l’adresse {0}.", "Con ella la persona elige una contraseña en {0}.", "С ним человек задаёт пароль на {0}.", "对方凭此在 {0} 设置密码。", "بها يضع الشخص كلمة مرور في {0}."],
        GoodUntil: ["Good until", "Valable jusqu’au", "Válido hasta", "Действует до", "有效期至", "صالح حتى"],
        SecondHalf: ["The second half", "La seconde moitié", "La segunda mitad", "Вторая половина", "另一半", "النصف الثاني"],
        NeedsSecondHalf: ["It needs a second half, which another administrator is shown when approving.", "Il faut une seconde moitié, montrée à un autre administrateur lorsqu’il approuve.", "Necesita una segunda mitad, que verá otro administrador al aprobar.", "Нужна вторая половина; её увидит другой администратор при одобрении.", "还需另一半，由另一管理员批准时显示。", "يحتاج إلى نصف ثانٍ يراه مدير آخر عند الموافقة."],
        WaitsForAnother: ["It takes effect once another administrator approves it.", "Prend effet quand un autre administrateur l’approuve.", "Surte efecto cuando otro administrador lo apruebe.", "Вступит в силу после одобрения другим администратором.", "须经另一管理员批准后生效。", "يسري بعد موافقة مدير آخر."],
        SetPassword: ["Set your password", "Choisir votre mot de passe", "Elegir su contraseña", "Задать пароль", "设置您的密码", "ضع كلمة مرورك"],
        SetPasswordLead: ["Put in the invitation you were handed, and a password of your own.", "Indiquez l’invitation reçue et un mot de passe à vous.", "Indique la invitación recibida y una contraseña propia.", "Введите полученное приглашение и свой пароль.", "填写您收到的邀请码和自己的密码。", "أدخل الدعوة التي سُلّمت إليك وكلمة مرور خاصة بك."],
        SecondHalfHint: ["Only where a second person handed you one.", "Seulement si une seconde personne vous en a remis une.", "Solo si una segunda persona le entregó una.", "Только если её передал второй человек.", "仅当另一人也交给您一份时填写。", "فقط إن سلّمك شخص ثانٍ واحدًا."],

        Organizations: ["Organizations", "Organisations", "Organizaciones", "Организации", "组织", "المنظمات"],
        OrganizationsLead: ["Who gives, sends, carries and receives. They are never people, and never removed.", "Qui donne, expédie, transporte et reçoit. Jamais des personnes, jamais supprimées.", "Quién dona, envía, transporta y recibe. Nunca personas; nunca se eliminan.", "Кто даёт, отправляет, перевозит и получает. Это не люди, и они не удаляются.", "捐赠、发货、承运和收货的组织。不是个人，也不会被删除。", "من يمنح ويرسل وينقل ويستلم. ليست أشخاصًا ولا تُزال."],
        Empty: ["There are none yet. Record the first below.", "Il n’y en a pas encore. Enregistrez le premier ci-dessous.", "Aún no hay. Registre el primero abajo.", "Пока нет. Запишите первый ниже.", "尚无记录。请在下方录入第一个。", "لا شيء بعد. سجّل الأول أدناه."],
        New: ["Record a new one", "En enregistrer un nouveau", "Registrar uno nuevo", "Записать новый", "录入新的", "سجّل جديدًا"],
        Edit: ["Change it", "Le modifier", "Modificarlo", "Изменить", "修改", "تعديل"],
        Reference: ["Reference", "Référence", "Referencia", "Ссылка", "参考号", "المرجع"],
        Country: ["Country", "Pays", "País", "Страна", "国家", "البلد"],
        CountryHint: ["Two letters such as GM.", "Deux lettres telles que GM.", "Dos letras como GM.", "Две буквы, например GM.", "两个字母，如 GM。", "حرفان مثل GM."],
        Parts: ["Parts", "Rôles", "Papeles", "Роли", "角色", "الأدوار"],
        Donor: ["Donor", "Donateur", "Donante", "Донор", "捐赠方", "جهة مانحة"],
        Consignor: ["Consignor", "Expéditeur", "Remitente", "Отправитель", "发货人", "المرسل"],
        Consignee: ["Consignee", "Destinataire", "Destinatario", "Получатель", "收货人", "المرسل إليه"],
        Carrier: ["Carrier", "Transporteur", "Transportista", "Перевозчик", "承运人", "الناقل"],
        Partner: ["Partner", "Partenaire", "Socio", "Партнёр", "伙伴", "الشريك"],
        Named: ["Named as a donor", "Nommé comme donateur", "Nombrado como donante", "Называть как донора", "是否公开捐赠方名称", "يُسمّى كجهة مانحة"],
        NamedHint: ["always, never, or a day such as 2027-01-01 from which on.", "always, never, ou un jour tel que 2027-01-01 à partir duquel.", "always, never o un día como 2027-01-01 desde el cual.", "always, never или день, например 2027-01-01, с которого.", "always、never，或起始日期如 2027-01-01。", "always أو never أو يوم مثل 2027-01-01 يبدأ منه."],

        Items: ["Items and packs", "Articles et conditionnements", "Artículos y envases", "Наименования и упаковки", "物品与包装", "الأصناف والعبوات"],
        ItemsLead: ["What is counted, in a base unit that never changes.", "Ce qui est compté, dans une unité de base qui ne change jamais.", "Lo que se cuenta, en una unidad básica que nunca cambia.", "Что считают, в неизменной базовой единице.", "所计物品，其基本单位永不改变。", "ما يُعدّ، بوحدة أساسية لا تتغير."],
        Code: ["Code", "Code", "Código", "Код", "代码", "الرمز"],
        ItemName: ["Name", "Nom", "Nombre", "Название", "名称", "الاسم"],
        BaseUnit: ["Base unit", "Unité de base", "Unidad básica", "Базовая единица", "基本单位", "الوحدة الأساسية"],
        BaseUnitHint: ["Such as piece. It never changes.", "Telle que piece. Elle ne change jamais.", "Como piece. Nunca cambia.", "Например piece. Не меняется.", "如 piece。永不改变。", "مثل piece. لا تتغير أبدًا."],
        Category: ["Category", "Catégorie", "Categoría", "Категория", "类别", "الفئة"],
        Sector: ["Sector", "Secteur", "Sector", "Сектор", "领域", "القطاع"],
        HsCode: ["HS code", "Code SH", "Código SA", "Код ТН ВЭД (ГС)", "HS 编码", "رمز النظام المنسق"],
        ShelfLife: ["Shelf life in days", "Durée de conservation en jours", "Vida útil en días", "Срок годности, дней", "保质期（天）", "مدة الصلاحية بالأيام"],
        Storage: ["Storage", "Entreposage", "Almacenamiento", "Хранение", "储存", "التخزين"],
        Packs: ["Packs", "Conditionnements", "Envases", "Упаковки", "包装", "العبوات"],
        PacksHint: ["One a line: name; base units; grams; length x width x height in mm. Such as carton; 2000; 12500; 600x400x400. A pack of less than one unit is 1/10.", "Un par ligne : nom ; unités de base ; grammes ; longueur x largeur x hauteur en mm. Par exemple carton; 2000; 12500; 600x400x400. Moins d’une unité : 1/10.", "Uno por línea: nombre; unidades básicas; gramos; largo x ancho x alto en mm. Por ejemplo carton; 2000; 12500; 600x400x400. Menos de una unidad: 1/10.", "По одной в строке: имя; базовые единицы; граммы; длина x ширина x высота в мм. Например carton; 2000; 12500; 600x400x400. Меньше единицы: 1/10.", "每行一个：名称; 基本单位数; 克; 长x宽x高（毫米）。如 carton; 2000; 12500; 600x400x400。不足一单位写 1/10。", "واحدة في السطر: الاسم; الوحدات الأساسية; الغرامات; الطول x العرض x الارتفاع بالملم. مثل carton; 2000; 12500; 600x400x400. أقل من وحدة: 1/10."],
        Further: ["What is said further of it", "Ce qui en est dit de plus", "Lo que se dice además de él", "Что ещё о нём сказано", "其他说明", "ما يُقال عنه أيضًا"],
        FurtherEmpty: ["Nothing is said further. State below where it was made.", "Rien de plus n’en est dit. Indiquez ci-dessous où il a été fabriqué.", "No se dice nada más. Indique abajo dónde se fabricó.", "Больше ничего не сказано. Укажите ниже, где это произведено.", "尚无其他说明。请在下方填写产地。", "لا شيء يُقال عنه أيضًا. اذكر أدناه أين صُنع."],
        FurtherName: ["About what", "À quel sujet", "Sobre qué", "О чём", "项目", "عن ماذا"],
        FurtherWords: ["What is said", "Ce qui est dit", "Lo que se dice", "Что сказано", "内容", "ما يُقال"],
        MadeIn: ["Country of origin", "Pays d’origine", "País de origen", "Страна происхождения", "原产国", "بلد المنشأ"],
        MadeInHint: ["Where it was made, as customs papers are to print it. Where a file says another thing of the goods, it is left open there.", "Où il a été fabriqué, tel que les papiers de douane doivent l’imprimer. Si un fichier dit autre chose des marchandises, la case y reste vide.", "Dónde se fabricó, como deben imprimirlo los papeles de aduana. Si un archivo dice otra cosa de los bienes, allí queda en blanco.", "Где это произведено — так, как должно стоять в таможенных бумагах. Если файл говорит о грузе иное, графа остаётся пустой.", "产地，按海关文件应印的写法填写。若文件对该批货物另有说法，则该处留空。", "أين صُنع، كما تطبعه أوراق الجمارك. وإن قال ملف غير ذلك عن البضائع تُركت الخانة فارغة."],
        StateIt: ["State it", "L’indiquer", "Indicarlo", "Указать", "填报", "اذكره"],
        Ambient: ["ambient", "ambiante", "ambiente", "обычное", "常温", "محيطة"],
        Cool: ["cool", "fraîche", "fresco", "прохладное", "阴凉", "بارد"],
        Refrigerated: ["refrigerated", "réfrigérée", "refrigerado", "холодильное", "冷藏", "مبرَّد"],
        Frozen: ["frozen", "congelée", "congelado", "морозильное", "冷冻", "مجمَّد"],
        UltraCold: ["ultra-cold", "ultra-froide", "ultrafrío", "сверхнизкое", "超低温", "فائق البرودة"],
        Hazardous: ["hazardous", "dangereuse", "peligroso", "опасное", "危险品", "خطر"],
        Secure: ["secure", "sécurisée", "seguro", "охраняемое", "安保", "مؤمَّن"],

        Sites: ["Sites", "Sites", "Lugares", "Объекты", "地点", "المواقع"],
        SitesLead: ["Where goods can be. A site’s country never changes.", "Où les biens peuvent se trouver. Le pays d’un site ne change jamais.", "Dónde pueden estar los bienes. El país de un lugar nunca cambia.", "Где могут быть товары. Страна объекта не меняется.", "货物可能所在之处。地点的国家永不改变。", "حيث يمكن أن تكون البضائع. بلد الموقع لا يتغير."],
        SitesMap: ["Sites of this page by their coordinates", "Sites de cette page par leurs coordonnées", "Lugares de esta página por sus coordenadas", "Объекты этой страницы по координатам", "本页地点按坐标显示", "مواقع هذه الصفحة حسب إحداثياتها"],
        NotOnMap: ["{0} has no coordinates and is not on it.|{0} have no coordinates and are not on it.", "{0} n’a pas de coordonnées et n’y figure pas.|{0} n’ont pas de coordonnées et n’y figurent pas.|{0} n’ont pas de coordonnées et n’y figurent pas.", "{0} no tiene coordenadas y no aparece.|{0} no tienen coordenadas y no aparecen.|{0} no tienen coordenadas y no aparecen.", "{0} без координат и не показан.|{0} без координат и не показаны.|{0} без координат и не показаны.|{0} без координат и не показаны.", "{0} 个没有坐标，未显示。", "{0} بلا إحداثيات وليست عليها.|{0} بلا إحداثيات وليس عليها.|{0} بلا إحداثيات وليسا عليها.|{0} بلا إحداثيات وليست عليها.|{0} بلا إحداثيات وليست عليها.|{0} بلا إحداثيات وليست عليها."],
        Latitude: ["Latitude", "Latitude", "Latitud", "Широта", "纬度", "خط العرض"],
        Longitude: ["Longitude", "Longitude", "Longitud", "Долгота", "经度", "خط الطول"],
        Locode: ["UN/LOCODE", "UN/LOCODE", "UN/LOCODE", "UN/LOCODE", "UN/LOCODE", "UN/LOCODE"],
        AreaCode: ["Area code", "Code de zone", "Código de zona", "Код района", "地区代码", "رمز المنطقة"],
        Operator: ["Operator", "Exploitant", "Operador", "Управляющий", "运营方", "المشغّل"],
        Port: ["port", "port", "puerto", "порт", "港口", "ميناء"],
        Airport: ["airport", "aéroport", "aeropuerto", "аэропорт", "机场", "مطار"],
        BorderCrossing: ["border crossing", "poste-frontière", "paso fronterizo", "погранпереход", "边境口岸", "معبر حدودي"],
        Warehouse: ["warehouse", "entrepôt", "almacén", "склад", "仓库", "مستودع"],
        City: ["city", "ville", "ciudad", "город", "城市", "مدينة"],
        HealthFacility: ["health facility", "établissement de santé", "centro de salud", "медучреждение", "卫生机构", "مرفق صحي"],
        FinalDeliveryPoint: ["final delivery point", "point de livraison final", "punto de entrega final", "конечный пункт доставки", "最终交付点", "نقطة التسليم النهائية"],

        Keys: ["Machine keys", "Clés de machines", "Claves de máquinas", "Ключи машин", "机器密钥", "مفاتيح الآلات"],
        KeysLead: ["Programs that read and report, each with a role and an end.", "Des programmes qui lisent et signalent, chacun avec un rôle et une fin.", "Programas que leen e informan, cada uno con función y fin.", "Программы, которые читают и сообщают, с ролью и сроком.", "读取与上报的程序，各有角色与期限。", "برامج تقرأ وتبلّغ، لكل منها دور ونهاية."],
        MakeKey: ["Make a key", "Créer une clé", "Crear una clave", "Создать ключ", "创建密钥", "أنشئ مفتاحًا"],
        Key: ["Key", "Clé", "Clave", "Ключ", "密钥", "المفتاح"],
        Beginning: ["Begins with", "Commence par", "Comienza por", "Начинается с", "前缀", "يبدأ بـ"],
        LastUsed: ["Last used", "Dernière utilisation", "Último uso", "Использован", "最近使用", "آخر استعمال"],
        NeverUsed: ["never", "jamais", "nunca", "никогда", "从未", "أبدًا"],
        Revoke: ["Revoke {0}", "Révoquer {0}", "Revocar {0}", "Отозвать {0}", "撤销 {0}", "ألغِ {0}"],
        Revoked: ["revoked", "révoquée", "revocada", "отозван", "已撤销", "مُلغى"],
        Good: ["in use", "en service", "en uso", "действует", "有效", "ساري"],
        Ended: ["not in use", "hors service", "fuera de uso", "не действует", "无效", "غير ساري"],
        DayHint: ["A day such as 2027-01-31, at most a year from now.", "Un jour tel que 2027-01-31, dans un an au plus.", "Un día como 2027-01-31, a un año como máximo.", "День, например 2027-01-31, не позже чем через год.", "日期如 2027-01-31，最长一年。", "يوم مثل 2027-01-31، خلال سنة على الأكثر."],

        Hooks: ["Webhooks", "Webhooks", "Webhooks", "Вебхуки", "网络钩子", "خطافات الويب"],
        HooksLead: ["Other systems, told of events that you may read. They are yours alone.", "D’autres systèmes, informés des événements que vous pouvez lire. Ils ne sont qu’à vous.", "Otros sistemas, informados de los sucesos que usted puede leer. Son solo suyos.", "Другие системы, которым сообщают о доступных вам событиях. Они только ваши.", "向其他系统通报您可读取的事件。仅属于您。", "أنظمة أخرى تُبلَّغ بما يجوز لك قراءته. وهي لك وحدك."],
        MakeHook: ["Make a webhook", "Créer un webhook", "Crear un webhook", "Создать вебхук", "创建网络钩子", "أنشئ خطافًا"],
        Address: ["Address", "Adresse", "Dirección", "Адрес", "地址", "العنوان"],
        HookKinds: ["Kinds of event", "Genres d’événement", "Tipos de suceso", "Виды событий", "事件类别", "أنواع الأحداث"],
        HookKindsHint: ["With commas between them, such as departed, received. Empty is all.", "Séparés par des virgules, tels que departed, received. Vide : tous.", "Separados por comas, como departed, received. Vacío: todos.", "Через запятую, например departed, received. Пусто — все.", "以逗号分隔，如 departed, received。留空表示全部。", "تفصلها فواصل مثل departed, received. الفراغ يعني الكل."],
        Paused: ["Paused", "En pause", "En pausa", "Приостановлен", "暂停", "متوقف مؤقتًا"],
        ToldThrough: ["Told up to entry", "Informé jusqu’à l’entrée", "Informado hasta la entrada", "Сообщено до записи", "已通报至条目", "أُبلغ حتى القيد"],
        Waiting: ["Tried again", "Réessayés", "Reintentos", "Повторяются", "重试中", "تُعاد"],
        GivenUp: ["Given up", "Abandonnés", "Abandonados", "Оставлены", "已放弃", "متروكة"],
        LastError: ["Last error", "Dernière erreur", "Último error", "Последняя ошибка", "最近错误", "آخر خطأ"],
        Letters: ["What was not taken", "Ce qui n’a pas été pris", "Lo que no se recibió", "Что не принято", "未被接收的内容", "ما لم يُستلم"],
        LettersEmpty: ["Everything was taken.", "Tout a été pris.", "Todo se recibió.", "Всё принято.", "全部已接收。", "استُلم كل شيء."],
        Entry: ["Entry of the log", "Entrée du journal", "Entrada del registro", "Запись журнала", "日志条目", "قيد السجل"],
        Attempts: ["Attempts", "Tentatives", "Intentos", "Попытки", "次数", "المحاولات"],
        NextTry: ["Next try", "Prochain essai", "Próximo intento", "Следующая попытка", "下次尝试", "المحاولة التالية"],
        Replay: ["Tell the given-up ones again", "Redire les abandonnés", "Volver a informar los abandonados", "Сообщить оставленные снова", "重新通报已放弃的", "أعد إبلاغ المتروكة"],
        Renew: ["Draw a new secret", "Tirer un nouveau secret", "Generar un nuevo secreto", "Новый секрет", "重新生成密钥", "اسحب سرًا جديدًا"],
        Remove: ["Remove it", "Le supprimer", "Eliminarlo", "Удалить", "删除", "أزله"],
        Secret: ["Secret", "Secret", "Secreto", "Секрет", "密钥", "السر"],

        Officer: ["officer", "agent", "oficial", "сотрудник", "业务员", "موظف"],
        DonorRole: ["donor", "donateur", "donante", "донор", "捐赠方", "جهة مانحة"],
        Auditor: ["auditor", "auditeur", "auditor", "аудитор", "审计员", "مدقق"],
        Manager: ["manager", "responsable", "responsable", "руководитель", "经理", "مدير برنامج"],
        Admin: ["administrator", "administrateur", "administrador", "администратор", "管理员", "مدير النظام"],
    }
}

impl From<Role> for AdminWord {
    fn from(role: Role) -> Self {
        // Only the policy names roles, so what one is called goes by its word.
        match role.word() {
            "officer" => Self::Officer,
            "donor" => Self::DonorRole,
            "auditor" => Self::Auditor,
            "manager" => Self::Manager,
            _ => Self::Admin,
        }
    }
}

impl From<StorageClass> for AdminWord {
    fn from(class: StorageClass) -> Self {
        match class {
            StorageClass::Ambient => Self::Ambient,
            StorageClass::Cool => Self::Cool,
            StorageClass::Refrigerated => Self::Refrigerated,
            StorageClass::Frozen => Self::Frozen,
            StorageClass::UltraCold => Self::UltraCold,
            StorageClass::Hazardous => Self::Hazardous,
            StorageClass::Secure => Self::Secure,
        }
    }
}

impl From<SiteKind> for AdminWord {
    fn from(kind: SiteKind) -> Self {
        match kind {
            SiteKind::Port => Self::Port,
            SiteKind::Airport => Self::Airport,
            SiteKind::BorderCrossing => Self::BorderCrossing,
            SiteKind::Warehouse => Self::Warehouse,
            SiteKind::City => Self::City,
            SiteKind::HealthFacility => Self::HealthFacility,
            SiteKind::FinalDeliveryPoint => Self::FinalDeliveryPoint,
        }
    }
}
