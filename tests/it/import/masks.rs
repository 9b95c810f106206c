//! What stories of files share: mappings of mask deliveries, a file's plan, an import of it, and why rows of it were
//! rejected.

use relief_ledger::atlas::find_country;
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::import::{Imported, import};
use relief_ledger::exchange::mapping::Mapping;
use relief_ledger::exchange::plan::Plan;
use relief_ledger::exchange::planner::plan;
use relief_ledger::exchange::table::Table;
use relief_ledger::exchange::verdict::RowOutcome;
use relief_ledger::writer::{Writer, WriterSettings};

/// A mapping with every section an import needs, with what differs: columns, item and line, the consignment's way,
/// and what more a receipt says.
macro_rules! mapping {
    ($columns:literal, $goods:literal, $way:literal, $received:literal) => {
        concat!(
            "name = \"masks\"\ntitle = \"Mask deliveries\"\n",
            $columns,
            r#"
[programme]
reference = "masks"
name = "Masks"
[[organization]]
as = "donor"
reference = "donor:{Donor}"
name = "{Donor}"
roles = ["donor", "consignor"]
[[organization]]
as = "city"
reference = "city:{City}"
name = "City of {City}"
roles = ["consignee"]
country = "{Country}"
[[site]]
as = "start"
kind = "warehouse"
reference = "start"
name = "Warehouse"
[[site]]
as = "end"
kind = "city"
reference = "end:{City}"
name = "{City}"
country = "{Country}"
"#,
            $goods,
            r#"
[pledge]
reference = "{Gift}"
donor = "donor"
[consignment]
reference = "{Waybill}"
consignor = "donor"
consignee = "city"
country = "{Country}"
"#,
            $way,
            r#"
[[event]]
kind = "accepted"
occurred = ["Delivered"]
when_rows_differ = "earliest"
[[event]]
kind = "received"
occurred = ["Delivered"]
"#,
            $received
        )
    };
}
pub(crate) use mapping;

/// What a mapping makes of a file.
pub fn planned(mapping: &str, file: impl Into<Vec<u8>>) -> Plan {
    let mapping = Mapping::parse(mapping).unwrap();
    let table = Table::from_bytes(file.into(), &mapping.table_options()).unwrap();
    plan(&table, &mapping, &country_of).unwrap()
}

/// The code of a country, or why there is none.
pub fn country_of(name: &str) -> Result<String, String> {
    find_country(name).map(|code| code.as_str().to_owned()).map_err(|error| error.to_string())
}

/// A writer as an import has one.
pub fn writer(url: &str) -> Writer {
    Writer::start(WriterSettings::of(url)).unwrap()
}

/// Brings a plan into the ledger.
pub fn recorded(url: &str, plan: &Plan) -> Imported {
    let writer = writer(url);
    let imported =
        import(&plan.clone().into(), &mut Recorder::Writer(writer.clone()), &mut |_, _| {}).unwrap();
    writer.stop();
    imported
}

/// Every reason a row was rejected for, as it is printed.
pub fn rejections(imported: &Imported) -> Vec<String> {
    let problems = imported.verdicts.iter().filter_map(|verdict| match &verdict.outcome {
        RowOutcome::Rejected { problems } => Some(problems),
        RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => None,
    });
    problems.flatten().map(ToString::to_string).collect()
}

/// Every reason a row of a plan was rejected for already.
pub fn reasons(plan: &Plan) -> Vec<String> {
    plan.problems().map(ToString::to_string).collect()
}
