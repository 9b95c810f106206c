//! Phrases about goods, packages and what they are worth.

use super::rules::Language;
use super::words::phrases;

phrases! {
    /// What is said of goods.
    pub enum Goods {
        Title: ["Goods", "Marchandises", "Mercancías", "Товары", "货物", "البضائع"],
        Line: ["No.", "N°", "N.º", "№", "序号", "رقم"],
        Item: ["Item", "Article", "Artículo", "Наименование", "品名", "الصنف"],
        Code: ["Code", "Code", "Código", "Код", "代码", "الرمز"],
        Lot: ["Lot", "Lot", "Lote", "Партия", "批号", "الدفعة"],
        Expiry: ["Expiry", "Péremption", "Caducidad", "Годен до", "有效期", "الصلاحية"],
        Quantity: ["Quantity", "Quantité", "Cantidad", "Количество", "数量", "الكمية"],
        Unit: ["Unit", "Unité", "Unidad", "Ед.", "单位", "الوحدة"],
        Packages: ["Packages", "Colis", "Bultos", "Мест", "件数", "الطرود"],
        Package: ["Package", "Colis", "Bulto", "Место", "件号", "الطرد"],
        Content: ["Content", "Contenu", "Contenido", "Содержимое", "内容", "المحتوى"],
        GrossKilograms: ["Gross kg", "Brut kg", "Bruto kg", "Брутто, кг", "毛重 kg", "الوزن القائم كغ"],
        Kilograms: ["kg", "kg", "kg", "кг", "kg", "كغ"],
        CubicMetres: ["m³", "m³", "m³", "м³", "m³", "م³"],
        HsCode: ["HS code", "Code SH", "Código SA", "Код ГС", "HS 编码", "رمز النظام المنسق"],
        MadeIn: ["Country of origin", "Pays d’origine", "País de origen", "Страна происх.", "原产国", "بلد المنشأ"],
        Total: ["Total", "Total", "Total", "Итого", "合计", "المجموع"],
        TotalPackages: ["Packages in all", "Nombre total de colis", "Total de bultos", "Всего мест", "总件数", "إجمالي الطرود"],
        TotalKilograms: ["Gross weight in all, kg", "Poids brut total, kg", "Peso bruto total, kg", "Общий вес брутто, кг", "总毛重 kg", "إجمالي الوزن القائم، كغ"],
        DeclaredKilograms: ["Gross weight as declared, kg", "Poids brut déclaré, kg", "Peso bruto declarado, kg", "Заявленный вес брутто, кг", "申报毛重 kg", "الوزن القائم المصرح به، كغ"],
        Good: ["good", "bon état", "en buen estado", "исправные", "完好", "سليمة"],
        OnHold: ["on hold", "en attente", "retenidas", "задержанные", "暂扣", "محجوزة"],
        Damaged: ["damaged", "endommagé", "dañadas", "повреждённые", "损坏", "تالفة"],
        Missing: ["missing", "manquant", "faltantes", "недостача", "短缺", "ناقصة"],
        Sent: ["Sent", "Expédié", "Enviado", "Отправлено", "发出", "المرسل"],
        Received: ["Received", "Reçu", "Recibido", "Получено", "收到", "المستلم"],
        InExcess: ["In excess", "En excédent", "En exceso", "Излишек", "溢余", "فائض"],
        Condition: ["Condition", "État", "Estado", "Состояние", "状态", "الحالة"],
        UnitValue: ["Unit value", "Valeur unitaire", "Valor unitario", "Цена за единицу", "单价", "قيمة الوحدة"],
        Value: ["Value", "Valeur", "Valor", "Стоимость", "价值", "القيمة"],
        CustomsValue: ["Value for customs only", "Valeur pour la douane uniquement", "Valor solo para la aduana", "Стоимость только для таможни", "仅供海关申报的价值", "القيمة لأغراض الجمارك فقط"],
        ValueBasis: ["Value is based on", "Base de la valeur", "Base del valor", "Основание стоимости", "价值依据", "أساس القيمة"],
        NotSold: [
            "The goods listed here are a gift for humanitarian relief. No money is exchanged. They are not for sale. Their value is stated for customs only.",
            "Les marchandises énumérées ici sont un don destiné à l’aide humanitaire. Aucune somme n’est échangée. Elles ne sont pas destinées à la vente. Leur valeur n’est indiquée que pour la douane.",
            "Las mercancías aquí enumeradas son una donación para ayuda humanitaria. No hay intercambio de dinero. No están destinadas a la venta. Su valor se indica solo para la aduana.",
            "Перечисленные здесь товары являются даром для гуманитарной помощи. Деньги не передаются. Товары не предназначены для продажи. Их стоимость указана только для таможни.",
            "所列货物为人道主义救援捐赠品。不涉及任何款项往来，不得销售。所示价值仅供海关使用。",
            "البضائع المذكورة هنا هبة للإغاثة الإنسانية. لا يجري أي تبادل مالي، وهي ليست للبيع، وقيمتها مذكورة لأغراض الجمارك فقط.",
        ],
        NoPayment: [
            "No payment is due. This invoice states values for customs only and is no demand for money.",
            "Aucun paiement n’est dû. Cette facture indique des valeurs pour la douane uniquement et ne constitue pas une demande de paiement.",
            "No se debe ningún pago. Esta factura indica valores solo para la aduana y no es una solicitud de pago.",
            "Оплата не требуется. В этом счёте указана стоимость только для таможни; он не является требованием об оплате.",
            "无需付款。本发票所列价值仅供海关使用，并非付款要求。",
            "لا يستحق أي دفع. تذكر هذه الفاتورة القيم لأغراض الجمارك فقط وليست مطالبة بالدفع.",
        ],
        FillIn: [
            "What is not known is left open, to be filled in by hand.",
            "Ce qui n’est pas connu est laissé en blanc, à remplir à la main.",
            "Lo que no se conoce se deja en blanco, para completar a mano.",
            "Что не известно, оставлено незаполненным и вписывается от руки.",
            "未知事项留空，由人工填写。",
            "ما ليس معروفاً تُرك فارغاً ليُملأ يدوياً.",
        ],
    }
}
