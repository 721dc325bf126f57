//! Cases that an emulator cannot show.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::operation::add_tags_to_resource::AddTagsToResourceOutput;
use aws_sdk_elasticache::operation::create_cache_subnet_group::CreateCacheSubnetGroupError;
use aws_sdk_elasticache::operation::delete_cache_subnet_group::{
    DeleteCacheSubnetGroupError, DeleteCacheSubnetGroupOutput,
};
use aws_sdk_elasticache::operation::describe_cache_subnet_groups::{
    DescribeCacheSubnetGroupsError, DescribeCacheSubnetGroupsOutput,
};
use aws_sdk_elasticache::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_elasticache::operation::modify_cache_subnet_group::{
    ModifyCacheSubnetGroupError, ModifyCacheSubnetGroupOutput,
};
use aws_sdk_elasticache::operation::remove_tags_from_resource::RemoveTagsFromResourceOutput;
use aws_sdk_elasticache::types::{CacheSubnetGroup as Group, Subnet};
use aws_smithy_mocks::{Rule, mock};
use mate_core::kinds::cache_subnet_group::{CacheSubnetGroup, CacheSubnetGroupInputs};
use mate_core::model::Tags;
use mate_core::provider::{Deleted, ErrorClass, Target};

use super::CacheSubnetGroupDriver as Subject;
use crate::context::Aws;
use crate::drivers::testing::{self, client, code, made, present};
use crate::drivers::{Driver, elasticache_tags};

fn target() -> Target {
    let inputs = CacheSubnetGroupInputs { description: "d".into(), subnet_ids: vec!["s-1".into()] };
    testing::target::<CacheSubnetGroup>("subnets", &inputs)
}

fn aws(elasticache: Client) -> Aws {
    Aws { elasticache, ..testing::aws() }
}

fn described(description: &str) -> Rule {
    let group = Group::builder()
        .cache_subnet_group_name("subnets")
        .arn("arn:subnets")
        .cache_subnet_group_description(description)
        .subnets(Subnet::builder().subnet_identifier("s-1").build())
        .build();
    mock!(Client::describe_cache_subnet_groups)
        .then_output(move || DescribeCacheSubnetGroupsOutput::builder().cache_subnet_groups(group.clone()).build())
}

fn absent() -> Rule {
    mock!(Client::describe_cache_subnet_groups)
        .then_error(|| DescribeCacheSubnetGroupsError::generic(code("CacheSubnetGroupNotFoundFault")))
}

fn tagged(tags: &Tags) -> Rule {
    let tags = elasticache_tags::list(tags);
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().set_tag_list(Some(tags.clone())).build())
}

fn taken() -> Rule {
    mock!(Client::create_cache_subnet_group)
        .then_error(|| CreateCacheSubnetGroupError::generic(code("CacheSubnetGroupAlreadyExists")))
}

#[tokio::test]
async fn every_input_is_told_back() {
    let rules = client!(aws_sdk_elasticache, [described("d"), tagged(&target().tags)]);
    let live = present(Subject.observe(&aws(rules), &[target()]).await.remove(0));
    assert_eq!(live.inputs, target().inputs);
}

#[tokio::test]
async fn ours_is_brought_to_the_inputs_and_a_foreign_one_refused() {
    let modify = mock!(Client::modify_cache_subnet_group)
        .match_requests(|request| request.cache_subnet_group_description() == Some("d"))
        .then_output(|| ModifyCacheSubnetGroupOutput::builder().build());
    let ours = || tagged(&target().tags);
    let rules = [taken(), described("other"), ours(), described("other"), ours(), modify];
    let created = Subject.create(&aws(client!(aws_sdk_elasticache, rules)), &testing::create(target())).await.unwrap();
    assert_eq!(created.outputs["arn"], "arn:subnets");

    let rules = [taken(), described("d"), tagged(&Tags::new())];
    let error =
        Subject.create(&aws(client!(aws_sdk_elasticache, rules)), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_failure_half_way_says_what_exists() {
    let modify = mock!(Client::modify_cache_subnet_group)
        .then_error(|| ModifyCacheSubnetGroupError::generic(code("SubnetInUse")));
    let ours = || tagged(&target().tags);
    let rules = [taken(), described("other"), ours(), described("other"), ours(), modify];
    let error =
        Subject.create(&aws(client!(aws_sdk_elasticache, rules)), &testing::create(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
    assert_eq!(made(error).physical_id, "subnets");
}

#[tokio::test]
async fn a_deletion_can_be_repeated_and_waits_for_the_cache() {
    let rules = client!(aws_sdk_elasticache, [absent()]);
    assert_eq!(Subject.delete(&aws(rules), &testing::delete(target())).await.unwrap(), Deleted::Gone);
    let deleted = mock!(Client::delete_cache_subnet_group)
        .match_requests(|request| request.cache_subnet_group_name() == Some("subnets"))
        .then_output(|| DeleteCacheSubnetGroupOutput::builder().build());
    let rules = client!(aws_sdk_elasticache, [described("d"), tagged(&target().tags), deleted]);
    assert_eq!(Subject.delete(&aws(rules), &testing::delete(target())).await.unwrap(), Deleted::Gone);
    let used = mock!(Client::delete_cache_subnet_group)
        .then_error(|| DeleteCacheSubnetGroupError::generic(code("CacheSubnetGroupInUse")));
    let rules = client!(aws_sdk_elasticache, [described("d"), tagged(&target().tags), used]);
    let error = Subject.delete(&aws(rules), &testing::delete(target())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Dependency);
}

#[tokio::test]
async fn what_is_given_back_loses_our_tags() {
    let off = mock!(Client::remove_tags_from_resource)
        .match_requests(|request| {
            request.resource_name() == Some("arn:subnets") && request.tag_keys() == testing::OWNERSHIP
        })
        .then_output(|| RemoveTagsFromResourceOutput::builder().build());
    let rules = client!(aws_sdk_elasticache, [described("d"), tagged(&target().tags), off.clone()]);
    let answer = Subject.update(&aws(rules), &testing::give_back(target())).await.unwrap();
    assert_eq!((answer.physical_id.as_str(), off.num_calls()), ("subnets", 1));
}

#[tokio::test]
async fn what_is_nobody_s_is_adopted_by_a_create_that_finds_it() {
    let on = mock!(Client::add_tags_to_resource)
        .match_requests(|request| request.tags().len() == 4)
        .then_output(|| AddTagsToResourceOutput::builder().build());
    let nobody_s = || tagged(&Tags::new());
    let rules = [taken(), described("d"), nobody_s(), described("d"), nobody_s(), on.clone()];
    let request = testing::create(testing::unowned(target()));
    Subject.create(&aws(client!(aws_sdk_elasticache, rules)), &request).await.unwrap();
    assert_eq!(on.num_calls(), 1);
}
