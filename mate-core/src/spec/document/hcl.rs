//! Reads the HCL of a `terraform.tfvars`: attributes with literal values.

use hcl::edit::Span;
use hcl::edit::expr::{Expression, Object, ObjectKey, UnaryOperator};
use hcl::edit::parser;
use hcl::edit::structure::Structure;

use super::raw::{Raw, Table};
use crate::spec::error::SpecError;

pub(crate) fn parse(text: &str) -> Result<Table, SpecError> {
    let body = parser::parse_body(text).map_err(|error| {
        let (line, column) = (error.location().line(), error.location().column());
        SpecError::new("", format!("is not HCL: line {line}, column {column}: {}", error.message()))
    })?;
    let mut table = Table::default();
    for structure in &body {
        match structure {
            Structure::Attribute(attribute) => {
                table.insert(attribute.key.as_str().to_owned(), value(text, &attribute.value));
            }
            Structure::Block(block) => {
                table.insert(block.ident.as_str().to_owned(), Raw::Foreign("a block; write = before the {".to_owned()));
            }
        }
    }
    Ok(table)
}

fn value(text: &str, expression: &Expression) -> Raw {
    match expression {
        Expression::Null(_) => Raw::Null,
        Expression::Bool(flag) => Raw::Bool(*flag.value()),
        Expression::Number(number) => {
            let number = number.value();
            let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            integer.map_or_else(|| Raw::Float(number.as_f64().unwrap_or(f64::INFINITY)), Raw::Integer)
        }
        Expression::String(string) => Raw::Text(string.value().clone()),
        Expression::Array(items) => Raw::List(items.iter().map(|item| value(text, item)).collect()),
        Expression::Object(object) => Raw::Table(table(text, object)),
        Expression::Parenthesis(inner) => value(text, inner.inner()),
        Expression::UnaryOp(operation) => match (*operation.operator.value(), value(text, &operation.expr)) {
            (UnaryOperator::Neg, Raw::Integer(number)) => Raw::Integer(-number),
            (UnaryOperator::Neg, Raw::Float(number)) => Raw::Float(-number),
            _ => no_literal(text, expression),
        },
        other => no_literal(text, other),
    }
}

fn no_literal(text: &str, expression: &Expression) -> Raw {
    let source = expression.span().and_then(|span| text.get(span)).unwrap_or("…");
    let shown: String = source.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
    Raw::Foreign(format!("the expression {shown}, which is not a literal"))
}

fn table(text: &str, object: &Object) -> Table {
    let mut table = Table::default();
    for (key, entry) in object {
        let name = match key {
            ObjectKey::Ident(name) => name.as_str().to_owned(),
            ObjectKey::Expression(Expression::String(name)) => name.value().clone(),
            ObjectKey::Expression(other) => no_literal(text, other).to_string(),
        };
        table.insert(name, value(text, entry.expr()));
    }
    table
}
