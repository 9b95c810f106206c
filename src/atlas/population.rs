//! How many people live in a country: the medium variant of the United Nations' World Population Prospects 2024.
//!
//! Each figure says its source and whether it was published for its year or lies between two published years. It is
//! never mixed with a population of another source in one cap: whoever asks carries the source along.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use super::country::{CountryCode, country_by_iso3};
use super::sheet::{Column, DataError, Row, Sheet};

const FILE: &str = "population_wpp2024.csv.gz";
const PACKED: &[u8] = include_bytes!("../../data/population_wpp2024.csv.gz");
/// Several times what the file unpacks to.
const UNPACKED_BYTES_MAX: u64 = 4 << 20;
/// Years from one published figure to the next.
const YEARS_APART: i32 = 5;
const AGE_COLUMNS: [&str; 5] = ["age_0_4", "age_5_14", "age_15_24", "age_25_59", "age_60_plus"];

/// Where a population is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationSource {
    /// A name of its own, by which two sources are told apart.
    pub name: &'static str,
    /// Its edition.
    pub version: &'static str,
    /// What has to be printed.
    pub attribution: &'static str,
}

/// The source of the populations that ship with the program.
pub static WORLD_POPULATION: PopulationSource = PopulationSource {
    name: "UN World Population Prospects",
    version: "2024, medium variant",
    attribution: "United Nations, Department of Economic and Social Affairs, Population Division (2024). World \
                  Population Prospects 2024. CC BY 3.0 IGO.",
};

/// Whether a figure is the source's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopulationBasis {
    /// Published for this year.
    Published,
    /// On the straight line between the published years before and behind it.
    Interpolated,
}

/// People of one sex, by age in full years.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeopleByAge {
    /// Up to 4.
    pub age_0_4: u64,
    /// 5 to 14.
    pub age_5_14: u64,
    /// 15 to 24.
    pub age_15_24: u64,
    /// 25 to 59.
    pub age_25_59: u64,
    /// 60 and older.
    pub age_60_plus: u64,
}

impl PeopleByAge {
    /// All ages.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.groups().iter().sum()
    }

    fn groups(&self) -> [u64; 5] {
        [self.age_0_4, self.age_5_14, self.age_15_24, self.age_25_59, self.age_60_plus]
    }

    fn of_groups([age_0_4, age_5_14, age_15_24, age_25_59, age_60_plus]: [u64; 5]) -> Self {
        Self { age_0_4, age_5_14, age_15_24, age_25_59, age_60_plus }
    }
}

/// The population of a country in the middle of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// The country.
    pub country: CountryCode,
    /// The year.
    pub year: i32,
    /// Women and girls.
    pub female: PeopleByAge,
    /// Men and boys.
    pub male: PeopleByAge,
    /// Whether it is the source's own figure.
    pub basis: PopulationBasis,
    /// Where it is from.
    pub source: &'static PopulationSource,
}

impl Population {
    /// Everybody.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.female.total() + self.male.total()
    }
}

/// Women first.
type BySex = [PeopleByAge; 2];
type Table = BTreeMap<(CountryCode, i32), BySex>;

static TABLE: LazyLock<Result<Table, DataError>> = LazyLock::new(read_table);

/// The population of a country in a year from 2000 to 2050; `None` for other years, and for the thirteen
/// territories of the table of countries that the source does not have.
#[must_use]
pub fn population(country: CountryCode, year: i32) -> Option<Population> {
    let table = TABLE.as_ref().ok()?;
    let figure = |basis, [female, male]: BySex| Population {
        country,
        year,
        female,
        male,
        basis,
        source: &WORLD_POPULATION,
    };
    if let Some(published) = table.get(&(country, year)) {
        return Some(figure(PopulationBasis::Published, *published));
    }
    let past = year.rem_euclid(YEARS_APART);
    let before = table.get(&(country, year - past))?;
    let behind = table.get(&(country, year - past + YEARS_APART))?;
    let (far, near) = (past as u64, (YEARS_APART - past) as u64);
    let between = |place: usize| {
        let (before, behind) = (before[place].groups(), behind[place].groups());
        // Half a person is nobody: the five shares are whole people, so nothing lies exactly between two.
        PeopleByAge::of_groups(std::array::from_fn(|group| {
            (before[group] * near + behind[group] * far + YEARS_APART as u64 / 2) / YEARS_APART as u64
        }))
    };
    Some(figure(PopulationBasis::Interpolated, [between(0), between(1)]))
}

/// Says whether the embedded populations could be read.
///
/// # Errors
/// The first fault in the file.
pub fn check_populations() -> Result<(), DataError> {
    TABLE.as_ref().map(|_| ()).map_err(Clone::clone)
}

fn read_table() -> Result<Table, DataError> {
    let mut text = String::new();
    GzDecoder::new(PACKED).take(UNPACKED_BYTES_MAX).read_to_string(&mut text).map_err(|error| DataError {
        file: FILE,
        line: 0,
        column: "*",
        problem: format!("cannot be unpacked: {error}"),
    })?;
    let sheet = Sheet::parse(FILE, &text)?;
    let (iso3, year, sex) = (sheet.column("iso3")?, sheet.column("year")?, sheet.column("sex")?);
    let total = sheet.column("total")?;
    let ages: Vec<Column> = AGE_COLUMNS.iter().map(|name| sheet.column(name)).collect::<Result<_, _>>()?;
    let mut table = Table::new();
    for row in sheet.rows() {
        let text = row.text(iso3);
        let country = country_by_iso3(text)
            .ok_or_else(|| row.fault(iso3, format!("'{text}' is no country of countries.csv")))?;
        let place = row.word(sex, &[("F", 0), ("M", 1)])?;
        let people = read_people(row, &ages)?;
        if row.required::<u64>(total, "a number of people")? != people.total() {
            return Err(row.fault(total, "is not the sum of the ages".to_owned()));
        }
        table.entry((country.code(), row.required(year, "a year")?)).or_default()[place] = people;
    }
    Ok(table)
}

fn read_people(row: Row<'_>, ages: &[Column]) -> Result<PeopleByAge, DataError> {
    let mut groups = [0; 5];
    for (group, column) in groups.iter_mut().zip(ages) {
        *group = row.required(*column, "a number of people")?;
    }
    Ok(PeopleByAge::of_groups(groups))
}
