//! The tables of what one person proposes and another decides.

diesel::table! {
    approvals (id) {
        id -> Binary,
        kind -> Text,
        state -> Text,
        subject_id -> Binary,
        pledge_id -> Nullable<Binary>,
        consignment_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        quantity -> BigInt,
        limit_units -> Nullable<BigInt>,
        body -> Text,
        body_hash -> Binary,
        effect -> Text,
        result -> Text,
        reason -> Nullable<Text>,
        proposed_by -> Binary,
        proposed_as -> Text,
        proposed_at -> BigInt,
        decided_by -> Nullable<Binary>,
        decided_as -> Nullable<Text>,
        decided_at -> Nullable<BigInt>,
        decided_reason -> Nullable<Text>,
    }
}

diesel::table! {
    claims (id) {
        id -> Binary,
        event_id -> Binary,
        pledge_id -> Nullable<Binary>,
        consignment_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        against_id -> Binary,
        amount_minor -> BigInt,
        currency -> Text,
        state -> Text,
        note -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    claim_changes (id) {
        id -> Binary,
        claim_id -> Binary,
        state -> Text,
        on_day -> Text,
        note -> Nullable<Text>,
        changed_by -> Binary,
        changed_at -> BigInt,
    }
}
