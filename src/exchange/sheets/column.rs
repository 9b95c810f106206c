//! What a column of a sheet holds, and how a cell becomes a member of the body that `POST` takes.

use super::super::dates::{DateFormat, DatePrecision, TableDate, iso_formats, parse_date};
use super::super::value::{NumberStyle, parse_decimal, parse_integer, parse_money};
use crate::atlas::{find_country, find_currency};
use crate::core::check::quoted;
use crate::core::problem::Fault;
use serde_json::{Value, json};

/// What a column names that is recorded already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// By its reference.
    Organization,
    /// By its code.
    Programme,
    /// By its code.
    Item,
    /// By its code.
    Site,
    /// By its reference.
    Pledge,
    /// By its reference or tracking code.
    Consignment,
}

impl Name {
    /// What it is, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Programme => "programme",
            Self::Item => "item",
            Self::Site => "site",
            Self::Pledge => "pledge",
            Self::Consignment => "consignment",
        }
    }

    /// By what it is found beside its identifier, in words.
    pub fn by(self) -> &'static str {
        match self {
            Self::Organization | Self::Pledge => "reference",
            Self::Programme | Self::Item | Self::Site => "code",
            Self::Consignment => "reference or tracking code",
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Words.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number.
    Whole,
    /// A number with a fraction, as degrees have.
    Degrees,
    /// A number with a fraction that is kept as it is written.
    Exact,
    /// `yes` or `no`.
    YesNo,
    /// A day, or a time.
    Time,
    /// A day.
    Day,
    /// A country by name or code.
    Country,
    /// An amount in major units, such as 1250.50; its currency stands in the column of this heading.
    Money(&'static str),
    /// The currency of such an amount; it says nothing by itself.
    Currency,
    /// Words between which semicolons stand.
    List,
    /// The number of a leg, from 1, of the consignment of the row.
    Leg,
    /// Further members as JSON.
    Json,
    /// What names the record within its sheet, and is no member of its body.
    Key,
    /// The code or reference of something recorded.
    Named(Name),
}

impl Holds {
    /// What is wrong with a cell that does not read as this.
    pub fn fault(self) -> Fault {
        match self {
            Self::Whole | Self::Leg => Fault::NotANumber,
            Self::Time | Self::Day => Fault::NotADate,
            Self::Country | Self::Currency => Fault::NotACode,
            Self::OneOf(_) | Self::YesNo => Fault::NotAChoice,
            // Numbers with fractions, money and JSON are told by their words alone.
            Self::Degrees | Self::Exact | Self::Money(_) | Self::Json => Fault::Other,
            Self::Text | Self::List | Self::Key | Self::Named(_) => Fault::Other,
        }
    }
}

/// A column of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub heading: &'static str,
    /// Where it goes in the body; a `*` is the place among the rows that state one thing together.
    pub at: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether each row needs it.
    pub is_required: bool,
    /// A cell as it may look.
    pub example: &'static str,
    /// What it means, for whoever fills it in.
    pub help: &'static str,
}

impl Column {
    /// Whether rows that state one thing together each say it.
    pub fn is_of_a_line(&self) -> bool {
        self.at.contains('*')
    }

    /// The words there are for it; none where it may say anything else.
    pub fn words(&self) -> &'static [&'static str] {
        match self.holds {
            Holds::OneOf(words) => words,
            Holds::YesNo => &["yes", "no"],
            Holds::Text | Holds::Whole | Holds::Degrees | Holds::Exact | Holds::Time | Holds::Day => &[],
            Holds::Country | Holds::Money(_) | Holds::Currency | Holds::List | Holds::Leg => &[],
            Holds::Json | Holds::Key | Holds::Named(_) => &[],
        }
    }

    /// Where it goes in the body, for the row at this place among those that state one thing together.
    pub fn pointer(&self, place: usize) -> String {
        self.at.replace('*', &place.to_string())
    }
}

/// How the cells of a table are written.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Date formats, tried before ISO's.
    pub dates: Vec<DateFormat>,
    /// Signs of numbers in texts.
    pub numbers: NumberStyle,
}

