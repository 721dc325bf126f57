//! The rights of the process that carries plans out: the least IAM policy, and a check that the caller has it.

mod actions;
mod document;
mod simulate;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mate_core::model::ids::KindName;
use mate_core::plan::{Action, Plan, Step};
use mate_core::vocab::Goal;
use serde_json::Value;

use crate::drivers;

pub use actions::{Actions, Grant, On};
pub use simulate::PermissionReport;

/// The access to objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Access {
    /// They are observed.
    Read,
    /// They are made. A creation that is repeated brings what is there to the inputs, so `Update` and `Read` come with it.
    Create,
    /// They are changed. `Read` comes with it.
    Update,
    /// They are deleted. `Read` comes with it.
    Delete,
    /// They are looked for by their tags: the sweep after a destroy, and adoption.
    Discover,
    /// It is asked why they are stuck.
    Diagnose,
}

impl Access {
    /// Every access.
    pub const ALL: [Self; 6] = [Self::Read, Self::Create, Self::Update, Self::Delete, Self::Discover, Self::Diagnose];

    fn with_implied(self) -> &'static [Self] {
        match self {
            Self::Create => &[Self::Create, Self::Update, Self::Read],
            Self::Update => &[Self::Update, Self::Read],
            Self::Delete => &[Self::Delete, Self::Read],
            Self::Read => &[Self::Read],
            Self::Discover => &[Self::Discover],
            Self::Diagnose => &[Self::Diagnose],
        }
    }

    fn of(step: &Step) -> &'static [Self] {
        match step.action {
            Action::Create => &[Self::Create, Self::Diagnose],
            Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => &[Self::Update, Self::Diagnose],
            Action::Replace { .. } => &[Self::Create, Self::Delete, Self::Diagnose],
            Action::Delete | Action::DeleteLeftover | Action::Rest => &[Self::Delete, Self::Diagnose],
            Action::Adopt => &[Self::Read, Self::Diagnose],
            _ => &[Self::Read],
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "Read",
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Discover => "Discover",
            Self::Diagnose => "Diagnose",
        })
    }
}

/// The IAM policy of the process that carries plans out: what it needs and no more.
///
/// Resources are narrowed to ARNs where these carry the physical name. What has an id of AWS's making is narrowed by the
/// tag `ManagedBy`, where AWS judges that tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorPolicy {
    allowed: BTreeMap<Scope, BTreeSet<String>>,
    region: String,
    account: String,
    tag_conditions: bool,
    unknown: BTreeSet<KindName>,
}

