//! The tables of counting what lies at a site.

diesel::table! {
    count_sheets (id) {
        id -> Binary,
        site_id -> Binary,
        as_of -> BigInt,
        blind -> Bool,
        whole -> Bool,
        programme_id -> Nullable<Binary>,
        note -> Nullable<Text>,
        body_hash -> Binary,
        known_at -> BigInt,
        opened_by -> Binary,
        opened_at -> BigInt,
        submitted_by -> Nullable<Binary>,
        submitted_at -> Nullable<BigInt>,
        submitted_known_at -> Nullable<BigInt>,
        event_id -> Nullable<Binary>,
        posted_by -> Nullable<Binary>,
        posted_at -> Nullable<BigInt>,
        voided_by -> Nullable<Binary>,
        voided_at -> Nullable<BigInt>,
        void_reason -> Nullable<Text>,
        revision -> BigInt,
    }
}

diesel::table! {
    count_lines (id) {
        id -> Binary,
        sheet_id -> Binary,
        ordinal -> BigInt,
        item_id -> Binary,
        lot_id -> Binary,
        lot -> Nullable<Text>,
        condition -> Integer,
        expected -> BigInt,
        found -> Bool,
        counted -> Nullable<BigInt>,
        counted_by -> Nullable<Binary>,
        counted_at -> Nullable<BigInt>,
    }
}
