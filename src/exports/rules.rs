//! What may be taken away, and the words files bear. Pure.

use crate::atlas::CountryCode;
use crate::auth::Scope;
use crate::core::check::Check;
use crate::core::id::{ConsignmentId, ItemId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::ledger::KnownAt;
use crate::reconciliation::rules::{Filters, Group, Question, period, read_from, read_to};
use crate::totals::rules::{PlaceMeaning, read_as_of, read_known_at};
use serde::Deserialize;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// One row for each entry, for spreadsheets
    Csv,
    /// The same, an object a line
    Ndjson,
    /// A workbook: summary, reconciliation, entries, discrepancies
    Xlsx,
    /// What is held by programme, item and place, with HXL hashtags
    Hxl,
    /// An IATI 2.03 activity for each programme; needs publisher, publisher_name and publisher_type
    Iati,
    /// An EPCIS 2.0 event for each event of the ledger
    Epcis,
    /// What is held at each site, on a map
    Geojson,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] =
        [Self::Csv, Self::Ndjson, Self::Xlsx, Self::Hxl, Self::Iati, Self::Epcis, Self::Geojson];

    /// The word in paths and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
            Self::Hxl => "hxl",
            Self::Iati => "iati",
            Self::Epcis => "epcis",
            Self::Geojson => "geojson",
        }
    }

    /// Reads the word back.
    ///
    /// # Errors
    /// `invalid` at `/kind`, naming those there are.
    pub fn read(word: &str) -> Outcome<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::word).collect();
            Problem::field("/kind", format!("{word:?} is no kind of export; there are {}", known.join(", ")))
                .coded(Fault::NotAChoice)
        })
    }

    /// How its name ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
            Self::Hxl => "hxl.csv",
            Self::Iati => "iati.xml",
            Self::Epcis => "epcis.jsonld",
            Self::Geojson => "geojson",
        }
    }

    /// What the file is, to browsers.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Hxl => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Iati => "application/xml",
            Self::Epcis => "application/ld+json",
            Self::Geojson => "application/geo+json",
        }
    }

    /// Which filters it cannot be narrowed by.
    fn whole_in(self) -> &'static [&'static str] {
        match self {
            Self::Csv | Self::Ndjson | Self::Xlsx | Self::Hxl | Self::Geojson => &[],
            Self::Iati => &["donor", "pledge", "item", "country", "site", "consignment", "from"],
            Self::Epcis => &["programme", "donor", "item", "country", "from"],
        }
    }
}

/// Who publishes an IATI file, as its registry knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// Its identifier, such as XM-DAC-41304.
    pub reference: String,
    /// Its name.
    pub name: String,
    /// The code of its kind, such as 40 for a multilateral organization.
    pub kind: String,
}

/// A text as it stands in a comment of XML, which two hyphens side by side would end, however many there are, and one at its end
/// would as well.
pub fn comment(text: &str) -> String {
    let mut words = String::from(" ");
    for letter in text.chars() {
        if letter == '-' && words.ends_with('-') {
            words.push(' ');
        }
        words.push(letter);
    }
    words.push(' ');
    words
}

/// Kinds of organization that IATI has codes for.
const PUBLISHER_TYPES: [&str; 15] =
    ["10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80"];
/// Characters of a publisher's identifier or name.
const PUBLISHER_CHARS_MAX: usize = 200;

/// What a table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// What was added up: a row for each entry
    #[default]
    Entries,
    /// What was stated: a row for each record, which an import takes back
    Records,
}

/// What an export is narrowed to, and the moment it is told of
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams, clap::Args)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Of csv, ndjson and xlsx: entries, or records, which relief import takes back [default: entries]
    #[arg(long, value_enum)]
    #[param(inline)]
    pub table: Option<Rows>,
    /// Only this programme
    #[arg(long, value_name = "ID")]
    pub programme: Option<ProgrammeId>,
    /// Only this donor
    #[arg(long, value_name = "ID")]
    pub donor: Option<OrganizationId>,
    /// Only this pledge
    #[arg(long, value_name = "ID")]
    pub pledge: Option<PledgeId>,
    /// Only this item
    #[arg(long, value_name = "ID")]
    pub item: Option<ItemId>,
    /// Only goods in this country, such as GM
    #[arg(long, value_name = "CODE")]
    #[param(value_type = Option<String>)]
    pub country: Option<CountryCode>,
    /// Only goods at this site
    #[arg(long, value_name = "ID")]
    pub site: Option<SiteId>,
    /// Only goods of this consignment
    #[arg(long, value_name = "ID")]
    pub consignment: Option<ConsignmentId>,
    /// Only what took effect from this time on: RFC 3339, or a date from its first instant
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// And up to this time: RFC 3339, or a date for its whole day
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// The same as to
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same rows for ever
    #[arg(long, value_name = "SEQUENCE or TIME")]
    pub known_at: Option<String>,
    /// Of iati: the identifier of whoever publishes it, such as XM-DAC-41304
    #[arg(long, value_name = "IDENTIFIER")]
    pub publisher: Option<String>,
    /// Of iati: the name of whoever publishes it
    #[arg(long, value_name = "NAME")]
    pub publisher_name: Option<String>,
    /// Of iati: the code of the kind of organization that is, such as 40 for a multilateral one
    #[arg(long, value_name = "CODE")]
    pub publisher_type: Option<String>,
}

