//! The columns of each kind of sheet.

use super::column::{Column, Holds, Name};

const SITE_KINDS: &[&str] =
    &["port", "airport", "border_crossing", "warehouse", "city", "health_facility", "final_delivery_point"];
const MODES: &[&str] = &["road", "rail", "sea", "inland_water", "air", "air_charter", "courier", "unknown"];
const STORAGE: &[&str] = &["ambient", "cool", "refrigerated", "frozen", "ultra_cold", "hazardous", "secure"];
const TITLES: &[&str] = &["agreement", "hand_over", "arrival", "proof_of_delivery"];
const CONDITIONS: &[&str] = &["good", "on_hold", "damaged"];

/// Tables of columns, a line each: heading, member of the body, whether each row needs it, what it holds, an example, and what
/// it means.
macro_rules! columns {
    (needed) => { true };
    (open) => { false };
    ($($name:ident { $($heading:literal $at:literal $must:ident $holds:expr => $example:literal, $help:literal;)* })*) => {
        $(pub(super) const $name: &[Column] = &[$(Column {
            heading: $heading,
            at: $at,
            holds: $holds,
            is_required: columns!($must),
            example: $example,
            help: $help,
        }),*];)*
    };
}

columns! {
    ORGANIZATIONS {
        "reference" "/reference" needed Holds::Text => "WAHO",
            "What your books call it; the same reference is the same organization for ever.";
        "name" "/name" needed Holds::Text => "West African Health Organisation",
            "What it is called. Never the name of a person.";
        "country" "/country" open Holds::Country => "BF",
            "Where it is at home: two letters, or the name.";
        "donor" "/donor" open Holds::YesNo => "no",
            "Whether it gives.";
        "consignor" "/consignor" open Holds::YesNo => "no",
            "Whether it sends.";
        "consignee" "/consignee" open Holds::YesNo => "yes",
            "Whether it receives.";
        "carrier" "/carrier" open Holds::YesNo => "no",
            "Whether it carries.";
        "partner" "/partner" open Holds::YesNo => "yes",
            "Whether it helps in another way.";
        "named" "/named" open Holds::Text => "always",
            "Whether others may read that it gave: always, never, or a day from which on.";
    }
    PROGRAMMES {
        "code" "/code" needed Holds::Text => "CITIES-2020",
            "Short name; the same code is the same programme for ever.";
        "name" "/name" needed Holds::Text => "Cities Project 2020",
            "What it is called.";
        "sensitive" "/sensitive" open Holds::YesNo => "no",
            "Whether no place below country, no stock and no route may be public.";
        "focus areas" "/focus_areas" open Holds::List => "health; trade",
            "Its focus areas, with semicolons between.";
    }
    ITEMS {
        "code" "/code" needed Holds::Text => "MASK",
            "Short name; the same code is the same item for ever.";
        "name" "/name" needed Holds::Text => "Surgical mask, type IIR",
            "What it is.";
        "base unit" "/base_unit" needed Holds::Text => "piece",
            "What quantities count; it never changes afterwards.";
        "category" "/category" needed Holds::Text => "personal protective equipment",
            "Kind of goods, in the words of your catalogue.";
        "sector" "/sector" open Holds::Text => "health",
            "Sector of relief it serves.";
        "HS code" "/hs_code" open Holds::Text => "630790",
            "Six digits of the Harmonized System.";
        "shelf life (days)" "/shelf_life_days" open Holds::Whole => "1825",
            "Days it keeps from production.";
        "storage class" "/storage_class" open Holds::OneOf(STORAGE) => "ambient",
            "How it has to be kept: ambient, cool, refrigerated, frozen, ultra_cold, hazardous or secure.";
        "standard" "/standard/kind" open Holds::OneOf(&["consumable", "durable", "shared", "kit"]) => "consumable",
            "How a quantity counts people: consumable, durable, shared or kit; with the next three columns.";
        "standard quantity" "/standard/quantity" open Holds::Whole => "30",
            "Base units …";
        "standard persons" "/standard/persons" open Holds::Exact => "1",
            "… for so many persons …";
        "standard days" "/standard/days" open Holds::Whole => "30",
            "… for so many days; for consumables alone.";
        "pack" "/packs/*/name" open Holds::Text => "carton",
            "A pack. Further packs of the item stand in rows below with the same code.";
        "base units per pack" "/packs/*/numerator" open Holds::Whole => "2000",
            "Base units in it, or in as many packs as the next column says.";
        "packs of these" "/packs/*/denominator" open Holds::Whole => "",
            "In how many packs; 1 if empty.";
        "gross weight (g)" "/packs/*/gross_weight_g" open Holds::Whole => "9000",
            "Gross weight of one pack in grams.";
        "length (mm)" "/packs/*/length_mm" open Holds::Whole => "600",
            "Length of one pack.";
        "width (mm)" "/packs/*/width_mm" open Holds::Whole => "400",
            "Width of one pack.";
        "height (mm)" "/packs/*/height_mm" open Holds::Whole => "400",
            "Height of one pack.";
    }
    KITS {
        "code" "/code" needed Holds::Text => "HYGIENE",
            "Short name; the same code is the same kit for ever. Another content makes a further version.";
        "name" "/name" needed Holds::Text => "Hygiene kit for a family",
            "What it is.";
        "item" "/components/*/item" needed Holds::Named(Name::Item) => "SOAP",
            "Code of an item in it. Further items stand in rows below with the same code of the kit.";
        "quantity" "/components/*/quantity" needed Holds::Whole => "5",
            "Base units of it in one kit.";
    }
    SITES {
        "code" "/code" needed Holds::Text => "BJL-CMS",
            "What your books call it; the same code is the same site for ever.";
        "name" "/name" needed Holds::Text => "Banjul Central Medical Store",
            "What it is called.";
        "kind" "/kind" needed Holds::OneOf(SITE_KINDS) => "warehouse",
            "port, airport, border_crossing, warehouse, city, health_facility or final_delivery_point.";
        "country" "/country" needed Holds::Country => "GM",
            "Two letters, or the name; it never changes afterwards.";
        "latitude" "/coordinates/latitude" open Holds::Degrees => "13.4549",
            "Degrees north; south is below zero.";
        "longitude" "/coordinates/longitude" open Holds::Degrees => "-16.579",
            "Degrees east; west is below zero.";
        "UN/LOCODE" "/locode" open Holds::Text => "GMBJL",
            "Five characters.";
        "area" "/area_code" open Holds::Text => "GM-B",
            "ISO 3166-2 code or P-code of its area; found from the coordinates if empty.";
        "operator" "/operator" open Holds::Named(Name::Organization) => "WAHO",
            "Reference of the organization that runs it.";
    }
    PLEDGES {
        "reference" "/reference" needed Holds::Text => "G-2020-17",
            "The donor's or your number, unique within the programme.";
        "programme" "/programme" needed Holds::Named(Name::Programme) => "CITIES-2020",
            "Code of the programme.";
        "donor" "/donor" open Holds::Named(Name::Organization) => "HAINAN",
            "Reference of who gives; empty only for unsolicited and opening.";
        "kind" "/kind" open Holds::OneOf(&["offered", "unsolicited", "opening"]) => "offered",
            "offered if empty; unsolicited goods came without an offer, opening is stock from before.";
        "offered at" "/offered_at" needed Holds::Time => "2020-07-01",
            "The day it was offered.";
        "note" "/note" open Holds::Text => "",
            "In words.";
        "named" "/named" open Holds::Text => "",
            "Whether others may read who gave: always, never, or a day; as the donor says if empty.";
        "item" "/lines/*/item" needed Holds::Named(Name::Item) => "MASK",
            "Code of the item. Further lines stand in rows below with the same reference.";
        "quantity" "/lines/*/quantity" needed Holds::Whole => "10000",
            "Base units.";
        "for country" "/lines/*/earmark_country" open Holds::Country => "GM",
            "The country it is meant for.";
        "for area" "/lines/*/earmark_area" open Holds::Text => "",
            "ISO 3166-2 code or P-code of the area it is meant for.";
        "title passes" "/lines/*/title_passes" open Holds::OneOf(TITLES) => "proof_of_delivery",
            "agreement, hand_over, arrival or proof_of_delivery, which it is if empty.";
        "value" "/lines/*/value" open Holds::Money("currency") => "1250.50",
            "Declared value of the whole line.";
        "currency" "" open Holds::Currency => "USD",
            "Three letters, of the value.";
    }
    CONSIGNMENTS {
        "reference" "/reference" needed Holds::Text => "W-4711",
            "The sender's number, unique within the programme.";
        "programme" "/programme" needed Holds::Named(Name::Programme) => "CITIES-2020",
            "Code of the programme.";
        "consignor" "/consignor" open Holds::Named(Name::Organization) => "HAINAN",
            "Reference of who sends.";
        "consignee" "/consignee" needed Holds::Named(Name::Organization) => "BANJUL",
            "Reference of who gets it.";
        "origin" "/origin" needed Holds::Named(Name::Site) => "PEK-WH",
            "Code of the site where it starts.";
        "destination" "/destination" needed Holds::Named(Name::Site) => "BJL-CMS",
            "Code of the site where it is meant to end.";
        "gross weight (g)" "/gross_weight_g" open Holds::Whole => "62500",
            "Grams.";
        "freight" "/freight" open Holds::Money("freight currency") => "900",
            "What the freight costs.";
        "freight currency" "" open Holds::Currency => "USD",
            "Three letters.";
        "freight note" "/freight_note" open Holds::Text => "",
            "Why freight or weight is not known.";
        "value" "/value" open Holds::Money("value currency") => "2500",
            "Declared value of all of it.";
        "value currency" "" open Holds::Currency => "USD",
            "Three letters.";
        "mode" "/legs/*/mode" open Holds::OneOf(MODES) => "air",
            "How the leg of this row goes: road, rail, sea, inland_water, air, air_charter, courier or unknown. Further legs stand in rows below.";
        "from" "/legs/*/from" open Holds::Named(Name::Site) => "PEK-WH",
            "Code of the site where the leg starts.";
        "to" "/legs/*/to" open Holds::Named(Name::Site) => "BJL-CMS",
            "Code of the site where it ends.";
        "carrier" "/legs/*/carrier" open Holds::Named(Name::Organization) => "",
            "Reference of who carries.";
        "planned departure" "/legs/*/planned_departure" open Holds::Time => "2020-08-01",
            "Day or time.";
        "planned arrival" "/legs/*/planned_arrival" open Holds::Time => "2020-08-06",
            "Day or time.";
    }
    EVENTS {
        "reference" "" needed Holds::Key => "EV-1",
            "Your number of the update: the same number is the same update for ever. Further lines of it stand in rows below with the same number.";
        "kind" "/kind" needed Holds::Text => "departed",
            "What happened, in the words of docs/api.md: pledge_accepted, collected, allocated, departed, received, moved …";
        "occurred at" "/occurred_at" needed Holds::Time => "2020-08-01",
            "When it happened: a day, or a time in UTC.";
        "pledge" "/pledge" open Holds::Named(Name::Pledge) => "",
            "Reference of the pledge it is about.";
        "consignment" "/consignment" open Holds::Named(Name::Consignment) => "W-4711",
            "Reference or tracking code of the consignment it is about.";
        "leg" "/leg" open Holds::Leg => "1",
            "Which leg of the consignment, from 1; may be left out where there is one.";
        "site" "/site" open Holds::Named(Name::Site) => "",
            "Code of the site where it happened.";
        "final" "/final" open Holds::YesNo => "",
            "Of a receipt: whether nothing more will come.";
        "reason" "/reason" open Holds::Text => "",
            "Why, where that is asked for.";
        "item" "/lines/*/item" open Holds::Named(Name::Item) => "MASK",
            "Code of the item.";
        "lot" "/lines/*/lot" open Holds::Text => "A-1",
            "The lot number on the packs.";
        "expires on" "/lines/*/expires_on" open Holds::Day => "2022-11-30",
            "The lot's expiry.";
        "quantity" "/lines/*/quantity" open Holds::Whole => "2000",
            "Base units; or pack and packs instead.";
        "pack" "/lines/*/pack" open Holds::Text => "",
            "Name of a pack of the item.";
        "packs" "/lines/*/packs" open Holds::Whole => "",
            "How many of it.";
        "good" "/lines/*/good" open Holds::Whole => "",
            "Of a receipt: usable.";
        "damaged" "/lines/*/damaged" open Holds::Whole => "",
            "Of a receipt: not usable.";
        "on hold" "/lines/*/on_hold" open Holds::Whole => "",
            "Of a receipt: held for inspection.";
        "missing" "/lines/*/missing" open Holds::Whole => "",
            "Of a receipt: short; only where it is final.";
        "surplus" "/lines/*/surplus" open Holds::Whole => "",
            "Of a receipt: more than was shipped.";
        "line reason" "/lines/*/reason" open Holds::Text => "",
            "Why a line is not simply good.";
        "more" "" open Holds::Json => "",
            "Further members of the kind as JSON, such as {\"to_lot\": \"A-2\"}.";
    }
    COUNTS {
        "reference" "" needed Holds::Key => "COUNT-2020-08",
            "Your number of the count: the same number is the same count for ever. Further lines stand in rows below.";
        "site" "/site" needed Holds::Named(Name::Site) => "BJL-CMS",
            "Code of the site.";
        "counted at" "/occurred_at" needed Holds::Time => "2020-08-31",
            "When: a day, or a time in UTC.";
        "programme" "/programme" open Holds::Named(Name::Programme) => "CITIES-2020",
            "Code of the programme for goods found that nothing was known of.";
        "reason" "/reason" open Holds::Text => "monthly count",
            "Why it differs.";
        "item" "/lines/*/item" needed Holds::Named(Name::Item) => "MASK",
            "Code of the item.";
        "lot" "/lines/*/lot" open Holds::Text => "",
            "The lot; all lots together if empty.";
        "condition" "/lines/*/condition" open Holds::OneOf(CONDITIONS) => "good",
            "good, on_hold or damaged; good if empty.";
        "counted" "/lines/*/counted" needed Holds::Whole => "1990",
            "Base units, or packs where a pack is named.";
        "pack" "/lines/*/pack" open Holds::Text => "",
            "Name of the pack counted.";
        "line reason" "/lines/*/reason" open Holds::Text => "",
            "Why this line differs.";
    }
    DISTRIBUTIONS {
        "reference" "" needed Holds::Key => "D-17",
            "Your number of the hand-over: the same number is the same one for ever. Further lines stand in rows below.";
        "site" "/site" needed Holds::Named(Name::Site) => "BJL-CMS",
            "Code of the site where the goods had been delivered.";
        "handed over at" "/occurred_at" needed Holds::Time => "2020-09-02",
            "When: a day, or a time in UTC.";
        "consignment" "/consignment" open Holds::Named(Name::Consignment) => "",
            "Only goods of this consignment.";
        "consignee" "/consignee" open Holds::Named(Name::Organization) => "",
            "Only goods this organization holds.";
        "note" "/note" open Holds::Text => "market stalls of Serekunda",
            "To whom and where, without names of people.";
        "item" "/lines/*/item" needed Holds::Named(Name::Item) => "MASK",
            "Code of the item.";
        "lot" "/lines/*/lot" open Holds::Text => "",
            "The lot number on the packs.";
        "quantity" "/lines/*/quantity" open Holds::Whole => "600",
            "Base units; or pack and packs instead.";
        "pack" "/lines/*/pack" open Holds::Text => "",
            "Name of a pack of the item.";
        "packs" "/lines/*/packs" open Holds::Whole => "",
            "How many of it.";
        "area" "/reached/*/area" open Holds::Text => "GM-B",
            "Where the people live: country, ISO 3166-2 or P-code; where the site lies if empty.";
        "people" "/reached/*/people" open Holds::Whole => "20",
            "How many people were reached.";
        "households" "/reached/*/households" open Holds::Whole => "",
            "How many households, with the next column.";
        "household size" "/reached/*/household_size" open Holds::Exact => "",
            "People in a household on the average, such as 4.7.";
        "group" "/reached/*/group" open Holds::Text => "all",
            "Which people: all, or such as female_0_4.";
        "sector" "/reached/*/sector" open Holds::Text => "",
            "In which sector; the item's if empty.";
        "caseload" "/reached/*/caseload" open Holds::Text => "",
            "Of which caseload of the programme.";
        "round" "/reached/*/round" open Holds::Text => "",
            "In which round of the caseload.";
    }
    NEEDS {
        "Reference" "" needed Holds::Key => "N-1",
            "Your number of the need: the same number is the same need for ever.";
        "Programme" "/programme" needed Holds::Text => "CITIES-2020",
            "Code of the programme.";
        "Item" "/item" needed Holds::Text => "MASK",
            "Code of the item.";
        "Site" "/site" open Holds::Text => "BJL-CMS",
            "Code of the site; or an area instead.";
        "Area" "/area" open Holds::Text => "",
            "Country, ISO 3166-2 or P-code; or a site instead.";
        "Organization" "/organization" open Holds::Text => "BANJUL",
            "Reference of who asks.";
        "Quantity" "/quantity" needed Holds::Whole => "50000",
            "Base units.";
        "Needed by" "/needed_by" needed Holds::Day => "2020-09-30",
            "The day by which it is needed.";
        "People" "/people" open Holds::Whole => "12000",
            "For how many people.";
        "Priority" "/priority" open Holds::Text => "high",
            "critical, high, normal or low; normal if empty.";
        "Shelf life (days)" "/shelf_life_days" open Holds::Whole => "180",
            "Days the goods must still keep when they arrive.";
        "Source" "/source" needed Holds::Text => "Rapid assessment, form 12",
            "Who states it.";
        "Note" "/note" open Holds::Text => "",
            "Words for whoever works here.";
    }
    POPULATIONS {
        "area" "/area" needed Holds::Text => "GM-B",
            "UN region by M49, country, ISO 3166-2 or P-code.";
        "group" "/group" needed Holds::Text => "all",
            "Which people: all, or a sex and ages such as female_0_4.";
        "year" "/year" needed Holds::Whole => "2024",
            "The year they are counted or projected for.";
        "source" "/source" needed Holds::Text => "COD-PS",
            "Who counted.";
        "source version" "/source_version" needed Holds::Text => "2024-05",
            "Which edition of it.";
        "people" "/people" open Holds::Whole => "31301",
            "How many; empty where it is withdrawn.";
        "withdrawn" "/withdrawn" open Holds::YesNo => "",
            "yes ends what was stated.";
    }
}
