//! Which papers there are, in which languages and forms. Pure.

use crate::core::problem::{Code, Outcome, Problem};
use crate::core::worded::worded;

pub use crate::atlas::Language;

/// Lines of goods on one paper: a book of some two hundred pages. What has more is a table for a machine.
pub const LINES_MAX: usize = 5_000;
/// Labels printed at once: some 250 sheets. More are asked for part by part.
pub const LABELS_MAX: i64 = 2_000;

worded! {
    /// A paper about a consignment.
    pub enum ConsignmentPaper {
        /// Goes with the goods.
        Waybill = "waybill",
        /// What is in which package.
        PackingList = "packing_list",
        /// Tells customs that nothing is sold.
        GiftCertificate = "gift_certificate",
        /// Tells customs what it is worth, and that nobody pays.
        ProFormaInvoice = "pro_forma_invoice",
        /// One for each package.
        Labels = "labels",
    }

    /// A paper about a pledge.
    pub enum PledgePaper {
        /// Says what of an offer is accepted.
        AcceptanceLetter = "acceptance_letter",
        /// Says what of it was received, once a goods received note says so.
        DonationReceipt = "donation_receipt",
        /// Says where each unit is, and whom they helped reach.
        DonorReport = "donor_report",
    }

    /// What a paper is drawn as.
    pub enum Form {
        /// A file of pages.
        Pdf = "pdf",
        /// One page for a browser, which prints it.
        Html = "html",
    }
}

/// Whether the letters of a language are in the typeface of the PDF, and set as it wants them.
pub fn is_set_as_pdf(language: Language) -> bool {
    match language {
        Language::English | Language::French | Language::Spanish | Language::Russian => true,
        Language::Chinese | Language::Arabic => false,
    }
}

/// The language and form that are wanted: English and PDF where nothing is said, and HTML for the languages that only
/// browsers set.
///
/// # Errors
/// `invalid` where that language is asked for as PDF.
pub fn wanted(language: Option<Language>, form: Option<Form>) -> Outcome<(Language, Form)> {
    let language = language.unwrap_or(Language::English);
    match form {
        None if is_set_as_pdf(language) => Ok((language, Form::Pdf)),
        None => Ok((language, Form::Html)),
        Some(Form::Pdf) if !is_set_as_pdf(language) => {
            let detail = format!(
                "pdf is not made in {}; ask for html, which a browser prints, or for en, fr, es or ru",
                language.code()
            );
            Err(Problem::field("/format", detail))
        }
        Some(form) => Ok((language, form)),
    }
}

/// Refuses a paper of more lines than are printed.
///
/// # Errors
/// `too_large`.
pub fn check_lines(lines: usize) -> Outcome<()> {
    if lines > LINES_MAX {
        let detail = format!(
            "This paper would have more than {LINES_MAX} lines; split the consignment, or export it as a table."
        );
        return Err(Problem::new(Code::TooLarge, detail));
    }
    Ok(())
}

/// The labels that are wanted of all packages: from one to another, counted from 1.
///
/// # Errors
/// `invalid` where they are none, or too many at once.
pub fn labels_wanted(packages: i64, first: Option<i64>, last: Option<i64>) -> Outcome<(i64, i64)> {
    let (from, to) = (first.unwrap_or(1), last.unwrap_or(packages));
    if from < 1 || from > packages {
        let detail = format!("{from} is no package; there are {packages}, counted from 1");
        return Err(Problem::field("/first", detail));
    }
    if to < from || to > packages {
        let detail = format!("{to} is no package from {from} on; the last is {packages}");
        return Err(Problem::field("/last", detail));
    }
    if to - from >= LABELS_MAX {
        let detail = format!(
            "at most {LABELS_MAX} labels are printed at once; ask for {from} to {}",
            from + LABELS_MAX - 1
        );
        return Err(Problem::field("/last", detail));
    }
    Ok((from, to))
}
