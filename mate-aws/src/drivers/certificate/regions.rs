//! The other regions of the account, whose certificates share validation records with those of this one.

use mate_core::model::ids::Address;
use mate_core::provider::ProviderError;

use crate::context::Aws;

/// The clients of the account's other regions, as far as certificates are concerned. ACM's record of a name is the same in every
/// region: <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>.
#[cfg(feature = "ec2")]
pub(super) async fn others(aws: &Aws, address: &Address) -> Result<Vec<Aws>, ProviderError> {
    let answer = aws.ec2.describe_regions().send().await;
    let answer = answer.map_err(crate::classify::failed(address, "ec2:DescribeRegions"))?;
    let names = answer.regions.into_iter().flatten().filter_map(|region| region.region_name);
    Ok(names.filter(|name| *name != aws.region).map(|name| inside(aws, &name)).collect())
}

/// Without EC2 nobody tells which regions there are.
#[cfg(not(feature = "ec2"))]
pub(super) async fn others(_aws: &Aws, address: &Address) -> Result<Vec<Aws>, ProviderError> {
    let class = mate_core::provider::ErrorClass::Denied;
    Err(ProviderError::new(class, "ec2:DescribeRegions", address.clone())
        .with_message("turn on the feature `ec2` of mate-aws"))
}

#[cfg(feature = "ec2")]
fn inside(aws: &Aws, region: &str) -> Aws {
    let config = aws.acm.config().to_builder().region(aws_sdk_acm::config::Region::new(region.to_owned())).build();
    Aws { acm: aws_sdk_acm::Client::from_conf(config), region: region.to_owned(), ..aws.clone() }
}
