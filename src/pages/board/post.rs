//! Posting about a consignment with one hand: the usual event is chosen, all good is one tap, counts are the exception.

use super::posted::{Counts, PostKind, Posted, counts, is_counted, line_count, occurred_at};
use super::shown::{is_own, named};
use super::since::{Read, Since, read, since_of};
use super::words::{BoardWord, QueueWord};
use crate::auth::{Permit, Principal, action, now};
use crate::consignments::{Expected, ExpectedLine, Leg, consignment_coded};
use crate::core::id::{ConsignmentId, LegId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::documents::attachment_keep;
use crate::documents::http::document_record;
use crate::documents::rules::DocumentDraft;
use crate::events::http::post_one;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::multipart::{FilePart, Filled};
use crate::pages::refused::{Wrong, Wrongs, refuse};
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::sites::Site;
use crate::totals::Things;
use crate::web::{Json, Routes, State, value_of};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::json;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "board/find.html")]
struct FindPage {
    frame: Frame,
    code: String,
    is_unknown: bool,
}

#[derive(Template)]
#[template(path = "board/post.html")]
struct PostPage {
    frame: Frame,
    code: String,
    consignment: ConsignmentId,
    /// What is posted; nothing where there is nothing to send or to receive, or what was asked for is there no more.
    step: Option<Step>,
    /// Whether a step was asked for that is there no more.
    is_gone: bool,
    /// Whether a photo came with the form, which is to be chosen again.
    is_photo_again: bool,
    /// What the form knows: a number of the log.
    copy: i64,
    /// What came since another copy of it, for whoever mends what was refused.
    since: Option<Since>,
    /// Other things that may have happened.
    others: Vec<Other>,
    lines: Vec<LineShown>,
    form: Form,
    wrongs: Wrongs,
    checks: Vec<String>,
}

/// One thing that may have happened to a leg.
struct Step {
    kind: PostKind,
    leg: LegId,
    /// Where a paper about it is issued.
    site: String,
    words: String,
    /// Where that is in degrees north and east, for choosing by place; empty where it is not known.
    place: String,
}

/// Another thing that may have happened, and where it is posted.
struct Other {
    link: String,
    words: String,
    place: String,
}

/// A line of the form.
struct LineShown {
    at: usize,
    item: String,
    lot: String,
    expires: String,
    name: String,
    unit: String,
    sent: i64,
    told: String,
    pack: Option<PackShown>,
}

/// The largest pack that what was sent fills.
struct PackShown {
    name: String,
    size: String,
    told: String,
}

impl PostPage {
    /// What was typed into a field, or nothing.
    fn typed(&self, name: &str, at: &usize) -> &str {
        self.form.get(&format!("{name}-{at}"))
    }

    /// What is wrong at a field of a line.
    fn wrong(&self, name: &str, at: &usize) -> Option<&Wrong> {
        self.wrongs.at(&format!("{name}-{at}"))
    }

    fn is_counted(&self) -> bool {
        is_counted(&self.form)
    }

    /// A hidden value that is drawn once and stays when the form is shown again.
    fn drawn(&self, name: &str) -> String {
        self.form.given(name).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
    }

    fn opened_at(&self) -> String {
        self.form.given("occurred_at").map_or_else(|| now().to_string(), str::to_owned)
    }
}

/// The code in what was scanned or typed: a label's is the end of an address.
fn code_in(text: &str) -> &str {
    match text.rsplit_once("/track/") {
        Some((_, behind)) => behind.split(['?', '#', '/']).next().unwrap_or(behind),
        None => text,
    }
}

fn lines_for(expected: &Expected, leg: &Leg, kind: PostKind) -> Vec<ExpectedLine> {
    let reserved = || expected.reserved.get(&leg.from_id).cloned().unwrap_or_default();
    match kind {
        PostKind::Received => expected.on_legs.get(&leg.id).cloned().unwrap_or_else(reserved),
        PostKind::Damaged | PostKind::Held => expected.on_legs.get(&leg.id).cloned().unwrap_or_default(),
        PostKind::Departed => reserved(),
        PostKind::Arrived | PostKind::CustomsHeld | PostKind::CustomsReleased | PostKind::Stored => {
            Vec::new()
        }
        PostKind::Distributed | PostKind::Returned => {
            expected.delivered.get(&leg.to_id).cloned().unwrap_or_default()
        }
    }
}

