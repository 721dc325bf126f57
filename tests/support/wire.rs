//! A request of AWS's protocols: which operation it is, whether it writes, and how the service says that it failed.

use hyper::Response;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Method, header};
use serde_json::Value;

/// The parameters that a repetition of the same write draws anew.
const DRAWN: [&str; 5] = ["SecretString", "ClientRequestToken", "MasterUserPassword", "AuthToken", "CallerReference"];

/// The protocol, by which the form of an error is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Json,
    RestJson,
    Query,
    Ec2,
    S3,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    protocol: Protocol,
    operation: String,
    identity: String,
    writes: bool,
}

impl Call {
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        if let Some(target) = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
            return Self::new(Protocol::Json, target.to_owned(), reads(target), &without_drawn(&text));
        }
        let form = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
        if form && text.contains("Action=") {
            let of = |name: &str| {
                text.split('&')
                    .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                    .map(|(_, value)| value)
            };
            let (action, version) = (of("Action").unwrap_or_default(), of("Version").unwrap_or_default());
            let protocol = if version == "2016-11-15" { Protocol::Ec2 } else { Protocol::Query };
            let kept: Vec<&str> = text
                .split('&')
                .filter(|pair| !DRAWN.iter().any(|name| pair.starts_with(&format!("{name}="))))
                .collect();
            return Self::new(protocol, format!("{version}.{action}"), reads(action), &kept.join("&"));
        }
        let path = parts.uri.path();
        let protocol = match path {
            _ if path.starts_with("/2015-02-01/") => Protocol::RestJson,
            _ if path.starts_with("/2013-04-01/") => Protocol::Query,
            _ => Protocol::S3,
        };
        let read = matches!(parts.method, Method::GET | Method::HEAD);
        // Of a bucket, the operation stands in the query.
        let what = parts.uri.query().unwrap_or_default().split('&').next().unwrap_or_default();
        let place = path.split('/').take(3).collect::<Vec<_>>().join("/");
        let operation = format!("{} {} ?{what}", parts.method, if protocol == Protocol::S3 { "/" } else { &place });
        let identity = format!("{path}?{} {text}", parts.uri.query().unwrap_or_default());
        Self::new(protocol, operation, read, &identity)
    }

    fn new(protocol: Protocol, operation: String, reads: bool, what: &str) -> Self {
        let identity = format!("{operation} {what}");
        Self { protocol, operation, identity, writes: !reads }
    }

    /// The operation, in the words of its protocol.
    pub(crate) fn operation(&self) -> &str {
        &self.operation
    }

    /// The same for a repetition of the same call.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    pub(crate) fn internal_error(&self) -> Response<Bytes> {
        let code = match self.protocol {
            Protocol::Json | Protocol::Query => "InternalFailure",
            Protocol::RestJson => "InternalServerError",
            Protocol::Ec2 | Protocol::S3 => "InternalError",
        };
        self.error(500, code, "We encountered an internal error. Please try again.")
    }

    pub(crate) fn throttled(&self) -> Response<Bytes> {
        let (status, code) = match self.protocol {
            Protocol::Json => (400, "ThrottlingException"),
            Protocol::RestJson => (429, "ThrottlingException"),
            Protocol::Query => (400, "Throttling"),
            Protocol::Ec2 => (503, "RequestLimitExceeded"),
            Protocol::S3 => (503, "SlowDown"),
        };
        self.error(status, code, "Rate exceeded")
    }

    fn error(&self, status: u16, code: &str, message: &str) -> Response<Bytes> {
        let id = "00000000-0000-0000-0000-00000000500f";
        let (kind, body) = match self.protocol {
            Protocol::Json => {
                ("application/x-amz-json-1.1", serde_json::json!({ "__type": code, "message": message }).to_string())
            }
            Protocol::RestJson => {
                ("application/json", serde_json::json!({ "ErrorCode": code, "Message": message }).to_string())
            }
            Protocol::Query => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                     <RequestId>{id}</RequestId></ErrorResponse>"
                ),
            ),
            Protocol::Ec2 => (
                "text/xml",
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                     <RequestID>{id}</RequestID></Response>"
                ),
            ),
            Protocol::S3 => (
                "application/xml",
                format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"),
            ),
        };
        let answer =
            Response::builder().status(status).header(header::CONTENT_TYPE, kind).header("x-amzn-requestid", id);
        answer.header("x-amzn-errortype", code).body(Bytes::from(body)).expect("a response")
    }
}

fn reads(operation: &str) -> bool {
    let call = operation.rsplit('.').next().unwrap_or(operation);
    ["Describe", "Get", "List", "Head", "BatchGet"].iter().any(|verb| call.starts_with(verb))
}

fn without_drawn(text: &str) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else { return text.to_owned() };
    fields.retain(|name, _| !DRAWN.contains(&name.as_str()));
    // The order of a map is another each time.
    fields.sort_keys();
    fields.values_mut().for_each(Value::sort_all_objects);
    Value::Object(fields).to_string()
}
