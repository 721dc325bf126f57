//! The digest to which the tag of an image points now, as ECR reports it.

use aws_sdk_ecr::types::ImageIdentifier;
use mate_core::model::Tags;
use mate_core::provider::{ErrorClass, ProviderError, Scope};

use crate::classify::failed;
use crate::context::Aws;

const DESCRIBE: &str = "ecr:DescribeImages";

/// An image of ECR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EcrImage<'a> {
    account: &'a str,
    region: &'a str,
    repository: &'a str,
    reference: &'a str,
}

impl<'a> EcrImage<'a> {
    /// From `{account}.dkr.ecr.{region}.amazonaws.com/{repository}:{tag}`; none for another registry.
    fn parse(image: &'a str) -> Option<Self> {
        let (registry, path) = image.split_once('/')?;
        let (account, rest) = registry.split_once(".dkr.ecr.")?;
        let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
        let (repository, reference) = path.split_once('@').or_else(|| path.split_once(':')).unwrap_or((path, "latest"));
        Some(Self { account, region, repository, reference })
    }
}

/// The digest of an image in a registry of this region; none for any other image.
pub(crate) async fn digest(aws: &Aws, image: &str) -> Result<Option<String>, ProviderError> {
    let Some(parsed) = EcrImage::parse(image).filter(|parsed| parsed.region == aws.region) else { return Ok(None) };
    let id = if parsed.reference.starts_with("sha256:") {
        ImageIdentifier::builder().image_digest(parsed.reference)
    } else {
        ImageIdentifier::builder().image_tag(parsed.reference)
    };
    let anchor = Scope::Tags(Tags::new()).anchor();
    let answer = aws
        .ecr
        .describe_images()
        .registry_id(parsed.account)
        .repository_name(parsed.repository)
        .image_ids(id.build())
        .send()
        .await
        .map_err(failed(&anchor, DESCRIBE))?;
    let found = answer.image_details().iter().find_map(|detail| detail.image_digest());
    let absent = || ProviderError::new(ErrorClass::NotFound, DESCRIBE, anchor).with_message("no such image");
    found.map(|digest| Some(digest.to_owned())).ok_or_else(absent)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecr::operation::describe_images::{DescribeImagesError, DescribeImagesOutput};
    use aws_sdk_ecr::types::ImageDetail;
    use aws_sdk_ecr::types::error::ImageNotFoundException;
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::drivers::testing::{aws, client, code};

    const IMAGE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-dev:main-4f2a91c";

    #[test]
    fn only_an_image_of_ecr_is_one() {
        let parsed = EcrImage::parse(IMAGE).unwrap();
        assert_eq!((parsed.account, parsed.region), ("123456789012", "us-east-1"));
        assert_eq!((parsed.repository, parsed.reference), ("mate-django-dev", "main-4f2a91c"));
        let digest = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app@sha256:00";
        let parsed = EcrImage::parse(digest).unwrap();
        assert_eq!((parsed.region, parsed.repository, parsed.reference), ("cn-north-1", "team/app", "sha256:00"));
        for other in ["public.ecr.aws/docker/library/nginx:1.29", "nginx", "ghcr.io/a/b@sha256:00"] {
            assert_eq!(EcrImage::parse(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_tag_is_looked_up_in_the_registry_that_its_uri_names() {
        let rule = mock!(aws_sdk_ecr::Client::describe_images)
            .match_requests(|request| {
                request.registry_id() == Some("123456789012")
                    && request.repository_name() == Some("mate-django-dev")
                    && request.image_ids()[0].image_tag() == Some("main-4f2a91c")
            })
            .then_output(|| {
                let detail = ImageDetail::builder().image_digest("sha256:ab").build();
                DescribeImagesOutput::builder().image_details(detail).build()
            });
        let mut aws = aws();
        aws.ecr = client!(aws_sdk_ecr, [rule]);
        assert_eq!(digest(&aws, IMAGE).await.unwrap().as_deref(), Some("sha256:ab"));
    }

    fn missing() -> ImageNotFoundException {
        ImageNotFoundException::builder().meta(code("ImageNotFoundException")).build()
    }

    #[tokio::test]
    async fn a_tag_that_is_not_there_is_not_found() {
        let rule = mock!(aws_sdk_ecr::Client::describe_images)
            .then_error(|| DescribeImagesError::ImageNotFoundException(missing()));
        let mut aws = aws();
        aws.ecr = client!(aws_sdk_ecr, [rule]);
        assert_eq!(digest(&aws, IMAGE).await.unwrap_err().class, ErrorClass::NotFound);
    }

    #[tokio::test]
    async fn an_image_of_another_registry_is_not_asked_for() {
        assert_eq!(digest(&aws(), "public.ecr.aws/docker/library/nginx:1.29").await.unwrap(), None);
    }
}