/// All that may have happened, the usual first: goods under way are received; reserved ones leave, or are received by
/// whoever runs the end of the leg alone, since a receipt may come before its departure is known. What was delivered is
/// handed to people.
fn steps<'a>(expected: &'a Expected, principal: &Principal) -> Vec<(&'a Leg, PostKind)> {
    let own = |id| is_own(principal, expected.sites.get(&id));
    let (mut under_way, mut to_send, mut customs) = (Vec::new(), Vec::new(), Vec::new());
    for leg in expected.legs.iter().filter(|leg| !leg.received_final) {
        if expected.on_legs.contains_key(&leg.id) {
            under_way.extend([(leg, PostKind::Received), (leg, PostKind::Arrived)]);
            customs.push((leg, PostKind::CustomsHeld));
            if expected.on_hold.contains(&leg.id) {
                customs.push((leg, PostKind::CustomsReleased));
            }
        }
        if expected.reserved.contains_key(&leg.from_id) {
            let mut both = [(leg, PostKind::Departed), (leg, PostKind::Received)];
            if own(leg.to_id) && !own(leg.from_id) {
                both.reverse();
            }
            let is_there = |step: &(&Leg, PostKind)| !under_way.contains(step);
            to_send.extend(both.into_iter().filter(is_there));
        }
    }
    under_way.extend(to_send);
    under_way.extend(customs);
    let delivered = expected.legs.iter().filter(|leg| expected.delivered.contains_key(&leg.to_id));
    under_way.extend(delivered.clone().map(|leg| (leg, PostKind::Distributed)));
    let moving = expected.legs.iter().filter(|leg| expected.on_legs.contains_key(&leg.id));
    under_way.extend(moving.flat_map(|leg| [(leg, PostKind::Damaged), (leg, PostKind::Held)]));
    under_way.extend(delivered.map(|leg| (leg, PostKind::Returned)));
    let came = expected.legs.iter().filter(|leg| leg.received_final);
    under_way.extend(came.map(|leg| (leg, PostKind::Stored)));
    under_way
}

fn step_of(frame: &Frame, expected: &Expected, (leg, kind): (&Leg, PostKind)) -> Step {
    let (word, site) = match kind {
        PostKind::Received => (BoardWord::Received, leg.to_id),
        PostKind::Departed => (BoardWord::Departed, leg.from_id),
        PostKind::Arrived => (BoardWord::Arrived, leg.to_id),
        PostKind::Distributed => (BoardWord::Distributed, leg.to_id),
        PostKind::CustomsHeld => (BoardWord::CustomsHeld, leg.to_id),
        PostKind::CustomsReleased => (BoardWord::CustomsReleased, leg.to_id),
        PostKind::Damaged => (BoardWord::FoundDamaged, leg.to_id),
        PostKind::Held => (BoardWord::PutOnHold, leg.to_id),
        PostKind::Returned => (BoardWord::GivenBack, leg.to_id),
        PostKind::Stored => (BoardWord::PutAway, leg.to_id),
    };
    let place = expected.sites.get(&site).and_then(Site::position);
    Step {
        kind,
        leg: leg.id,
        site: site.to_string(),
        words: frame.with(word, named(&expected.sites, site)),
        place: place.map_or_else(String::new, |at| format!("{},{}", at.latitude, at.longitude)),
    }
}

fn line_shown(frame: &Frame, (at, word): (usize, BoardWord), line: &ExpectedLine) -> LineShown {
    let unit = line.item.base_unit.clone();
    let quantity = Quantity::new(line.quantity).unwrap_or_default();
    let fits = line.packs.iter().filter_map(|pack| {
        let (packs, rest) = pack.size().from_base(quantity);
        (packs > 0).then_some((pack, packs, rest))
    });
    // The largest pack is the one of which fewest are needed.
    let largest = fits.min_by_key(|(_, packs, _)| *packs);
    let pack = largest.map(|(pack, packs, rest)| PackShown {
        name: pack.name.clone(),
        size: format!("{}/{}", pack.numerator, pack.denominator),
        told: if rest == 0 {
            format!("{} × {}", frame.number(packs), pack.name)
        } else {
            format!("{} × {} + {} {unit}", frame.number(packs), pack.name, frame.number(rest))
        },
    });
    LineShown {
        at,
        item: line.item.id.to_string(),
        lot: line.lot.as_ref().map_or_else(String::new, |lot| lot.number.clone()),
        expires: line.lot.as_ref().and_then(|lot| lot.expires_on.clone()).unwrap_or_default(),
        name: format!("{} · {}", line.item.code, line.item.name),
        sent: line.quantity,
        told: frame.with_two(word, frame.number(line.quantity), &unit),
        unit,
        pack,
    }
}

