//! The tables of those who log in.

diesel::table! {
    users (id) {
        id -> Binary,
        login -> Text,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        organization_id -> Nullable<Binary>,
        country -> Nullable<Text>,
        disabled -> Bool,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        salt -> Nullable<Binary>,
        sealed -> Nullable<Binary>,
        sealed_password -> Nullable<Binary>,
        erased_at -> Nullable<BigInt>,
        erased_by -> Nullable<Binary>,
        erased_as -> Nullable<Text>,
    }
}

diesel::table! {
    persons (id) {
        id -> Binary,
        kind -> Text,
        organization_id -> Binary,
        sealed -> Nullable<Binary>,
        signature -> Nullable<Binary>,
        retain_until -> BigInt,
        erased_at -> Nullable<BigInt>,
        erased_by -> Nullable<Binary>,
        erased_as -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        kind -> Text,
        began_at -> BigInt,
        ends_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        ended_as -> Nullable<Text>,
        ended_by -> Nullable<Binary>,
    }
}

diesel::table! {
    session_secrets (id) {
        id -> Binary,
        session_id -> Binary,
        present_hash -> Binary,
        spent_hash -> Nullable<Binary>,
        nonce -> Nullable<Binary>,
        used_at -> BigInt,
    }
}

diesel::table! {
    invitations (id) {
        id -> Binary,
        user_id -> Binary,
        kind -> Text,
        token_hash -> Binary,
        made_by -> Binary,
        made_at -> BigInt,
        good_until -> BigInt,
        ended_at -> Nullable<BigInt>,
        ended_as -> Nullable<Text>,
        approval_id -> Nullable<Binary>,
        second_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    access_changes (id) {
        id -> Binary,
        user_id -> Binary,
        since -> BigInt,
        role -> Text,
        organization_id -> Nullable<Binary>,
        country -> Nullable<Text>,
        disabled -> Bool,
        changed_by -> Nullable<Binary>,
        changed_as -> Text,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Binary,
        user_id -> Binary,
        prefix -> Text,
        secret_hash -> Binary,
        made_by -> Binary,
        made_at -> BigInt,
        good_until -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_by -> Nullable<Binary>,
    }
}

diesel::table! {
    api_key_uses (id) {
        id -> Binary,
        used_at -> BigInt,
    }
}

diesel::table! {
    outside_identities (id) {
        id -> Binary,
        user_id -> Binary,
        issuer -> Text,
        subject -> Text,
        first_at -> BigInt,
        salt -> Nullable<Binary>,
    }
}
