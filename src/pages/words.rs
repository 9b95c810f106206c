//! Phrases that pages share, in six languages, and how a page says them.
//!
//! A page's own phrases are an enum of the same kind in its folder. A phrase with `{0}` takes what belongs there; one
//! with `|` has the forms of a counted word, in the order of [`FORMS`].

use crate::atlas::Language;
use crate::core::problem::Code;
use icu_plurals::{PluralCategory, PluralRules};

/// A phrase in every language.
pub trait Said: Copy {
    /// In one of them.
    fn in_language(self, language: Language) -> &'static str;
}

/// Makes the phrases of a page: a name, and what stands for it in English, French, Spanish, Russian, Chinese and Arabic.
macro_rules! words {
    ($(#[$doc:meta])* pub enum $kind:ident { $($body:tt)* }) => {
        crate::atlas::phrases! { $(#[$doc])* pub enum $kind { $($body)* } }

        impl $kind {
            /// Each phrase in every language, in the order of `Language::ALL`.
            pub fn every() -> Vec<[&'static str; 6]> {
                Self::ALL.iter().map(|one| crate::atlas::Language::ALL.map(|language| one.said(language))).collect()
            }
        }

        impl crate::pages::words::Said for $kind {
            fn in_language(self, language: crate::atlas::Language) -> &'static str {
                self.said(language)
            }
        }
    };
}
pub(in crate::pages) use words;

/// The plural forms of a language, in the order in which a phrase gives them.
pub fn forms(language: Language) -> &'static [PluralCategory] {
    use PluralCategory::{Few, Many, One, Other, Two, Zero};
    match language {
        Language::English => &[One, Other],
        Language::French | Language::Spanish => &[One, Many, Other],
        Language::Russian => &[One, Few, Many, Other],
        Language::Chinese => &[Other],
        Language::Arabic => &[Zero, One, Two, Few, Many, Other],
    }
}

/// The form of a counted phrase that goes with a number (Unicode CLDR's rules).
pub fn form_of(phrase: &'static str, language: Language, count: i64) -> &'static str {
    let locale = match language {
        Language::English => icu_locale_core::locale!("en"),
        Language::French => icu_locale_core::locale!("fr"),
        Language::Spanish => icu_locale_core::locale!("es"),
        Language::Russian => icu_locale_core::locale!("ru"),
        Language::Chinese => icu_locale_core::locale!("zh"),
        Language::Arabic => icu_locale_core::locale!("ar"),
    };
    let category = PluralRules::try_new_cardinal(locale.into())
        .map_or(PluralCategory::Other, |rules| rules.category_for(count.unsigned_abs()));
    let at = forms(language).iter().position(|form| *form == category);
    let mut given = phrase.split('|');
    at.and_then(|at| phrase.split('|').nth(at)).or_else(|| given.next_back()).unwrap_or(phrase)
}

/// Puts what belongs there in place of `{0}`, `{1}` and so on.
pub fn filled(phrase: &str, parts: &[&str]) -> String {
    let mut text = String::with_capacity(phrase.len() + parts.iter().map(|part| part.len()).sum::<usize>());
    let mut rest = phrase;
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let (number, behind) = behind.split_once('}').unwrap_or((behind, ""));
        text.push_str(number.parse().ok().and_then(|at: usize| parts.get(at)).copied().unwrap_or_default());
        rest = behind;
    }
    text.push_str(rest);
    text
}

words! {
    /// What is around every page, and what several say.
    pub enum Word {
        SkipToContent: ["Skip to the content", "Aller au contenu", "Ir al contenido", "Перейти к содержанию", "跳到正文", "انتقل إلى المحتوى"],
        Navigation: ["Pages", "Pages", "Páginas", "Страницы", "页面", "الصفحات"],
        Language: ["Language", "Langue", "Idioma", "Язык", "语言", "اللغة"],
        SignIn: ["Sign in", "Se connecter", "Iniciar sesión", "Войти", "登录", "تسجيل الدخول"],
        SignOut: ["Sign out", "Se déconnecter", "Cerrar sesión", "Выйти", "退出", "تسجيل الخروج"],
        Login: ["Login", "Identifiant", "Usuario", "Логин", "用户名", "اسم المستخدم"],
        Password: ["Password", "Mot de passe", "Contraseña", "Пароль", "密码", "كلمة المرور"],
        WrongLogin: ["Login or password is not right. Check both and try again.", "L’identifiant ou le mot de passe n’est pas bon. Vérifiez les deux et réessayez.", "El usuario o la contraseña no es correcto. Compruebe ambos y vuelva a intentarlo.", "Логин или пароль неверны. Проверьте и попробуйте снова.", "用户名或密码不正确。请检查后重试。", "اسم المستخدم أو كلمة المرور غير صحيحة. تحقق منهما وحاول مرة أخرى."],
        SignInFirst: ["Sign in to see this page.", "Connectez-vous pour voir cette page.", "Inicie sesión para ver esta página.", "Войдите, чтобы увидеть эту страницу.", "请登录以查看此页。", "سجّل الدخول لرؤية هذه الصفحة."],
        NavFront: ["Overview", "Vue d’ensemble", "Resumen", "Обзор", "概览", "نظرة عامة"],
        NavMap: ["Map", "Carte", "Mapa", "Карта", "地图", "الخريطة"],
        NavTrack: ["Track", "Suivre", "Seguimiento", "Отследить", "追踪", "تتبّع"],
        NavBoard: ["My consignments", "Mes envois", "Mis envíos", "Мои партии груза", "我的货运", "شحناتي"],
        NavWarehouse: ["My warehouse", "Mon entrepôt", "Mi almacén", "Мой склад", "我的仓库", "مستودعي"],
        NavDonor: ["My gifts", "Mes dons", "Mis donaciones", "Мои дары", "我的捐赠", "تبرعاتي"],
        NavReconciliation: ["Reconciliation", "Rapprochement", "Conciliación", "Сверка", "对账", "المطابقة"],
        NavManager: ["To decide", "À décider", "Por decidir", "На решение", "待决定", "للبتّ"],
        NavAdmin: ["Administration", "Administration", "Administración", "Администрирование", "管理", "الإدارة"],
        NavImports: ["From a spreadsheet", "Depuis un tableur", "Desde una hoja de cálculo", "Из таблицы", "从电子表格导入", "من جدول بيانات"],
        NavWebhooks: ["Webhooks", "Webhooks", "Webhooks", "Вебхуки", "网络钩子", "خطافات الويب"],
        NavApi: ["For programs", "Pour les programmes", "Para programas", "Для программ", "程序接口", "للبرامج"],
        Synthetic: ["Made-up data: nothing here happened.", "Données fictives : rien de tout cela n’a eu lieu.", "Datos ficticios: nada de esto ha ocurrido.", "Вымышленные данные: ничего из этого не было.", "虚构数据：此处内容均未发生。", "بيانات مصطنعة: لم يحدث شيء مما هنا."],
        AsOf: ["As of {0}", "État au {0}", "A fecha de {0}", "По состоянию на {0}", "截至{0}", "حتى {0}"],
        ErrorTitle: ["Error: {0}", "Erreur : {0}", "Error: {0}", "Ошибка: {0}", "错误：{0}", "خطأ: {0}"],
        ThereIsAProblem: ["There is a problem", "Il y a un problème", "Hay un problema", "Возникла проблема", "有一个问题", "هناك مشكلة"],
        NothingKept: ["Nothing was recorded.", "Rien n’a été enregistré.", "No se ha registrado nada.", "Ничего не записано.", "未作任何记录。", "لم يُسجَّل شيء."],
        Back: ["Back", "Retour", "Volver", "Назад", "返回", "رجوع"],
        Show: ["Show", "Afficher", "Mostrar", "Показать", "显示", "عرض"],
        More: ["More", "Suite", "Más", "Далее", "更多", "المزيد"],
        Save: ["Save", "Enregistrer", "Guardar", "Сохранить", "保存", "حفظ"],
        Recorded: ["Recorded", "Enregistré", "Registrado", "Записано", "已记录", "مسجَّل"],
        Receipt: ["Entry {0} of the log", "Entrée {0} du journal", "Entrada {0} del registro", "Запись журнала {0}", "日志条目 {0}", "القيد {0} في السجل"],
        OnThisPhone: ["On this phone", "Sur ce téléphone", "En este teléfono", "На этом телефоне", "在本手机上", "على هذا الهاتف"],
        LastCopy: ["No connection. This is the copy of {0}.", "Pas de connexion. Voici la copie du {0}.", "Sin conexión. Esta es la copia del {0}.", "Нет связи. Это копия от {0}.", "无连接。这是{0}的副本。", "لا اتصال. هذه نسخة {0}."],
        Total: ["Total", "Total", "Total", "Итого", "合计", "المجموع"],
        Quantity: ["Quantity", "Quantité", "Cantidad", "Количество", "数量", "الكمية"],
        Item: ["Item", "Article", "Artículo", "Наименование", "物品", "الصنف"],
        Country: ["Country", "Pays", "País", "Страна", "国家", "البلد"],
        Area: ["Area", "Zone", "Zona", "Район", "地区", "المنطقة"],
        Site: ["Site", "Site", "Lugar", "Объект", "地点", "الموقع"],
        Date: ["Date", "Date", "Fecha", "Дата", "日期", "التاريخ"],
        State: ["State", "État", "Estado", "Состояние", "状态", "الحالة"],
        WantsNumber: ["Write a whole number, such as 120.", "Écrivez un nombre entier, par exemple 120.", "Escriba un número entero, como 120.", "Напишите целое число, например 120.", "请填写整数，例如 120。", "اكتب عددًا صحيحًا مثل 120."],
        WantsDay: ["Choose a day.", "Choisissez un jour.", "Elija un día.", "Выберите день.", "请选择日期。", "اختر يومًا."],
        WantsTime: ["Choose the day and the time.", "Choisissez le jour et l’heure.", "Elija el día y la hora.", "Выберите день и время.", "请选择日期和时间。", "اختر اليوم والوقت."],
        WantsReason: ["Say why, in a few words.", "Dites pourquoi, en quelques mots.", "Diga por qué, en pocas palabras.", "Напишите коротко, почему.", "请简要说明原因。", "قل السبب في بضع كلمات."],
        WantsChoice: ["Choose something else.", "Choisissez autre chose.", "Elija otra cosa.", "Выберите другое.", "请另选一项。", "اختر شيئًا آخر."],
        WantsMail: ["Write an e-mail address, such as amina@example.org.", "Écrivez une adresse électronique, par exemple amina@example.org.", "Escriba una dirección de correo, como amina@example.org.", "Напишите адрес электронной почты, например amina@example.org.", "请填写电子邮箱，例如 amina@example.org。", "اكتب عنوان بريد إلكتروني مثل amina@example.org."],
        WantsOther: ["This does not fit here.", "Ceci ne convient pas ici.", "Esto no sirve aquí.", "Это сюда не подходит.", "此处的填写不合适。", "هذا لا يناسب هنا."],
        None: ["None", "Aucun", "Ninguno", "Нет", "无", "لا شيء"],
        UpdatedNow: ["Updated just now.", "Mis à jour à l’instant.", "Actualizado ahora mismo.", "Только что обновлено.", "刚刚更新。", "حُدّثت الآن."],
        Unknown: ["Not known", "Inconnu", "Desconocido", "Неизвестно", "未知", "غير معروف"],
    }
}

words! {
    /// What became of what somebody asked for, by the code of the problem.
    pub enum Trouble {
        Malformed: ["This could not be read.", "Ceci n’a pas pu être lu.", "No se ha podido leer.", "Это не удалось прочитать.", "无法读取。", "تعذّرت قراءة هذا."],
        Invalid: ["Something in the form is not right.", "Une valeur du formulaire n’est pas valable.", "Algún dato del formulario no es válido.", "Что-то в форме указано неверно.", "表单中有一项不正确。", "في النموذج قيمة غير صحيحة."],
        Unauthenticated: ["Sign in first.", "Connectez-vous d’abord.", "Inicie sesión primero.", "Сначала войдите.", "请先登录。", "سجّل الدخول أولًا."],
        Forbidden: ["Your role does not allow this.", "Votre rôle ne le permet pas.", "Su función no lo permite.", "Ваша роль этого не позволяет.", "您的角色无此权限。", "دورك لا يسمح بهذا."],
        OwnProposal: ["Somebody else must decide this.", "Quelqu’un d’autre doit en décider.", "Debe decidirlo otra persona.", "Это должен решить кто-то другой.", "须由他人决定。", "يجب أن يبتّ فيه شخص آخر."],
        OwnDispatch: ["Somebody else must receive what you dispatched.", "Quelqu’un d’autre doit recevoir ce que vous avez expédié.", "Otra persona debe recibir lo que usted expidió.", "Отправленное вами должен принять другой.", "您发出的货物须由他人接收。", "يجب أن يستلم شخص آخر ما أرسلته."],
        OtherOrigin: ["This was not sent from a page of this server.", "Ceci n’a pas été envoyé depuis une page de ce serveur.", "No se envió desde una página de este servidor.", "Отправлено не со страницы этого сервера.", "此请求并非来自本服务器的页面。", "لم يُرسل هذا من صفحة تابعة لهذا الخادم."],
        NotFound: ["Nothing is here for you. Check the address.", "Il n’y a rien ici pour vous. Vérifiez l’adresse.", "Aquí no hay nada para usted. Compruebe la dirección.", "Здесь для вас ничего нет. Проверьте адрес.", "此处没有可供您查看的内容。请检查地址。", "لا يوجد شيء لك هنا. تحقق من العنوان."],
        TooSlow: ["The connection was too slow. Send it again.", "La connexion était trop lente. Renvoyez.", "La conexión era demasiado lenta. Envíelo de nuevo.", "Связь слишком медленная. Отправьте снова.", "连接过慢。请重新发送。", "كان الاتصال بطيئًا جدًا. أعد الإرسال."],
        Taken: ["This is already there, or was sent with other contents.", "Ceci existe déjà, ou a été envoyé avec un autre contenu.", "Ya existe o se envió con otro contenido.", "Это уже есть или было отправлено с другим содержанием.", "已存在，或曾以其他内容发送。", "هذا موجود بالفعل أو أُرسل بمحتوى آخر."],
        WrongState: ["This is not possible in the present state.", "Ce n’est pas possible dans l’état actuel.", "No es posible en el estado actual.", "В нынешнем состоянии это невозможно.", "当前状态下无法进行。", "هذا غير ممكن في الحالة الراهنة."],
        Insufficient: ["There are not enough goods.", "Il n’y a pas assez de marchandises.", "No hay suficientes mercancías.", "Товара недостаточно.", "货物不足。", "لا توجد بضائع كافية."],
        Changed: ["Somebody changed this meanwhile. Look again.", "Quelqu’un l’a modifié entre-temps. Regardez à nouveau.", "Alguien lo cambió entretanto. Vuelva a mirar.", "Тем временем это изменили. Посмотрите снова.", "其间已有人更改。请重新查看。", "غيّر أحدهم هذا في الأثناء. انظر مجددًا."],
        TooLarge: ["This is too large.", "C’est trop volumineux.", "Es demasiado grande.", "Слишком большой объём.", "内容过大。", "هذا كبير جدًا."],
        TooManyRequests: ["Too many attempts. Wait a little and try again.", "Trop de tentatives. Attendez un peu et réessayez.", "Demasiados intentos. Espere un poco y vuelva a intentarlo.", "Слишком много попыток. Подождите и попробуйте снова.", "尝试过多。请稍后再试。", "محاولات كثيرة جدًا. انتظر قليلًا ثم حاول مجددًا."],
        Unavailable: ["The server is busy. Nothing was recorded; try again in a moment.", "Le serveur est occupé. Rien n’a été enregistré ; réessayez dans un instant.", "El servidor está ocupado. No se ha registrado nada; inténtelo de nuevo en un momento.", "Сервер занят. Ничего не записано; попробуйте чуть позже.", "服务器繁忙。未作记录；请稍后再试。", "الخادم مشغول. لم يُسجَّل شيء؛ حاول بعد لحظة."],
        Internal: ["This is our fault and was noted. Nothing was recorded. Try again.", "C’est notre faute, elle a été notée. Rien n’a été enregistré. Réessayez.", "Es un fallo nuestro y quedó anotado. No se ha registrado nada. Inténtelo de nuevo.", "Это наша ошибка, она отмечена. Ничего не записано. Попробуйте снова.", "这是我们的故障，已记下。未作记录。请重试。", "هذا خطأ منّا وقد دُوِّن. لم يُسجَّل شيء. حاول مجددًا."],
    }
}

words! {
    /// What to do next where a page of its own says that something is not possible.
    pub enum Advice {
        Malformed: ["Load the page again and send it once more.", "Rechargez la page et renvoyez.", "Vuelva a cargar la página y envíelo de nuevo.", "Загрузите страницу заново и отправьте ещё раз.", "请重新载入页面后再发送。", "أعد تحميل الصفحة وأرسله مرة أخرى."],
        Invalid: ["Go back and mend what is named here.", "Revenez en arrière et corrigez ce qui est indiqué ici.", "Vuelva atrás y corrija lo que se indica aquí.", "Вернитесь и исправьте то, что здесь названо.", "请返回并更正此处指出的内容。", "ارجع وصحّح ما هو مذكور هنا."],
        Unauthenticated: ["Sign in and open the page again.", "Connectez-vous et rouvrez la page.", "Inicie sesión y abra de nuevo la página.", "Войдите и откройте страницу снова.", "请登录后重新打开页面。", "سجّل الدخول وافتح الصفحة من جديد."],
        Forbidden: ["Ask an administrator, if your work needs it.", "Demandez à un administrateur si votre travail l’exige.", "Pídalo a un administrador si su trabajo lo requiere.", "Если это нужно для работы, обратитесь к администратору.", "如工作需要，请联系管理员。", "اطلب ذلك من أحد المسؤولين إن كان عملك يحتاج إليه."],
        OwnProposal: ["Ask a colleague who may decide it.", "Demandez à un collègue qui peut en décider.", "Pídalo a un colega que pueda decidirlo.", "Попросите коллегу, который вправе решать.", "请由有权决定的同事处理。", "اطلب ذلك من زميل يحق له البتّ فيه."],
        OwnDispatch: ["Ask a colleague where the goods arrived to receive them.", "Demandez à un collègue du lieu d’arrivée de recevoir les biens.", "Pida a un colega del lugar de llegada que los reciba.", "Попросите коллегу на месте прибытия принять груз.", "请由到货地点的同事收货。", "اطلب من زميل في مكان الوصول أن يستلم البضائع."],
        OtherOrigin: ["Open the page on this server and send it from there.", "Ouvrez la page sur ce serveur et envoyez depuis là.", "Abra la página en este servidor y envíelo desde ahí.", "Откройте страницу на этом сервере и отправьте с неё.", "请在本服务器上打开页面后再发送。", "افتح الصفحة على هذا الخادم وأرسل منها."],
        NotFound: ["It may be mistyped, gone, or not for you to see.", "Elle est peut-être mal saisie, n’existe plus ou ne vous est pas accessible.", "Puede estar mal escrita, ya no existir o no estar a su alcance.", "Возможно, в адресе опечатка, или этого уже нет, или оно не для вас.", "地址可能有误、内容已不存在，或您无权查看。", "ربما كُتب العنوان خطأ أو لم يعد موجودًا أو ليس لك أن تراه."],
        TooSlow: ["Send it where the connection is better, or in parts.", "Renvoyez avec une meilleure connexion, ou en plusieurs parties.", "Envíelo con mejor conexión o por partes.", "Отправьте там, где связь лучше, или по частям.", "请在网络较好处发送，或分批发送。", "أرسله حيث يكون الاتصال أفضل أو على أجزاء."],
        Taken: ["Look whether it is there already before you send it again.", "Vérifiez s’il existe déjà avant de renvoyer.", "Compruebe si ya está antes de enviarlo de nuevo.", "Проверьте, нет ли этого уже, прежде чем отправлять снова.", "再次发送前，请先查看是否已存在。", "تحقق مما إذا كان موجودًا قبل أن ترسله ثانية."],
        WrongState: ["Open the page again to see how it stands now.", "Rouvrez la page pour voir où cela en est.", "Abra de nuevo la página para ver cómo está ahora.", "Откройте страницу снова, чтобы увидеть, как обстоит дело.", "请重新打开页面查看当前状态。", "افتح الصفحة من جديد لترى الحالة الراهنة."],
        Insufficient: ["Look at what is there now, and write a smaller number.", "Regardez ce qu’il y a maintenant et indiquez un nombre plus petit.", "Mire lo que hay ahora y escriba un número menor.", "Посмотрите, что есть сейчас, и укажите меньшее число.", "请查看现有数量，并填写较小的数字。", "انظر إلى ما هو موجود الآن واكتب عددًا أصغر."],
        Changed: ["Open the page again: what was changed stands there.", "Rouvrez la page : ce qui a été modifié y figure.", "Abra de nuevo la página: ahí está lo que cambió.", "Откройте страницу снова: на ней то, что изменили.", "请重新打开页面，更改内容就在其中。", "افتح الصفحة من جديد: ما تغيّر مذكور فيها."],
        TooLarge: ["Send less at once, in several parts.", "Envoyez moins à la fois, en plusieurs parties.", "Envíe menos a la vez, en varias partes.", "Отправьте меньше за раз, по частям.", "请减少单次内容，分批发送。", "أرسل أقل في كل مرة، على أجزاء."],
        TooManyRequests: ["Nothing is lost. Try again in a minute.", "Rien n’est perdu. Réessayez dans une minute.", "No se ha perdido nada. Inténtelo de nuevo en un minuto.", "Ничего не потеряно. Попробуйте через минуту.", "没有任何内容丢失。请一分钟后重试。", "لم يضع شيء. حاول مجددًا بعد دقيقة."],
        Unavailable: ["If it goes on, tell whoever runs this server.", "Si cela persiste, prévenez la personne qui gère ce serveur.", "Si continúa, avise a quien administra este servidor.", "Если это продолжается, сообщите тому, кто ведёт этот сервер.", "如持续如此，请告知本服务器的管理人员。", "إذا استمر ذلك فأخبر من يدير هذا الخادم."],
        Internal: ["If it happens again, tell whoever runs this server.", "Si cela se reproduit, prévenez la personne qui gère ce serveur.", "Si vuelve a ocurrir, avise a quien administra este servidor.", "Если это повторится, сообщите тому, кто ведёт этот сервер.", "如再次发生，请告知本服务器的管理人员。", "إذا تكرر ذلك فأخبر من يدير هذا الخادم."],
    }
}

impl From<Trouble> for Advice {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Malformed => Self::Malformed,
            Trouble::Invalid => Self::Invalid,
            Trouble::Unauthenticated => Self::Unauthenticated,
            Trouble::Forbidden => Self::Forbidden,
            Trouble::OwnProposal => Self::OwnProposal,
            Trouble::OwnDispatch => Self::OwnDispatch,
            Trouble::OtherOrigin => Self::OtherOrigin,
            Trouble::NotFound => Self::NotFound,
            Trouble::TooSlow => Self::TooSlow,
            Trouble::Taken => Self::Taken,
            Trouble::WrongState => Self::WrongState,
            Trouble::Insufficient => Self::Insufficient,
            Trouble::Changed => Self::Changed,
            Trouble::TooLarge => Self::TooLarge,
            Trouble::TooManyRequests => Self::TooManyRequests,
            Trouble::Unavailable => Self::Unavailable,
            Trouble::Internal => Self::Internal,
        }
    }
}

impl From<Code> for Trouble {
    fn from(code: Code) -> Self {
        match code {
            Code::Malformed | Code::UnsupportedMediaType | Code::MethodNotAllowed => Self::Malformed,
            Code::Invalid => Self::Invalid,
            Code::Unauthenticated => Self::Unauthenticated,
            Code::Forbidden => Self::Forbidden,
            Code::OwnProposal => Self::OwnProposal,
            Code::OwnDispatch => Self::OwnDispatch,
            Code::OtherOrigin => Self::OtherOrigin,
            Code::NotFound => Self::NotFound,
            Code::TooSlow => Self::TooSlow,
            Code::IdempotencyConflict | Code::Duplicate => Self::Taken,
            Code::WrongState | Code::DependedOn => Self::WrongState,
            Code::Insufficient => Self::Insufficient,
            Code::PreconditionFailed | Code::PreconditionRequired => Self::Changed,
            Code::TooLarge | Code::HeadTooLarge => Self::TooLarge,
            Code::TooManyRequests => Self::TooManyRequests,
            Code::Unavailable | Code::StorageFull | Code::KeyMissing => Self::Unavailable,
            Code::Internal => Self::Internal,
        }
    }
}