/// A day or time as the interface takes it.
fn time_text(date: TableDate) -> String {
    let day = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    match date.precision {
        DatePrecision::Minute => {
            format!("{day}T{:02}:{:02}:00Z", date.minute_of_day / 60, date.minute_of_day % 60)
        }
        DatePrecision::Day | DatePrecision::Month | DatePrecision::Inferred => day,
    }
}

fn time_of(text: &str, style: &Style) -> Result<TableDate, String> {
    parse_date(text, &style.dates).or_else(|| parse_date(text, &iso_formats())).ok_or_else(|| {
        let known: Vec<String> = style.dates.iter().map(|format| format!("\"{format}\"")).collect();
        let own = if known.is_empty() { String::new() } else { format!(", or by {}", known.join(", ")) };
        format!("{} is no day; write 2020-08-06, or 2020-08-06T09:30{own}", quoted(text))
    })
}

/// How a cell reads; `is_number` where it is a number of a workbook, whose text is written in one way alone, and `currency`
/// is the cell of its currency.
///
/// # Errors
/// In words: what is wrong and what would be right.
pub fn value_of(
    holds: Holds,
    text: &str,
    (style, is_number, currency): (&Style, bool, &str),
) -> Result<Value, String> {
    let numbers = if is_number { NumberStyle::default() } else { style.numbers };
    match holds {
        Holds::Text | Holds::Key | Holds::Currency | Holds::Named(_) => Ok(json!(text)),
        Holds::OneOf(words) => one_of(words, text).map(|word| json!(word)),
        Holds::Whole | Holds::Leg => {
            let read = parse_integer(text, numbers, 0);
            read.map(|number| json!(number)).map_err(|wrong| format!("{}: {wrong}", quoted(text)))
        }
        Holds::Degrees => {
            let digits = text.replace(numbers.decimal, ".");
            let degrees = digits.parse::<f64>().ok().filter(|degrees| degrees.is_finite());
            degrees.map(|degrees| json!(degrees)).ok_or_else(|| {
                format!("{} is no number of degrees; write it like 13.4549 or -16.579", quoted(text))
            })
        }
        Holds::Exact => {
            parse_decimal(text, numbers).map_err(|wrong| format!("{}: {wrong}", quoted(text)))?;
            Ok(json!(text.replace(numbers.decimal, ".")))
        }
        Holds::YesNo => yes_or_no(text),
        Holds::Time => time_of(text, style).map(|date| json!(time_text(date))),
        Holds::Day => time_of(text, style)
            .map(|date| json!(format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))),
        Holds::Country => {
            find_country(text).map(|country| json!(country.as_str())).map_err(|error| error.to_string())
        }
        Holds::Money(beside) => money(text, numbers, (beside, currency)),
        Holds::List => {
            let parts: Vec<&str> = text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
            Ok(json!(parts))
        }
        Holds::Json => match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() => Ok(value),
            Ok(_) | Err(_) => {
                Err(format!("{} is no JSON object; write it like {{\"reason\": \"rain\"}}", quoted(text)))
            }
        },
    }
}

fn one_of(words: &[&str], text: &str) -> Result<String, String> {
    let plain = text.to_lowercase().replace([' ', '-'], "_");
    let found = words.iter().find(|word| **word == plain);
    found
        .map(|word| (*word).to_owned())
        .ok_or_else(|| format!("{} is none of the words there are; write {}", quoted(text), words.join(", ")))
}

fn yes_or_no(text: &str) -> Result<Value, String> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" => Ok(json!(true)),
        "no" | "n" | "false" | "0" => Ok(json!(false)),
        other => Err(format!("{} is neither yes nor no; write one of them", quoted(other))),
    }
}

fn money(text: &str, numbers: NumberStyle, (beside, currency): (&str, &str)) -> Result<Value, String> {
    if currency.is_empty() {
        return Err(format!("has no currency; write it into the column {beside}, such as USD"));
    }
    let known = find_currency(currency).map_err(|error| error.to_string())?;
    let minor = parse_money(text, numbers, known.digits(), 0)
        .map_err(|wrong| format!("{} in {currency}: {wrong}", quoted(text)))?;
    Ok(json!({"minor": minor, "currency": currency}))
}
