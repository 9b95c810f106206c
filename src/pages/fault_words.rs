//! What is wrong with a field, said in the page's language by the code that the interface gives, with what would be right.

use super::words::{filled, words};
use crate::atlas::Language;
use crate::core::problem::{Fault, FieldError};
use crate::papers::formats::number;
use serde_json::Value;

/// How many words to choose from a sentence names; more are no help in a sentence.
const CHOICES_SAID_MAXIMUM: usize = 12;

words! {
    /// What is wrong with a field and what would be right.
    pub enum FaultWord {
        Required: ["Fill this in.", "Remplissez ce champ.", "Rellene este campo.", "Заполните это поле.", "请填写此项。", "املأ هذا الحقل."],
        TooLong: ["This is too long.", "C’est trop long.", "Es demasiado largo.", "Слишком длинно.", "内容过长。", "هذا طويل جدًا."],
        TooLongFor: ["This is too long. Write at most {0} characters.", "C’est trop long. Écrivez au plus {0} caractères.", "Es demasiado largo. Escriba como máximo {0} caracteres.", "Слишком длинно. Знаков может быть не больше {0}.", "内容过长。最多 {0} 个字符。", "هذا طويل جدًا. عدد الأحرف المسموح به {0} على الأكثر."],
        TooShort: ["This is too short.", "C’est trop court.", "Es demasiado corto.", "Слишком коротко.", "内容过短。", "هذا قصير جدًا."],
        TooShortFor: ["This is too short. Write at least {0} characters.", "C’est trop court. Écrivez au moins {0} caractères.", "Es demasiado corto. Escriba como mínimo {0} caracteres.", "Слишком коротко. Знаков должно быть не меньше {0}.", "内容过短。至少 {0} 个字符。", "هذا قصير جدًا. عدد الأحرف المطلوب {0} على الأقل."],
        EasilyGuessed: ["This is among the passwords that are tried first. Take several words that do not belong together.", "Ce mot de passe est parmi les premiers essayés. Prenez plusieurs mots sans rapport entre eux.", "Es una de las contraseñas que se prueban primero. Use varias palabras sin relación entre sí.", "Такие пароли пробуют первыми. Возьмите несколько не связанных между собой слов.", "这是最先被尝试的密码之一。请选用几个互不相关的词。", "هذه من كلمات المرور التي تُجرَّب أولًا. استعمل عدة كلمات لا صلة بينها."],
        TooSmall: ["This number is too small.", "Ce nombre est trop petit.", "Este número es demasiado pequeño.", "Число слишком мало.", "数字过小。", "هذا العدد صغير جدًا."],
        TooSmallFor: ["This number is too small. Write {0} or more.", "Ce nombre est trop petit. Écrivez {0} ou plus.", "Este número es demasiado pequeño. Escriba {0} o más.", "Число слишком мало. Напишите {0} или больше.", "数字过小。请填写 {0} 或以上。", "هذا العدد صغير جدًا. اكتب {0} أو أكثر."],
        TooLarge: ["This number is too large.", "Ce nombre est trop grand.", "Este número es demasiado grande.", "Число слишком велико.", "数字过大。", "هذا العدد كبير جدًا."],
        TooLargeFor: ["This number is too large. Write {0} or less.", "Ce nombre est trop grand. Écrivez {0} ou moins.", "Este número es demasiado grande. Escriba {0} o menos.", "Число слишком велико. Напишите {0} или меньше.", "数字过大。请填写 {0} 或以下。", "هذا العدد كبير جدًا. اكتب {0} أو أقل."],
        OutOfRange: ["Write a whole number from {0} to {1}.", "Écrivez un nombre entier de {0} à {1}.", "Escriba un número entero de {0} a {1}.", "Напишите целое число от {0} до {1}.", "请填写 {0} 至 {1} 之间的整数。", "اكتب عددًا صحيحًا من {0} إلى {1}."],
        TooMany: ["These are too many at once.", "Il y en a trop à la fois.", "Son demasiados a la vez.", "Слишком много за один раз.", "一次数量过多。", "هذا كثير جدًا دفعة واحدة."],
        TooManyFor: ["These are too many at once; at most {0} are taken.", "Il y en a trop à la fois ; {0} au plus.", "Son demasiados a la vez; como máximo {0}.", "Слишком много за один раз; не больше {0}.", "一次数量过多；最多 {0}。", "هذا كثير جدًا دفعة واحدة؛ الحد الأقصى {0}."],
        NotANumber: ["This is no whole number. Write it in digits, such as 120.", "Ce n’est pas un nombre entier. Écrivez-le en chiffres, par exemple 120.", "No es un número entero. Escríbalo en cifras, como 120.", "Это не целое число. Напишите его цифрами, например 120.", "这不是整数。请用数字填写，例如 120。", "هذا ليس عددًا صحيحًا. اكتبه بالأرقام مثل 120."],
        NotADate: ["This is no date. Write it like 2020-12-31.", "Ce n’est pas une date. Écrivez-la comme 2020-12-31.", "No es una fecha. Escríbala así: 2020-12-31.", "Это не дата. Напишите её так: 2020-12-31.", "这不是日期。请按 2020-12-31 的格式填写。", "هذا ليس تاريخًا. اكتبه هكذا: 2020-12-31."],
        NotATime: ["This is no time. Choose the day and the time.", "Ce n’est pas une heure. Choisissez le jour et l’heure.", "No es una hora. Elija el día y la hora.", "Это не время. Выберите день и время.", "这不是时间。请选择日期和时间。", "هذا ليس وقتًا. اختر اليوم والوقت."],
        NotAnIdentifier: ["This is no identifier. Choose from the list, or open the page again.", "Ce n’est pas un identifiant. Choisissez dans la liste, ou rouvrez la page.", "No es un identificador. Elija de la lista o abra de nuevo la página.", "Это не идентификатор. Выберите из списка или откройте страницу снова.", "这不是标识符。请从列表中选择，或重新打开页面。", "هذا ليس معرّفًا. اختر من القائمة أو افتح الصفحة من جديد."],
        NotACode: ["This is no code that is known here. Check it, or choose another.", "Ce code n’est pas connu ici. Vérifiez-le, ou choisissez-en un autre.", "Este código no se conoce aquí. Compruébelo o elija otro.", "Такого кода здесь нет. Проверьте его или выберите другой.", "此处没有这一代码。请检查或另选。", "هذا الرمز غير معروف هنا. تحقق منه أو اختر غيره."],
        NotAnAddress: ["This is no e-mail address. Write one such as amina@example.org.", "Ce n’est pas une adresse électronique. Écrivez-en une, par exemple amina@example.org.", "No es una dirección de correo. Escriba una, como amina@example.org.", "Это не адрес электронной почты. Напишите, например, amina@example.org.", "这不是电子邮箱。请填写，例如 amina@example.org。", "هذا ليس عنوان بريد إلكتروني. اكتب عنوانًا مثل amina@example.org."],
        NotPlainText: ["There are characters in this that nobody can read. Write plain text.", "Il y a ici des caractères illisibles. Écrivez du texte simple.", "Hay caracteres que nadie puede leer. Escriba texto simple.", "Здесь есть нечитаемые знаки. Пишите простым текстом.", "其中有无法阅读的字符。请填写普通文本。", "هنا رموز لا يمكن قراءتها. اكتب نصًا عاديًا."],
        NotAChoice: ["This is none of the possible choices. Choose another.", "Ce n’est pas un choix possible. Choisissez autre chose.", "No es una opción posible. Elija otra.", "Такого варианта нет. Выберите другой.", "这不是可选项。请另选一项。", "هذا ليس من الخيارات الممكنة. اختر غيره."],
        NotAChoiceOf: ["This is none of the possible choices, which are: {0}.", "Ce n’est pas un choix possible. Les choix sont : {0}.", "No es una opción posible. Las opciones son: {0}.", "Такого варианта нет. Возможны: {0}.", "这不是可选项。可选：{0}。", "هذا ليس من الخيارات الممكنة، وهي: {0}."],
        WrongType: ["Something else is wanted here.", "Autre chose est attendu ici.", "Aquí se espera otra cosa.", "Здесь нужно другое.", "此处需要其他内容。", "المطلوب هنا شيء آخر."],
        UnknownField: ["Nothing of this name is asked for here. Leave it out.", "Rien de ce nom n’est demandé ici. Omettez-le.", "Aquí no se pide nada con este nombre. Omítalo.", "Под таким названием здесь ничего не спрашивают. Уберите это.", "此处没有这一项。请将其去掉。", "لا يُطلب هنا شيء بهذا الاسم. احذفه."],
        Unknown: ["Nothing of this name is here for you. Choose another, or record it first.", "Rien de ce nom n’existe ici pour vous. Choisissez autre chose, ou enregistrez-le d’abord.", "Aquí no hay nada con este nombre para usted. Elija otra cosa o regístrelo primero.", "Здесь для вас такого нет. Выберите другое или сначала внесите это.", "此处没有可供您使用的这一项。请另选，或先行登记。", "لا يوجد شيء بهذا الاسم لك هنا. اختر غيره أو سجّله أولًا."],
        Twice: ["This stands here twice. Say it once.", "Ceci figure deux fois. Dites-le une seule fois.", "Aparece dos veces. Indíquelo una sola vez.", "Это указано дважды. Укажите один раз.", "此项重复。请只填写一次。", "هذا مذكور مرتين. اذكره مرة واحدة."],
        OneOfTwo: ["This stands beside something that says it otherwise. Leave one of the two out.", "Ceci figure à côté d’une autre valeur qui dit autre chose. Omettez l’une des deux.", "Esto aparece junto a otro dato que lo dice de otra forma. Omita uno de los dos.", "Рядом указано другое, что говорит о том же. Уберите одно из двух.", "此项与另一项重复或冲突。请去掉其中之一。", "هذا مذكور إلى جانب قيمة أخرى تقوله بشكل مختلف. احذف أحدهما."],
        Taken: ["This is taken. Choose another.", "C’est déjà pris. Choisissez autre chose.", "Ya está en uso. Elija otro.", "Это уже занято. Выберите другое.", "已被占用。请另选。", "هذا مستخدم بالفعل. اختر غيره."],
        TooEarly: ["This is too early. Check the day and the year.", "C’est trop tôt. Vérifiez le jour et l’année.", "Es demasiado pronto. Compruebe el día y el año.", "Это слишком рано. Проверьте день и год.", "时间过早。请检查日期和年份。", "هذا مبكر جدًا. تحقق من اليوم والسنة."],
        TooLate: ["This is too late. Check the day and the year.", "C’est trop tard. Vérifiez le jour et l’année.", "Es demasiado tarde. Compruebe el día y el año.", "Это слишком поздно. Проверьте день и год.", "时间过晚。请检查日期和年份。", "هذا متأخر جدًا. تحقق من اليوم والسنة."],
        NotAllowed: ["This has no place here, or is not for you to say. Leave it out, or choose another.", "Ceci n’a pas sa place ici, ou ne relève pas de vous. Omettez-le ou choisissez autre chose.", "Esto no corresponde aquí o no le corresponde a usted. Omítalo o elija otra cosa.", "Этому здесь не место, или решать это не вам. Уберите или выберите другое.", "此项不适用于此处，或您无权填写。请去掉或另选。", "لا مكان لهذا هنا، أو ليس لك أن تقرره. احذفه أو اختر غيره."],
        WrongState: ["This is not possible in the present state. Look at the page again.", "Ce n’est pas possible dans l’état actuel. Regardez à nouveau la page.", "No es posible en el estado actual. Vuelva a mirar la página.", "В нынешнем состоянии это невозможно. Откройте страницу снова.", "当前状态下无法进行。请重新查看页面。", "هذا غير ممكن في الحالة الراهنة. انظر إلى الصفحة من جديد."],
        NotEnough: ["There are not as many goods.", "Il n’y a pas autant de marchandises.", "No hay tantas mercancías.", "Столько товара нет.", "没有这么多货物。", "لا توجد بضائع بهذا القدر."],
        NotEnoughFor: ["There are not as many goods; only {0} are there.", "Il n’y a pas autant de marchandises : seulement {0}.", "No hay tantas mercancías; solo hay {0}.", "Столько товара нет; есть только {0}.", "没有这么多货物；仅有 {0}。", "لا توجد بضائع بهذا القدر؛ الموجود {0} فقط."],
    }
}