/// The page for what is asked: a leg and a kind, or the usual. What is asked for and not there any more is never
/// exchanged for something else.
fn page_of(visitor: &Visitor, principal: &Principal, read: &Read, form: Form) -> PostPage {
    let frame = visitor.frame(BoardWord::PostUpdate);
    let expected = &read.expected;
    let all = steps(expected, principal);
    let is_asked = |(leg, kind): &&(&Leg, PostKind)| {
        form.given("leg").is_none_or(|asked| asked == leg.id.to_string())
            && form.given("kind").map_or_else(|| kind.is_usual(), |asked| asked == kind.word())
    };
    let chosen = all.iter().find(is_asked).copied();
    let is_named = ["leg", "kind"].iter().any(|name| form.given(name).is_some());
    let is_gone = chosen.is_none() && is_named;
    let code = expected.consignment.tracking_code.clone();
    let other = |step: &(&Leg, PostKind)| {
        let Step { words, kind, leg, place, .. } = step_of(&frame, expected, *step);
        Other { link: format!("/board/post?code={code}&leg={leg}&kind={}", kind.word()), words, place }
    };
    let others = all.iter().filter(|step| Some(**step) != chosen).map(other).collect();
    let lines = chosen.map(|(leg, kind)| lines_for(expected, leg, kind)).unwrap_or_default();
    let told = match chosen {
        Some((_, PostKind::Distributed)) => BoardWord::ToHandOut,
        Some((_, PostKind::Returned)) => BoardWord::LiesThere,
        Some(_) | None => BoardWord::Sent,
    };
    let lines = lines.iter().enumerate().map(|(at, line)| line_shown(&frame, (at, told), line)).collect();
    let step = chosen.map(|step| step_of(&frame, expected, step));
    let title = format!("{} · {code}", frame.say(BoardWord::PostUpdate));
    let since = Since::of(&frame, read);
    let scripts = frame.with_script("post.js").titled(title);
    PostPage {
        code,
        consignment: expected.consignment.id,
        step,
        is_gone,
        is_photo_again: false,
        copy: read.copy,
        since,
        others,
        lines,
        form,
        wrongs: Wrongs::default(),
        checks: Vec::new(),
        frame: scripts,
    }
}

/// The same, loud where the programme is made up.
async fn page_for(
    visitor: &Visitor,
    state: &State,
    principal: &Principal,
    (read, form): (&Read, Form),
) -> Outcome<PostPage> {
    let programmes = vec![read.expected.consignment.programme_id];
    let made_up = shows_made_up(state, Things { programmes, ..Things::default() }).await?;
    let page = page_of(visitor, principal, read, form);
    Ok(PostPage { frame: page.frame.synthetic(made_up), ..page })
}

