//! The rules of a web ACL, between their three forms and the service's own: blocked countries, the limit of requests,
//! managed rule groups; they judge in this order.

use aws_sdk_wafv2::types::{
    BlockAction, CountryCode, DefaultAction, GeoMatchStatement, ManagedRuleGroupStatement, NoneAction, OverrideAction,
    RateBasedStatement, RateBasedStatementAggregateKeyType, Rule, RuleAction, Statement, VisibilityConfig, WebAcl,
};
use mate_core::kinds::web_acl::WebAclInputs;
use serde_json::{Value, json};

const COUNTRIES: &str = "block-countries";
const RATE: &str = "rate-limit";
const MANAGED: &str = "AWS-";
const VENDOR: &str = "AWS";
/// Seconds over which requests are counted.
const WINDOW: i64 = 300;

/// The metrics and samples of a rule, or of the whole.
pub(super) fn visibility(name: &str) -> VisibilityConfig {
    VisibilityConfig::builder()
        .sampled_requests_enabled(true)
        .cloud_watch_metrics_enabled(true)
        .metric_name(name)
        .build()
        .expect("a configuration with its members")
}

/// The rules that the inputs ask for.
pub(super) fn wanted(inputs: &WebAclInputs) -> Vec<Rule> {
    let countries = (!inputs.blocked_countries.is_empty()).then(|| {
        let codes = inputs.blocked_countries.iter().map(|code| CountryCode::from(code.as_str())).collect();
        let geo = GeoMatchStatement::builder().set_country_codes(Some(codes)).build();
        (COUNTRIES.to_owned(), Statement::builder().geo_match_statement(geo).build())
    });
    let rate = inputs.rate_limit.map(|limit| {
        let rate = RateBasedStatement::builder()
            .limit(i64::from(limit))
            .evaluation_window_sec(WINDOW)
            .aggregate_key_type(RateBasedStatementAggregateKeyType::Ip)
            .build()
            .expect("a statement with its limit and key");
        (RATE.to_owned(), Statement::builder().rate_based_statement(rate).build())
    });
    let managed = inputs.managed_rule_groups.iter().map(|group| {
        let managed = ManagedRuleGroupStatement::builder()
            .vendor_name(VENDOR)
            .name(group)
            .build()
            .expect("a statement with its vendor and name");
        (format!("{MANAGED}{group}"), Statement::builder().managed_rule_group_statement(managed).build())
    });
    let rule = |(priority, (name, statement)): (i32, (String, Statement))| {
        let rule = Rule::builder().priority(priority).visibility_config(visibility(&name));
        let rule = match statement.managed_rule_group_statement() {
            Some(_) => rule.override_action(OverrideAction::builder().none(NoneAction::builder().build()).build()),
            None => rule.action(RuleAction::builder().block(BlockAction::builder().build()).build()),
        };
        rule.name(name).statement(statement).build().expect("a rule with its name, priority and metrics")
    };
    (0..).zip(countries.into_iter().chain(rate).chain(managed)).map(rule).collect()
}

/// The rules that a web ACL has once the named fields are as the inputs want them. Rules of no form go with the groups.
pub(super) fn changed(live: &WebAcl, inputs: &WebAclInputs, named: impl Fn(&str) -> bool) -> Vec<Rule> {
    let (live, wanted) = (sorted(live), wanted(inputs));
    let mut rules: Vec<Rule> = Vec::new();
    for (field, place) in [("blocked_countries", 0), ("rate_limit", 1), ("managed_rule_groups", 2)] {
        let source: Vec<&Rule> = if named(field) { wanted.iter().collect() } else { live.clone() };
        for rule in source.into_iter().filter(|rule| Form::of(rule).map_or(2, |form| form.place()) == place) {
            if !rules.iter().any(|taken| taken.name == rule.name) {
                rules.push(rule.clone());
            }
        }
    }
    for (rule, priority) in rules.iter_mut().zip(0..) {
        rule.priority = priority;
    }
    rules
}

fn sorted(live: &WebAcl) -> Vec<&Rule> {
    let mut rules: Vec<&Rule> = live.rules().iter().collect();
    rules.sort_by_key(|rule| rule.priority());
    rules
}

/// The live rules as inputs, whatever they are called. What is none of the forms, or does not stand where its form stands, is told as one more
/// rule group with words for its name: so it differs from every wish, and a plan shows and repairs it.
pub(super) fn told(live: &WebAcl) -> Value {
    let (mut countries, mut rate, mut groups) = (Vec::new(), None, Vec::new());
    let mut place = 0;
    for rule in sorted(live) {
        match Form::of(rule).filter(|form| form.place() >= place) {
            Some(form) => {
                place = form.place();
                match form {
                    Form::Countries(codes) => countries = codes,
                    Form::Rate(limit) => rate = Some(limit),
                    Form::Managed(group) => groups.push(group),
                }
            }
            None => groups.push(format!("rule {} of another form", rule.name())),
        }
    }
    if live.default_action().and_then(DefaultAction::allow).is_none() {
        groups.push("default action of another form".to_owned());
    }
    json!({ "rate_limit": rate, "managed_rule_groups": groups, "blocked_countries": countries })
}

enum Form {
    Countries(Vec<String>),
    Rate(u32),
    Managed(String),
}

impl Form {
    fn of(rule: &Rule) -> Option<Self> {
        let seen = rule.visibility_config()?;
        if !seen.sampled_requests_enabled() || !seen.cloud_watch_metrics_enabled() {
            return None;
        }
        let statement = rule.statement()?;
        let blocks = rule.action().and_then(RuleAction::block).is_some_and(|block| block.custom_response().is_none());
        if let Some(geo) = statement.geo_match_statement() {
            let plain = blocks && geo.forwarded_ip_config().is_none();
            let codes = || geo.country_codes().iter().map(|code| code.as_str().to_owned()).collect();
            return plain.then(|| Self::Countries(codes()));
        }
        if let Some(rate) = statement.rate_based_statement() {
            // Where it is left out it is 300 seconds.
            let plain = blocks
                && [0, WINDOW].contains(&rate.evaluation_window_sec())
                && *rate.aggregate_key_type() == RateBasedStatementAggregateKeyType::Ip
                && rate.scope_down_statement().is_none()
                && rate.custom_keys().is_empty();
            return u32::try_from(rate.limit()).ok().filter(|_| plain).map(Self::Rate);
        }
        let managed = statement.managed_rule_group_statement()?;
        let plain = managed.vendor_name() == VENDOR
            && managed.version().is_none()
            && managed.excluded_rules().is_empty()
            && managed.scope_down_statement().is_none()
            && managed.managed_rule_group_configs().is_empty()
            && managed.rule_action_overrides().is_empty()
            && rule.override_action().is_some_and(|action| action.none().is_some());
        plain.then(|| Self::Managed(managed.name().to_owned()))
    }

    fn place(&self) -> u8 {
        match self {
            Self::Countries(_) => 0,
            Self::Rate(_) => 1,
            Self::Managed(_) => 2,
        }
    }
}
