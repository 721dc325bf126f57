//! The driver of EFS access points. Few of a file system are read one by one, many by listing the file system.

use async_trait::async_trait;
use aws_sdk_efs::types::{AccessPointDescription, CreationInfo, PosixUser, RootDirectory};
use futures::StreamExt;
use mate_core::kinds::access_point::{AccessPoint, AccessPointInputs};
use mate_core::model::Outputs;
use mate_core::model::ids::Address;
use mate_core::model::{Kind, KindModel};
use mate_core::provider::{
    CreateRequest, Created, DeleteRequest, Deleted, ErrorClass, Live, Observation, ProviderError, Status, Target,
    UpdateRequest,
};
use serde_json::json;

use super::actions;
use crate::classify::failed;
use crate::context::Aws;
use crate::drivers::{Driver, efs, fields};
use crate::policy::Actions;
use crate::tags;

const DESCRIBE: &str = "elasticfilesystem:DescribeAccessPoints";

#[derive(Debug)]
pub(crate) struct AccessPointDriver;

#[async_trait]
impl Driver for AccessPointDriver {
    fn model(&self) -> KindModel {
        AccessPoint::model()
    }

    fn actions(&self) -> Actions {
        actions::ACTIONS
    }

    async fn observe(&self, aws: &Aws, targets: &[Target]) -> Vec<Observation> {
        let groups = efs::by_file_system(targets).into_iter().map(|(file_system, indices)| async move {
            let recorded = indices.iter().all(|index| targets[*index].physical_id.is_some());
            let listed = match file_system {
                Some(id) if !recorded || indices.len() > efs::FEW => {
                    list(aws, &targets[indices[0]].address, id).await.map(Some)
                }
                _ => Ok(None),
            };
            let mut observed = Vec::with_capacity(indices.len());
            for index in indices {
                let target = &targets[index];
                let found = match &listed {
                    Ok(Some(listed)) => find(aws, target, listed).await,
                    Ok(None) => known(aws, target).await,
                    Err(error) => Err(fields::repeat(error, target)),
                };
                observed.push((
                    index,
                    match found {
                        Ok(found) => found.map_or(Observation::Absent, |live| tags::judge(target, live)),
                        Err(error) => Observation::Unknown(error),
                    },
                ));
            }
            observed
        });
        let groups: Vec<_> = groups.collect();
        let mut observed: Vec<_> =
            futures::stream::iter(groups).buffered(8).collect::<Vec<_>>().await.into_iter().flatten().collect();
        observed.sort_by_key(|(index, _)| *index);
        observed.into_iter().map(|(_, observation)| observation).collect()
    }

