//! The form of the ARN of a kind.

/// The part of an ARN that is the physical id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArnId {
    /// The text behind the type of the resource.
    Rest,
    /// The whole ARN.
    Whole,
}

/// The form of a kind's ARN: `arn:aws:{service}:{region}:{account}:{resource}…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArnForm {
    /// The service in the ARN, `elasticfilesystem`.
    pub service: &'static str,
    /// The beginning of the resource, `file-system/`; empty for a bucket.
    pub resource: &'static str,
    /// The part of it that is the physical id.
    pub id: ArnId,
    /// True if the ARN names no region.
    pub global: bool,
    /// True if the ARN names no account.
    pub public: bool,
    /// Texts that the ARN of a part of the object has behind `resource`, and its own has not: `:log-stream:`.
    pub parts: &'static [&'static str],
}

impl ArnForm {
    /// An ARN in a region and account, by which itself the object is known.
    #[must_use]
    pub const fn whole(service: &'static str, resource: &'static str) -> Self {
        Self { service, resource, id: ArnId::Whole, global: false, public: false, parts: &["*"] }
    }

    /// An ARN in a region and account, with the physical id behind `resource`.
    #[must_use]
    pub const fn of_id(service: &'static str, resource: &'static str) -> Self {
        Self { id: ArnId::Rest, ..Self::whole(service, resource) }
    }

    /// An ARN without a region.
    #[must_use]
    pub const fn global(mut self) -> Self {
        self.global = true;
        self
    }

    /// An ARN without an account.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Texts by which the ARN of a part of the object is told from its own.
    #[must_use]
    pub const fn with_parts(mut self, parts: &'static [&'static str]) -> Self {
        self.parts = parts;
        self
    }

    /// The ARN of the object with this physical id.
    #[must_use]
    pub fn arn(&self, region: &str, account: &str, physical_id: &str) -> String {
        if self.id == ArnId::Whole && is_arn(physical_id) {
            return physical_id.to_owned();
        }
        let region = if self.global { "" } else { region };
        let account = if self.public { "" } else { account };
        format!("arn:aws:{}:{region}:{account}:{}{physical_id}", self.service, self.resource)
    }

    /// The physical id in `arn`, if it has this form.
    #[must_use]
    pub fn id_in<'a>(&self, arn: &'a str) -> Option<&'a str> {
        if !is_arn(arn) || arn.split(':').nth(2) != Some(self.service) {
            return None;
        }
        let rest = resource_of(arn)?.strip_prefix(self.resource)?;
        if rest.is_empty() || self.parts.iter().any(|part| rest.contains(part)) {
            return None;
        }
        Some(match self.id {
            ArnId::Rest => rest,
            ArnId::Whole => arn.trim_end_matches(":*"),
        })
    }

    /// The form as a person reads it: `arn:aws:ecs:{region}:{account}:cluster/…`.
    #[must_use]
    pub fn pattern(&self) -> String {
        let region = if self.global { "" } else { "{region}" };
        let account = if self.public { "" } else { "{account}" };
        format!("arn:aws:{}:{region}:{account}:{}…", self.service, self.resource)
    }
}

/// True if `text` is an ARN.
#[must_use]
pub fn is_arn(text: &str) -> bool {
    text.strip_prefix("arn:").is_some_and(|rest| rest.starts_with("aws"))
}

/// The last part of an ARN: the resource, in its account and region.
#[must_use]
pub fn resource_of(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5).filter(|resource| !resource.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_gives_the_physical_id_and_is_made_from_it() {
        let vpc = ArnForm::of_id("ec2", "vpc/");
        let arn = vpc.arn("us-east-1", "123456789012", "vpc-1");
        assert_eq!(arn, "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1");
        assert_eq!(vpc.id_in(&arn), Some("vpc-1"));
        assert_eq!(ArnForm::of_id("ec2", "subnet/").id_in(&arn), None);
    }

    #[test]
    fn the_arn_of_a_part_is_not_that_of_the_object() {
        let group = ArnForm::whole("logs", "log-group:").with_parts(&[":log-stream:"]);
        assert_eq!(group.id_in("arn:aws:logs:us-east-1:1:log-group:a:*"), Some("arn:aws:logs:us-east-1:1:log-group:a"));
        assert_eq!(group.id_in("arn:aws:logs:us-east-1:1:log-group:a:log-stream:b"), None);
    }

    #[test]
    fn a_global_object_names_no_region() {
        let zone = ArnForm::of_id("route53", "hostedzone/").global().public();
        assert_eq!(zone.arn("us-east-1", "1", "Z1"), "arn:aws:route53:::hostedzone/Z1");
    }
}
