//! Papers over HTTP.

use super::customs::{gift_certificate, pro_forma};
use super::foot::foot;
use super::giving::{acceptance_letter, donation_receipt};
use super::handed::handed_read;
use super::html::{content_policy, html};
use super::labels::labels;
use super::model::Paper;
use super::pdf::pdf;
use super::report::donor_report;
use super::rules::{ConsignmentPaper, Form, Language, PledgePaper, wanted};
use super::shipment::{number_of, shipment_read};
use super::shipping::{Waybill, packing_list, waybill};
use crate::auth::{Permit, action, now};
use crate::core::id::{ConsignmentId, DocumentId, PledgeId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::documents::rules::DocumentKind;
use crate::ledger::Moment;
use crate::people::shown_as;
use crate::web::{Expense, Path, Query, Routes, State, spend};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use actix_web::web::block;
use serde::Deserialize;
use utoipa::IntoParams;

/// Characters of a file's name: what every system takes.
const NAME_CHARS_MAX: usize = 80;

/// How a paper about a consignment is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsignmentPaperQuery {
    /// The language of its phrases; English if not said.
    #[param(inline)]
    pub language: Option<Language>,
    /// What it is drawn as; PDF if not said, and HTML in Arabic and Chinese, which browsers print.
    #[param(inline)]
    pub format: Option<Form>,
    /// Of labels the first package wanted, counted from 1.
    pub first: Option<i64>,
    /// Of labels the last package wanted; at most 2,000 are printed at once.
    pub last: Option<i64>,
}

/// Print a paper about a consignment
///
/// A waybill, packing list, gift certificate, pro forma invoice, or labels: A4, legible in black and white. What is not
/// known is a line to fill in by hand. A number is that of the newest document of the kind; record one to get one.
#[utoipa::path(get, path = "/api/v1/consignments/{id}/papers/{kind}", tag = "papers",
    params(("id" = ConsignmentId, Path), ("kind" = inline(ConsignmentPaper), Path), ConsignmentPaperQuery),
    responses((status = 200, description = "The paper, or as text/html", body = String,
        content_type = "application/pdf")))]
pub async fn consignment_paper(
    permit: Permit<action::ConsignmentPaperRead>,
    state: State,
    path: Path<(ConsignmentId, ConsignmentPaper)>,
    query: Query<ConsignmentPaperQuery>,
) -> Outcome<HttpResponse> {
    let ((id, kind), query) = (path.0, query.0);
    let (language, form) = wanted(query.language, query.format)?;
    let packages = packages_wanted(kind, &query)?;
    let today = now().day();
    let paper =
        state.read(move |conn| paper_of(conn, &permit, (kind, language, id), packages, &today)).await?;
    drawn(&state, kind.word(), paper, form).await
}

/// The packages that labels are wanted for.
fn packages_wanted(
    kind: ConsignmentPaper,
    query: &ConsignmentPaperQuery,
) -> Outcome<(Option<i64>, Option<i64>)> {
    let named =
        [("/first", query.first), ("/last", query.last)].into_iter().find(|(_, value)| value.is_some());
    match (kind, named) {
        (ConsignmentPaper::Labels, _) | (_, None) => Ok((query.first, query.last)),
        (_, Some((pointer, _))) => {
            Err(Problem::field(pointer, "is for labels; leave it out").coded(Fault::NotAllowed))
        }
    }
}

fn paper_of(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentPaperRead>,
    (kind, language, id): (ConsignmentPaper, Language, ConsignmentId),
    packages: (Option<i64>, Option<i64>),
    today: &str,
) -> Outcome<Paper> {
    let shipment = shipment_read(conn, permit, id)?;
    let foot = foot(conn, language, shipment.sequence)?;
    Ok(match kind {
        ConsignmentPaper::Waybill => {
            let document = number_of(conn, permit, DocumentKind::Waybill, id)?;
            waybill(language, &shipment, Waybill { document, signatures: Vec::new() }, foot)
        }
        ConsignmentPaper::PackingList => packing_list(language, &shipment, foot),
        ConsignmentPaper::GiftCertificate => gift_certificate(language, &shipment, None, today, foot),
        ConsignmentPaper::ProFormaInvoice => pro_forma(language, &shipment, foot),
        ConsignmentPaper::Labels => labels(language, &shipment, packages, foot)?,
    })
}

/// How a paper about a pledge is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PledgePaperQuery {
    /// The language of its phrases; English if not said.
    #[param(inline)]
    pub language: Option<Language>,
    /// What it is drawn as; PDF if not said, and HTML in Arabic and Chinese, which browsers print.
    #[param(inline)]
    pub format: Option<Form>,
    /// Of a report: only what took effect by this time, RFC 3339, or a date for its whole day
    pub as_of: Option<String>,
    /// Of a report: only what was recorded by then, a ledger sequence or a time; the same sequence gives the same report
    pub known_at: Option<String>,
}

