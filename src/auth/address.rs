//! Whom an address on the network stands for.

use std::net::{IpAddr, Ipv6Addr};

/// Whom an address stands for. Whoever has one IPv6 address has the other 2^64 of its network as well, and an IPv4
/// address is the same whichever way a socket says it.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