/// The scope of a statement: access, resources, condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    access: Access,
    label: String,
    /// `*`, an ARN, or `service:resource`.
    resources: BTreeSet<String>,
    condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    None,
    Tagged,
    MadeBy(&'static str),
    KeyVia(&'static str),
    PassedTo(&'static str),
    LinkedRole(&'static str),
}

/// The actions that the drivers of some kinds state.
pub(crate) type Stated = BTreeMap<KindName, Actions>;

/// The name and inputs that a pattern is filled in from.
struct Known<'a> {
    name: &'a str,
    inputs: &'a Value,
}

impl ExecutorPolicy {
    fn empty() -> Self {
        Self {
            allowed: BTreeMap::new(),
            region: "*".to_owned(),
            account: "*".to_owned(),
            tag_conditions: true,
            unknown: BTreeSet::new(),
        }
    }

    /// The rights that carrying out this plan needs. Other plans need other rights: for a process that makes and removes tenants take
    /// [`ExecutorPolicy::for_kinds`]. It knows the drivers of this build;
    /// [`AwsProvider::executor_policy`](crate::AwsProvider::executor_policy) knows those of the embedder too.
    #[must_use]
    pub fn for_plan(plan: &Plan) -> Self {
        Self::of_plan(plan, &drivers::actions(&drivers::all()))
    }

    /// The rights that carrying out this plan needs with drivers that state these actions.
    pub(crate) fn of_plan(plan: &Plan, stated: &Stated) -> Self {
        let mut policy = Self::empty();
        for step in &plan.steps {
            for access in Access::of(step) {
                // What is deleted may be of another kind and name than what stands afterwards.
                let old = step.old.as_ref().filter(|_| *access == Access::Delete);
                let (kind, known) = match old {
                    Some(old) => (&old.kind, Known { name: &old.name, inputs: &old.inputs }),
                    None => (&step.kind, Known { name: &step.name, inputs: &step.inputs }),
                };
                policy.add(stated, kind, *access, Some(&known));
            }
        }
        if plan.goal == Goal::Destroy {
            // The sweep asks every driver, whatever the plan has.
            for (kind, actions) in stated {
                for grant in actions.grants.iter().filter(|grant| grant.0 == Access::Discover) {
                    policy.grant(grant, kind.as_str(), &Known { name: "*", inputs: &Value::Null });
                }
            }
            policy = policy.with(Access::Discover, ["tag:GetResources"]);
        }
        policy
    }

    /// The rights that these accesses to these kinds need, whatever the objects' names. The names begin with `mate-`
    /// where the blueprints name them so. This function knows the drivers of this build.
    #[must_use]
    pub fn for_kinds<'a>(kinds: impl IntoIterator<Item = &'a KindName>, accesses: &[Access]) -> Self {
        let stated = drivers::actions(&drivers::all());
        let mut policy = Self::empty();
        for kind in kinds {
            for access in accesses {
                policy.add(&stated, kind, *access, None);
            }
        }
        if accesses.contains(&Access::Discover) {
            policy = policy.with(Access::Discover, ["tag:GetResources"]);
        }
        policy
    }

    /// The same, and these actions on every resource: for kinds of the caller's own.
    #[must_use]
    pub fn with<'a>(mut self, access: Access, actions: impl IntoIterator<Item = &'a str>) -> Self {
        for action in actions {
            self.allow(access, "Any", BTreeSet::from(["*".to_owned()]), Condition::None, action.to_owned());
        }
        self
    }

    /// The same, and what reading quotas and [`AwsProvider::missing_permissions`](crate::AwsProvider::missing_permissions)
    /// need.
    #[must_use]
    pub fn with_preflight(self) -> Self {
        self.with(Access::Read, PREFLIGHT.iter().copied())
    }

    /// The same, and what [`EventBridgeSink`](crate::EventBridgeSink) needs on this bus, by name or ARN.
    #[cfg(feature = "eventbridge")]
    #[must_use]
    pub fn with_event_bus(mut self, bus: &str) -> Self {
        let bus = if bus.starts_with("arn:") { bus.to_owned() } else { format!("events:event-bus/{bus}") };
        self.allow(Access::Update, "EventBus", BTreeSet::from([bus]), Condition::None, "events:PutEvents".to_owned());
        self
    }

    /// The same for one region and account; without it the policy is for all.
    #[must_use]
    pub fn at(mut self, region: &str, account: &str) -> Self {
        (self.region, self.account) = (region.to_owned(), account.to_owned());
        self
    }

    /// The same without the conditions on the tag `ManagedBy`, for adoption: what is adopted does not carry it yet.
    #[must_use]
    pub fn without_tag_conditions(mut self) -> Self {
        self.tag_conditions = false;
        self
    }

    /// Kinds without a driver that states its actions: theirs are missing in the policy.
    #[must_use]
    pub fn unknown_kinds(&self) -> &BTreeSet<KindName> {
        &self.unknown
    }

    /// Every action of the policy.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<&str> {
        self.allowed.values().flatten().map(String::as_str).collect()
    }

    fn add(&mut self, stated: &Stated, kind: &KindName, access: Access, known: Option<&Known<'_>>) {
        let Some(actions) = stated.get(kind) else {
            self.unknown.insert(kind.clone());
            return;
        };
        let unknown = Known { name: actions.names, inputs: &Value::Null };
        let known = known.unwrap_or(&unknown);
        let accesses = access.with_implied();
        for grant in actions.grants.iter().filter(|grant| accesses.contains(&grant.0)) {
            self.grant(grant, kind.as_str(), known);
        }
    }

    fn grant(&mut self, Grant(access, service, verbs, on): &Grant, kind: &str, known: &Known<'_>) {
        let (label, resources, condition) = match on {
            On::Any => ("Any".to_owned(), known.filled("*"), Condition::None),
            On::Arn(patterns) => (label(kind), known.filled(patterns), Condition::None),
            On::Tagged(patterns) => ("Tagged".to_owned(), known.filled(patterns), Condition::Tagged),
            On::MadeBy(call) => ("Tags".to_owned(), known.filled("*"), Condition::MadeBy(call)),
            On::KeyVia(of) => {
                let literal = known.literals(":kms:");
                let resources = if literal.is_empty() { known.filled("kms:key/*") } else { literal };
                ("Key".to_owned(), resources, Condition::KeyVia(of))
            }
            On::RoleTo(of) => {
                let mut resources = known.filled("iam:role/mate/*");
                resources.extend(known.literals(":role/"));
                ("Role".to_owned(), resources, Condition::PassedTo(of))
            }
            On::LinkedRole(of) => {
                let role = format!("iam:role/aws-service-role/{of}/*");
                ("LinkedRole".to_owned(), BTreeSet::from([role]), Condition::LinkedRole(of))
            }
            On::Secret => {
                let mut resources = known.filled("secretsmanager:secret:mate-*");
                resources.extend(known.literals(":secret:"));
                ("Secret".to_owned(), resources, Condition::None)
            }
        };
        for verb in verbs.split_whitespace() {
            let action = format!("{service}:{verb}");
            self.allow(*access, &label, resources.clone(), condition.clone(), action);
        }
    }

    fn allow(
        &mut self,
        access: Access,
        label: &str,
        resources: BTreeSet<String>,
        condition: Condition,
        action: String,
    ) {
        let scope = Scope { access, label: label.to_owned(), resources, condition };
        self.allowed.entry(scope).or_default().insert(action);
    }
}

