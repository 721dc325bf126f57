//! The standard blueprint with other ids: what a record has whose nodes were renamed.

use std::collections::BTreeMap;

use mate::blueprint::{Blueprint, Design, TenantBlueprint};
use mate::model::{Graph, GraphError};
use mate::spec::{Base, ResolvedTenant};
use serde_json::Value;

/// Other ids, by those of the standard blueprint.
#[derive(Debug, Clone)]
pub(crate) struct Renamed(pub(crate) BTreeMap<String, String>);

impl Renamed {
    fn id(&self, id: &str) -> String {
        self.0.get(id).map_or(id, String::as_str).to_owned()
    }

    /// References to a node name its other id.
    fn value(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(id) if name == "$node" => *id = self.id(id),
                        field => self.value(field),
                    }
                }
            }
            _ => {}
        }
    }
}

impl Blueprint for Renamed {
    fn design(&self, tenant: &ResolvedTenant, base: &Base) -> Result<Design, GraphError> {
        let mut design = TenantBlueprint.design(tenant, base)?;
        let mut graph = Graph::new();
        for node in design.graph.nodes() {
            let mut node = node.clone();
            let id = self.id(node.id.as_str());
            node.id = id.parse().unwrap();
            node.tags.insert("Component".to_owned(), id);
            self.value(&mut node.inputs);
            graph.insert(node)?;
        }
        let mut outputs = serde_json::to_value(&design.outputs).unwrap();
        self.value(&mut outputs);
        design.outputs = serde_json::from_value(outputs).unwrap();
        design.graph = graph;
        Ok(design)
    }
}
