//! The emulator itself: it starts with a base that the library reads, AWS's own client sees it, and nothing stays behind.

use std::net::TcpStream;

use anyhow::Result;
use mate_core::spec::Base;

mod support;

use support::emulator::Emulator;

#[test]
fn starts_with_a_base_and_leaves_nothing_behind() -> Result<()> {
    let emulator = Emulator::start()?;
    let base: Base = toml::from_str(&std::fs::read_to_string(emulator.base_file())?)?;
    assert_eq!(base.domain, "mate.sociant.ai");
    assert!(!base.enable_deletion_protection);
    assert_eq!((base.public_subnet_ids.len(), base.private_subnet_ids.len()), (3, 3));

    let clusters = emulator.aws_cli(&["ecs", "describe-clusters", "--clusters", &base.cluster])?;
    assert_eq!(clusters["clusters"][0]["status"], "ACTIVE");
    let certificates = emulator.aws_cli(&["acm", "list-certificates"])?;
    assert_eq!(certificates["CertificateSummaryList"][0]["CertificateArn"], base.certificate_arn.as_str());
    // The client for RDS does not heed AWS_ENDPOINT_URL.
    let databases = emulator.aws_cli(&["rds", "describe-db-instances"])?;
    assert_eq!(databases["DBInstances"], serde_json::json!([]));
    let zone = emulator.aws_cli(&["route53", "get-hosted-zone", "--id", &base.hosted_zone_id])?;
    assert_eq!(zone["HostedZone"]["Name"], "mate.sociant.ai.");

    let address = emulator.endpoint().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(emulator);
    assert!(TcpStream::connect(&address).is_err(), "the emulator is still there");
    Ok(())
}

#[test]
fn a_refusal_of_the_client_is_an_error_that_says_why() -> Result<()> {
    let emulator = Emulator::start()?;
    let refused = emulator.aws_cli(&["s3api", "get-bucket-encryption", "--bucket", "nobody"]);
    let text = format!("{:#}", refused.unwrap_err());
    assert!(text.contains("NoSuchBucket"), "{text}");
    Ok(())
}
