//! Which addresses are public: those at which somebody else's server may be, and nothing of this house's network.
//!
//! What is not public follows the registries of special addresses of IANA. An address that carries another inside is judged
//! by that one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not public: their first address and how many bits count.
const SPECIAL_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // shared by subscribers of a carrier
    ([127, 0, 0, 0], 8),     // this machine
    ([169, 254, 0, 0], 16),  // this link, and what clouds tell their machines
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocols
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // relays that are no more
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // measurements
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // groups
    ([240, 0, 0, 0], 4),     // reserved, and everybody on this link
];

/// Blocks of IPv6 within 2000::/3 that are not public, by their first two parts and how many bits count.
const SPECIAL_V6: [([u16; 2], u32); 3] = [
    ([0x2001, 0x0000], 23), // protocols, and tunnels that carry any address
    ([0x2001, 0x0db8], 32), // documentation
    ([0x3fff, 0x0000], 20), // documentation
];

/// Whether somebody else's server may be at this address.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    SPECIAL_V4.iter().all(|(first, counted)| {
        let first = Ipv4Addr::from(*first).to_bits();
        (bits ^ first) >> (32 - counted) != 0
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let carried = |at: usize| {
        let [a, b] = parts[at].to_be_bytes();
        let [c, d] = parts[at + 1].to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // Translation to IPv4, and the older way to carry it.
        [0x0064, 0xff9b, 0, 0, 0, 0, _, _] => is_public_v4(carried(6)),
        [0x2002, ..] => is_public_v4(carried(1)),
        [first, ..] if first >> 13 == 1 => {
            let bits = address.to_bits() >> 96;
            SPECIAL_V6.iter().all(|([one, two], counted)| {
                let start = (u128::from(*one) << 16) | u128::from(*two);
                (bits ^ start) >> (32 - counted) != 0
            })
        }
        _ => false,
    }
}
