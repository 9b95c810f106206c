//! A waybill that bears a link by which whoever receives the goods confirms that, once.
//!
//! The link is a secret that is shown this once. It is made for one printing, by whoever prints the waybill and asks for it; a
//! waybill that is printed without asking bears none, and none is ever read back, as only its hash is kept.

use super::foot::foot;
use super::formats::day;
use super::model::{Block, Fact, Paper, Scan, Value};
use super::rules::Language;
use super::shipment::{number_of, shipment_read};
use super::shipping::{Waybill, waybill};
use super::words::Phrase;
use crate::auth::{Permit, action};
use crate::core::id::ConsignmentId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::documents::rules::DocumentKind;

/// The waybill of a consignment as it would be printed, without a link: so that none is made where it cannot be printed.
///
/// # Errors
/// `not_found` out of reach, `too_large`, or what the database says.
pub fn waybill_read(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentPaperRead>,
    language: Language,
    id: ConsignmentId,
) -> Outcome<Paper> {
    let shipment = shipment_read(conn, permit, id)?;
    let foot = foot(conn, language, shipment.sequence)?;
    let document = number_of(conn, permit, DocumentKind::Waybill, id)?;
    Ok(waybill(language, &shipment, Waybill { document, signatures: Vec::new() }, foot))
}

/// The same with a link on it, above the signatures.
pub fn linked(mut paper: Paper, address: &str, good_until: Timestamp) -> Paper {
    let language = paper.language;
    let until = Value::Number(day(language, &good_until.day()));
    let scan = Scan {
        code: address.to_owned(),
        address: address.to_owned(),
        says: Some(Phrase::ConfirmHere.said(language)),
    };
    let signatures = paper.blocks.iter().position(|block| matches!(block, Block::Signatures(_)));
    let at = signatures.unwrap_or(paper.blocks.len());
    let fact = Fact::new(Phrase::ConfirmUntil.said(language), until);
    drop(paper.blocks.splice(at..at, [Block::Code(scan), Block::Facts(vec![fact])]));
    paper
}
