use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::{Tag, Trail as Described};
use futures::StreamExt;
use mate_core::kinds::trail::{Trail, TrailInputs};
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::model::{Outputs, Tags};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, Diagnosis, ErrorClass, Live, Observation, ProviderError, Status,
    Target, UpdateRequest,
};
use serde_json::{Value, json};

use super::actions;
use crate::classify::{failed, if_found};
use crate::context::Aws;
use crate::drivers::Driver;
use crate::drivers::batch::{gone, incomplete, present, vanished};
use crate::drivers::fields::{behind, complete, kms_key, known_as, missing, repeat, text, unsettled, value};
use crate::policy::Actions;
use crate::tags::{self, TagChange};

const CREATE: &str = "cloudtrail:CreateTrail";
const STATUS: &str = "cloudtrail:GetTrailStatus";
/// The most trails whose tags one call lists.
const TAGGED: usize = 20;

/// Trails, found by the recorded ARN or else by name, all of the region in one call: an account has few.
///
/// A trail of every region that was made in another one shows here too, as its shadow, and takes the name: it is not
/// ours, since only its home region can change it.
///
/// CloudTrail makes a trail only when the policies of bucket and key let it write. Right after these were put it may not
/// see them yet: that is waited for.
#[derive(Debug)]
pub(crate) struct TrailDriver;

type Read<T> = BTreeMap<String, Result<T, ProviderError>>;

#[async_trait]
impl Driver for TrailDriver {
    fn model(&self) -> KindModel {
        Trail::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let Some(first) = targets.first() else { return Vec::new() };
        let trails = match list(aws, &first.address).await {
            Ok(trails) => trails,
            Err(error) => {
                return targets.iter().map(|target| Observation::Unknown(repeat(&error, target))).collect();
            }
        };
        let found: Vec<Option<&Described>> = targets.iter().map(|target| find(target, &trails)).collect();
        let mut here: Vec<&Described> = found.iter().flatten().copied().filter(|trail| is_home(aws, trail)).collect();
        here.sort_by_key(|trail| trail.trail_arn());
        here.dedup_by_key(|trail| trail.trail_arn());
        let tags = tags_of(aws, &first.address, &here).await;
        let states = here.iter().map(|trail| async {
            (trail.trail_arn().unwrap_or_default().to_owned(), state(aws, &first.address, trail).await)
        });
        let states: Vec<_> = states.collect();
        let states: Read<Option<GetTrailStatusOutput>> =
            futures::stream::iter(states).buffered(8).collect::<Vec<_>>().await.into_iter().collect();
        targets.iter().zip(found).map(|(target, found)| answer(aws, target, found, &tags, &states)).collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        if let Some(live) = present(self, aws, target, CREATE).await? {
            return complete::<Trail>(self, aws, request, live).await;
        }
        let inputs = target.typed::<Trail>()?;
        let answer = aws
            .cloudtrail
            .create_trail()
            .name(&target.name)
            .s3_bucket_name(value(target, &inputs.s3_bucket_name)?)
            .set_kms_key_id(key(target, &inputs)?.map(str::to_owned))
            .is_multi_region_trail(inputs.multi_region)
            .include_global_service_events(true)
            .enable_log_file_validation(inputs.log_file_validation)
            .set_tags_list(Some(to_sdk(&target.tags)))
            .send()
            .await
            .map_err(failed(&target.address, CREATE))
            .map_err(missing);
        let arn = match answer {
            Ok(answer) => answer.trail_arn.ok_or_else(|| incomplete(target, CREATE, "ARN"))?,
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                return match present(self, aws, target, CREATE).await? {
                    Some(live) => complete::<Trail>(self, aws, request, live).await,
                    None => Err(error),
                };
            }
            Err(error) => return Err(error),
        };
        let created = created(&arn);
        if inputs.logging {
            log(aws, target, &target.name, true).await.map_err(behind(&created))?;
        }
        Ok(created)
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "cloudtrail:UpdateTrail";
        let target = &request.target;
        let live = present(self, aws, target, CALL).await?.ok_or_else(|| gone(target, CALL))?;
        let inputs = target.typed::<Trail>()?;
        let named = |field: &str| request.fields.iter().any(|named| named == field);
        let name = name_of(&live.physical_id);
        if ["s3_bucket_name", "kms_key_arn", "multi_region", "log_file_validation"].into_iter().any(named) {
            let mut call = aws.cloudtrail.update_trail().name(name);
            if named("s3_bucket_name") {
                call = call.s3_bucket_name(value(target, &inputs.s3_bucket_name)?);
            }
            if named("kms_key_arn") {
                // An empty text takes the key off.
                call = call.kms_key_id(key(target, &inputs)?.unwrap_or_default());
            }
            if named("multi_region") {
                call = call.is_multi_region_trail(inputs.multi_region);
                // A trail of every region has to have what is of no region.
                call = call.set_include_global_service_events(inputs.multi_region.then_some(true));
            }
            if named("log_file_validation") {
                call = call.enable_log_file_validation(inputs.log_file_validation);
            }
            call.send().await.map_err(failed(&target.address, CALL))?;
        }
        if named("logging") {
            log(aws, target, name, inputs.logging).await?;
        }
        if named("tags") {
            let change = TagChange::new(&live.tags, &target.tags).without(&live.tags, &request.untag);
            tag(aws, target, &live, change).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "cloudtrail:DeleteTrail";
        let target = &request.target;
        let Some(live) = present(self, aws, target, CALL).await? else { return Ok(Deleted::Gone) };
        let answer = aws.cloudtrail.delete_trail().name(name_of(&live.physical_id)).send().await;
        if_found(answer.map_err(failed(&target.address, CALL)))?;
        Ok(Deleted::Gone)
    }

