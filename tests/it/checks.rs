//! Stories of what an auditor looks with: samples nobody can steer, red flags, and the trace of a lot.

mod flags;
mod sample;
mod trace;
