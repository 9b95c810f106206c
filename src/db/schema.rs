//! The tables as diesel sees them: the same on both databases. Written from the migrations.

mod baselines;
mod captured;
mod cold;
mod counts;
mod decided;
mod demand;
mod imports;
mod kits;
mod ledger;
mod log;
mod papers;
mod people;
mod places;
mod reached;
mod taken;
mod telling;
mod terms;

pub use baselines::*;
pub use captured::*;
pub use cold::*;
pub use counts::*;
pub use decided::*;
pub use demand::*;
pub use imports::*;
pub use kits::*;
pub use ledger::*;
pub use log::*;
pub use papers::*;
pub use people::*;
pub use places::*;
pub use reached::*;
pub use taken::*;
pub use telling::*;
pub use terms::*;

diesel::table! {
    organizations (id) {
        id -> Binary,
        name -> Text,
        reference -> Nullable<Text>,
        country -> Nullable<Text>,
        is_donor -> Bool,
        is_consignor -> Bool,
        is_consignee -> Bool,
        is_carrier -> Bool,
        is_partner -> Bool,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        named -> Nullable<Text>,
    }
}

diesel::table! {
    items (id) {
        id -> Binary,
        code -> Text,
        name -> Text,
        base_unit -> Text,
        category -> Text,
        sector -> Nullable<Text>,
        hs_code -> Nullable<Text>,
        shelf_life_days -> Nullable<BigInt>,
        storage_class -> Text,
        standard_kind -> Nullable<Text>,
        standard_quantity -> Nullable<BigInt>,
        standard_persons -> Nullable<BigInt>,
        standard_days -> Nullable<BigInt>,
        standard_thousandths -> Nullable<BigInt>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    packs (id) {
        id -> Binary,
        item_id -> Binary,
        name -> Text,
        numerator -> BigInt,
        denominator -> BigInt,
        gross_weight_g -> Nullable<BigInt>,
        length_mm -> Nullable<BigInt>,
        width_mm -> Nullable<BigInt>,
        height_mm -> Nullable<BigInt>,
    }
}

diesel::table! {
    lots (id) {
        id -> Binary,
        item_id -> Binary,
        number -> Text,
        expires_on -> Nullable<Text>,
        recalled -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    sites (id) {
        id -> Binary,
        code -> Nullable<Text>,
        name -> Text,
        kind -> Text,
        country -> Text,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        locode -> Nullable<Text>,
        area_code -> Nullable<Text>,
        operator_id -> Nullable<Binary>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    programmes (id) {
        id -> Binary,
        code -> Text,
        name -> Text,
        sensitive -> Bool,
        synthetic -> Bool,
        focus_areas -> Text,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        published_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    reported_figures (id) {
        id -> Binary,
        programme_id -> Binary,
        section -> Text,
        figure -> Text,
        value -> BigInt,
        qualifier -> Nullable<Text>,
        unit -> Text,
        as_of -> Text,
        source -> Text,
        sequence -> Nullable<BigInt>,
    }
}

diesel::table! {
    pledges (id) {
        id -> Binary,
        programme_id -> Binary,
        donor_id -> Nullable<Binary>,
        kind -> Text,
        state -> Text,
        reference -> Nullable<Text>,
        offered_at -> BigInt,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
        link_hash -> Nullable<Binary>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        named -> Nullable<Text>,
    }
}

diesel::table! {
    pledge_lines (id) {
        id -> Binary,
        pledge_id -> Binary,
        ordinal -> BigInt,
        item_id -> Binary,
        offered -> BigInt,
        accepted -> BigInt,
        earmark_country -> Nullable<Text>,
        title_passes -> Text,
        value_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        value_basis -> Nullable<Text>,
        earmark_area -> Nullable<Text>,
    }
}

diesel::table! {
    earmark_changes (event_id) {
        event_id -> Binary,
        pledge_id -> Binary,
        from_line_id -> Binary,
        to_line_id -> Binary,
        quantity -> BigInt,
        from_country -> Nullable<Text>,
        to_country -> Nullable<Text>,
        consented_by -> Binary,
        consented_person_id -> Nullable<Binary>,
        consented_on -> Text,
        document_id -> Nullable<Binary>,
        filed -> Nullable<Text>,
        reversed_by -> Nullable<Binary>,
    }
}

diesel::table! {
    consignments (id) {
        id -> Binary,
        programme_id -> Binary,
        reference -> Nullable<Text>,
        tracking_code -> Text,
        consignor_id -> Nullable<Binary>,
        consignee_id -> Binary,
        origin_id -> Binary,
        destination_id -> Binary,
        parent_id -> Nullable<Binary>,
        cancelled -> Bool,
        gross_weight_g -> Nullable<BigInt>,
        freight_minor -> Nullable<BigInt>,
        freight_currency -> Nullable<Text>,
        freight_note -> Nullable<Text>,
        value_minor -> Nullable<BigInt>,
        value_currency -> Nullable<Text>,
        value_basis -> Nullable<Text>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    legs (id) {
        id -> Binary,
        consignment_id -> Binary,
        ordinal -> BigInt,
        mode -> Text,
        from_id -> Binary,
        to_id -> Binary,
        carrier_id -> Nullable<Binary>,
        planned_departure -> Nullable<BigInt>,
        planned_arrival -> Nullable<BigInt>,
        received_final -> Bool,
        superseded -> Bool,
    }
}

diesel::table! {
    loads (id) {
        id -> Binary,
        reference -> Nullable<Text>,
        mode -> Text,
        from_id -> Binary,
        to_id -> Binary,
        carrier_id -> Nullable<Binary>,
        document_kind -> Nullable<Text>,
        document_number -> Nullable<Text>,
        plate -> Nullable<Text>,
        seals -> Nullable<Text>,
        packages -> Nullable<BigInt>,
        gross_weight_g -> Nullable<BigInt>,
        volume_cm3 -> Nullable<BigInt>,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    waiting (id) {
        id -> Binary,
        kind -> Text,
        actor_id -> Binary,
        acted_as -> Text,
        consignment_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        body -> Text,
        body_hash -> Binary,
        reason -> Text,
        waits_for -> Binary,
        result -> Text,
        received_at -> BigInt,
        posted -> Bool,
    }
}

diesel::table! {
    facts (id) {
        id -> Binary,
        kind -> Text,
        words -> Text,
    }
}

diesel::table! {
    refusals (event_id) {
        event_id -> Binary,
        code -> Text,
        problem -> Text,
        refused_at -> BigInt,
    }
}

diesel::table! {
    dismissals (event_id) {
        event_id -> Binary,
        reason -> Text,
        dismissed_by -> Binary,
        dismissed_at -> BigInt,
    }
}

diesel::table! {
    decisions (event_id) {
        event_id -> Binary,
        kind -> Text,
        consignment_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        quantity -> BigInt,
        reason -> Text,
        cause -> Nullable<Text>,
        report_number -> Nullable<Text>,
        evidence -> Nullable<Text>,
        liable_id -> Nullable<Binary>,
        proposed_by -> Binary,
        decided_by -> Binary,
        decided_at -> BigInt,
    }
}

diesel::joinable!(persons -> organizations (organization_id));
diesel::joinable!(pledge_lines -> pledges (pledge_id));
diesel::allow_tables_to_appear_in_same_query!(
    organizations,
    items,
    packs,
    lots,
    sites,
    programmes,
    reported_figures,
    users,
    persons,
    sessions,
    session_secrets,
    invitations,
    access_changes,
    api_keys,
    api_key_uses,
    outside_identities,
    pledges,
    pledge_lines,
    earmark_changes,
    consignments,
    legs,
    loads,
    needs,
    need_matches,
    unwanted,
    events,
    postings,
    statements,
    reached_lines,
    headcounts,
    balances,
    rollups,
    dated_blocks,
    dated_rollups,
    waiting,
    refusals,
    dismissals,
    facts,
    decisions,
    approvals,
    claims,
    claim_changes,
    attachments,
    attachment_bytes,
    number_series,
    number_blocks,
    documents,
    document_numbers,
    document_events,
    document_attachments,
    document_signatories,
    verifications,
    exports,
    captures,
    capture_contents,
    captured_events,
    count_sheets,
    count_lines,
    consignment_terms,
    customs_requirements,
    load_limits,
    kit_recipes,
    kit_components,
    handling_units,
    unit_contents,
    logger_files,
    logger_contents,
    logger_readings,
    site_storages,
    site_places,
    leg_plans,
    boundaries,
    area_changes,
    webhooks,
    mailings,
    receipt_links,
    outlets,
    letters,
    import_jobs,
    import_parts,
    import_rows,
    log_entries,
    log_nodes,
    ledger_state,
    checkpoints
);