    async fn diagnose(&self, aws: &Aws, target: &Target) -> Result<Vec<Diagnosis>, ProviderError> {
        let trails = list(aws, &target.address).await?;
        let Some(trail) = find(target, &trails) else { return Ok(Vec::new()) };
        let Some(state) = state(aws, &target.address, trail).await? else { return Ok(Vec::new()) };
        let bucket = trail.s3_bucket_name().unwrap_or("its bucket");
        let undelivered = |what: &str, error: Option<&str>| {
            let error = error.filter(|error| !error.is_empty())?;
            Some(Diagnosis {
                concern: None,
                terminal: false,
                finding: format!("{what} could not be delivered to {bucket}: {error}"),
                advice: Some(format!(
                    "see that the bucket {bucket} is there, and that its policy and the key's let \
                     cloudtrail.amazonaws.com write for this trail"
                )),
            })
        };
        let stopped = (state.is_logging() == Some(false)).then(|| Diagnosis {
            concern: None,
            terminal: false,
            finding: format!("the trail {} does not log", trail.name().unwrap_or(&target.name)),
            advice: Some("somebody stopped it: the next apply starts it again".to_owned()),
        });
        let logs = undelivered("a log file", state.latest_delivery_error());
        let digests = undelivered("a digest file", state.latest_digest_delivery_error());
        Ok(stopped.into_iter().chain(logs).chain(digests).collect())
    }
}

/// Every trail of the region, shadows of other regions' among them.
async fn list(aws: &Aws, address: &Address) -> Result<Vec<Described>, ProviderError> {
    let answer = aws.cloudtrail.describe_trails().include_shadow_trails(true).send().await;
    Ok(answer.map_err(failed(address, "cloudtrail:DescribeTrails"))?.trail_list.unwrap_or_default())
}

fn find<'a>(target: &Target, trails: &'a [Described]) -> Option<&'a Described> {
    let is = |trail: &Described, known: &str| trail.trail_arn() == Some(known) || trail.name() == Some(known);
    known_as(target).into_iter().find_map(|known| trails.iter().find(|trail| is(trail, known)))
}

fn is_home(aws: &Aws, trail: &Described) -> bool {
    trail.home_region().is_none_or(|home| home == aws.region)
}

async fn state(aws: &Aws, address: &Address, trail: &Described) -> Result<Option<GetTrailStatusOutput>, ProviderError> {
    let answer = aws.cloudtrail.get_trail_status().set_name(trail.trail_arn.clone()).send().await;
    if_found(answer.map_err(failed(address, STATUS)))
}

