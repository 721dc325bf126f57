//! The objects that a request may be about, by their owner, and the searches that find them.

use std::collections::BTreeSet;

use super::world::{World, id, keep, kind};
use crate::model::Ownership;
use crate::model::Tags;
use crate::model::ids::{KindName, TenantKey};
use crate::provider::{
    Claim, CreateRequest, Created, DeleteRequest, ErrorClass, Observation, Provider, ProviderError, Scope, Target,
    UpdateRequest,
};
use crate::sim::SimCloud;

fn empty() -> World {
    World::empty(SimCloud::builder())
}

fn theirs() -> Tags {
    Tags::from([("Owner".to_owned(), "hospital".to_owned())])
}

fn ownership_keys() -> BTreeSet<String> {
    Ownership::KEYS.iter().map(|key| (*key).to_owned()).collect()
}

impl World {
    fn claimed(&self, node: &str, claim: Claim) -> Target {
        Target { claim, ..self.target(node) }
    }

    async fn look_at(&self, target: Target) -> Observation {
        self.cloud.observe(vec![target]).await.pop().unwrap()
    }

    async fn look_as(&self, node: &str, claim: Claim) -> Observation {
        self.look_at(self.claimed(node, claim)).await
    }

    async fn tag(&self, target: Target, untag: BTreeSet<String>) -> Result<Created, ProviderError> {
        let (fields, token) = (vec!["tags".to_owned()], format!("tag {untag:?}"));
        self.cloud.update(UpdateRequest { target, fields, untag, token }).await
    }

    /// Puts in an object like this node's, as somebody else made it; answers its physical id.
    fn plant(&self, node: &str, name: &str, tags: Tags) -> String {
        let target = self.target(node);
        self.cloud.plant(target.kind, name, tags, target.inputs.into())
    }

    fn whose(&self, of: &KindName, name: &str) -> Option<crate::model::ids::Address> {
        self.cloud.object(of, name).unwrap().address
    }
}

#[tokio::test]
async fn what_is_nobodys_is_adopted_by_its_name() {
    let world = empty();
    let name = world.target("bucket").name;
    world.plant("bucket", &name, theirs());
    assert!(matches!(world.look_as("bucket", Claim::Owned).await, Observation::Foreign(_)));
    assert!(matches!(world.look_as("bucket", Claim::Unowned).await, Observation::Present(_)));
    assert!(matches!(world.look_as("bucket", Claim::ReadOnly).await, Observation::Present(_)));
    world.tag(world.claimed("bucket", Claim::Unowned), BTreeSet::new()).await.unwrap();
    let live = world.live("bucket").await;
    assert_eq!(live.tags["Owner"], "hospital", "what nobody names stays");
    assert_eq!(live.tags["Component"], "bucket");
}

#[tokio::test]
async fn what_has_no_name_is_adopted_by_its_id() {
    let world = empty();
    let planted = world.plant("vpc", "legacy", theirs());
    assert!(matches!(world.look_as("vpc", Claim::Unowned).await, Observation::Absent));
    let known = |claim| Target { physical_id: Some(planted.clone()), ..world.claimed("vpc", claim) };
    assert!(matches!(world.look_at(known(Claim::Owned)).await, Observation::Foreign(_)));
    assert!(matches!(world.look_at(known(Claim::Unowned)).await, Observation::Present(_)));
    world.tag(known(Claim::Unowned), BTreeSet::new()).await.unwrap();
    assert_eq!(world.live("vpc").await.physical_id, planted, "from now on it is known by its tags");
}

#[tokio::test]
async fn what_is_somebodys_is_not_adopted() {
    let world = empty();
    let other = TenantKey::new("dev".parse().unwrap(), "other".parse().unwrap()).node(id("bucket"));
    let name = world.target("bucket").name;
    world.plant("bucket", &name, Ownership(other.clone()).tags());
    assert!(matches!(world.look_as("bucket", Claim::Unowned).await, Observation::Foreign(_)));
    let error = world.tag(world.claimed("bucket", Claim::Unowned), BTreeSet::new()).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(world.whose(&kind("s3:Bucket"), &name), Some(other));
}

