//! The cluster and the image repositories.

use std::collections::BTreeMap;

use super::context::Context;
use crate::kinds::cluster::ClusterInputs;
use crate::kinds::repository::RepositoryInputs;
use crate::kinds::service::CapacityProvider;
use crate::kinds::{Cluster, Repository};
use crate::model::{GraphError, Input, NodeHandle};

pub(super) fn cluster(cx: &mut Context<'_>, outputs: &mut BTreeMap<String, Input<String>>) -> Result<(), GraphError> {
    let inputs = ClusterInputs {
        container_insights: cx.spec.container_insights,
        capacity_providers: vec!["FARGATE".into(), "FARGATE_SPOT".into()],
        default_strategy: vec![CapacityProvider { name: "FARGATE".into(), weight: 1, base: 0 }],
    };
    let cluster: NodeHandle<Cluster> = cx.add("cluster", cx.name(), &inputs)?;
    outputs.insert("cluster".into(), cluster.out(Cluster::NAME));
    Ok(())
}

pub(super) fn repositories(
    cx: &mut Context<'_>,
    outputs: &mut BTreeMap<String, Input<String>>,
) -> Result<(), GraphError> {
    for short in cx.spec.repositories.clone() {
        let inputs = RepositoryInputs {
            scan_on_push: true,
            immutable_tags: cx.spec.immutable_tags,
            keep_last_images: Some(cx.spec.keep_last_images.get()),
            kms_key_arn: None,
        };
        let name = format!("mate-{short}-{}", cx.spec.environment);
        let node = format!("repository-{}", short.as_str().replace(['/', '_', '.'], "-"));
        let repository: NodeHandle<Repository> = cx.add(&node, name, &inputs)?;
        outputs.insert(format!("repositories.{short}"), repository.out(Repository::URI));
    }
    Ok(())
}
