//! Slows down strangers address by address, so that nobody can try out codes or passwords.
//!
//! A code carries 50 random bits. At two tries a second one address needs some nine million years for half
//! of them, so the limit is there to keep guessing hopeless and cheap to refuse, not to be felt by people.
//! Never here: who somebody is. Callers who logged in are known and are not slowed down.

use crate::web::{Door, Throttle};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Requests an address may send at once: a desk of people behind one router, each with a handful of codes.
const BURST: NonZeroU32 = at_least_one(20);
/// Requests a second an address may go on with: faster than anybody types codes.
const PER_SECOND: NonZeroU32 = at_least_one(2);
/// Requests between two clearings of addresses that have their whole burst again, which they have ten seconds
/// after their last request. What is kept is thus the addresses of ten seconds and at most this many more.
const CLEAR_EVERY: u32 = 1_024;

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// A bucket of requests for each address at each door.
pub struct AddressThrottle {
    buckets: DefaultKeyedRateLimiter<(Door, IpAddr)>,
    clock: DefaultClock,
    admitted: AtomicU32,
}

impl Default for AddressThrottle {
    fn default() -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        Self {
            buckets: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            admitted: AtomicU32::new(0),
        }
    }
}

impl AddressThrottle {
    /// Addresses remembered now.
    pub fn remembered(&self) -> usize {
        self.buckets.len()
    }
}

impl Throttle for AddressThrottle {
    fn admit(&self, door: Door, peer: IpAddr) -> Result<(), Duration> {
        let verdict = self
            .buckets
            .check_key(&(door, subscriber(peer)))
            .map_err(|refusal| refusal.wait_time_from(self.clock.now()));
        // Refused requests add no address, so only the others are counted.
        if verdict.is_ok() && self.admitted.fetch_add(1, Ordering::Relaxed) % CLEAR_EVERY == CLEAR_EVERY - 1 {
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
        verdict
    }
}

/// Whom an address stands for. Whoever has one IPv6 address has the other 2^64 of its network as well.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