/// The phrase of a code, and the one that names what would be right, where there is one; nothing where the detail alone
/// says it.
fn phrases_of(code: Fault) -> Option<(FaultWord, Option<FaultWord>)> {
    use FaultWord as Says;
    let phrases = match code {
        Fault::Other => return None,
        Fault::TooLong => (Says::TooLong, Some(Says::TooLongFor)),
        Fault::TooShort => (Says::TooShort, Some(Says::TooShortFor)),
        Fault::TooSmall => (Says::TooSmall, Some(Says::TooSmallFor)),
        Fault::TooLarge => (Says::TooLarge, Some(Says::TooLargeFor)),
        Fault::TooMany => (Says::TooMany, Some(Says::TooManyFor)),
        Fault::NotEnough => (Says::NotEnough, Some(Says::NotEnoughFor)),
        Fault::NotAChoice => (Says::NotAChoice, Some(Says::NotAChoiceOf)),
        Fault::Required => (Says::Required, None),
        Fault::EasilyGuessed => (Says::EasilyGuessed, None),
        Fault::NotANumber => (Says::NotANumber, None),
        Fault::NotADate => (Says::NotADate, None),
        Fault::NotATime => (Says::NotATime, None),
        Fault::NotAnIdentifier => (Says::NotAnIdentifier, None),
        Fault::NotACode => (Says::NotACode, None),
        Fault::NotAnAddress => (Says::NotAnAddress, None),
        Fault::NotPlainText => (Says::NotPlainText, None),
        Fault::WrongType => (Says::WrongType, None),
        Fault::UnknownField => (Says::UnknownField, None),
        Fault::Unknown => (Says::Unknown, None),
        Fault::Twice => (Says::Twice, None),
        Fault::OneOfTwo => (Says::OneOfTwo, None),
        Fault::Taken => (Says::Taken, None),
        Fault::TooEarly => (Says::TooEarly, None),
        Fault::TooLate => (Says::TooLate, None),
        Fault::NotAllowed => (Says::NotAllowed, None),
        Fault::WrongState => (Says::WrongState, None),
    };
    Some(phrases)
}

