//! Where a request comes from, as coarsely as its purpose needs.

use actix_web::HttpRequest;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address of the socket's other end. What a header claims is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(request: &HttpRequest) -> Self {
        // None only for a request that came over no socket.
        Self(request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical()))
    }

    /// Whoever has one address of it can have the others: /24 of IPv4, /48 of IPv6.
    pub(super) fn network(self) -> String {
        match self.0 {
            IpAddr::V4(ip) => format!("{}/24", Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
            IpAddr::V6(ip) => format!("{}/48", first_bits(ip, 48)),
        }
    }

    /// One household or machine: an IPv4 address, /64 of IPv6.
    pub(super) fn machine(self) -> String {
        match self.0 {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{}/64", first_bits(ip, 64)),
        }
    }
}

fn first_bits(ip: Ipv6Addr, count: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn source(ip: &str) -> Source {
        Source::of(&TestRequest::default().peer_addr((ip.parse::<IpAddr>().unwrap(), 1).into()).to_http_request())
    }

    #[test]
    fn neighbours_share_a_network_and_strangers_do_not() {
        assert_eq!(source("192.0.2.77").network(), "192.0.2.0/24");
        assert_eq!(source("2001:db8:1:2::9").network(), "2001:db8:1::/48");
        assert_ne!(source("192.0.3.77").network(), source("192.0.2.77").network());
    }

    #[test]
    fn a_machine_is_told_from_its_neighbours() {
        assert_eq!(source("192.0.2.77").machine(), "192.0.2.77");
        assert_eq!(source("2001:db8:1:2::9").machine(), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2::9").machine(), source("2001:db8:1:2:ffff::1").machine());
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_is_the_same_source() {
        assert_eq!(source("::ffff:192.0.2.77"), source("192.0.2.77"));
    }

    #[test]
    fn a_header_does_not_change_where_a_request_comes_from() {
        let request = TestRequest::default()
            .peer_addr(([192, 0, 2, 1], 1).into())
            .insert_header(("x-forwarded-for", "203.0.113.9"))
            .to_http_request();
        assert_eq!(Source::of(&request).machine(), "192.0.2.1");
    }
}
