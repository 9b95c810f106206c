//! The tables of what people are counted against.

diesel::table! {
    item_standards (id) {
        id -> Binary,
        item_id -> Binary,
        kind -> Nullable<Text>,
        quantity -> Nullable<BigInt>,
        persons -> Nullable<BigInt>,
        days -> Nullable<BigInt>,
        withdrawn -> Bool,
        sequence -> BigInt,
        recorded_at -> BigInt,
    }
}
