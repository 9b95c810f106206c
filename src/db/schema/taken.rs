//! What was taken away as a file.

diesel::table! {
    exports (id) {
        id -> Binary,
        kind -> Text,
        asked -> Text,
        sequence -> BigInt,
        as_of -> Nullable<BigInt>,
        asked_by -> Binary,
        asked_as -> Text,
        begun_at -> BigInt,
        row_count -> Nullable<BigInt>,
        bytes -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        finished_at -> Nullable<BigInt>,
    }
}
