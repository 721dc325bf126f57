//! The working surroundings of every driver: the clients, the region, the source of secrets.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::gate::Witness;
use crate::secrets::SecretSource;

/// Declares [`Aws`] with one client a line: `field: SDK crate, "feature"`, and a function that adjusts the client's
/// configuration where it needs to be. The rate budget hears of the requests of every client: interceptors are set on each
/// service's configuration.
macro_rules! clients {
    ($($(#[$doc:meta])+ $name:ident: $sdk:ident, $feature:tt $(, $adjust:ident)?;)+) => {
        /// The clients of one account and region, made from one [`SdkConfig`].
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct Aws {
            $(
                $(#[$doc])+
                #[cfg(feature = $feature)]
                pub $name: $sdk::Client,
            )+
            /// The region, `us-east-1`.
            pub region: String,
            /// The source of secret values.
            pub secrets: Arc<dyn SecretSource>,
            /// True if the endpoint speaks plain HTTP: an emulator.
            pub plain_http: bool,
        }

        impl Aws {
            pub(crate) fn new(config: &SdkConfig, region: String, secrets: Arc<dyn SecretSource>) -> Self {
                Self {
                    $(
                        #[cfg(feature = $feature)]
                        $name: {
                            let builder = $sdk::config::Builder::from(config).interceptor(Witness);
                            $(let builder = $adjust(builder, config);)?
                            $sdk::Client::from_conf(builder.build())
                        },
                    )+
                    region,
                    secrets,
                    plain_http: config.endpoint_url().is_some_and(|url| url.starts_with("http://")),
                }
            }
        }
    };
}

clients! {
    /// Certificate Manager.
    acm: aws_sdk_acm, "acm";
    /// Application Auto Scaling.
    applicationautoscaling: aws_sdk_applicationautoscaling, "applicationautoscaling";
    /// CloudTrail.
    cloudtrail: aws_sdk_cloudtrail, "cloudtrail";
    /// Cognito user pools.
    cognito: aws_sdk_cognitoidentityprovider, "cognito";
    /// EC2.
    ec2: aws_sdk_ec2, "ec2";
    /// ECR.
    ecr: aws_sdk_ecr, "ecr";
    /// ECS.
    ecs: aws_sdk_ecs, "ecs";
    /// EFS.
    efs: aws_sdk_efs, "efs";
    /// ElastiCache.
    elasticache: aws_sdk_elasticache, "elasticache";
    /// Elastic Load Balancing.
    elbv2: aws_sdk_elasticloadbalancingv2, "elbv2";
    /// EventBridge.
    eventbridge: aws_sdk_eventbridge, "eventbridge";
    /// IAM.
    iam: aws_sdk_iam, "iam";
    /// KMS.
    kms: aws_sdk_kms, "kms";
    /// CloudWatch Logs.
    logs: aws_sdk_cloudwatchlogs, "logs";
    /// RDS.
    rds: aws_sdk_rds, "rds";
    /// Route 53.
    route53: aws_sdk_route53, "route53";
    /// S3.
    s3: aws_sdk_s3, "s3", path_style;
    /// Secrets Manager.
    secretsmanager: aws_sdk_secretsmanager, "secretsmanager";
    /// Service Quotas.
    servicequotas: aws_sdk_servicequotas, "servicequotas";
    /// SNS.
    sns: aws_sdk_sns, "sns";
    /// STS: who the credentials are.
    sts: aws_sdk_sts, "sts";
    /// The tagging API, over all services.
    tagging: aws_sdk_resourcegroupstagging, "tagging";
    /// WAF.
    wafv2: aws_sdk_wafv2, "wafv2";
}

/// An emulator has no host name for each bucket.
#[cfg(feature = "s3")]
fn path_style(builder: aws_sdk_s3::config::Builder, config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    builder.force_path_style(config.endpoint_url().is_some())
}
