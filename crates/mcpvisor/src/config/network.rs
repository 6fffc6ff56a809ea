//! Addresses and prefixes of networks.

use std::fmt;
use std::net::IpAddr;

use super::invalid::Invalid;

/// A network: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Its first address.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Leading bits that count: up to 32, or 128 for IPv6.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Does the address belong to it? IPv4 addresses written as IPv6 ones count as IPv4.
    pub fn contains(self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.bits) == Some(self.address)
    }
}

/// The address with all but its first bits cleared; `None` if it has fewer.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    let cleared = |width: u8| width.checked_sub(bits).map(u32::from);
    Some(match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(cleared(32)?).unwrap_or(0);
            IpAddr::from((u32::from(address) & mask).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(cleared(128)?).unwrap_or(0);
            IpAddr::from((u128::from(address) & mask).to_be_bytes())
        }
    })
}

impl std::str::FromStr for Network {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let wrong = || {
            Invalid::new(
                text,
                "is no address or network; write `10.0.0.7`, `10.0.0.0/8` or `fd00::/8`",
            )
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits = bits.unwrap_or(if address.is_ipv4() { 32 } else { 128 });
        let first = masked(address, bits).ok_or_else(wrong)?;
        if first != address {
            let right = Self {
                address: first,
                bits,
            }
            .to_string();
            return Err(Invalid::new(text, "has bits set after its prefix").or_rather(Some(right)));
        }
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        let all = if self.address.is_ipv4() { 32 } else { 128 };
        if self.bits < all {
            write!(f, "/{}", self.bits)?;
        }
        Ok(())
    }
}

impl serde::Serialize for Network {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl schemars::JsonSchema for Network {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$"})
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn what_is_inside() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.7", "::ffff:192.0.2.7", "::1"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
        ] {
            let parsed: Option<Network> = network.parse().ok();
            let holds = |address: &str| {
                let address = address.parse().ok()?;
                Some(parsed?.contains(address))
            };
            assert_eq!(holds(inside), Some(true), "{network} {inside}");
            assert_eq!(holds(outside), Some(false), "{network} {outside}");
            assert_eq!(
                parsed.map(|parsed| parsed.to_string()).as_deref(),
                Some(network)
            );
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "host",
            "::/129",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let error = "10.1.2.3/8".parse::<Network>().err();
        assert_eq!(
            error.as_ref().and_then(|error| error.right()),
            Some("10.0.0.0/8")
        );
    }
}