impl ExportQuery {
    /// The question to the ledger, as far as `scope` lets it be asked.
    ///
    /// # Errors
    /// `invalid` at the parameter that cannot be.
    pub fn question(&self, scope: Scope) -> Outcome<Question> {
        let until = (read_to(self.to.as_deref())?, read_as_of(self.as_of.as_deref())?);
        let (from, as_of) = period(read_from(self.from.as_deref())?, until.0, until.1)?;
        let named = [
            (Group::Programme, self.programme.map(|id| id.0)),
            (Group::Donor, self.donor.map(|id| id.0)),
            (Group::Pledge, self.pledge.map(|id| id.0)),
            (Group::Item, self.item.map(|id| id.0)),
            (Group::Site, self.site.map(|id| id.0)),
            (Group::Consignment, self.consignment.map(|id| id.0)),
        ];
        Ok(Question {
            group_by: Vec::new(),
            place: PlaceMeaning::At,
            filters: Filters {
                ids: named.into_iter().filter_map(|(group, id)| Some((group, id?))).collect(),
                country: self.country.map(|code| code.as_str().to_owned()),
                ..Filters::default()
            },
            scope,
            from,
            as_of,
            known_at: self.known_at()?,
            sections: Vec::new(),
        })
    }

    /// Refuses what a kind of file cannot be asked for, and reads who publishes it where that is part of the file.
    ///
    /// # Errors
    /// `invalid` at the parameter.
    pub fn publisher(&self, kind: Kind) -> Outcome<Option<Publisher>> {
        let whole = kind.whole_in();
        if let Some((name, value)) = self.filters().into_iter().find(|(name, _)| whole.contains(name)) {
            let words = format!(
                "{value} narrows a file of kind {} in a way it has no words for; leave it out",
                kind.word()
            );
            return Err(Problem::field(format!("/{name}"), words).coded(Fault::NotAllowed));
        }
        let given = [
            ("publisher", &self.publisher, "an identifier such as XM-DAC-41304"),
            ("publisher_name", &self.publisher_name, "a name"),
            ("publisher_type", &self.publisher_type, "a code such as 40"),
        ];
        if kind != Kind::Iati {
            return match given.into_iter().find(|(_, value, _)| value.is_some()) {
                Some((name, _, _)) => {
                    Err(Problem::field(format!("/{name}"), "is of iati alone; leave it out")
                        .coded(Fault::NotAllowed))
                }
                None => Ok(None),
            };
        }
        let mut check = Check::new();
        let [reference, name, kind] = given.map(|(name, value, right)| {
            let pointer = format!("/{name}");
            match value {
                Some(value) => check.text(&pointer, value, PUBLISHER_CHARS_MAX),
                None => {
                    check.fault(
                        Fault::Required,
                        pointer,
                        format!("is missing: an IATI file says who publishes it; write {right}"),
                    );
                    String::new()
                }
            }
        });
        if reference.contains(['/', '&', '|', '?', ' ']) {
            check.wrong(
                "/publisher",
                format!("{reference:?} has a space or one of / & | ?, which no identifier has"),
            );
        }
        if !kind.is_empty() && !PUBLISHER_TYPES.contains(&kind.as_str()) {
            check.fault(
                Fault::NotAChoice,
                "/publisher_type",
                format!("{kind:?} is no kind; write one of {}", PUBLISHER_TYPES.join(", ")),
            );
        }
        check.finish()?;
        Ok(Some(Publisher { reference, name, kind }))
    }

    fn known_at(&self) -> Outcome<Option<KnownAt>> {
        read_known_at("known_at", self.known_at.as_deref())
    }

    /// What narrows it, each by its name and its value.
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        let known = [
            ("programme", self.programme.map(|id| id.to_string())),
            ("donor", self.donor.map(|id| id.to_string())),
            ("pledge", self.pledge.map(|id| id.to_string())),
            ("item", self.item.map(|id| id.to_string())),
            ("country", self.country.map(|code| code.as_str().to_owned())),
            ("site", self.site.map(|id| id.to_string())),
            ("consignment", self.consignment.map(|id| id.to_string())),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("as_of", self.as_of.clone()),
            ("known_at", self.known_at.clone()),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Whether records are wanted, of a kind of file that has them.
    ///
    /// # Errors
    /// `invalid` at `/table` of another kind, and at what would narrow them.
    pub fn has_records(&self, kind: Kind) -> Outcome<bool> {
        match self.table {
            None | Some(Rows::Entries) => Ok(false),
            Some(Rows::Records) => {
                if !matches!(kind, Kind::Csv | Kind::Ndjson | Kind::Xlsx) {
                    return Err(Problem::field("/table", "is of csv, ndjson and xlsx alone; leave it out")
                        .coded(Fault::NotAllowed));
                }
                match self.filters().into_iter().next() {
                    None => Ok(true),
                    Some((name, _)) => {
                        let words = "narrows what is told whole: records name each other; leave it out";
                        Err(Problem::field(format!("/{name}"), words).coded(Fault::NotAllowed))
                    }
                }
            }
        }
    }

    /// The same in one text, as the log keeps it.
    pub fn words(&self) -> String {
        let filters = self.filters();
        let mut words: Vec<String> = filters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if self.table == Some(Rows::Records) {
            words.push("table=records".to_owned());
        }
        words.join(" ")
    }
}