    async fn create(&self, aws: &Aws, request: &CreateRequest) -> Result<Created, ProviderError> {
        let target = &request.target;
        let inputs = target.typed::<AccessPoint>()?;
        let file_system = fields::value(target, &inputs.file_system_id)?;
        // The client token finds this creation again, not one whose record was lost: that is found by name and tags.
        let listed = list(aws, &target.address, file_system).await?;
        let may_be =
            |found: &&AccessPointDescription| under_name(target, found) && target.accepts(&efs::map(found.tags()));
        let found = listed.iter().find(|found| named(target, found)).or_else(|| listed.iter().find(may_be));
        if let Some(live) = found.and_then(|found| read(target, found))
            && live.status != Status::Deleting
        {
            return fields::complete::<AccessPoint>(self, aws, request, live).await;
        }
        if let Some(stranger) = listed.iter().find(|found| under_name(target, found) && !may_be(found)) {
            return Err(tags::refuse(target, "elasticfilesystem:CreateAccessPoint", &efs::map(stranger.tags())));
        }
        let made = call(aws, request, &inputs, file_system)
            .await
            .map_err(failed(&target.address, "elasticfilesystem:CreateAccessPoint"))
            .map_err(fields::missing);
        match made {
            Ok(made) => {
                let made = AccessPointDescription::builder()
                    .set_access_point_id(made.access_point_id)
                    .set_access_point_arn(made.access_point_arn)
                    .set_file_system_id(made.file_system_id)
                    .set_life_cycle_state(made.life_cycle_state)
                    .set_tags(made.tags)
                    .build();
                read(target, &made).map(Created::from).ok_or_else(|| {
                    ProviderError::new(
                        ErrorClass::Ambiguous,
                        "elasticfilesystem:CreateAccessPoint",
                        target.address.clone(),
                    )
                    .with_message("the access point was gone at once")
                })
            }
            Err(error) if error.class == ErrorClass::AlreadyExists => {
                let token = efs::cut(&request.token);
                let listed = list(aws, &target.address, file_system).await?;
                let found = listed.iter().find(|found| found.client_token() == Some(token));
                fields::converge::<AccessPoint>(self, aws, request, found.and_then(|found| read(target, found)), error)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, aws: &Aws, request: &UpdateRequest) -> Result<Created, ProviderError> {
        const CALL: &str = "elasticfilesystem:TagResource";
        let target = &request.target;
        let live = fields::needed(target, CALL, known(aws, target).await?)?;
        if let Some(fixed) = request.fields.iter().find(|field| *field != "tags") {
            return Err(ProviderError::new(ErrorClass::Bug, CALL, target.address.clone())
                .with_message(format!("`{fixed}` of an access point cannot be changed in place")));
        }
        if !request.fields.is_empty() {
            efs::change_tags(aws, request, &live.physical_id, &live.tags).await?;
        }
        Ok(live.into())
    }

    async fn delete(&self, aws: &Aws, request: &DeleteRequest) -> Result<Deleted, ProviderError> {
        const CALL: &str = "elasticfilesystem:DeleteAccessPoint";
        let target = &request.target;
        let Some(live) = fields::ours(target, CALL, known(aws, target).await?)? else { return Ok(Deleted::Gone) };
        if live.status == Status::Deleting {
            return Ok(Deleted::Going);
        }
        let going = aws.efs.delete_access_point().access_point_id(&live.physical_id).send().await;
        let going = fields::unless_absent(going.map_err(failed(&target.address, CALL)))?;
        Ok(going.map_or(Deleted::Gone, |_| Deleted::Going))
    }
}

async fn call(
    aws: &Aws,
    request: &CreateRequest,
    inputs: &AccessPointInputs,
    file_system: &str,
) -> Result<
    aws_sdk_efs::operation::create_access_point::CreateAccessPointOutput,
    aws_sdk_efs::error::SdkError<aws_sdk_efs::operation::create_access_point::CreateAccessPointError>,
> {
    let (uid, gid) = (i64::from(inputs.posix_uid), i64::from(inputs.posix_gid));
    let creation = CreationInfo::builder().owner_uid(uid).owner_gid(gid).permissions(&inputs.permissions).build()?;
    aws.efs
        .create_access_point()
        .client_token(efs::cut(&request.token))
        .file_system_id(file_system)
        .posix_user(PosixUser::builder().uid(uid).gid(gid).build()?)
        .root_directory(RootDirectory::builder().path(&inputs.root_directory).creation_info(creation).build())
        .set_tags(Some(efs::list(&efs::with_name(&request.target))))
        .send()
        .await
}

async fn known(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    if let Some(live) = by_id(aws, target).await? {
        return Ok(Some(live));
    }
    let Some(file_system) = fields::text(target, "file_system_id") else { return Ok(None) };
    Ok(among(target, &list(aws, &target.address, file_system).await?))
}

/// The target's own among those of its file system, or wherever its recorded id leads.
async fn find(aws: &Aws, target: &Target, listed: &[AccessPointDescription]) -> Result<Option<Live>, ProviderError> {
    let recorded = listed
        .iter()
        .find(|found| target.physical_id.is_some() && found.access_point_id() == target.physical_id.as_deref());
    if let Some(live) = recorded.and_then(|found| read(target, found)) {
        return Ok(Some(live));
    }
    match by_id(aws, target).await? {
        Some(live) => Ok(Some(live)),
        None => Ok(among(target, listed)),
    }
}

async fn by_id(aws: &Aws, target: &Target) -> Result<Option<Live>, ProviderError> {
    let Some(id) = target.physical_id.as_deref() else { return Ok(None) };
    let answer = aws.efs.describe_access_points().access_point_id(id).send().await;
    let answer = fields::unless_absent(answer.map_err(failed(&target.address, DESCRIBE)))?;
    let found = answer.and_then(|answer| answer.access_points).unwrap_or_default();
    Ok(found.iter().find(|found| found.access_point_id() == Some(id)).and_then(|found| read(target, found)))
}

/// The access points of a file system; none when the file system is not there.
async fn list(aws: &Aws, address: &Address, file_system: &str) -> Result<Vec<AccessPointDescription>, ProviderError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let call = aws.efs.describe_access_points().file_system_id(file_system).max_results(efs::PAGE);
        let answer = call.set_next_token(token).send().await.map_err(failed(address, DESCRIBE));
        let Some(answer) = fields::unless_absent(answer)? else { return Ok(found) };
        found.extend(answer.access_points.unwrap_or_default());
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// The target's own by name and tags, else by its tags alone: its name may have changed since. What is being
/// deleted comes last, since a new one may stand beside it. Without any, a stranger's under the target's name.
fn among(target: &Target, listed: &[AccessPointDescription]) -> Option<Live> {
    let ours = |found: &&AccessPointDescription| owned(target, found);
    let mut ours: Vec<(&AccessPointDescription, Live)> =
        listed.iter().filter(ours).filter_map(|found| Some((found, read(target, found)?))).collect();
    ours.sort_by_key(|(found, live)| (live.status == Status::Deleting, !under_name(target, found)));
    let stranger = || listed.iter().find(|found| under_name(target, found)).and_then(|found| read(target, found));
    ours.into_iter().next().map(|(_, live)| live).or_else(stranger)
}

fn owned(target: &Target, found: &AccessPointDescription) -> bool {
    target.ownership().owns(&efs::map(found.tags()))
}

/// AWS keeps no names of access points: the tag `Name` is it.
fn under_name(target: &Target, found: &AccessPointDescription) -> bool {
    efs::map(found.tags()).get("Name") == efs::with_name(target).get("Name")
}

fn named(target: &Target, found: &AccessPointDescription) -> bool {
    owned(target, found) && under_name(target, found)
}

fn read(target: &Target, found: &AccessPointDescription) -> Option<Live> {
    let status = efs::status(found.life_cycle_state())?;
    let id = found.access_point_id()?;
    let user = found.posix_user();
    let root = found.root_directory();
    let permissions = root.and_then(|root| root.creation_info()).map(|info| {
        let desired = fields::text(target, "permissions");
        desired.filter(|desired| octal(desired) == octal(info.permissions())).unwrap_or(info.permissions())
    });
    let desired = fields::text(target, "file_system_id");
    let file_system = found.file_system_id().map(|live| efs::file_system_id(desired, live));
    let mut outputs = Outputs::from([("access_point_id".to_owned(), json!(id))]);
    outputs.extend(found.access_point_arn().map(|arn| ("arn".to_owned(), json!(arn))));
    outputs.extend(file_system.as_ref().map(|id| ("file_system_id".to_owned(), json!(id))));
    Some(Live {
        physical_id: id.to_owned(),
        status,
        inputs: fields::Fields::default()
            .with("file_system_id", file_system)
            .with("posix_uid", user.map(PosixUser::uid))
            .with("posix_gid", user.map(PosixUser::gid))
            .with("root_directory", root.and_then(|root| root.path()))
            .with("permissions", permissions)
            .into_value(),
        outputs,
        tags: efs::map(found.tags()),
    })
}

fn octal(permissions: &str) -> Option<u32> {
    u32::from_str_radix(permissions, 8).ok()
}
