//! The tables of whom hand-overs reached.

diesel::table! {
    reached_lines (id) {
        id -> Binary,
        event_id -> Binary,
        stated_by -> Binary,
        ordinal -> BigInt,
        sequence -> BigInt,
        item_id -> Binary,
        quantity -> BigInt,
        site_id -> Binary,
        consignment_id -> Nullable<Binary>,
        programme_id -> Nullable<Binary>,
        country -> Nullable<Text>,
        area -> Nullable<Text>,
        sector -> Nullable<Text>,
        caseload -> Nullable<Text>,
        round -> Nullable<Text>,
        people_group -> Text,
        people -> Nullable<BigInt>,
        households -> Nullable<BigInt>,
        household_thousandths -> Nullable<BigInt>,
        registered -> Nullable<Binary>,
        tags -> Nullable<Text>,
        occurred_at -> BigInt,
        effective_at -> BigInt,
    }
}

diesel::table! {
    headcounts (id) {
        id -> Binary,
        about -> Binary,
        batch_id -> Binary,
        ordinal -> BigInt,
        programme_id -> Binary,
        source -> Text,
        reference -> Text,
        area -> Nullable<Text>,
        country -> Nullable<Text>,
        is_unplaced -> Nullable<Bool>,
        sector -> Nullable<Text>,
        organization -> Nullable<Text>,
        people_group -> Nullable<Text>,
        people -> Nullable<BigInt>,
        status -> Nullable<Text>,
        from_day -> Nullable<Text>,
        to_day -> Nullable<Text>,
        caseload -> Nullable<Text>,
        round -> Nullable<Text>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
