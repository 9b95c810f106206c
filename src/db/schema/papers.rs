//! The tables of papers: attachments, documents and their numbers, and what they verify.

diesel::table! {
    attachments (id) {
        id -> Binary,
        media_type -> Text,
        size_bytes -> BigInt,
        width -> Nullable<BigInt>,
        height -> Nullable<BigInt>,
        sha256_sent -> Binary,
        sha256_kept -> Binary,
        removed -> Text,
        has_location -> Bool,
        shareable -> Bool,
        owner_id -> Nullable<Binary>,
        uploaded_by -> Binary,
        erased_at -> Nullable<BigInt>,
        erased_by -> Nullable<Binary>,
        erase_reason -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
        retain_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    attachment_bytes (id) {
        id -> Binary,
        sealed -> Binary,
    }
}

diesel::table! {
    number_series (id) {
        id -> Binary,
        kind -> Text,
        site_id -> Binary,
        year -> BigInt,
        prefix -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    number_blocks (id) {
        id -> Binary,
        series_id -> Binary,
        first -> BigInt,
        last -> BigInt,
        holder -> Text,
        given_by -> Binary,
        given_at -> BigInt,
        returned_by -> Nullable<Binary>,
        returned_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    documents (id) {
        id -> Binary,
        kind -> Text,
        mode -> Nullable<Text>,
        site_id -> Binary,
        issued_on -> Text,
        number -> Nullable<Text>,
        reference -> Nullable<Text>,
        consignment_id -> Nullable<Binary>,
        pledge_id -> Nullable<Binary>,
        load_id -> Nullable<Binary>,
        filed -> Nullable<Text>,
        shareable -> Bool,
        body_hash -> Binary,
        recorded_by -> Binary,
        voided_at -> Nullable<BigInt>,
        voided_by -> Nullable<Binary>,
        void_reason -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    document_numbers (id) {
        id -> Binary,
        series_id -> Binary,
        serial -> BigInt,
        block_id -> Nullable<Binary>,
        document_id -> Nullable<Binary>,
        voided -> Bool,
    }
}

diesel::table! {
    document_events (id) {
        id -> Binary,
        document_id -> Binary,
        event_id -> Binary,
    }
}

diesel::table! {
    document_attachments (id) {
        id -> Binary,
        document_id -> Binary,
        attachment_id -> Binary,
        ordinal -> BigInt,
        attached_by -> Binary,
        attached_at -> BigInt,
    }
}

diesel::table! {
    document_signatories (id) {
        id -> Binary,
        document_id -> Binary,
        ordinal -> BigInt,
        person_id -> Binary,
        act -> Text,
        signed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    verifications (id) {
        id -> Binary,
        event_id -> Binary,
        how -> Text,
        document_id -> Nullable<Binary>,
        since -> BigInt,
        ended_at -> Nullable<BigInt>,
        ended_as -> Nullable<Text>,
    }
}
