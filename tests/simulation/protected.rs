//! Invariant: protected data is never deleted.
//!
//! Data goes only with the consent of the run that deletes it, and that of a database or bucket only where a caller gave it; a
//! database that is gone has left its snapshot otherwise. A protected tenant is not destroyed at all.

use std::collections::BTreeMap;

use mate::model::ids::TenantKey;
use mate::provider::{DataPolicy, DeleteRequest, Status};
use mate::sim::SimObject;

use crate::findings::{Findings, Invariant};
use crate::ledger::Ledger;
use crate::world::{Bug, World, covers, is_precious};

/// A deletion is about to be called.
pub(crate) fn deletes(findings: &Findings, ledger: &Ledger, tenant: &TenantKey, request: &DeleteRequest) {
    if request.data != DataPolicy::Discard {
        return;
    }
    let target = &request.target;
    let consented = ledger
        .record(tenant)
        .and_then(|record| record.run.as_ref().map(|run| covers(&run.consents, &target.address.node)))
        .unwrap_or(false);
    if !consented {
        let what = format!("the data of {} {} goes, and nobody consented", target.kind, target.address);
        findings.add(Invariant::Protected, what);
    }
}

/// The databases and filled buckets that have been seen, by physical id: their tenant, kind and name.
#[derive(Debug, Default)]
pub(crate) struct Precious(BTreeMap<String, (TenantKey, String, String)>);

impl Precious {
    /// Records the databases there are, and reports those that are gone with their data.
    pub(crate) fn check(&mut self, world: &World) {
        let objects = world.cloud.objects();
        let snapshots = world.cloud.snapshots();
        self.0.retain(|id, (key, kind, name)| {
            if objects.iter().any(|object| object.physical_id == *id) {
                return true;
            }
            let kept = kind == "rds:DBInstance" && snapshots.iter().any(|snapshot| snapshot.source == *name);
            if !kept && !world.given_up(key) {
                world.findings.add(Invariant::Protected, format!("{kind} {name} of {key} is gone with its data"));
            }
            false
        });
        for object in objects.into_iter().filter(|object| object.kind.as_str() == "rds:DBInstance") {
            let Some(address) = object.address else { continue };
            let key = TenantKey::new(address.environment, address.tenant);
            self.0.insert(object.physical_id, (key, object.kind.to_string(), object.name));
        }
    }

    /// Puts objects into every bucket, which is then as precious as a database.
    pub(crate) fn fill_buckets(&mut self, world: &World) {
        // S3 takes no object for a bucket whose deletion it has accepted.
        let takes = |object: &SimObject| object.kind.as_str() == "s3:Bucket" && object.status != Status::Deleting;
        for object in world.cloud.objects().into_iter().filter(takes) {
            let Some(address) = object.address else { continue };
            if address.tenant == world.bystander.id {
                continue;
            }
            world.cloud.put_object(&object.name, "scan.dcm");
            let key = TenantKey::new(address.environment, address.tenant);
            self.0.insert(object.physical_id, (key, object.kind.to_string(), object.name));
        }
    }
}

/// A destroy has succeeded.
pub(crate) fn destroyed(world: &World, tenant: usize) {
    let tenant = &world.tenants[tenant];
    if tenant.life.protected {
        world.findings.add(Invariant::Protected, format!("{} is protected and was destroyed", tenant.key));
    }
}

/// No final snapshot is asked for, and buckets are emptied.
#[derive(Debug)]
struct Discards;

impl Bug for Discards {
    fn deletes(&self, request: &mut DeleteRequest) {
        if is_precious(request.target.kind.as_str()) {
            request.data = DataPolicy::Discard;
        }
    }
}

#[test]
fn a_deletion_that_takes_data_along_is_caught() {
    crate::sweep::catches(Discards, Invariant::Protected);
}
