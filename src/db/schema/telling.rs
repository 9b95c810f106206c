//! The tables of who is told of what is recorded, and how far each was told.

diesel::table! {
    webhooks (id) {
        id -> Binary,
        user_id -> Binary,
        url -> Text,
        kinds -> Nullable<Text>,
        secret -> Nullable<Binary>,
        earlier_secret -> Nullable<Binary>,
        earlier_until -> Nullable<BigInt>,
        paused -> Bool,
        made_at -> BigInt,
        updated_at -> BigInt,
        removed_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

diesel::table! {
    receipt_links (id) {
        id -> Binary,
        consignment_id -> Binary,
        token_hash -> Binary,
        made_by -> Binary,
        made_at -> BigInt,
        good_until -> BigInt,
        used_at -> Nullable<BigInt>,
        event_id -> Nullable<Binary>,
    }
}

diesel::table! {
    mailings (id) {
        id -> Binary,
        about -> Text,
        consignment_id -> Nullable<Binary>,
        user_id -> Nullable<Binary>,
        days -> BigInt,
        address -> Nullable<Binary>,
        address_key -> Nullable<Text>,
        asked_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        language -> Nullable<Text>,
    }
}

diesel::table! {
    outlets (id) {
        id -> Binary,
        kind -> Text,
        told_through -> BigInt,
        due_at -> Nullable<BigInt>,
        failures -> BigInt,
        resting_until -> BigInt,
        tried_at -> Nullable<BigInt>,
        taken_at -> Nullable<BigInt>,
        error -> Nullable<Text>,
        noted -> Nullable<Text>,
    }
}

diesel::table! {
    letters (id) {
        id -> Binary,
        outlet_id -> Binary,
        after_sequence -> BigInt,
        sequence -> BigInt,
        attempts -> BigInt,
        next_at -> Nullable<BigInt>,
        error -> Text,
        first_at -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    tellers (id) {
        id -> Integer,
        held_by -> BigInt,
        held_until -> BigInt,
    }
}
