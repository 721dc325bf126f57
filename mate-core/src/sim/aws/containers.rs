//! Containers: ECS, its scaling, and the repositories of its images.

use super::{Again, Compared, Creation, DAY, Facts, Fixed, HOUR, Memory, Source, Tagged, Token};
use crate::provider::ErrorClass;

pub(super) const FACTS: &[Facts] = &[
    // CreateCluster answers the cluster that has the name, and changes nothing of it. UpdateCluster,
    // PutClusterCapacityProviders.
    Facts::new("ecs:Cluster", Creation::ByName { within: "", again: Again::Same }),
    // CreateService: "Creation of service was not idempotent." as InvalidParameterException for a name that is taken in the
    // cluster (terraform-provider-aws issue 2283). UpdateService names the cluster to find the service.
    Facts::new(
        "ecs:Service",
        Creation::ByName { within: "cluster", again: Again::Refused("InvalidParameterException") },
    )
    .fixed(&[Fixed::always("cluster")]),
    // RegisterTaskDefinition has no token: each call is a revision of the family.
    Facts::new("ecs:TaskDefinition", Creation::Revision),
    // RunTask, and "Ensuring idempotency" in the ECS API reference: equal parameters answer the first call's task, others are
    // ConflictException, for good. A token is known for 24 hours or for an hour after the task has stopped, whichever is less.
    // No call changes a task but for its tags.
    Facts::new(
        "ecs:Task",
        Creation::ByToken(Token {
            source: Source::Request,
            again: Again::SameOr("ConflictException"),
            // The code stands for all that conflicts with a state in ECS.
            class: ErrorClass::Conflict,
            memory: Memory::AtMost { most: DAY, past_its_end: HOUR },
            compared: Compared::All,
        }),
    )
    .fixed(&[
        Fixed::always("cluster"),
        Fixed::always("task_definition"),
        Fixed::always("container"),
        Fixed::always("command"),
        Fixed::always("subnet_ids"),
        Fixed::always("security_group_ids"),
        Fixed::always("run"),
    ]),
    // RegisterScalableTarget registers or updates, by resource and dimension. Tags: the same page.
    Facts::new(
        "application-autoscaling:ScalableTarget",
        Creation::ByPlace { inputs: &["resource_id"], again: Again::Overwritten },
    )
    .fixed(&[Fixed::always("resource_id")]),
    // PutScalingPolicy creates or updates, by name and target. TagResource: "you cannot tag a scaling policy".
    Facts::new(
        "application-autoscaling:ScalingPolicy",
        Creation::ByName { within: "resource_id", again: Again::Overwritten },
    )
    .tagged(Tagged::Never)
    .fixed(&[Fixed::always("resource_id")]),
    // CreateRepository. No call changes the encryption: "Encryption at rest" in the ECR User Guide.
    Facts::named("ecr:Repository", "RepositoryAlreadyExistsException").fixed(&[Fixed::always("kms_key_arn")]),
];
