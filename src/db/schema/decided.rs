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
