//! A reference from the input of a kind to an object of another kind, as AWS checks it.

use serde_json::Value;

/// A reference from an input to an object of another kind, as AWS checks it: the target must exist when the reference is made,
/// and some references hold their target in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The path to it in the inputs, `*` for every item of a list: `ingress.*.peer.security_group`.
    pub path: &'static str,
    /// The kind of the target.
    pub target: &'static str,
    /// The output of the target that the reference is.
    pub output: &'static str,
    /// The code of the error when the target does not exist.
    pub missing: &'static str,
    /// The code of the error when the target exists and is not ready; empty where it need not be.
    pub not_ready: &'static str,
    /// The code of the error when the target is to be deleted; empty where the reference does not hold it.
    pub in_use: &'static str,
    /// True if the holder goes along with its target.
    pub cascade: bool,
    /// True if the target may stand outside the cloud at hand: in the base, or in another account.
    pub base: bool,
    /// The beginning of the texts that name an object of AWS's own, which is always there: `default.`.
    pub own_of_aws: Option<&'static str>,
}

impl Link {
    /// A reference to `output` of an object of the kind `target`, with the code of the error when that does not exist.
    #[must_use]
    pub const fn new(path: &'static str, target: &'static str, output: &'static str, missing: &'static str) -> Self {
        Self { path, target, output, missing, not_ready: "", in_use: "", cascade: false, base: false, own_of_aws: None }
    }

    /// Holds its target: the deletion of the target fails with `code`.
    #[must_use]
    pub const fn holds(mut self, code: &'static str) -> Self {
        self.in_use = code;
        self
    }

    /// Fails with `code` until its target is ready.
    #[must_use]
    pub const fn needs_ready(mut self, code: &'static str) -> Self {
        self.not_ready = code;
        self
    }

    /// Goes along with its target.
    #[must_use]
    pub const fn goes_along(mut self) -> Self {
        self.cascade = true;
        self
    }

    /// May lead to an object of the base, or of another account.
    #[must_use]
    pub const fn or_base(mut self) -> Self {
        self.base = true;
        self
    }

    /// May name an object of AWS's own that begins with `prefix`.
    #[must_use]
    pub const fn or_of_aws(mut self, prefix: &'static str) -> Self {
        self.own_of_aws = Some(prefix);
        self
    }

    /// The VPC of an EC2 object, by its input `vpc_id`.
    #[must_use]
    pub const fn vpc() -> Self {
        Self::new("vpc_id", "ec2:VPC", "vpc_id", "InvalidVpcID.NotFound").holds("DependencyViolation")
    }

    /// A subnet, which is held.
    #[must_use]
    pub const fn subnet(path: &'static str, missing: &'static str) -> Self {
        Self::new(path, "ec2:Subnet", "subnet_id", missing).holds("DependencyViolation")
    }

    /// A key of KMS. It is not held: AWS lets it go under whatever uses it. It may be one of another account.
    #[must_use]
    pub const fn key(path: &'static str, missing: &'static str) -> Self {
        Self::new(path, "kms:Key", "arn", missing).or_base()
    }

    /// A security group, which is held.
    #[must_use]
    pub const fn security_group(path: &'static str, missing: &'static str) -> Self {
        Self::new(path, "ec2:SecurityGroup", "group_id", missing).holds("DependencyViolation")
    }

    /// A target group.
    #[must_use]
    pub const fn target_group(path: &'static str, missing: &'static str) -> Self {
        Self::new(path, "elbv2:TargetGroup", "arn", missing)
    }
}

/// Every text at `path` in `value`: `ingress.*.peer.security_group`.
#[must_use]
pub fn texts_at<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![value];
    for step in path.split('.') {
        found = match step {
            "*" => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            field => found.into_iter().filter_map(|value| value.get(field)).collect(),
        };
    }
    found.into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_found_through_lists_and_objects() {
        let value = json!({"ingress": [{"peer": {"security_group": "sg-1"}}, {"peer": {"cidr": "0.0.0.0/0"}}]});
        assert_eq!(texts_at(&value, "ingress.*.peer.security_group"), ["sg-1"]);
    }
}