fn find_page(visitor: &Visitor, code: &str) -> Outcome<HttpResponse> {
    let frame = visitor.frame(BoardWord::ScanOrType).with_script("scan.js");
    let is_unknown = !code.is_empty();
    let status = if is_unknown { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let title = match is_unknown {
        true => frame.with(Word::ErrorTitle, frame.say(BoardWord::ScanOrType)),
        false => frame.title.clone(),
    };
    shown_with(status, &FindPage { frame: frame.titled(title), code: code.to_owned(), is_unknown })
}

async fn post(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let form = Form::read(request.query_string().as_bytes());
    let principal = permit.principal().clone();
    let code = code_in(form.get("code")).trim().to_owned();
    if code.is_empty() {
        return find_page(&visitor, "");
    }
    let (typed, since) = (code.clone(), since_of(&form));
    let reading = state.read(move |conn| {
        let found = consignment_coded(conn, &permit, &code)?;
        read(conn, &permit, found.id, since)
    });
    match reading.await {
        Ok(read) => shown(&page_for(&visitor, &state, &principal, (&read, form)).await?),
        Err(problem) if problem.code == Code::NotFound => find_page(&visitor, &typed),
        Err(problem) => Err(problem),
    }
}

/// What is counted, in sentences to be checked before it is recorded.
fn checks_of(frame: &Frame, form: &Form) -> Option<Vec<String>> {
    let told = |at: usize| {
        let Counts { good, damaged, on_hold, missing, surplus } = counts(form, at)?;
        let name = form.get(&format!("name-{at}"));
        let mut words = vec![frame.with_two(BoardWord::CheckGood, name, frame.number(good))];
        let others = [
            (BoardWord::CheckDamaged, damaged),
            (BoardWord::CheckOnHold, on_hold),
            (BoardWord::CheckMissing, missing),
            (BoardWord::CheckSurplus, surplus),
        ];
        let others = others.into_iter().filter(|(_, quantity)| *quantity != 0);
        words.extend(others.map(|(word, quantity)| frame.with(word, frame.number(quantity))));
        Some(words.join(" · "))
    };
    (0..line_count(form)).map(told).collect()
}

/// The form again with what was typed, and what is wrong with it or what it would record.
async fn again(
    permit: Permit<action::EventSubmit>,
    visitor: &Visitor,
    state: &State,
    (form, has_photo, problem): (Form, bool, Option<Problem>),
) -> Outcome<HttpResponse> {
    let principal = permit.principal().clone();
    let id: ConsignmentId = value_of(&json!(form.get("consignment")))?;
    let read = state.read(move |conn| read(conn, &permit, id, None)).await?;
    let mut page = page_for(visitor, state, &principal, (&read, form)).await?;
    page.is_photo_again = has_photo;
    let Some(problem) = problem else {
        page.checks = checks_of(&page.frame, &page.form).unwrap_or_default();
        return shown(&page);
    };
    page.wrongs = wrongs_of(&page.frame, &page.form, &problem)?;
    let title = page.frame.with(Word::ErrorTitle, &page.frame.title);
    page.frame = page.frame.titled(title);
    shown_with(StatusCode::from_u16(problem.code.status()).unwrap_or_default(), &page)
}

fn wrongs_of(frame: &Frame, form: &Form, problem: &Problem) -> Outcome<Wrongs> {
    let posted = Posted::of(form)?;
    Ok(Wrongs::of_many(frame, problem, |pointer| posted.field_of(pointer)))
}

/// Whether the officer can mend the form: otherwise the refusal is a page of its own.
fn is_about_form(problem: &Problem) -> bool {
    matches!(
        problem.code,
        Code::Invalid | Code::OwnDispatch | Code::WrongState | Code::Insufficient | Code::IdempotencyConflict
    )
}

async fn post_send(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    filled: Filled,
) -> Outcome<HttpResponse> {
    let Filled { form, file: photo } = filled;
    let has_photo = photo.is_some();
    let posted = Posted::of(&form)?;
    let is_unchecked = is_counted(&form) && form.given("checked").is_none();
    if is_unchecked && line_count(&form) > 0 && checks_of(&visitor.frame(BoardWord::Title), &form).is_some() {
        return again(permit, &visitor, &state, (form, has_photo, None)).await;
    }
    match post_one(&permit, &state, posted.value).await {
        Ok(_) => {
            let is_kept = file(&visitor, &state, &form, photo).await.is_ok();
            let rest = if is_kept { "" } else { "&photo=lost" };
            let id: ConsignmentId = value_of(&json!(form.get("consignment")))?;
            see(&format!("/board/consignments/{id}?recorded={}{rest}", encoded(form.get("id"))))
        }
        Err(problem) if is_about_form(&problem) => {
            again(permit, &visitor, &state, (form, has_photo, Some(problem))).await
        }
        Err(problem) => Err(problem),
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Keeps the photo of a paper, and records the paper about the event.
async fn file(visitor: &Visitor, state: &State, form: &Form, photo: Option<FilePart>) -> Outcome<()> {
    let Some(FilePart { media_type, bytes, .. }) = photo else { return Ok(()) };
    let permit = visitor.permit::<action::DocumentWrite>()?;
    let attachment = attachment_keep(&permit, state, media_type, bytes).await?;
    let kind = match PostKind::read(form.get("kind"))? {
        PostKind::Received => "grn",
        PostKind::Distributed => "distribution_list",
        PostKind::Departed
        | PostKind::Arrived
        | PostKind::CustomsHeld
        | PostKind::CustomsReleased
        | PostKind::Damaged
        | PostKind::Held
        | PostKind::Returned
        | PostKind::Stored => "other",
    };
    let draft = json!({
        "id": form.get("document"),
        "kind": kind,
        "site": form.get("site"),
        "issued_on": occurred_at(form).get(..10).unwrap_or_default(),
        "consignment": form.get("consignment"),
        "events": [form.get("id")],
        "attachments": [attachment],
    });
    document_record(permit, state.clone(), Json(value_of::<DocumentDraft>(&draft)?)).await.map(drop)
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board/post", post);
    routes.page_for(refuse, Method::POST, "/board/post", post_send);
}
