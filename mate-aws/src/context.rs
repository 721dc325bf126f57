//! What every driver works with: the clients, the region, the account, the source of secrets.

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::gate::Witness;
use crate::secrets::SecretSource;

/// A client whose requests the rate budget hears of. Interceptors are set on each service's configuration.
macro_rules! client {
    ($sdk:ident, $config:ident) => {
        $sdk::Client::from_conf($sdk::config::Builder::from($config).interceptor(Witness).build())
    };
}

/// The clients of one account and region, made from one [`SdkConfig`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Aws {
    /// Certificate Manager.
    #[cfg(feature = "acm")]
    pub acm: aws_sdk_acm::Client,
    /// Application Auto Scaling.
    #[cfg(feature = "applicationautoscaling")]
    pub applicationautoscaling: aws_sdk_applicationautoscaling::Client,
    /// CloudTrail.
    #[cfg(feature = "cloudtrail")]
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    /// Cognito user pools.
    #[cfg(feature = "cognito")]
    pub cognito: aws_sdk_cognitoidentityprovider::Client,
    /// EC2.
    #[cfg(feature = "ec2")]
    pub ec2: aws_sdk_ec2::Client,
    /// ECR.
    #[cfg(feature = "ecr")]
    pub ecr: aws_sdk_ecr::Client,
    /// ECS.
    #[cfg(feature = "ecs")]
    pub ecs: aws_sdk_ecs::Client,
    /// EFS.
    #[cfg(feature = "efs")]
    pub efs: aws_sdk_efs::Client,
    /// ElastiCache.
    #[cfg(feature = "elasticache")]
    pub elasticache: aws_sdk_elasticache::Client,
    /// Elastic Load Balancing.
    #[cfg(feature = "elbv2")]
    pub elbv2: aws_sdk_elasticloadbalancingv2::Client,
    /// EventBridge.
    #[cfg(feature = "eventbridge")]
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// IAM.
    #[cfg(feature = "iam")]
    pub iam: aws_sdk_iam::Client,
    /// KMS.
    #[cfg(feature = "kms")]
    pub kms: aws_sdk_kms::Client,
    /// CloudWatch Logs.
    #[cfg(feature = "logs")]
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// RDS.
    #[cfg(feature = "rds")]
    pub rds: aws_sdk_rds::Client,
    /// Route 53.
    #[cfg(feature = "route53")]
    pub route53: aws_sdk_route53::Client,
    /// S3.
    #[cfg(feature = "s3")]
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager.
    #[cfg(feature = "secretsmanager")]
    pub secretsmanager: aws_sdk_secretsmanager::Client,
    /// Service Quotas.
    #[cfg(feature = "servicequotas")]
    pub servicequotas: aws_sdk_servicequotas::Client,
    /// STS: who the credentials are.
    #[cfg(feature = "sts")]
    pub sts: aws_sdk_sts::Client,
    /// The tagging API, over all services.
    #[cfg(feature = "tagging")]
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    /// WAF.
    #[cfg(feature = "wafv2")]
    pub wafv2: aws_sdk_wafv2::Client,
    /// The region, `us-east-1`.
    pub region: String,
    /// Where secret values come from.
    pub secrets: Arc<dyn SecretSource>,
    /// Whether the endpoint speaks plain HTTP: an emulator.
    pub plain_http: bool,
}

impl Aws {
    pub(crate) fn new(config: &SdkConfig, region: String, secrets: Arc<dyn SecretSource>) -> Self {
        let endpoint = config.endpoint_url().map(str::to_owned);
        Self {
            #[cfg(feature = "acm")]
            acm: client!(aws_sdk_acm, config),
            #[cfg(feature = "applicationautoscaling")]
            applicationautoscaling: client!(aws_sdk_applicationautoscaling, config),
            #[cfg(feature = "cloudtrail")]
            cloudtrail: client!(aws_sdk_cloudtrail, config),
            #[cfg(feature = "cognito")]
            cognito: client!(aws_sdk_cognitoidentityprovider, config),
            #[cfg(feature = "ec2")]
            ec2: client!(aws_sdk_ec2, config),
            #[cfg(feature = "ecr")]
            ecr: client!(aws_sdk_ecr, config),
            #[cfg(feature = "ecs")]
            ecs: client!(aws_sdk_ecs, config),
            #[cfg(feature = "efs")]
            efs: client!(aws_sdk_efs, config),
            #[cfg(feature = "elasticache")]
            elasticache: client!(aws_sdk_elasticache, config),
            #[cfg(feature = "elbv2")]
            elbv2: client!(aws_sdk_elasticloadbalancingv2, config),
            #[cfg(feature = "eventbridge")]
            eventbridge: client!(aws_sdk_eventbridge, config),
            #[cfg(feature = "iam")]
            iam: client!(aws_sdk_iam, config),
            #[cfg(feature = "kms")]
            kms: client!(aws_sdk_kms, config),
            #[cfg(feature = "logs")]
            logs: client!(aws_sdk_cloudwatchlogs, config),
            #[cfg(feature = "rds")]
            rds: client!(aws_sdk_rds, config),
            #[cfg(feature = "route53")]
            route53: client!(aws_sdk_route53, config),
            #[cfg(feature = "s3")]
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(config)
                    .force_path_style(endpoint.is_some())
                    .interceptor(Witness)
                    .build(),
            ),
            #[cfg(feature = "secretsmanager")]
            secretsmanager: client!(aws_sdk_secretsmanager, config),
            #[cfg(feature = "servicequotas")]
            servicequotas: client!(aws_sdk_servicequotas, config),
            #[cfg(feature = "sts")]
            sts: client!(aws_sdk_sts, config),
            #[cfg(feature = "tagging")]
            tagging: client!(aws_sdk_resourcegroupstagging, config),
            #[cfg(feature = "wafv2")]
            wafv2: client!(aws_sdk_wafv2, config),
            region,
            secrets,
            plain_http: endpoint.is_some_and(|url| url.starts_with("http://")),
        }
    }
}
