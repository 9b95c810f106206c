//! The tables of the ledger: events, what they posted and stated, and what is added up from that.

diesel::table! {
    events (sequence) {
        sequence -> BigInt,
        id -> Binary,
        kind -> Text,
        programme_id -> Nullable<Binary>,
        pledge_id -> Nullable<Binary>,
        consignment_id -> Nullable<Binary>,
        leg_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        load_id -> Nullable<Binary>,
        about_id -> Nullable<Binary>,
        occurred_at -> BigInt,
        occurred_precision -> Text,
        effective_at -> BigInt,
        recorded_at -> BigInt,
        moved -> Bool,
        inferred -> Bool,
        actor_id -> Binary,
        body -> Text,
        body_hash -> Binary,
        result -> Text,
    }
}

diesel::table! {
    postings (sequence, ordinal) {
        sequence -> BigInt,
        ordinal -> BigInt,
        cell -> Binary,
        account -> Integer,
        condition -> Integer,
        pledge_line_id -> Binary,
        lot_id -> Binary,
        item_id -> Binary,
        consignment_id -> Nullable<Binary>,
        leg_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        holder_id -> Nullable<Binary>,
        quantity -> BigInt,
        chosen -> Integer,
        effective_at -> BigInt,
    }
}

diesel::table! {
    statements (sequence, ordinal) {
        sequence -> BigInt,
        ordinal -> BigInt,
        pledge_line_id -> Binary,
        lot_id -> Binary,
        item_id -> Binary,
        promised -> BigInt,
        surplus -> BigInt,
        effective_at -> BigInt,
    }
}

diesel::table! {
    balances (cell) {
        cell -> Binary,
        account -> Integer,
        condition -> Integer,
        pledge_line_id -> Binary,
        lot_id -> Binary,
        item_id -> Binary,
        consignment_id -> Nullable<Binary>,
        leg_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        holder_id -> Nullable<Binary>,
        quantity -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
        revision -> BigInt,
    }
}

diesel::table! {
    rollups (cuboid, cell) {
        cuboid -> Integer,
        cell -> Binary,
        programme_id -> Binary,
        donor_id -> Nullable<Binary>,
        item_id -> Nullable<Binary>,
        lot_id -> Nullable<Binary>,
        pledge_id -> Nullable<Binary>,
        site_id -> Nullable<Binary>,
        country_at -> Nullable<Text>,
        country_for -> Nullable<Text>,
        holder_id -> Nullable<Binary>,
        owner_id -> Nullable<Binary>,
        consignee_id -> Nullable<Binary>,
        origin_id -> Nullable<Binary>,
        destination_id -> Nullable<Binary>,
        month -> Nullable<Integer>,
        stated_promised -> BigInt,
        stated_surplus -> BigInt,
        promised -> BigInt,
        surplus -> BigInt,
        unallocated -> BigInt,
        in_storage -> BigInt,
        allocated -> BigInt,
        in_transit -> BigInt,
        missing -> BigInt,
        delivered -> BigInt,
        distributed -> BigInt,
        lost -> BigInt,
        disposed -> BigInt,
        returned -> BigInt,
        withdrawn -> BigInt,
        on_hold -> BigInt,
        damaged -> BigInt,
        moved_in -> BigInt,
        moved_out -> BigInt,
        ever_delivered -> BigInt,
    }
}

diesel::table! {
    dated_blocks (level, block) {
        level -> Integer,
        block -> BigInt,
    }
}

diesel::table! {
    dated_rollups (cuboid, level, month, block) {
        cuboid -> Integer,
        level -> Integer,
        block -> BigInt,
        month -> Integer,
        whole -> Binary,
        days -> Binary,
    }
}
