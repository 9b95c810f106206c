//! The test machinery itself: what it promises to every story.

use diesel::connection::SimpleConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types};

use super::on_both_databases;
use super::postgres::{PostgresCluster, PostgresDatabase, connect};

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

/// Stands for the product's migration: one table with one row, made on either database.
fn migrate(url: &str) {
    let sql = "CREATE TABLE note (text TEXT NOT NULL); INSERT INTO note VALUES ('migrated')";
    execute(url, sql);
}

fn execute(url: &str, sql: &str) {
    match url.strip_prefix("sqlite://") {
        Some(file) => SqliteConnection::establish(file).expect("the file opens").batch_execute(sql),
        None => connect(url).batch_execute(sql),
    }
    .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn notes(url: &str) -> Vec<String> {
    let query = sql_query("SELECT text AS value FROM note ORDER BY length(text) DESC");
    let rows: Vec<Setting> = match url.strip_prefix("sqlite://") {
        Some(file) => query.load(&mut SqliteConnection::establish(file).expect("the file opens")),
        None => query.load(&mut connect(url)),
    }
    .expect("the notes are readable");
    rows.into_iter().map(|row| row.value).collect()
}

on_both_databases! {
    migrate: migrate;

    fn each_story_gets_a_migrated_database_of_its_own(database: &TestDatabase) {
        execute(database.url(), "INSERT INTO note VALUES ('mine')");
        assert_eq!(notes(database.url()), ["migrated", "mine"]);
    }
}

#[test]
fn what_one_postgres_test_writes_no_other_sees_and_it_is_dropped_at_the_end() {
    let first = PostgresDatabase::from_template(migrate);
    let name = std::any::type_name_of_val(&migrate);
    let second = PostgresDatabase::from_named_template(name, |_| panic!("the template is there already"));
    execute(first.url(), "INSERT INTO note VALUES ('first')");
    assert_eq!(notes(second.url()), ["migrated"]);

    let url = first.url().to_owned();
    drop(first);
    assert!(diesel::PgConnection::establish(&url).is_err(), "{url} should be gone");
    assert_eq!(notes(second.url()), ["migrated"]);
}

#[test]
fn an_empty_postgres_database_has_no_table() {
    let database = PostgresDatabase::empty();
    let tables = "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'";
    let found: Vec<Setting> =
        sql_query(tables).load(&mut connect(database.url())).expect("the tables are listed");
    assert!(found.is_empty());
}

#[test]
fn a_drill_gets_a_cluster_of_its_own_with_its_own_settings() {
    let cluster = PostgresCluster::start(&["fsync=on"]);
    let fsync: Setting = sql_query("SELECT current_setting('fsync') AS value")
        .get_result(&mut connect(cluster.url()))
        .expect("the setting is readable");
    assert_eq!(fsync.value, "on");

    let url = cluster.url().to_owned();
    drop(cluster);
    assert!(diesel::PgConnection::establish(&url).is_err(), "the server at {url} should have stopped");
}
