mod candidates;
mod matching;
mod outputs;
mod state;
mod tables;
#[cfg(feature = "testing")]
mod whole;

use super::*;
use crate::model::ids::{KindName, NodeId};
use crate::model::{Graph, Kinds, Node, Tags};
use serde_json::{Value, json};

fn kind(name: &str) -> KindName {
    name.parse().unwrap()
}

fn id(node: &str) -> NodeId {
    node.parse().unwrap()
}

fn reference(node: &str, output: &str) -> Value {
    json!({ "$node": node, "$output": output })
}

/// A graph of nodes: id, kind, inputs. A node is called `mate-dev-{id}`.
fn graph(nodes: &[(&str, &str, Value)]) -> Graph {
    let mut graph = Graph::new();
    for (node, of, inputs) in nodes {
        let node = Node {
            id: id(node),
            kind: kind(of),
            name: format!("mate-dev-{node}"),
            inputs: inputs.clone().into(),
            tags: Tags::new(),
            existing: None,
            former: Default::default(),
        };
        graph.insert(node).unwrap();
    }
    graph
}

fn found(of: &str, physical_id: &str) -> Candidate {
    Candidate::new(&Kinds::standard(), kind(of), physical_id, physical_id)
}

fn hinted(of: &str, physical_id: &str, hints: &[(&str, &str)]) -> Candidate {
    let hints = hints.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
    Candidate { hints, ..found(of, physical_id) }
}

fn tagged(of: &str, physical_id: &str, name: &str) -> Candidate {
    Candidate { tags: [("Name".to_owned(), name.to_owned())].into(), ..found(of, physical_id) }
}
