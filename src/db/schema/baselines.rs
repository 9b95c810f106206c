//! The tables of what people are counted against.

diesel::table! {
    item_standards (id) {
        id -> Binary,
        item_id -> Binary,
        kind -> Nullable<Text>,
        quantity -> Nullable<BigInt>,
        persons -> Nullable<BigInt>,
        days -> Nullable<BigInt>,
        thousandths -> Nullable<BigInt>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    populations (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        area -> Text,
        country -> Nullable<Text>,
        people_group -> Text,
        year -> BigInt,
        source -> Text,
        source_version -> Text,
        people -> Nullable<BigInt>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    targets (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        programme_id -> Binary,
        area -> Text,
        country -> Nullable<Text>,
        people_group -> Text,
        sector -> Text,
        caseload -> Nullable<Text>,
        people -> Nullable<BigInt>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    caseloads (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        programme_id -> Binary,
        code -> Text,
        name -> Nullable<Text>,
        is_disjoint -> Nullable<Bool>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    rounds (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        programme_id -> Binary,
        caseload -> Text,
        code -> Text,
        from_day -> Nullable<Text>,
        to_day -> Nullable<Text>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    mappings (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        name -> Text,
        title -> Nullable<Text>,
        text -> Nullable<Text>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
