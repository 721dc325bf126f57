//! IAM policy documents as values: with late-bound resources, and the same however AWS writes them back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::{Input, Unresolved};

/// A policy document of version 2012-10-17.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Its name: letters and digits.
    pub sid: String,
    /// Allow or deny.
    pub effect: Effect,
    /// Services (`ecs-tasks.amazonaws.com`) and ARNs of accounts, roles and users (`arn:aws:iam::123456789012:root`), or
    /// `*`; only in trust and resource policies.
    pub principals: Vec<String>,
    /// The actions.
    pub actions: Vec<String>,
    /// The resources; none in a trust policy.
    pub resources: Vec<Input<String>>,
    /// Conditions: operator, key, values.
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<Input<String>>>>,
}

/// Allow or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allow.
    Allow,
    /// Deny; wins over every allow.
    Deny,
}

/// A document that is not one of ours: a form of IAM that the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy document has {0}, which this model does not know")]
#[non_exhaustive]
pub struct UnknownForm(pub String);

impl PolicyDocument {
    /// The trust policy of a role that an AWS service takes.
    #[must_use]
    pub fn trust(service: &str) -> Self {
        Self {
            statements: vec![Statement {
                principals: vec![service.to_owned()],
                resources: Vec::new(),
                ..Statement::allow("Trust", ["sts:AssumeRole"], Vec::new())
            }],
        }
    }

    /// The document as AWS reads it, in the form in which AWS shows it: a single value is a scalar, several are a list.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
    ///
    /// # Errors
    /// [`Unresolved`] while a resource or condition is still a reference.
    pub fn to_aws(&self) -> Result<Value, Unresolved> {
        let statements = self.statements.iter().map(Statement::to_aws).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "Version": "2012-10-17", "Statement": statements }))
    }

    /// Reads a document as AWS writes it: single values where lists may stand, any order of keys.
    ///
    /// # Errors
    /// [`UnknownForm`] for what the model does not know (`NotAction`, principals other than services and `*`).
    pub fn from_aws(document: &Value) -> Result<Self, UnknownForm> {
        let statements = match &document["Statement"] {
            Value::Array(items) => items.iter().map(Statement::from_aws).collect::<Result<Vec<_>, _>>()?,
            single @ Value::Object(_) => vec![Statement::from_aws(single)?],
            other => return Err(UnknownForm(format!("the Statement {other}"))),
        };
        Ok(Self { statements })
    }
}

