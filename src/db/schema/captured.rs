//! The tables of what other systems sent: documents, and the events of each.

diesel::table! {
    captures (id) {
        id -> Binary,
        actor_id -> Binary,
        role -> Text,
        scope -> Text,
        organization_id -> Nullable<Binary>,
        countries -> Nullable<Text>,
        behaviour -> Text,
        prefix -> Nullable<Text>,
        events -> BigInt,
        repeated -> BigInt,
        errors -> Text,
        sha256 -> Binary,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    capture_contents (id) {
        id -> Binary,
        content -> Binary,
    }
}

diesel::table! {
    captured_events (id) {
        id -> Binary,
        capture_id -> Binary,
        ordinal -> BigInt,
        uri -> Text,
        is_error -> Bool,
        step -> Text,
        body -> Text,
        body_hash -> Binary,
        reference -> Nullable<Text>,
        corrective -> Nullable<Text>,
        state -> Text,
        consignment_id -> Nullable<Binary>,
        event_id -> Nullable<Binary>,
        reason -> Nullable<Text>,
        settled_at -> Nullable<BigInt>,
        decided_by -> Nullable<Binary>,
        decided_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}
