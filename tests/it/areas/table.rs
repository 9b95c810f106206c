//! Populations come as a table with the headings of COD-PS.

use serde_json::{Value, json};

use crate::support::server::{Server, migrate};
use crate::support::{on_both_databases, real_file};
use relief_ledger::auth::Role;

const PATH: &str = "/api/v1/populations/table?source=COD-PS&source_version=2024&year=2024";

on_both_databases! {
    migrate: migrate;

    fn a_table_of_populations_is_stated(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let send = |path: &str, table: &str| manager.upload(path, "text/csv", table.as_bytes());
        let table = "ADM0_PCODE,ADM1_PCODE,ADM1_EN,ADM2_PCODE,F_TL,M_TL,T_TL,F_00_04,M_80PLUS\n\
                     GM,GM01,\"Banjul, the city\",,\"16,000\",15000,31000,2000,100\n\
                     GM,GM01,Banjul,GM0101,,,12000.0,,\n\
                     GMB,,,,,,2700000,,\n";
        let stated = send(PATH, table).expect(201);
        assert_eq!((&stated["stated"], &stated["areas"]), (&json!(7), &json!(3)), "{stated:#}");
        let of = |area: &str| -> Vec<(Value, Value)> {
            let page = manager.get(&format!("/api/v1/populations?area={area}")).expect(200);
            let rows = page["items"].as_array().expect("items").iter();
            rows.map(|row| (row["group"].clone(), row["people"].clone())).collect()
        };
        let rows = |rows: &[(&str, i64)]| -> Vec<(Value, Value)> {
            rows.iter().map(|(group, people)| (json!(group), json!(people))).collect()
        };
        assert_eq!(of("GM01"), rows(&[("female", 16_000), ("male", 15_000), ("all", 31_000), ("female_0_4", 2_000),
            ("male_80_plus", 100)]));
        assert_eq!((of("GM0101"), of("GM")), (rows(&[("all", 12_000)]), rows(&[("all", 2_700_000)])));

        // One level alone; and each fault by its line.
        let first = send(&format!("{PATH}&level=1").replace("version=2024", "version=2025"), table).expect(201);
        assert_eq!((&first["stated"], &first["areas"]), (&json!(5), &json!(1)));
        let wrong = "ADM1_PCODE,T_TL\nGM01,many\nBanjul,3\n,4\n";
        send(PATH, wrong).refused("invalid", &["/lines/2", "/lines/4"]);
        send(PATH, "ADM1_PCODE,T_TL\nBanjul,3\n").refused("invalid", &["/rows/0/area"]);
        send(PATH, "name,people\nBanjul,3\n").refused("invalid", &["", ""]);
        send(PATH, "ADM1_PCODE,T_TL,Population\nGM01,3,4\n").refused("invalid", &[""]);
        send(PATH, "ADM1_PCODE,T_TL\nGM01,3\nGM01,3\n").refused("invalid", &["/rows/1"]);
    }

    fn the_populations_of_cod_ps_are_stated(database: &TestDatabase) {
        let Some(path) = real_file("cod-ps-subnational.csv") else { return };
        let table = std::fs::read(path).expect("it is read");
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let id = uuid::Uuid::now_v7();
        let send = || manager.upload(&format!("{PATH}&level=1&id={id}"), "text/csv", &table);
        let stated = send().expect(201);
        assert_eq!((&stated["stated"], &stated["areas"]), (&json!(1_127), &json!(1_127)), "Menaka in Mali has none: {stated:#}");
        assert_eq!(send().expect(200)["receipt"], Value::Null, "the same again changes nothing");
        let read = manager.get("/api/v1/populations?area=AF01").expect(200);
        assert_eq!(read["items"][0]["people"], 6_700_513);
        let barisal = manager.get("/api/v1/populations?area=BD10").expect(200);
        assert_eq!(barisal["items"][0]["people"], 8_325_666, "the file leaves the country's letters out");
        let honduras = manager.get("/api/v1/populations?country=HN&limit=500").expect(200);
        assert_eq!(honduras["items"].as_array().map(Vec::len), Some(18));
    }
}