/// `ecs:Service` as `EcsService`.
fn label(kind: &str) -> String {
    let letters = |part: &str| {
        let mut chars = part.chars().filter(char::is_ascii_alphanumeric);
        chars
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + &chars.collect::<String>())
    };
    kind.split([':', '-']).map(letters).collect()
}

impl Known<'_> {
    fn filled(&self, patterns: &str) -> BTreeSet<String> {
        patterns.split_whitespace().map(|pattern| self.fill(pattern)).collect()
    }

    /// The pattern with what stands in braces replaced; `*` for what is not known yet.
    fn fill(&self, pattern: &str) -> String {
        let mut filled = String::new();
        let mut rest = pattern;
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, behind) = behind.split_once('}').unwrap_or((behind, ""));
            let known = if word == "name" { Some(self.name) } else { self.inputs[word].as_str() };
            filled.push_str(before);
            filled.push_str(known.unwrap_or("*"));
            rest = behind;
        }
        filled + rest
    }

    /// The ARNs in the inputs that contain `part`.
    fn literals(&self, part: &str) -> BTreeSet<String> {
        fn collect(value: &Value, part: &str, found: &mut BTreeSet<String>) {
            match value {
                Value::String(text) if text.starts_with("arn:") && text.contains(part) => {
                    found.insert(text.clone());
                }
                Value::Array(items) => items.iter().for_each(|item| collect(item, part, found)),
                Value::Object(fields) => fields.values().for_each(|field| collect(field, part, found)),
                _ => {}
            }
        }
        let mut found = BTreeSet::new();
        collect(self.inputs, part, &mut found);
        found
    }
}

const PREFLIGHT: &[&str] = &[
    "acm:ListCertificates",
    "cloudtrail:DescribeTrails",
    "cognito-idp:ListUserPools",
    "ec2:DescribeAddresses",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecs:DescribeClusters",
    "ecs:DescribeTasks",
    "ecs:ListClusters",
    "ecs:ListTasks",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeCacheSubnetGroups",
    "elasticfilesystem:DescribeFileSystems",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "iam:GetAccountSummary",
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "kms:ListAliases",
    "kms:ListKeys",
    "rds:DescribeAccountAttributes",
    "route53:ListHostedZones",
    "s3:ListAllMyBuckets",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "wafv2:ListWebACLs",
];
