//! Reading an embedded table: columns are found by name, and a fault says file, line and column.
//!
//! This is for the tables of `data/` alone. What users upload is read by `exchange`, which forgives far more.

use thiserror::Error;

/// What is wrong with a table that was compiled in. It is our own fault, never a user's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("data/{file}, line {line}, column {column}: {problem}")]
pub struct DataError {
    /// Name of the file below `data/`.
    pub file: &'static str,
    /// Line in the file; the header is line 1.
    pub line: u64,
    /// Name of the column, or `*` when the whole line is meant.
    pub column: &'static str,
    /// What was found and what would be right.
    pub problem: String,
}

/// A column that was found in the header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    index: usize,
}

/// A table whose cells are text.
pub(super) struct Sheet {
    file: &'static str,
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

impl Sheet {
    /// Splits the text of a comma-separated file with a header line.
    pub(super) fn parse(file: &'static str, text: &str) -> Result<Self, DataError> {
        let whole_line = |line: u64, error: &csv::Error| DataError {
            file,
            line,
            column: "*",
            problem: format!("cannot be read: {error}"),
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| whole_line(1, &error))?.clone();
        let mut records = Vec::new();
        for record in reader.into_records() {
            let record = record
                .map_err(|error| whole_line(error.position().map_or(0, csv::Position::line), &error))?;
            records.push(record);
        }
        Ok(Self { file, header, records })
    }

    /// Finds a column by its name in the header.
    pub(super) fn column(&self, name: &'static str) -> Result<Column, DataError> {
        self.header.iter().position(|found| found == name).map(|index| Column { name, index }).ok_or_else(
            || DataError {
                file: self.file,
                line: 1,
                column: name,
                problem: "the header does not have this column".to_owned(),
            },
        )
    }

    /// The rows below the header, in the order of the file.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { sheet: self, record })
    }
}

/// One row of a sheet.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// The cell as written; blank cells are empty text. The reader has refused rows of unequal length before.
    pub(super) fn text(self, column: Column) -> &'a str {
        self.record.get(column.index).unwrap_or_default()
    }

    /// The cell as owned text, `None` when blank.
    pub(super) fn optional_text(self, column: Column) -> Option<Box<str>> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.into())
    }

    /// A cell that must hold something.
    pub(super) fn required_text(self, column: Column) -> Result<Box<str>, DataError> {
        self.optional_text(column).ok_or_else(|| self.fault(column, "must not be blank".to_owned()))
    }

    /// The cell read as a `T`, `None` when blank.
    pub(super) fn optional<T: std::str::FromStr>(
        self,
        column: Column,
        wanted: &str,
    ) -> Result<Option<T>, DataError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.fault(column, format!("'{text}' is not {wanted}")))
    }

    /// The cell read as a `T`; it must not be blank.
    pub(super) fn required<T: std::str::FromStr>(self, column: Column, wanted: &str) -> Result<T, DataError> {
        self.optional(column, wanted)?
            .ok_or_else(|| self.fault(column, format!("must be {wanted}, not blank")))
    }

    /// What a word of a closed list stands for.
    pub(super) fn word<T: Copy>(self, column: Column, words: &[(&str, T)]) -> Result<T, DataError> {
        let text = self.text(column);
        words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(column, format!("'{text}' is none of {}", known.join(", ")))
        })
    }

    /// A cell that must be 0 or 1.
    pub(super) fn flag(self, column: Column) -> Result<bool, DataError> {
        self.optional_flag(column)?.ok_or_else(|| self.fault(column, "must be 0 or 1, not blank".to_owned()))
    }

    /// A cell that is 0, 1 or blank.
    pub(super) fn optional_flag(self, column: Column) -> Result<Option<bool>, DataError> {
        match self.text(column) {
            "" => Ok(None),
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            other => Err(self.fault(column, format!("'{other}' is neither 0 nor 1"))),
        }
    }

    /// A fault in this row.
    pub(super) fn fault(self, column: Column, problem: String) -> DataError {
        DataError {
            file: self.sheet.file,
            line: self.record.position().map_or(0, csv::Position::line),
            column: column.name,
            problem,
        }
    }
}
