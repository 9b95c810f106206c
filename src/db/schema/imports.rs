//! The tables of files that are imported as jobs.

diesel::table! {
    import_jobs (id) {
        id -> Binary,
        asked_by -> Binary,
        kind -> Nullable<Text>,
        mapping -> Nullable<Text>,
        file_name -> Nullable<Text>,
        bytes -> BigInt,
        sha256 -> Binary,
        dry_run -> Bool,
        state -> Text,
        row_total -> Nullable<BigInt>,
        rows_done -> BigInt,
        through_row -> BigInt,
        problem -> Nullable<Text>,
        notes -> Text,
        attempts -> BigInt,
        made_at -> BigInt,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
        held_by -> BigInt,
        held_until -> BigInt,
        deliveries -> Bool,
        decided_by -> Nullable<Binary>,
    }
}

diesel::table! {
    import_parts (id) {
        id -> Binary,
        job_id -> Binary,
        ordinal -> BigInt,
        content -> Binary,
    }
}

diesel::table! {
    import_rows (id) {
        id -> Binary,
        job_id -> Binary,
        number -> BigInt,
        key -> Text,
        fate -> Text,
        subject -> Nullable<Binary>,
        reasons -> Text,
    }
}
