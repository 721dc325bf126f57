//! The severity classes of drift.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The class of a difference, by the property that it affects. A more severe class is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftClass {
    /// Properties without an effect on service, data or security: descriptions, tags, metrics.
    Cosmetic,
    /// Serving capacity: counts, sizes, scaling, health checks, placement.
    Capacity,
    /// Data, its retention and its safety: storage, backups, versions, lifecycles, deletion protection.
    Data,
    /// Access and its audit: networks, policies, roles, keys, TLS, secrets, the program that runs, audit logs.
    Security,
}

impl DriftClass {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] = [Self::Security, Self::Data, Self::Capacity, Self::Cosmetic];

    /// Its name, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Capacity => "capacity",
            Self::Data => "data",
            Self::Security => "security",
        }
    }
}

impl fmt::Display for DriftClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Kinds;

    fn class(kind: &str, field: &str) -> DriftClass {
        let kinds = Kinds::standard();
        let model = kinds.get(&kind.parse().unwrap()).unwrap();
        model.drift_class(field)
    }

    #[test]
    fn every_field_of_every_kind_has_a_class_that_was_chosen() {
        let kinds = Kinds::standard();
        let fields = kinds.iter().flat_map(|model| model.fields.iter().map(move |rule| (model, rule)));
        let without: Vec<String> = fields
            .filter(|(_, rule)| rule.class.is_none() && !rule.edge_only)
            .map(|(model, rule)| format!("{} {}", model.name, rule.field))
            .collect();
        assert!(without.is_empty(), "{without:#?}");
    }

    #[test]
    fn every_class_is_used() {
        let kinds = Kinds::standard();
        let used: BTreeSet<DriftClass> =
            kinds.iter().flat_map(|model| model.fields).filter_map(|rule| rule.class).collect();
        assert_eq!(used, BTreeSet::from(DriftClass::ALL));
        // An object that runs once and has ended is never lost.
        let lost = kinds.iter().filter(|model| !model.run_once).map(|model| model.lost);
        let lost: BTreeSet<DriftClass> = lost.collect();
        assert_eq!(lost.len(), 3, "nothing that is gone is cosmetic: {lost:?}");
    }

    #[test]
    fn words_for_people_are_cosmetic() {
        for model in Kinds::standard().iter() {
            for rule in model.fields.iter().filter(|rule| rule.words) {
                assert_eq!(rule.class, Some(DriftClass::Cosmetic), "{} {}", model.name, rule.field);
            }
        }
    }

    #[test]
    fn these_are_the_classes_of_well_known_fields() {
        for (kind, field, wanted) in [
            ("ec2:SecurityGroup", "ingress", DriftClass::Security),
            ("iam:Role", "policy", DriftClass::Security),
            ("s3:Bucket", "tls_only", DriftClass::Security),
            ("elbv2:Listener", "ssl_policy", DriftClass::Security),
            ("wafv2:WebACLAssociation", "web_acl_arn", DriftClass::Security),
            ("ecs:Service", "task_definition", DriftClass::Security),
            ("ecs:TaskDefinition", "containers", DriftClass::Security),
            ("rds:DBInstance", "backup_retention_days", DriftClass::Data),
            ("rds:DBInstance", "deletion_protection", DriftClass::Data),
            ("rds:DBInstance", "allocated_storage_gib", DriftClass::Data),
            ("s3:Bucket", "versioning", DriftClass::Data),
            ("s3:Bucket", "lifecycle", DriftClass::Data),
            ("ecs:Service", "desired_count", DriftClass::Capacity),
            ("ecs:TaskDefinition", "cpu", DriftClass::Capacity),
            ("rds:DBInstance", "instance_class", DriftClass::Capacity),
            ("efs:FileSystem", "throughput", DriftClass::Capacity),
            ("ec2:SecurityGroup", "description", DriftClass::Cosmetic),
            ("ecs:Cluster", "container_insights", DriftClass::Cosmetic),
        ] {
            assert_eq!(class(kind, field), wanted, "{kind} {field}");
        }
        // Ordinary tags are for people; the ownership tags identify an object as ours.
        assert_eq!(class("rds:DBInstance", "tags"), DriftClass::Cosmetic);
        assert_eq!(class("rds:DBInstance", "tags.department"), DriftClass::Cosmetic);
        assert_eq!(class("rds:DBInstance", "tags.Component"), DriftClass::Security);
        assert_eq!(class("ecs:TaskDefinition", "containers[0].image"), DriftClass::Security);
        assert_eq!(class("rds:DBInstance", "nobody_said"), DriftClass::Security, "what nobody classed is looked at");
    }

    #[test]
    fn the_gravest_is_the_greatest() {
        assert!(DriftClass::ALL.windows(2).all(|pair| pair[0] > pair[1]));
    }
}
