//! What the page of publishing says.

use crate::pages::words::words;

words! {
    /// What it says.
    pub enum PublishWord {
        Title: ["What anybody may read", "Ce que tout le monde peut lire", "Lo que cualquiera puede leer", "Что может читать каждый", "公开内容", "ما يمكن لأي أحد قراءته"],
        Says: ["Of a published programme anybody reads the figures, the countries, the sites and the corridors, without signing in. No donor, person or organization is named, but sites are.", "D’un programme publié, tout le monde lit les chiffres, les pays, les sites et les corridors, sans se connecter. Aucun donateur, aucune personne ni organisation n’est nommé, mais les sites le sont.", "De un programa publicado, cualquiera lee las cifras, los países, los lugares y los corredores, sin iniciar sesión. No se nombra a ningún donante, persona ni organización, pero sí los lugares.", "Данные опубликованной программы — цифры, страны, объекты и маршруты — читает каждый без входа. Доноры, люди и организации не называются, но объекты называются.", "已发布项目的数据、国家、地点和路线无需登录即可查看。不列出捐赠方、个人或组织的名称，但会列出地点。", "يقرأ أي أحد أرقام البرنامج المنشور وبلدانه ومواقعه ومساراته دون تسجيل دخول. لا يُسمّى متبرع ولا شخص ولا منظمة، لكن المواقع تُسمّى."],
        Programmes: ["Programmes", "Programmes", "Programas", "Программы", "项目", "البرامج"],
        Programme: ["Programme", "Programme", "Programa", "Программа", "项目", "البرنامج"],
        Since: ["Published since {0}", "Publié depuis le {0}", "Publicado desde el {0}", "Опубликована с {0}", "自{0}起已发布", "منشور منذ {0}"],
        NotPublished: ["Not published", "Non publié", "No publicado", "Не опубликована", "未发布", "غير منشور"],
        Sensitive: ["Sensitive: it cannot be published", "Sensible : ne peut être publié", "Sensible: no puede publicarse", "Закрытая: публиковать нельзя", "敏感项目：不可发布", "حسّاس: لا يمكن نشره"],
        Publish: ["Publish", "Publier", "Publicar", "Опубликовать", "发布", "انشر"],
        TakeBack: ["Publish no more", "Ne plus publier", "Dejar de publicar", "Снять с публикации", "取消发布", "أوقف النشر"],
        Empty: ["There is no programme yet. Record one first.", "Il n’y a encore aucun programme. Enregistrez-en un d’abord.", "Aún no hay ningún programa. Registre uno primero.", "Программ пока нет. Сначала запишите программу.", "尚无项目。请先登记一个。", "لا يوجد برنامج بعد. سجّل برنامجًا أولًا."],
    }
}
