//! The rules of a security group between the model and EC2, and what separates two sets of them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
use mate_core::kinds::security_group::{Peer, Rule};

/// The identity of a rule to EC2: everything but the description, in EC2's own form.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    protocol: String,
    ports: (i32, i32),
    peer: String,
}

impl Identity {
    /// None while the peer is a group that does not exist yet.
    fn of(rule: &Rule) -> Option<Self> {
        let peer = match &rule.peer {
            Peer::Cidr(cidr) => canonical(cidr),
            Peer::SecurityGroup(group) => group.known()?.clone(),
        };
        Some(Self { protocol: protocol(&rule.protocol).to_owned(), ports: ports(rule), peer })
    }
}

/// EC2 tells protocols by name where it knows one.
fn protocol(protocol: &str) -> &str {
    match protocol {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "all" => "-1",
        other => other,
    }
}

fn ports(rule: &Rule) -> (i32, i32) {
    let every = match protocol(&rule.protocol) {
        "tcp" | "udp" => (0, 65_535),
        _ => (-1, -1),
    };
    if protocol(&rule.protocol) == "-1" {
        return every;
    }
    (rule.from_port.map_or(every.0, i32::from), rule.to_port.map_or(every.1, i32::from))
}

/// EC2 clears the bits behind the prefix of an IPv4 range.
fn canonical(cidr: &str) -> String {
    let parsed = cidr.split_once('/').and_then(|(address, length)| {
        let address: Ipv4Addr = address.parse().ok()?;
        let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        Some(format!("{}/{length}", Ipv4Addr::from(u32::from(address) & mask)))
    });
    parsed.unwrap_or_else(|| cidr.to_owned())
}

/// The changes that turn the live rules into the desired ones.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) authorize: Vec<Rule>,
    pub(super) describe: Vec<Rule>,
    pub(super) revoke: Vec<Rule>,
}

impl Difference {
    pub(super) fn new(live: &[Rule], desired: &[Rule]) -> Self {
        let index = |rules: &[Rule]| -> BTreeMap<Identity, Rule> {
            rules.iter().filter_map(|rule| Some((Identity::of(rule)?, rule.clone()))).collect()
        };
        let (live, desired) = (index(live), index(desired));
        let mut difference = Self { authorize: Vec::new(), describe: Vec::new(), revoke: Vec::new() };
        for (identity, rule) in &desired {
            match live.get(identity) {
                None => difference.authorize.push(rule.clone()),
                Some(is) if is.description != rule.description => difference.describe.push(rule.clone()),
                Some(_) => {}
            }
        }
        difference.revoke =
            live.into_iter().filter(|(identity, _)| !desired.contains_key(identity)).map(|(_, rule)| rule).collect();
        difference
    }
}

/// The live rules; each in the form in which it is desired, where it is, and in the desired order.
pub(super) fn report(live: &[IpPermission], desired: &[Rule]) -> Vec<Rule> {
    let mut live: BTreeMap<Identity, Rule> =
        from_sdk(live).into_iter().filter_map(|rule| Some((Identity::of(&rule)?, rule))).collect();
    let mut rules = Vec::new();
    for wanted in desired {
        if let Some(is) = Identity::of(wanted).and_then(|identity| live.remove(&identity)) {
            rules.push(Rule { description: is.description, ..wanted.clone() });
        }
    }
    rules.extend(live.into_values());
    rules
}

/// One rule a peer. A prefix list stands where a range would: the model has no word for it.
pub(super) fn from_sdk(permissions: &[IpPermission]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for permission in permissions {
        let protocol = permission.ip_protocol().unwrap_or("-1");
        let port = |port: Option<i32>| port.filter(|_| protocol != "-1").and_then(|port| u16::try_from(port).ok());
        let mut rule = |peer: Peer, description: Option<&str>| {
            rules.push(Rule {
                protocol: protocol.to_owned(),
                from_port: port(permission.from_port()),
                to_port: port(permission.to_port()),
                peer,
                description: description.unwrap_or_default().to_owned(),
            });
        };
        for range in permission.ip_ranges() {
            rule(Peer::Cidr(range.cidr_ip().unwrap_or_default().to_owned()), range.description());
        }
        for range in permission.ipv6_ranges() {
            rule(Peer::Cidr(range.cidr_ipv6().unwrap_or_default().to_owned()), range.description());
        }
        for list in permission.prefix_list_ids() {
            rule(Peer::Cidr(list.prefix_list_id().unwrap_or_default().to_owned()), list.description());
        }
        for group in permission.user_id_group_pairs() {
            let id = group.group_id().unwrap_or_default().to_owned();
            rule(Peer::SecurityGroup(id.into()), group.description());
        }
    }
    rules
}

