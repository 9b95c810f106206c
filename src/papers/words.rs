//! Every phrase that papers are made of, in six languages. A phrase without one of them is not a program.
//!
//! Kept free of numbers, so that no language needs its plural forms.

use super::rules::Language;
use crate::consignments::rules::Mode;
use crate::ledger::{Account, Condition, TitlePasses};

pub(super) use crate::atlas::phrases;

pub use super::words_goods::Goods;
pub use super::words_told::Told;

phrases! {
    /// What papers are, and whom and which way they are about.
    pub enum Phrase {
        Waybill: ["Waybill", "Lettre de voiture", "Carta de porte", "Транспортная накладная", "货运单", "بوليصة الشحن"],
        PackingList: ["Packing list", "Liste de colisage", "Lista de empaque", "Упаковочный лист", "装箱单", "قائمة التعبئة"],
        GiftCertificate: ["Gift certificate", "Certificat de don", "Certificado de donación", "Свидетельство о дарении", "捐赠证明", "شهادة هبة"],
        ProFormaInvoice: ["Pro forma invoice", "Facture pro forma", "Factura proforma", "Счёт-проформа", "形式发票", "فاتورة مبدئية"],
        Labels: ["Labels", "Étiquettes", "Etiquetas", "Этикетки", "标签", "ملصقات"],
        AcceptanceLetter: ["Letter of acceptance", "Lettre d’acceptation", "Carta de aceptación", "Письмо о принятии", "接受函", "خطاب القبول"],
        DonationReceipt: ["Donation receipt", "Reçu de don", "Recibo de donación", "Подтверждение получения дара", "捐赠收据", "إيصال تبرع"],
        DonorReport: ["Report to the donor", "Rapport au donateur", "Informe al donante", "Отчёт донору", "捐赠方报告", "تقرير إلى الجهة المانحة"],
        Grn: ["Goods received note", "Bordereau de réception", "Nota de recepción de mercancías", "Приходная накладная", "收货单", "إشعار استلام بضائع"],
        Pod: ["Proof of delivery", "Preuve de livraison", "Prueba de entrega", "Подтверждение доставки", "交货证明", "إثبات التسليم"],
        LossReport: ["Loss report", "Rapport de perte", "Informe de pérdida", "Акт об утрате", "损失报告", "تقرير خسارة"],

        Number: ["Number", "Numéro", "Número", "Номер", "编号", "الرقم"],
        Reference: ["Reference", "Référence", "Referencia", "Ссылка", "参考号", "المرجع"],
        TrackingCode: ["Tracking code", "Code de suivi", "Código de seguimiento", "Код отслеживания", "追踪码", "رمز التتبع"],
        Programme: ["Programme", "Programme", "Programa", "Программа", "项目", "البرنامج"],
        Date: ["Date", "Date", "Fecha", "Дата", "日期", "التاريخ"],
        Name: ["Name", "Nom", "Nombre", "Имя", "姓名", "الاسم"],
        Signature: ["Signature", "Signature", "Firma", "Подпись", "签名", "التوقيع"],
        Consignor: ["Consignor", "Expéditeur", "Remitente", "Грузоотправитель", "发货人", "المرسل"],
        Consignee: ["Consignee", "Destinataire", "Destinatario", "Грузополучатель", "收货人", "المرسل إليه"],
        Donor: ["Donor", "Donateur", "Donante", "Донор", "捐赠方", "الجهة المانحة"],
        Donors: ["Donors", "Donateurs", "Donantes", "Доноры", "捐赠方", "الجهات المانحة"],
        DonorUnnamed: ["a donor who is not named", "un donateur non nommé", "un donante no nombrado", "донор, имя которого не указывается", "未具名的捐赠方", "جهة مانحة غير مسماة"],
        Carrier: ["Carrier", "Transporteur", "Transportista", "Перевозчик", "承运人", "الناقل"],
        Origin: ["Place of dispatch", "Lieu d’expédition", "Lugar de envío", "Место отправления", "发货地", "مكان الإرسال"],
        Destination: ["Destination", "Destination", "Destino", "Место назначения", "目的地", "الوجهة"],
        Site: ["Place", "Lieu", "Lugar", "Место", "地点", "المكان"],
        Way: ["Way", "Itinéraire", "Itinerario", "Маршрут", "路线", "المسار"],
        ModeOf: ["Mode", "Mode", "Modo", "Вид транспорта", "运输方式", "وسيلة النقل"],
        From: ["From", "De", "Desde", "Откуда", "起点", "من"],
        To: ["To", "À", "Hasta", "Куда", "终点", "إلى"],
        PlannedDeparture: ["Planned departure", "Départ prévu", "Salida prevista", "Плановое отправление", "计划出发", "المغادرة المقررة"],
        PlannedArrival: ["Planned arrival", "Arrivée prévue", "Llegada prevista", "Плановое прибытие", "计划到达", "الوصول المقرر"],
        Vehicles: ["Vehicles, containers and flights; figures are of the whole load", "Véhicules, conteneurs et vols ; chiffres du chargement entier", "Vehículos, contenedores y vuelos; cifras de la carga completa", "Транспортные средства, контейнеры и рейсы; данные обо всём грузе", "车辆、集装箱与航班；数字为整批载货", "المركبات والحاويات والرحلات؛ الأرقام تخص الحمولة كاملة"],
        TransportDocument: ["Document", "Document", "Documento", "Документ", "单证", "الوثيقة"],
        Plate: ["Plate, container or flight", "Immatriculation, conteneur ou vol", "Matrícula, contenedor o vuelo", "Номер машины, контейнера или рейса", "车牌、集装箱号或航班号", "رقم اللوحة أو الحاوية أو الرحلة"],
        Seals: ["Seals", "Scellés", "Precintos", "Пломбы", "封条", "الأختام"],

        ConfirmHere: ["Whoever receives the goods confirms it here, once", "La personne qui reçoit les marchandises le confirme ici, une seule fois", "Quien recibe las mercancías lo confirma aquí, una sola vez", "Получатель подтверждает получение здесь, один раз", "收货人在此确认收货，仅限一次", "يؤكد من يستلم البضائع ذلك هنا، مرة واحدة"],
        ConfirmUntil: ["Good until", "Valable jusqu’au", "Válido hasta", "Действует до", "有效期至", "صالح حتى"],
        HandedOverBy: ["Handed over by", "Remis par", "Entregado por", "Сдал", "交出人", "سلّمها"],
        CarriedBy: ["Carried by", "Transporté par", "Transportado por", "Перевёз", "承运人签收", "نقلها"],
        ReceivedBy: ["Received by", "Reçu par", "Recibido por", "Принял", "接收人", "استلمها"],
        WitnessedBy: ["Witness", "Témoin", "Testigo", "Свидетель", "见证人", "الشاهد"],
        CountedBy: ["Counted by", "Compté par", "Contado por", "Пересчитал", "清点人", "عدّها"],
        ApprovedBy: ["Approved by", "Approuvé par", "Aprobado por", "Утвердил", "批准人", "اعتمدها"],
        PackedBy: ["Packed by", "Emballé par", "Empacado por", "Упаковал", "包装人", "عبّأها"],
        ForConsignor: ["For the consignor", "Pour l’expéditeur", "Por el remitente", "За грузоотправителя", "发货人代表", "عن المرسل"],
        ForProgramme: ["For the programme", "Pour le programme", "Por el programa", "За программу", "项目代表", "عن البرنامج"],
        Customs: ["Customs", "Douane", "Aduana", "Таможня", "海关", "الجمارك"],

        ByRoad: ["road", "route", "carretera", "автомобильный", "公路", "بري"],
        ByRail: ["rail", "rail", "ferrocarril", "железнодорожный", "铁路", "سكة حديد"],
        BySea: ["sea", "mer", "mar", "морской", "海运", "بحري"],
        ByInlandWater: ["inland water", "voie navigable", "vía navegable", "внутренний водный", "内河", "مائي داخلي"],
        ByAir: ["air", "air", "aire", "воздушный", "空运", "جوي"],
        ByAirCharter: ["charter flight", "vol affrété", "vuelo chárter", "чартерный рейс", "包机", "رحلة مستأجرة"],
        ByCourier: ["courier", "messagerie", "mensajería", "курьер", "快递", "بريد سريع"],
        ModeUnknown: ["not known", "inconnu", "desconocido", "не известен", "未知", "غير معروف"],

        Void: ["VOID", "ANNULÉ", "ANULADO", "НЕДЕЙСТВИТЕЛЬНО", "作废", "ملغى"],
        Synthetic: ["Made up for demonstration: no such goods exist.", "Exemple inventé : ces biens n’existent pas.", "Ejemplo inventado: estos bienes no existen.", "Вымышленный пример: таких товаров не существует.", "演示用虚构数据：并无此货物。", "مثال مختلق للعرض: لا وجود لهذه البضائع."],
        LedgerSequence: ["Ledger sequence", "Séquence du registre", "Secuencia del registro", "Запись журнала", "账本序号", "تسلسل السجل"],
        Checkpoint: ["Checkpoint", "Point de contrôle", "Punto de control", "Контрольная точка", "检查点", "نقطة تحقق"],
        Page: ["Page", "Page", "Página", "Страница", "第", "صفحة"],
        NotInTypeface: ["Some letters are not in this file’s typeface; the HTML form shows them.", "Certaines lettres manquent à la police de ce fichier ; la version HTML les montre.", "Algunas letras no están en la tipografía de este archivo; la versión HTML las muestra.", "Некоторых букв нет в шрифте этого файла; они видны в версии HTML.", "此文件的字体缺少部分字符；请用 HTML 版本查看。", "بعض الأحرف غير موجودة في خط هذا الملف؛ تظهر في نسخة HTML."],
    }
}

