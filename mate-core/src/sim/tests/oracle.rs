//! A cloud whose models are wrong is still AWS.

use serde_json::{Value, json};

use super::world::{World, id, kind};
use crate::kinds::Subnet;
use crate::kinds::subnet::SubnetInputs;
use crate::model::{Deduplication, FieldRule, Impact, Kind, KindModel, Kinds};
use crate::provider::ErrorClass;
use crate::sim::SimCloud;

/// The subnet of somebody who knows little of AWS.
#[derive(Debug)]
struct Mistaken;

impl Kind for Mistaken {
    const NAME: &'static str = Subnet::NAME;
    type Inputs = SubnetInputs;

    fn model() -> KindModel {
        const FIELDS: &[FieldRule] = &[
            FieldRule::new("vpc_id", Impact::InPlace),
            FieldRule::new("cidr_block", Impact::InPlace),
            FieldRule::new("availability_zone", Impact::InPlace),
            FieldRule::new("map_public_ip_on_launch", Impact::Never("so they think")),
        ];
        let mut model = Subnet::model().untaggable().with_deduplication(Deduplication::Token);
        model.fields = FIELDS;
        model
    }
}

#[tokio::test]
async fn a_wrong_model_does_not_make_the_cloud_err_in_the_same_way() {
    let mut world = World::empty(SimCloud::builder().kinds(Kinds::standard().with::<Mistaken>()));
    world.make("vpc").await;
    let node = "public-subnet";
    world.make(node).await;
    assert_eq!(world.live(node).await.tags, world.target(node).tags, "a subnet carries tags");
    let refused = world.set(node, "availability_zone", json!("us-east-1f")).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Invalid, "no call moves a subnet");
    let subnet = world.cloud.object(&kind("ec2:Subnet"), &world.target(node).name).unwrap();
    let zone = subnet.inputs["availability_zone"].clone();
    assert_ne!(zone, json!("us-east-1f"));
    world.graph.get_mut(&id(node)).unwrap().inputs["availability_zone"] = zone;
    world.set(node, "map_public_ip_on_launch", Value::Bool(false)).await.unwrap();
}