/// The words of which one would be right. They are the interface's own, so each is set apart from the sentence around it.
fn listed(choices: &[String]) -> Option<String> {
    let apart = choices.iter().map(|choice| format!("\u{2068}{choice}\u{2069}"));
    let is_few = (1..=CHOICES_SAID_MAXIMUM).contains(&choices.len());
    is_few.then(|| apart.collect::<Vec<String>>().join(" · "))
}

/// What is wrong with a field, in a language; nothing where its detail alone says it.
pub fn fault_said(language: Language, error: &FieldError) -> Option<String> {
    let (plain, naming) = phrases_of(error.code)?;
    let written = |bound: i64| number(language, bound);
    let is_of_range = matches!(error.code, Fault::TooSmall | Fault::TooLarge);
    if let (true, Some(least), Some(most)) = (is_of_range, error.least, error.most) {
        return Some(filled(FaultWord::OutOfRange.said(language), &[&written(least), &written(most)]));
    }
    let part = if error.code == Fault::NotAChoice {
        listed(&error.choices)
    } else if matches!(error.code, Fault::TooShort | Fault::TooSmall) {
        error.least.map(written)
    } else {
        error.most.map(written)
    };
    let words = match (naming, part) {
        (Some(naming), Some(part)) => filled(naming.said(language), &[&part]),
        (Some(_) | None, _) => plain.said(language).to_owned(),
    };
    Some(words)
}

/// The phrases of every code as a script takes them, which says on the phone what was refused there: by code the phrase, the one
/// that names what would be right, and the one that names a range. Nothing for English, where the interface's words say more.
pub fn fault_phrases(language: Language) -> String {
    if language == Language::English {
        return String::new();
    }
    let one = |code: &Fault| {
        let (plain, naming) = phrases_of(*code)?;
        let mut said = vec![plain.said(language)];
        said.extend(naming.map(|naming| naming.said(language)));
        if matches!(code, Fault::TooSmall | Fault::TooLarge) {
            said.push(FaultWord::OutOfRange.said(language));
        }
        Some((code.word().to_owned(), Value::from(said)))
    };
    Value::Object(Fault::ALL.iter().filter_map(one).collect()).to_string()
}