/// How something goes, in a language.
pub fn mode(language: Language, word: &str) -> &'static str {
    let phrase = match Mode::from_word(word) {
        Some(Mode::Road) => Phrase::ByRoad,
        Some(Mode::Rail) => Phrase::ByRail,
        Some(Mode::Sea) => Phrase::BySea,
        Some(Mode::InlandWater) => Phrase::ByInlandWater,
        Some(Mode::Air) => Phrase::ByAir,
        Some(Mode::AirCharter) => Phrase::ByAirCharter,
        Some(Mode::Courier) => Phrase::ByCourier,
        Some(Mode::Unknown) | None => Phrase::ModeUnknown,
    };
    phrase.said(language)
}

/// Where goods stand, in a language.
pub fn account(language: Language, account: Account) -> &'static str {
    let phrase = match account {
        Account::Promised => Told::Promised,
        Account::Surplus => Told::Surplus,
        Account::Unallocated => Told::WithDonor,
        Account::InStorage => Told::InStorage,
        Account::Allocated => Told::Allocated,
        Account::InTransit => Told::InTransit,
        Account::Missing => Told::Missing,
        Account::Delivered => Told::Delivered,
        Account::Distributed => Told::Distributed,
        Account::Lost => Told::Lost,
        Account::Disposed => Told::Disposed,
        Account::Returned => Told::Returned,
        Account::Withdrawn => Told::Withdrawn,
    };
    phrase.said(language)
}

/// In what condition goods are, in a language.
pub fn condition(language: Language, condition: Condition) -> &'static str {
    let phrase = match condition {
        Condition::Good => Goods::Good,
        Condition::OnHold => Goods::OnHold,
        Condition::Damaged => Goods::Damaged,
    };
    phrase.said(language)
}

/// When title passes, in a language.
pub fn title_passes(language: Language, word: &str) -> &'static str {
    let phrase = match TitlePasses::from_word(word).unwrap_or_default() {
        TitlePasses::Agreement => Told::AtAgreement,
        TitlePasses::HandOver => Told::AtHandOver,
        TitlePasses::Arrival => Told::AtArrival,
        TitlePasses::ProofOfDelivery => Told::AtProofOfDelivery,
    };
    phrase.said(language)
}