#[tokio::test]
async fn a_zone_that_is_not_ours_is_known_by_its_domain() {
    let world = empty();
    let domain = world.target("zone").name;
    let planted = world.plant("zone", &domain, theirs());
    assert!(matches!(world.look_as("zone", Claim::Owned).await, Observation::Absent));
    for claim in [Claim::Unowned, Claim::ReadOnly] {
        match world.look_as("zone", claim).await {
            Observation::Present(live) => assert_eq!(live.physical_id, planted),
            other => panic!("{claim:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_only_read_is_not_written() {
    let mut world = empty();
    let before = world.make("logs").await;
    let target = world.claimed("logs", Claim::ReadOnly);
    let refused = [
        world.cloud.create(CreateRequest { target: target.clone(), token: "read".into() }).await.map(drop),
        world.tag(target.clone(), ownership_keys()).await.map(drop),
        world.cloud.delete(DeleteRequest { target, data: keep() }).await.map(drop),
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().class, ErrorClass::Denied);
    }
    assert_eq!(world.live("logs").await, before);
}

#[tokio::test]
async fn what_carries_no_tags_is_adopted_and_given_back() {
    let mut world = empty();
    world.make("user-pool").await;
    let of = kind("cognito-idp:UserPoolDomain");
    let name = world.target("user-pool-domain").name;
    let mut target = world.target("user-pool-domain");
    target.inputs["user_pool_id"] = "us-east-1_elsewhere".into();
    world.cloud.plant(target.kind.clone(), &name, Tags::new(), target.inputs.clone().into());
    let claimed = |claim| Target { claim, ..target.clone() };
    for _ in 0..2 {
        assert!(matches!(world.look_at(claimed(Claim::Owned)).await, Observation::Foreign(_)));
        assert!(matches!(world.look_at(claimed(Claim::Unowned)).await, Observation::Present(_)));
        world.tag(claimed(Claim::Unowned), BTreeSet::new()).await.unwrap();
        assert!(matches!(world.look_at(claimed(Claim::Owned)).await, Observation::Present(_)));
        assert_eq!(world.whose(&of, &name), Some(target.address.clone()));
        world.tag(claimed(Claim::Owned), ownership_keys()).await.unwrap();
        assert_eq!(world.whose(&of, &name), None);
    }
}

#[tokio::test]
async fn a_tag_that_a_spec_no_longer_names_does_not_give_the_object_back() {
    let mut world = empty();
    for node in ["alb-group", "ecs-group", "data-group", "file-system", "mount-target-1"] {
        world.make(node).await;
    }
    let of = kind("efs:MountTarget");
    let target = world.target("mount-target-1");
    world.tag(target.clone(), BTreeSet::from(["CostCenter".to_owned()])).await.unwrap();
    assert_eq!(world.whose(&of, &target.name), Some(target.address));
}

#[tokio::test]
async fn what_is_given_back_is_nobodys_and_stays() {
    let mut world = empty();
    world.make("bucket").await;
    let mut target = world.target("bucket");
    let name = target.name.clone();
    target.tags.retain(|key, _| !Ownership::KEYS.contains(&key.as_str()));
    world.tag(target.clone(), ownership_keys()).await.unwrap();
    assert!(world.cloud.leftovers(&world.tenant).is_empty());
    let object = world.cloud.object(&kind("s3:Bucket"), &name).unwrap();
    assert_eq!(object.tags.keys().collect::<Vec<_>>(), ["CostCenter"]);
    assert!(matches!(world.look("bucket").await, Observation::Foreign(_)));
    assert_eq!(world.delete("bucket", keep()).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

async fn found(world: &World, scope: Scope) -> BTreeSet<String> {
    let found = world.cloud.discover(scope).await.unwrap();
    found.iter().map(|found| found.address.as_ref().map_or(found.arn.clone(), ToString::to_string)).collect()
}

#[tokio::test]
async fn a_search_finds_what_its_scope_covers() {
    let mut world = empty();
    world.make("logs").await;
    let dev = world.tenant.environment.clone();
    let platform = TenantKey::platform(dev.clone());
    let plant = |name: &str, key: &TenantKey| {
        let mut tags = Ownership(key.node(id("vpc"))).tags();
        tags.insert("Team".into(), "one".into());
        world.plant("vpc", name, tags)
    };
    plant("platform", &platform);
    plant("staging", &TenantKey::platform("staging".parse().unwrap()));
    let by_hand = world.plant("elastic-ip", "by hand", Tags::from([("Team".to_owned(), "one".to_owned())]));
    let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>();

    assert_eq!(found(&world, Scope::Tenant(world.tenant.clone())).await, of(&["dev/conform/logs"]));
    assert_eq!(found(&world, Scope::Tenant(platform)).await, of(&["dev/platform/vpc"]));
    assert_eq!(found(&world, Scope::Environment(dev)).await, of(&["dev/conform/logs", "dev/platform/vpc"]));
    let team = Scope::Tags(Tags::from([("Team".to_owned(), "one".to_owned())]));
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:elastic-ip/{by_hand}");
    assert_eq!(found(&world, team).await, of(&["dev/platform/vpc", "staging/platform/vpc", &arn]));
}
