//! Names of the internet, and the certificates for them.

use super::{Again, Compared, Creation, Facts, Fixed, HOUR, Memory, Source, Tagged, Token};
use crate::provider::ErrorClass;

pub(super) const FACTS: &[Facts] = &[
    // CreateHostedZone: CallerReference, HostedZoneAlreadyExists for one that was used, with equal settings too
    // (presslabs/zinc issue 148) and after the zone is gone (Netflix/denominator pull request 356, saltstack/salt issue 40655).
    // One domain may have several zones. The call has no tags: ChangeTagsForResource. UpdateHostedZoneComment.
    Facts::new(
        "route53:HostedZone",
        Creation::ByToken(Token {
            source: Source::Request,
            again: Again::Refused("HostedZoneAlreadyExists"),
            // The driver looks for the zone of the reference, which the list may not show yet.
            class: ErrorClass::EventualConsistency,
            memory: Memory::ForEver,
            compared: Compared::All,
        }),
    )
    .tagged(Tagged::Afterwards)
    .fixed(&[Fixed::always("domain")]),
    // ChangeResourceRecordSets with CREATE: InvalidChangeBatch for a name that has a record of the type. TagResourceType of
    // ChangeTagsForResource: hosted zones and health checks carry tags.
    Facts::new(
        "route53:RecordSet",
        Creation::ByPlace { inputs: &["hosted_zone_id", "record_name"], again: Again::Refused("InvalidChangeBatch") },
    )
    .tagged(Tagged::Never)
    .fixed(&[Fixed::always("hosted_zone_id"), Fixed::always("record_name")]),
    // RequestCertificate: "Idempotency tokens time out after one hour"; within it the first certificate is answered, and
    // other parameters are not looked at (terraform-provider-aws pull request 6666). UpdateCertificateOptions changes no name.
    Facts::new(
        "acm:Certificate",
        Creation::ByToken(Token {
            source: Source::Request,
            again: Again::Same,
            // The driver describes what it was answered, and does not find a certificate that was deleted.
            class: ErrorClass::EventualConsistency,
            memory: Memory::For(HOUR),
            compared: Compared::All,
        }),
    )
    .fixed(&[Fixed::always("domain_name"), Fixed::always("subject_alternative_names")]),
];
