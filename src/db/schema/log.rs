//! The tables of the log.

diesel::table! {
    log_entries (position) {
        position -> BigInt,
        body -> Text,
        leaf_hash -> Binary,
    }
}

diesel::table! {
    log_nodes (level, position) {
        level -> Integer,
        position -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    ledger_state (id) {
        id -> Integer,
        sequence -> BigInt,
        recorded_at -> BigInt,
        edge -> Binary,
        origin -> Text,
    }
}

diesel::table! {
    checkpoints (size) {
        size -> BigInt,
        note -> Text,
        signed_at -> BigInt,
    }
}
