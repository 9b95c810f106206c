//! Folding every derived figure again.
