//! Invariant: nobody touches another tenant.
//!
//! Every request is about an object of the tenant that the operation is for, by its address and by its tags; what is answered is
//! one that carries this tenant's tags; and a tenant at which nobody works stays as it is to the last tag.

use mate::SimCloud;
use mate::model::Ownership;
use mate::model::ids::{KindName, TenantKey};
use mate::provider::{CreateRequest, Created, Target};
use mate::sim::SimObject;

use crate::findings::{Findings, Invariant};
use crate::schedule::NAMES;
use crate::world::{Bug, World};

/// A request is about to be made.
pub(crate) fn asked(findings: &Findings, tenant: &TenantKey, target: &Target) {
    let address = &target.address;
    let ours = address.tenant == tenant.tenant && address.environment == tenant.environment;
    let tagged = Ownership::from_tags(&target.tags).is_none_or(|owner| owner == *address);
    let named = target.name.starts_with(&format!("mate-{}-", tenant.tenant));
    if !ours || !tagged || !named {
        let what = format!("{} `{}` of {address} is asked for by an operation of {tenant}", target.kind, target.name);
        findings.add(Invariant::Apart, what);
    }
}

/// A request was answered.
pub(crate) fn answered(
    findings: &Findings,
    cloud: &SimCloud,
    tenant: &TenantKey,
    (kind, name): &(KindName, String),
    created: &Created,
) {
    let owner = cloud
        .object(kind, name)
        .filter(|object| object.physical_id == created.physical_id)
        .and_then(|object| object.address);
    let ours = owner.as_ref().is_none_or(|owner| owner.tenant == tenant.tenant);
    if !ours {
        let what = format!("{} of {owner:?} was answered to an operation of {tenant}", created.physical_id);
        findings.add(Invariant::Apart, what);
    }
}

/// Everything of the tenant at which nobody works.
pub(crate) fn bystander(world: &World) -> Vec<SimObject> {
    world.cloud.leftovers(&world.bystander.key)
}

/// It is as it was.
pub(crate) fn check(world: &World, before: &[SimObject]) {
    let now = bystander(world);
    if now != before {
        world.findings.add(Invariant::Apart, format!("{} was touched: {before:?} became {now:?}", world.bystander.key));
    }
}

/// The name and the owner of an object are taken from another tenant whose name begins alike.
#[derive(Debug)]
struct MixesUpNames;

impl Bug for MixesUpNames {
    fn creates(&self, request: &mut CreateRequest) {
        let target = &mut request.target;
        if target.address.tenant.as_str() == NAMES[1] && target.kind.as_str() == "ec2:SecurityGroup" {
            target.address.tenant = NAMES[0].parse().expect("a tenant id");
            target.tags.extend(target.ownership().tags());
        }
    }
}

#[test]
fn a_creation_for_another_tenant_is_caught() {
    crate::sweep::catches(MixesUpNames, Invariant::Apart);
}