async fn tags_of(aws: &Aws, address: &Address, trails: &[&Described]) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let arns: Vec<String> = trails.iter().filter_map(|trail| trail.trail_arn.clone()).collect();
    let mut tags: BTreeMap<String, Tags> = BTreeMap::new();
    for arns in arns.chunks(TAGGED) {
        let mut token = None;
        loop {
            let call = aws.cloudtrail.list_tags().set_resource_id_list(Some(arns.to_vec())).set_next_token(token);
            let answer = call.send().await.map_err(failed(address, "cloudtrail:ListTags"));
            let page = answer.map_err(unsettled)?;
            for tagged in page.resource_tag_list() {
                let list = tagged.tags_list().iter().map(|tag| (tag.key(), tag.value()));
                tags.entry(tagged.resource_id().unwrap_or_default().to_owned())
                    .or_default()
                    .extend(tags::from_pairs(list));
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
    }
    Ok(tags)
}

fn answer(
    aws: &Aws,
    target: &Target,
    found: Option<&Described>,
    tags: &Result<BTreeMap<String, Tags>, ProviderError>,
    states: &Read<Option<GetTrailStatusOutput>>,
) -> Observation {
    let Some(trail) = found else { return Observation::Absent };
    if !is_home(aws, trail) {
        let home = trail.home_region().unwrap_or("another region");
        return Observation::Foreign(format!("the trail `{}` is a shadow of one in {home}", target.name));
    }
    let arn = trail.trail_arn().unwrap_or_default();
    let tags = match tags {
        Ok(tags) => tags.get(arn).cloned().unwrap_or_default(),
        Err(error) => return Observation::Unknown(repeat(error, target)),
    };
    match states.get(arn) {
        Some(Ok(Some(state))) => tags::judge(target, live(target, trail, state, tags)),
        Some(Err(error)) => Observation::Unknown(repeat(error, target)),
        Some(Ok(None)) | None => Observation::Unknown(vanished(target, STATUS)),
    }
}

fn live(target: &Target, trail: &Described, state: &GetTrailStatusOutput, tags: Tags) -> Live {
    let created = created(trail.trail_arn().unwrap_or_default());
    let key = trail.kms_key_id().filter(|key| !key.is_empty());
    let mut inputs = json!({
        "s3_bucket_name": trail.s3_bucket_name(),
        "kms_key_arn": Value::Null,
        "multi_region": trail.is_multi_region_trail().unwrap_or_default(),
        "log_file_validation": trail.log_file_validation_enabled().unwrap_or_default(),
        "logging": state.is_logging().unwrap_or_default(),
    });
    if let (Some(key), Some(fields)) = (key, inputs.as_object_mut()) {
        match kms_key(text(target, "kms_key_arn"), key) {
            Some(key) => fields.insert("kms_key_arn".to_owned(), json!(key)),
            None => fields.remove("kms_key_arn"),
        };
    }
    Live { physical_id: created.physical_id, status: created.status, inputs, outputs: created.outputs, tags }
}

fn created(arn: &str) -> Created {
    let outputs = Outputs::from([("arn".to_owned(), json!(arn))]);
    Created { physical_id: arn.to_owned(), status: Status::Ready, outputs }
}

/// `arn:…:trail/{name}`
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn key<'a>(target: &Target, inputs: &'a TrailInputs) -> Result<Option<&'a str>, ProviderError> {
    inputs.kms_key_arn.as_ref().map(|key| value(target, key).map(String::as_str)).transpose()
}

async fn log(aws: &Aws, target: &Target, name: &str, on: bool) -> Result<(), ProviderError> {
    if on {
        let call = aws.cloudtrail.start_logging().name(name).send();
        call.await.map_err(failed(&target.address, "cloudtrail:StartLogging"))?;
    } else {
        let call = aws.cloudtrail.stop_logging().name(name).send();
        call.await.map_err(failed(&target.address, "cloudtrail:StopLogging"))?;
    }
    Ok(())
}

async fn tag(aws: &Aws, target: &Target, live: &Live, change: TagChange) -> Result<(), ProviderError> {
    if !change.set.is_empty() {
        let call = aws.cloudtrail.add_tags().resource_id(&live.physical_id).set_tags_list(Some(to_sdk(&change.set)));
        call.send().await.map_err(failed(&target.address, "cloudtrail:AddTags"))?;
    }
    // A tag is taken off with the value that it has.
    let off: Tags = live.tags.iter().filter(|(key, _)| change.remove.contains(*key)).map(own).collect();
    if !off.is_empty() {
        let call = aws.cloudtrail.remove_tags().resource_id(&live.physical_id).set_tags_list(Some(to_sdk(&off)));
        call.send().await.map_err(failed(&target.address, "cloudtrail:RemoveTags"))?;
    }
    Ok(())
}

fn own((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

fn to_sdk(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        Tag::builder().key(key).value(value).build().expect("a tag with key and value")
    };
    tags.iter().map(tag).collect()
}
