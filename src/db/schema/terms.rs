//! The tables of what is agreed and asked for around consignments and loads.

diesel::table! {
    consignment_terms (id) {
        id -> Binary,
        consignment_id -> Binary,
        kind -> Text,
        about -> Text,
        state -> Text,
        country -> Nullable<Text>,
        document -> Nullable<Text>,
        reference -> Nullable<Text>,
        on_day -> Nullable<Text>,
        leg_id -> Nullable<Binary>,
        payer_id -> Nullable<Binary>,
        minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        total -> Nullable<BigInt>,
        mark -> Nullable<Text>,
        gross_weight_g -> Nullable<BigInt>,
        volume_cm3 -> Nullable<BigInt>,
        unit_id -> Nullable<Binary>,
        note -> Nullable<Text>,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    customs_requirements (id) {
        id -> Binary,
        about -> Binary,
        country -> Text,
        document -> Text,
        wanted -> Bool,
        note -> Nullable<Text>,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    load_limits (id) {
        id -> Binary,
        load_id -> Binary,
        gross_weight_g -> Nullable<BigInt>,
        volume_cm3 -> Nullable<BigInt>,
        is_hard -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