impl Statement {
    /// A statement that allows `actions` on `resources`.
    #[must_use]
    pub fn allow<const N: usize>(sid: &str, actions: [&str; N], resources: Vec<Input<String>>) -> Self {
        Self {
            sid: sid.to_owned(),
            effect: Effect::Allow,
            principals: Vec::new(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources,
            conditions: BTreeMap::new(),
        }
    }

    /// The same with a condition.
    #[must_use]
    pub fn when(mut self, operator: &str, key: &str, values: Vec<Input<String>>) -> Self {
        self.conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
        self
    }

    fn to_aws(&self) -> Result<Value, Unresolved> {
        let texts = |inputs: &[Input<String>]| {
            let texts = inputs.iter().map(|input| input.get().cloned()).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, Unresolved>(scalar_or_list(&texts))
        };
        let mut statement = Map::new();
        statement.insert("Sid".into(), json!(self.sid));
        statement.insert("Effect".into(), json!(self.effect));
        match self.principals.as_slice() {
            [] => {}
            [all] if all == "*" => {
                statement.insert("Principal".into(), json!("*"));
            }
            several => {
                let (arns, services): (Vec<&String>, Vec<&String>) =
                    several.iter().partition(|principal| principal.starts_with("arn:"));
                let mut by_type = Map::new();
                for (name, principals) in [("AWS", arns), ("Service", services)] {
                    if !principals.is_empty() {
                        by_type.insert(name.into(), scalar_or_list(&principals));
                    }
                }
                statement.insert("Principal".into(), Value::Object(by_type));
            }
        }
        statement.insert("Action".into(), scalar_or_list(&self.actions));
        if !self.resources.is_empty() {
            statement.insert("Resource".into(), texts(&self.resources)?);
        }
        if !self.conditions.is_empty() {
            let mut operators = Map::new();
            for (operator, keys) in &self.conditions {
                let keys = keys
                    .iter()
                    .map(|(key, values)| Ok((key.clone(), texts(values)?)))
                    .collect::<Result<Map<_, _>, Unresolved>>()?;
                operators.insert(operator.clone(), Value::Object(keys));
            }
            statement.insert("Condition".into(), Value::Object(operators));
        }
        Ok(Value::Object(statement))
    }

    fn from_aws(value: &Value) -> Result<Self, UnknownForm> {
        let object = value.as_object().ok_or_else(|| UnknownForm(format!("the statement {value}")))?;
        const KNOWN: [&str; 6] = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
        if let Some(unknown) = object.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(UnknownForm(unknown.clone()));
        }
        let principals = match object.get("Principal") {
            None => Vec::new(),
            Some(Value::Object(by_type))
                if by_type.keys().all(|key| key == "AWS") && texts(by_type.get("AWS")) == ["*"] =>
            {
                vec!["*".to_owned()]
            }
            Some(Value::Object(by_type)) if by_type.keys().all(|key| key == "Service" || key == "AWS") => {
                let mut principals = texts(by_type.get("AWS"));
                principals.extend(texts(by_type.get("Service")));
                principals
            }
            Some(Value::String(all)) if all == "*" => vec!["*".to_owned()],
            Some(other) => return Err(UnknownForm(format!("the Principal {other}"))),
        };
        let effect = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            other => return Err(UnknownForm(format!("the Effect {other:?}"))),
        };
        let literals = |value: Option<&Value>| texts(value).into_iter().map(Input::Literal).collect::<Vec<_>>();
        let conditions = object
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(operator, keys)| {
                let keys = keys.as_object().into_iter().flatten();
                (operator.clone(), keys.map(|(key, values)| (key.clone(), literals(Some(values)))).collect())
            })
            .collect();
        Ok(Self {
            sid: object.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned(),
            effect,
            principals,
            actions: texts(object.get("Action")),
            resources: literals(object.get("Resource")),
            conditions,
        })
    }
}

/// `"s3:GetObject"` for one value, `["s3:GetObject", "s3:PutObject"]` for several.
fn scalar_or_list<T: AsRef<str>>(texts: &[T]) -> Value {
    match texts {
        [one] => json!(one.as_ref()),
        several => several.iter().map(AsRef::as_ref).collect::<Vec<&str>>().into(),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Bool(flag)) => vec![flag.to_string()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let document = PolicyDocument {
            statements: vec![Statement::allow("Read", ["s3:GetObject"], vec!["arn:aws:s3:::b/*".into()]).when(
                "Bool",
                "aws:SecureTransport",
                vec!["true".into()],
            )],
        };
        assert_eq!(PolicyDocument::from_aws(&document.to_aws().unwrap()).unwrap(), document);
    }

    #[test]
    fn a_single_value_is_a_scalar_and_several_are_a_list() {
        let one = Statement {
            principals: vec!["arn:aws:iam::123456789012:root".into()],
            ..Statement::allow("One", ["s3:*"], vec!["arn:aws:s3:::b".into()])
        };
        let several = Statement::allow("Two", ["s3:GetObject", "s3:PutObject"], vec!["a".into(), "b".into()]);
        let document =
            PolicyDocument { statements: vec![one.when("Bool", "aws:SecureTransport", vec!["true".into()]), several] };
        assert_eq!(
            document.to_aws().unwrap(),
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "One", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:*",
                 "Resource": "arn:aws:s3:::b", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
                {"Sid": "Two", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a", "b"]},
            ]})
        );
    }

    #[test]
    fn single_values_are_read_as_lists_of_one() {
        let aws = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "Trust", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}
        }});
        assert_eq!(PolicyDocument::from_aws(&aws).unwrap(), PolicyDocument::trust("ecs-tasks.amazonaws.com"));
    }

    #[test]
    fn what_the_model_does_not_know_is_refused_by_name() {
        let aws = json!({"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]});
        assert_eq!(PolicyDocument::from_aws(&aws), Err(UnknownForm("NotAction".into())));
    }
}
