//! Where sites are, what was planned between them, and the areas that were loaded.

diesel::table! {
    site_places (id) {
        id -> Binary,
        site_id -> Binary,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        area_code -> Nullable<Text>,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    leg_plans (id) {
        id -> Binary,
        leg_id -> Binary,
        consignment_id -> Binary,
        planned_departure -> Nullable<BigInt>,
        planned_arrival -> Nullable<BigInt>,
        superseded -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    boundaries (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        country -> Text,
        name -> Text,
        source -> Nullable<Text>,
        licence -> Nullable<Text>,
        valid_from -> Nullable<Text>,
        valid_to -> Nullable<Text>,
        code_property -> Nullable<Text>,
        name_property -> Nullable<Text>,
        areas -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        content -> Nullable<Text>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    area_changes (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        from_code -> Text,
        to_code -> Text,
        on_day -> Nullable<Text>,
        source -> Nullable<Text>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
