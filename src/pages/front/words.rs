//! What the front page says.

use crate::pages::words::words;

words! {
    /// What the front page says.
    pub enum FrontWord {
        Title: ["Where donated supplies are, and whom they reached", "Où sont les dons, et qui ils ont atteint", "Dónde están los suministros donados y a quién llegaron", "Где находятся переданные грузы и кому они помогли", "捐赠物资在何处，惠及了谁", "أين هي الإمدادات المتبرَّع بها ومن وصلت إليه"],
        Lead: ["Units deployed: {0}. Countries: {1}. People reached: {2}.", "Unités livrées : {0}. Pays : {1}. Personnes atteintes : {2}.", "Unidades entregadas: {0}. Países: {1}. Personas alcanzadas: {2}.", "Доставлено единиц: {0}. Стран: {1}. Людям помогли: {2}.", "已交付单位：{0}。国家：{1}。受惠人数：{2}。", "الوحدات المسلَّمة: {0}. البلدان: {1}. الأشخاص الذين وصلت إليهم: {2}."],
        LeadNothing: ["Nothing has been handed over yet.", "Rien n’a encore été remis.", "Aún no se ha entregado nada.", "Пока ничего не передано.", "尚未交付任何物资。", "لم يُسلَّم شيء بعد."],
        Deployed: ["Units deployed", "Unités livrées", "Unidades entregadas", "Доставлено единиц", "已交付单位", "الوحدات المسلَّمة"],
        Countries: ["Countries", "Pays", "Países", "Страны", "国家", "البلدان"],
        People: ["People reached", "Personnes atteintes", "Personas alcanzadas", "Людям помогли", "受惠人数", "الأشخاص الذين وصلت إليهم"],
        Between: ["between {0} and {1}", "entre {0} et {1}", "entre {0} y {1}", "от {0} до {1}", "{0} 至 {1}", "بين {0} و{1}"],
        Custody: ["On the way, in store or missing", "En route, en stock ou manquantes", "En camino, en almacén o faltantes", "В пути, на складе или недостаёт", "在途、在库或短缺", "في الطريق أو المخزن أو مفقودة"],
        Donors: ["Donors", "Donateurs", "Donantes", "Доноры", "捐赠方", "الجهات المانحة"],
        Corridors: ["Corridors", "Corridors", "Corredores", "Маршруты", "运输路线", "المسارات"],
        InFigures: ["In figures", "En chiffres", "En cifras", "В цифрах", "数据概览", "بالأرقام"],
        TrackOne: ["Track a consignment", "Suivre un envoi", "Seguir un envío", "Отследить партию груза", "追踪货物", "تتبّع شحنة"],
        Code: ["Tracking code", "Code de suivi", "Código de seguimiento", "Код отслеживания", "追踪码", "رمز التتبع"],
        OnTheMap: ["On the map", "Sur la carte", "En el mapa", "На карте", "地图", "على الخريطة"],
        LargeMap: ["More on the map: rates, days, countries", "Plus sur la carte : taux, dates, pays", "Más en el mapa: tasas, fechas, países", "Подробнее на карте: показатели, даты, страны", "更多地图内容：比率、日期、国家", "المزيد على الخريطة: المعدلات والتواريخ والبلدان"],
        AsData: ["The same figures for programs", "Les mêmes chiffres pour les programmes", "Las mismas cifras para programas", "Те же цифры для программ", "供程序读取的相同数据", "الأرقام نفسها للبرامج"],
        Print: ["Print this page", "Imprimer cette page", "Imprimir esta página", "Распечатать страницу", "打印本页", "اطبع هذه الصفحة"],
        Reported: ["What others reported", "Ce que d’autres ont rapporté", "Lo que otros informaron", "Что сообщали другие", "他方报告的数据", "ما أبلغ عنه آخرون"],
        ReportedSays: ["These figures were published by others. They are not counted here; where this ledger counts the same, its figure and the difference stand beside them.", "Ces chiffres ont été publiés par d’autres. Ils ne sont pas comptés ici ; là où ce registre compte la même chose, son chiffre et l’écart figurent à côté.", "Estas cifras fueron publicadas por otros. No se cuentan aquí; cuando este registro cuenta lo mismo, su cifra y la diferencia figuran al lado.", "Эти цифры опубликованы другими и здесь не учитываются; если реестр считает то же самое, рядом стоят его цифра и разница.", "这些数据由他方公布，不计入本账；若本账统计同一事项，则并列其数据与差额。", "نشر آخرون هذه الأرقام وهي لا تُحتسب هنا؛ وحيث يحصي هذا السجل الشيء نفسه يرد رقمه والفرق بجانبها."],
        FigureOf: ["Figure", "Chiffre", "Cifra", "Показатель", "数据", "الرقم"],
        ReportedValue: ["Reported", "Rapporté", "Informado", "Сообщено", "报告值", "المُبلَّغ عنه"],
        ComputedValue: ["Computed here", "Calculé ici", "Calculado aquí", "Посчитано здесь", "本账计算", "المحسوب هنا"],
        Difference: ["Difference", "Écart", "Diferencia", "Разница", "差额", "الفرق"],
        Source: ["Source", "Source", "Fuente", "Источник", "来源", "المصدر"],
        NotCounted: ["Not counted here", "Non compté ici", "No se cuenta aquí", "Здесь не учитывается", "本账不统计", "لا يُحصى هنا"],
        Over: ["over {0}", "plus de {0}", "más de {0}", "более {0}", "超过 {0}", "أكثر من {0}"],
        About: ["about {0}", "environ {0}", "unos {0}", "около {0}", "约 {0}", "نحو {0}"],
        CloseTo: ["close to {0}", "près de {0}", "cerca de {0}", "близко к {0}", "接近 {0}", "قرابة {0}"],
        SyntheticSays: ["This programme is made up to show what the pages look like.", "Ce programme est inventé pour montrer l’aspect des pages.", "Este programa es inventado para mostrar cómo son las páginas.", "Эта программа вымышлена, чтобы показать, как выглядят страницы.", "该项目为虚构，仅用于展示页面。", "هذا البرنامج مختلق لإظهار شكل الصفحات."],
    }
}
