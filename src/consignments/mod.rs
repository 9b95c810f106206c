//! consignments
