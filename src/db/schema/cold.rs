//! The tables of what has to be kept cool: what loggers recorded, and what sites can keep.

diesel::table! {
    logger_files (id) {
        id -> Binary,
        watch_id -> Binary,
        device -> Text,
        site_id -> Nullable<Binary>,
        consignment_id -> Nullable<Binary>,
        leg_id -> Nullable<Binary>,
        item_id -> Binary,
        lot_id -> Nullable<Binary>,
        low -> BigInt,
        high -> BigInt,
        allowed_minutes -> BigInt,
        readings -> BigInt,
        refused -> BigInt,
        from_at -> BigInt,
        to_at -> BigInt,
        lowest -> BigInt,
        highest -> BigInt,
        longest_minutes -> BigInt,
        excursion_from -> Nullable<BigInt>,
        excursion_until -> Nullable<BigInt>,
        outside_since -> Nullable<BigInt>,
        held -> BigInt,
        holds -> BigInt,
        media_type -> Text,
        sha256 -> Binary,
        uploaded_by -> Binary,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    logger_contents (id) {
        id -> Binary,
        content -> Binary,
    }
}

diesel::table! {
    logger_readings (id) {
        id -> Binary,
        watch_id -> Binary,
        from_at -> BigInt,
        to_at -> BigInt,
        readings -> Binary,
        acted_from -> Nullable<BigInt>,
        acted_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    site_storages (id) {
        id -> Binary,
        site_id -> Binary,
        classes -> Text,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