/// Print a paper about a pledge
///
/// An acceptance letter once something is accepted, a donation receipt once a goods received note says that some of it
/// came, or a report of where each unit is and whom they helped reach. Donors print those of their own pledges.
#[utoipa::path(get, path = "/api/v1/pledges/{id}/papers/{kind}", tag = "papers",
    params(("id" = PledgeId, Path), ("kind" = inline(PledgePaper), Path), PledgePaperQuery),
    responses((status = 200, description = "The paper, or as text/html", body = String,
        content_type = "application/pdf")))]
pub async fn pledge_paper(
    permit: Permit<action::PledgeRead>,
    state: State,
    path: Path<(PledgeId, PledgePaper)>,
    query: Query<PledgePaperQuery>,
) -> Outcome<HttpResponse> {
    let ((id, kind), query) = (path.0, query.0);
    let (language, form) = wanted(query.language, query.format)?;
    let moment = moment_wanted(kind, &query)?;
    spend(&state, Expense::Figures, permit.principal().user)?;
    let today = now().day();
    let read = move |conn: &mut Conn| {
        let about = (language, id, today.as_str());
        match kind {
            PledgePaper::AcceptanceLetter => acceptance_letter(conn, &permit, about),
            PledgePaper::DonationReceipt => donation_receipt(conn, &permit, about),
            PledgePaper::DonorReport => donor_report(conn, &permit, about, moment),
        }
    };
    let paper = state.read(read).await?;
    drawn(&state, kind.word(), paper, form).await
}

/// The moment a report is wanted of; the others tell of what stands for good.
fn moment_wanted(kind: PledgePaper, query: &PledgePaperQuery) -> Outcome<Moment> {
    let named = [("/as_of", &query.as_of), ("/known_at", &query.known_at)];
    let named = named.into_iter().find(|(_, value)| value.is_some());
    match (kind, named) {
        (PledgePaper::DonorReport, _) | (_, None) => {
            Moment::read(query.as_of.as_deref(), query.known_at.as_deref())
        }
        (_, Some((pointer, _))) => {
            Err(Problem::field(pointer, "is for donor_report; leave it out").coded(Fault::NotAllowed))
        }
    }
}

/// How the paper of a document is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentPaperQuery {
    /// The language of its phrases; English if not said.
    #[param(inline)]
    pub language: Option<Language>,
    /// What it is drawn as; PDF if not said, and HTML in Arabic and Chinese, which browsers print.
    #[param(inline)]
    pub format: Option<Form>,
}

/// Print a document that bears a number
///
/// A goods received note, proof of delivery, loss report, waybill or gift certificate, with its number, what its events
/// did with goods, and who signed, to whoever may read that. A donor's names nobody.
#[utoipa::path(get, path = "/api/v1/documents/{id}/paper", tag = "papers",
    params(("id" = DocumentId, Path), DocumentPaperQuery),
    responses((status = 200, description = "The paper, or as text/html", body = String,
        content_type = "application/pdf")))]
pub async fn document_paper(
    permit: Permit<action::DocumentRead>,
    state: State,
    path: Path<DocumentId>,
    query: Query<DocumentPaperQuery>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let (id, today) = (path.0, now().day());
    let (language, form) = wanted(query.0.language, query.0.format)?;
    let day = today.clone();
    let handed = state.read(move |conn| handed_read(conn, &permit, (language, id, &day))).await?;
    let (kind, people) = (handed.document.kind.clone(), handed.people.clone());
    let opened = state.with_vault(move |vault| shown_as(vault, &people)).await?;
    drawn(&state, &kind, handed.paper(language, &opened, &today), form).await
}

/// The answer: drawn on a thread that may take its time.
///
/// # Errors
/// An internal problem where it cannot be drawn.
pub async fn drawn(state: &State, kind: &str, paper: Paper, form: Form) -> Outcome<HttpResponse> {
    let paper = paper.tracked_at(state.public_origin.as_deref());
    let ended =
        |error: actix_web::error::BlockingError| Problem::internal(format!("drawing a paper ended: {error}"));
    let name = file_name(kind, &paper.name);
    match form {
        Form::Html => {
            let page = block(move || html(&paper)).await.map_err(ended)??;
            Ok(HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .insert_header((CONTENT_SECURITY_POLICY, content_policy()))
                .body(page))
        }
        Form::Pdf => {
            let file = block(move || pdf(&paper)).await.map_err(ended)??;
            Ok(HttpResponse::Ok()
                .content_type("application/pdf")
                .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")))
                .body(file))
        }
    }
}

/// The name of a file, of letters, digits and strokes alone: numbers are written by people too.
fn file_name(kind: &str, name: &str) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    format!("{kind}-{name}").chars().map(safe).take(NAME_CHARS_MAX).collect()
}

/// The routes of papers.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_consignment_paper, consignment_paper);
    routes.add(__path_pledge_paper, pledge_paper);
    routes.add(__path_document_paper, document_paper);
}
