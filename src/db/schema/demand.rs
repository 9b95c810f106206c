//! The tables of what is needed.

diesel::table! {
    needs (id) {
        id -> Binary,
        need_id -> Binary,
        revision -> BigInt,
        programme_id -> Binary,
        item_id -> Binary,
        quantity -> BigInt,
        site_id -> Nullable<Binary>,
        area -> Nullable<Text>,
        country -> Text,
        needed_by -> Text,
        people -> Nullable<BigInt>,
        priority -> Text,
        shelf_life_days -> Nullable<BigInt>,
        source -> Text,
        organization_id -> Nullable<Binary>,
        reference -> Nullable<Text>,
        note -> Nullable<Text>,
        circulated -> Bool,
        state -> Text,
        reason -> Nullable<Text>,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    need_matches (id) {
        id -> Binary,
        need_id -> Binary,
        subject_id -> Binary,
        kind -> Text,
        item_id -> Binary,
        quantity -> BigInt,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    unwanted (id) {
        id -> Binary,
        unwanted_id -> Binary,
        about -> Binary,
        item_id -> Nullable<Binary>,
        category -> Nullable<Text>,
        area -> Nullable<Text>,
        reason -> Text,
        from_day -> Text,
        until_day -> Nullable<Text>,
        ended -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
