//! The plans by which PostgreSQL carries out what costs with the number of tenants.

use mate::state::{Log, Records};

use crate::builder;
use crate::postgres::Server;

/// A fleet of 10,000 tenants with a record and three entries of a log each.
async fn fleet(server: &Server, schema: &str) {
    let tenants = "CROSS JOIN (SELECT 't' || lpad(n::text, 5, '0') AS tenant FROM generate_series(0, 9999) AS n) AS of";
    server
        .sql(&format!(
            "INSERT INTO {schema}.slot (environment, tenant, lease, version, lineage, body)
            SELECT 'dev', tenant, '{{}}', 1, 'lineage', repeat('body', 100) FROM (SELECT 1) AS one {tenants};
            INSERT INTO {schema}.log (environment, tenant, seq, hash, body)
            SELECT 'dev', tenant, seq, '', repeat('body', 100) FROM generate_series(1, 3) AS seq {tenants}"
        ))
        .await;
    // Each in a session of its own: a vacuum may not stand in a transaction.
    for table in ["slot", "log"] {
        server.sql(&format!("VACUUM ANALYZE {schema}.{table}")).await;
    }
}

/// The statements that the store has sent about this table, as the server has logged them.
fn sent(server: &Server, table: &str) -> Vec<String> {
    let log = server.log();
    let statements = log.lines().filter_map(|line| line.split_once("execute s")?.1.split_once(": "));
    statements.map(|(_, statement)| statement.to_owned()).filter(|statement| statement.contains(table)).collect()
}

/// The plan of a page, whatever the values of its parameters.
async fn plan(server: &Server, statement: &str) -> Vec<String> {
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; PREPARE page AS {statement};
        EXPLAIN (COSTS OFF) EXECUTE page('', '', 1000)"
    );
    server.sql(&explain).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_listed_in_pages_by_an_index_without_their_rows() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let store = builder(&server).schema(&schema).open().await.unwrap();
    fleet(&server, &schema).await;
    let keys = store.list().await.unwrap();
    assert!(keys.len() == 10_000 && keys.is_sorted());
    let pages = sent(&server, &format!("\"{schema}\".slot"));
    assert_eq!(pages.len(), 11, "ten full pages, and an empty one: {:?}", pages.first());
    let plan = plan(&server, &pages[0]).await;
    assert!(plan.iter().any(|step| step.contains("Index Only Scan using record_keys on slot")), "{plan:#?}");
    assert!(!plan.iter().any(|step| step.contains("Sort") || step.contains("Seq Scan")), "{plan:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_listed_in_pages_by_an_index_of_their_first_entries() {
    let server = Server::shared();
    let schema = server.fresh_schema();
    let store = builder(&server).schema(&schema).open().await.unwrap();
    fleet(&server, &schema).await;
    let keys = store.logged().await.unwrap();
    assert!(keys.len() == 10_000 && keys.is_sorted());
    let pages = sent(&server, &format!("\"{schema}\".log"));
    assert_eq!(pages.len(), 11, "ten full pages, and an empty one: {:?}", pages.first());
    let plan = plan(&server, &pages[0]).await;
    assert!(plan.iter().any(|step| step.contains("Index Only Scan using log_begins on log")), "{plan:#?}");
    assert!(!plan.iter().any(|step| step.contains("Sort") || step.contains("Seq Scan")), "{plan:#?}");
}