pub(super) fn to_sdk(rules: &[Rule]) -> Vec<IpPermission> {
    rules.iter().map(permission).collect()
}

fn permission(rule: &Rule) -> IpPermission {
    let protocol = protocol(&rule.protocol);
    let description = (!rule.description.is_empty()).then(|| rule.description.clone());
    let mut permission = IpPermission::builder().ip_protocol(protocol);
    if protocol != "-1" {
        let (from, to) = ports(rule);
        permission = permission.from_port(from).to_port(to);
    }
    match &rule.peer {
        Peer::Cidr(list) if list.starts_with("pl-") => permission
            .prefix_list_ids(PrefixListId::builder().prefix_list_id(list).set_description(description).build()),
        Peer::Cidr(range) if range.contains(':') => {
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).set_description(description).build())
        }
        Peer::Cidr(range) => {
            permission.ip_ranges(IpRange::builder().cidr_ip(range).set_description(description).build())
        }
        Peer::SecurityGroup(group) => {
            let id = group.known().cloned();
            permission
                .user_id_group_pairs(UserIdGroupPair::builder().set_group_id(id).set_description(description).build())
        }
    }
    .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(range: &str) -> Peer {
        Peer::Cidr(range.into())
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let rules = [
            Rule::tcp(5432, Peer::SecurityGroup("sg-1".into()), "from the services"),
            Rule::tcp(443, cidr("0.0.0.0/0"), ""),
            Rule::tcp(443, cidr("::/0"), "IPv6"),
            Rule::tcp(443, cidr("pl-1"), ""),
            Rule::all_out(),
        ];
        assert_eq!(from_sdk(&to_sdk(&rules)), rules);
    }

    #[test]
    fn ec2_s_own_form_of_a_rule_is_no_difference() {
        let desired = [
            Rule { from_port: None, to_port: None, protocol: "6".into(), ..Rule::tcp(1, cidr("10.1.2.3/16"), "all") },
            Rule { from_port: Some(0), to_port: Some(65_535), ..Rule::all_out() },
        ];
        let live = [
            IpPermission::builder()
                .ip_protocol("tcp")
                .from_port(0)
                .to_port(65_535)
                .ip_ranges(IpRange::builder().cidr_ip("10.1.0.0/16").description("all").build())
                .build(),
            IpPermission::builder()
                .ip_protocol("-1")
                .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
                .build(),
        ];
        assert_eq!(report(&live, &desired), desired);
        let difference = Difference::new(&from_sdk(&live), &desired);
        assert_eq!(difference, Difference { authorize: vec![], describe: vec![], revoke: vec![] });
    }

    #[test]
    fn rules_come_go_and_are_described_anew() {
        let stays = Rule::tcp(80, cidr("0.0.0.0/0"), "old");
        let goes = Rule::tcp(81, cidr("0.0.0.0/0"), "");
        let comes = Rule::tcp(82, cidr("0.0.0.0/0"), "");
        let renamed = Rule { description: "new".into(), ..stays.clone() };
        let difference = Difference::new(&[stays, goes.clone()], &[renamed.clone(), comes.clone()]);
        assert_eq!(difference, Difference { authorize: vec![comes], describe: vec![renamed], revoke: vec![goes] });
    }

    #[test]
    fn every_range_has_one_form() {
        assert_eq!(canonical("10.0.1.7/24"), "10.0.1.0/24");
        assert_eq!(canonical("1.2.3.4/0"), "0.0.0.0/0");
        assert_eq!(canonical("1.2.3.4/32"), "1.2.3.4/32");
        assert_eq!(canonical("fe80::/10"), "fe80::/10");
    }
}
