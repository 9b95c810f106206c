//! distributions
