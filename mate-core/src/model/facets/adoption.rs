//! The marks by which an object that exists is known for one of a kind.

use serde_json::Value;

use super::{TerraformResource, is_arn, resource_of};
use crate::model::Outputs;

/// The marks by which an object that exists is known for one of a kind, and for one node and not another.
#[derive(Debug, Clone, Copy)]
pub struct AdoptFacet {
    /// The beginning of its ids, hexadecimal digits follow: `vpc-`. Empty where its ids have no such form.
    pub id_prefix: &'static str,
    /// Tells the physical id in a text that is an id of this kind by another form, such as the URI of a repository.
    pub shape: Option<fn(&str) -> Option<&str>>,
    /// The id without the text that some answers of AWS put around it.
    pub plain_id: fn(&str) -> &str,
    /// The physical name that the physical id carries, where it carries one. It gets the resource of an ARN, else the whole id.
    pub name: fn(&str) -> Option<&str>,
    /// Inputs of which the same values tell that an object is the one.
    pub keys: &'static [&'static str],
    /// Inputs of which other values tell that an object is another one; that they agree says nothing.
    pub place: &'static [&'static str],
    /// Outputs that follow from the id and the name.
    pub known: &'static [(&'static str, KnownId)],
    /// True if names are the same that differ only in case, or by a dot at the end.
    pub folds_case: bool,
    /// Its types in a Terraform state.
    pub terraform: &'static [TerraformType],
    /// Names of Terraform outputs that hold its id.
    pub outputs: &'static [TerraformOutput],
    /// A resource of a Terraform state that gives it its name.
    pub alias: Option<TerraformAlias>,
}

/// A resource of a Terraform state that gives another one its name: the alias of a key.
#[derive(Debug, Clone, Copy)]
pub struct TerraformAlias {
    /// Its type, `aws_kms_alias`.
    pub of_type: &'static str,
    /// The attributes that tell the id of the named object.
    pub target: &'static [&'static str],
    /// The beginning that its name has, and the name of the object has not.
    pub prefix: &'static str,
    /// The beginning of the names that belong to AWS.
    pub of_aws: &'static str,
    /// The field of the kind's inputs that is the whole name.
    pub field: &'static str,
}

impl AdoptFacet {
    /// A kind whose objects are known by ARN, and by name alone.
    pub const PLAIN: Self = Self {
        id_prefix: "",
        shape: None,
        plain_id: |id| id,
        name: |_| None,
        keys: &[],
        place: &[],
        known: &[("arn", KnownId::Arn)],
        folds_case: false,
        terraform: &[],
        outputs: &[],
        alias: None,
    };

    /// The name of an object whose physical id is its name.
    #[must_use]
    pub fn itself(id: &str) -> Option<&str> {
        Some(id)
    }

    /// True if both are the name of one object.
    #[must_use]
    pub fn same_name(&self, one: &str, other: &str) -> bool {
        if self.folds_case {
            one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
        } else {
            one == other
        }
    }

    /// The outputs that follow from an object's id and name.
    #[must_use]
    pub fn outputs_of(&self, id: &str, name: Option<&str>) -> Outputs {
        let value = |known: &KnownId| match known {
            KnownId::Id => Some(id.to_owned()),
            KnownId::Name => name.map(str::to_owned),
            KnownId::Arn => is_arn(id).then(|| id.to_owned()),
            KnownId::By(by) => by(id).map(str::to_owned),
        };
        let known = self.known.iter().filter_map(|(output, known)| Some(((*output).to_owned(), value(known)?)));
        known.map(|(output, value)| (output, Value::from(value))).collect()
    }

    /// The physical name of an object, where its physical id carries it; none for an object that is known by an opaque id
    /// (`vpc-…`, the ARN of a certificate).
    #[must_use]
    pub fn name_of(&self, physical_id: &str) -> Option<String> {
        // An object that its driver knows by an ARN may be given by its name alone.
        let resource = if is_arn(physical_id) { resource_of(physical_id)? } else { physical_id };
        (self.name)(resource).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// The source of an output that is known before the object was read.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum KnownId {
    /// The physical id.
    Id,
    /// The physical name.
    Name,
    /// The physical id where it is an ARN.
    Arn,
    /// A part of the physical id.
    By(fn(&str) -> Option<&str>),
}

/// A type of resource, or of data source, in a Terraform state.
#[derive(Debug, Clone, Copy)]
pub struct TerraformType {
    /// Its names, `aws_lb` and `aws_alb`.
    pub names: &'static [&'static str],
    /// The physical id.
    pub id: fn(&TerraformResource<'_>) -> Option<String>,
    /// The attributes that may tell its physical name.
    pub name: &'static [&'static str],
    /// The attributes that tell a field of the kind's inputs: attribute, field.
    pub hints: &'static [(&'static str, &'static str)],
    /// True if the kind covers this resource.
    pub covers: fn(&TerraformResource<'_>) -> bool,
    /// The form that the kind's inputs give a hint, where it is another than the state's.
    pub in_our_form: fn(&str, String) -> String,
}

impl TerraformType {
    /// A type whose physical id is its attribute `id`.
    pub const PLAIN: Self = Self {
        names: &[],
        id: |resource| resource.text("id"),
        name: &[],
        hints: &[],
        covers: |_| true,
        in_our_form: |_, value| value,
    };

    /// A type whose physical id is its ARN, and that has a name.
    pub const ARN: Self = Self { id: |resource| resource.first(&["arn", "id"]), name: &["name"], ..Self::PLAIN };

    /// A type whose physical id is its name.
    pub const NAMED: Self = Self { id: |resource| resource.first(&["name", "id"]), name: &["name"], ..Self::PLAIN };
}

/// The name of a Terraform output whose value does not tell by its form of which kind it is the id.
#[derive(Debug, Clone, Copy)]
pub struct TerraformOutput {
    /// The whole name, or its end after a `_`.
    pub names: &'static [&'static str],
    /// True if only the whole name counts: other things are called so too, with something before it.
    pub whole: bool,
    /// True for a value that can be such an id.
    pub valid: fn(&str) -> bool,
}

impl TerraformOutput {
    /// Names, whole or after a `_`, and the values that can be such an id.
    #[must_use]
    pub const fn new(names: &'static [&'static str], valid: fn(&str) -> bool) -> Self {
        Self { names, whole: false, valid }
    }

    /// Counts only where the whole name is the same.
    #[must_use]
    pub const fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// True for `min` to `max` bytes that are all allowed.
    #[must_use]
    pub fn within(text: &str, min: usize, max: usize, allowed: fn(u8) -> bool) -> bool {
        (min..=max).contains(&text.len()) && text.bytes().all(allowed)
    }

    /// True for an identifier of RDS and ElastiCache: up to 63 letters, digits and hyphens, a letter first.
    #[must_use]
    pub fn identifier(text: &str) -> bool {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && Self::within(text, 1, 63, |b| b.is_ascii_alphanumeric() || b == b'-')
    }

    /// True for the name of a group of RDS and ElastiCache.
    #[must_use]
    pub fn group(text: &str) -> bool {
        Self::within(text, 1, 255, |b| b.is_ascii_alphanumeric() || b"-_. ".contains(&b))
    }
}
