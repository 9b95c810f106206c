//! The tables of kits and of the handling units packed by them.

diesel::table! {
    kit_recipes (id) {
        id -> Binary,
        kit_id -> Binary,
        version -> BigInt,
        code -> Text,
        name -> Text,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    kit_components (id) {
        id -> Binary,
        recipe_id -> Binary,
        ordinal -> BigInt,
        item_id -> Binary,
        quantity -> BigInt,
    }
}

diesel::table! {
    handling_units (id) {
        id -> Binary,
        event_id -> Binary,
        ordinal -> BigInt,
        number -> Text,
        sscc -> Nullable<Text>,
        recipe_id -> Binary,
        site_id -> Binary,
        consignment_id -> Nullable<Binary>,
        unpacked_by -> Nullable<Binary>,
        revision -> BigInt,
    }
}

diesel::table! {
    unit_contents (id) {
        id -> Binary,
        unit_id -> Binary,
        ordinal -> BigInt,
        pledge_line_id -> Binary,
        lot_id -> Binary,
        item_id -> Binary,
        quantity -> BigInt,
    }
}
