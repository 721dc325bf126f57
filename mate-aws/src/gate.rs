//! Every HTTP request passes the rate budget, an attempt of the SDK's own retries and a page too.
//!
//! The SDK has one place where an attempt may wait before it is signed: its identity cache, which it asks once an attempt.
//! A wait behind the signature would let the signature grow old. What was answered an interceptor tells.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, Error,
    FinalizerInterceptorContextRef, Output,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use mate_core::provider::{ErrorClass, ProviderError};
use mate_core::rate::{Answer, Permit, RateBudget, Request, Sending};

use crate::classify::class_of_answer;

/// The identity cache of every client: waits for the budget, then asks the cache behind it.
#[derive(Debug)]
pub(crate) struct Gate {
    budget: RateBudget,
    cache: SharedIdentityCache,
}

impl Gate {
    pub(crate) fn new(budget: RateBudget, cache: SharedIdentityCache) -> Self {
        Self { budget, cache }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is added to the trait is forwarded too")]
impl ResolveCachedIdentity for Gate {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            if let Some(api) = config.load::<Metadata>().map(api) {
                let permit = self.budget.acquire(Request::new(api)).await;
                let sending = Sending::begin().await;
                if let Some(slot) = config.load::<Slot>() {
                    slot.put(permit, sending);
                }
            }
            self.cache.resolve_cached_identity(resolver, components, config).await
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.cache.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.cache.validate_final_config(components, config)
    }
}

/// The permit of the attempt that is under way, from the gate to the witness.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<(Permit, Sending)>>>);

impl Slot {
    fn put(&self, permit: Permit, sending: Sending) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((permit, sending));
    }

    fn take(&self) -> Option<Permit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map(|(permit, _)| permit)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

impl Storable for Slot {
    type Storer = StoreReplace<Self>;
}

/// Creations that AWS does not deduplicate, neither by a name nor by a token. The SDK sends them once: after a lost answer it
/// would make a second object, where the engine looks for the first.
const ONCE: [&str; 7] = [
    "cognito-idp:CreateUserPool",
    "ec2:AllocateAddress",
    "ec2:CreateInternetGateway",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ecs:RegisterTaskDefinition",
    "kms:CreateKey",
];

/// Tells the budget what each attempt was answered, and how often the SDK tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Witness;

impl Intercept for Witness {
    fn name(&self) -> &'static str {
        "MateRateBudget"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(Slot::default());
        Ok(())
    }

    // Which operation it is stands in the configuration from here on.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Metadata>().map(api).is_some_and(|api| ONCE.contains(&api.as_str())) {
            config.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }

    // The identity and the signature may have taken their time.
    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if Sending::is_allowed() {
            Ok(())
        } else {
            Err("the lease of the run has ended: the request was not sent".into())
        }
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failed = matches!(context.output_or_error(), Some(Err(_)));
        if failed && let Some(attempts) = config.load::<RequestAttempts>() {
            let _ = TRIED.try_with(|tried| tried.fetch_max(attempts.attempts(), Ordering::Relaxed));
        }
        if let Some(permit) = config.load::<Slot>().and_then(Slot::take) {
            permit.answered(match (failed, context.response()) {
                (false, _) => context.output_or_error().map_or(Answer::Done, succeeded),
                (true, Some(response)) => answer(response),
                (true, None) => Answer::Failed,
            });
        }
        Ok(())
    }
}

tokio::task_local! {
    /// The most attempts that the SDK made at a call that failed, within one call of the provider.
    static TRIED: AtomicU32;
}

/// Makes a call of the provider. Its error carries the number of attempts.
pub(crate) async fn counted<T>(call: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
    let work = async {
        let answer = call.await;
        answer.map_err(|error| error.with_attempts(TRIED.with(|tried| tried.load(Ordering::Relaxed))))
    };
    TRIED.scope(AtomicU32::new(0), work).await
}

/// The operation as MATE names it: `ecs:CreateService`.
fn api(metadata: &Metadata) -> String {
    let service = match metadata.service() {
        "Application Auto Scaling" => "application-autoscaling",
        "CloudWatch Logs" => "logs",
        "Cognito Identity Provider" => "cognito-idp",
        "Elastic Load Balancing v2" => "elbv2",
        "EventBridge" => "events",
        "Resource Groups Tagging API" => "tagging",
        other => return format!("{}:{}", other.to_ascii_lowercase().replace(' ', ""), metadata.name()),
    };
    format!("{service}:{}", metadata.name())
}

/// The meaning of a successful answer for the rate. An answer of EventBridge tells the fate of each entry.
fn succeeded(answer: Result<&Output, &OrchestratorError<Error>>) -> Answer {
    #[cfg(feature = "eventbridge")]
    if let Ok(output) = answer
        && let Some(output) = output.downcast_ref()
    {
        return crate::event_bridge::answer(output);
    }
    let _ = answer;
    Answer::Done
}

/// The meaning of an error response for the rate: by its code, or by its status where it has no known code.
fn answer(response: &HttpResponse) -> Answer {
    let status = response.status().as_u16();
    let header = response.headers().get("x-amzn-errortype").map(plain);
    let body = response.body().bytes().map(String::from_utf8_lossy);
    let code = header.or_else(|| body.as_deref().and_then(code));
    Answer::of(Some(class_of_answer(code.as_deref(), status, ErrorClass::Transient)))
}

/// The code in the body of an error: of the JSON protocols, or of the XML ones.
fn code(body: &str) -> Option<String> {
    if body.trim_start().starts_with('{') {
        let value: serde_json::Value = serde_json::from_str(body).ok()?;
        let fields = ["__type", "code", "Code"];
        return fields.iter().find_map(|field| value[field].as_str()).map(plain);
    }
    let (_, rest) = body.split_once("<Code>")?;
    Some(plain(rest.split_once("</Code>")?.0))
}

/// A code without its namespace and without the documentation's address: `aws.ecs#ThrottlingException:http://…`.
fn plain(code: &str) -> String {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim().to_owned()
}

#[cfg(test)]
mod tests;
