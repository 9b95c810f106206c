//! A paper as PDF: the same bytes for the same paper, with what it says in reading order for whoever listens to it.

use super::boxes::{place_code, place_labels, place_signatures};
use super::flow::{
    BODY, BODY_BOLD, BOTTOM, FOOT, Flow, HAIRLINE, HEADING, INNER_WIDTH, MARGIN, Mark, Node, NodeId,
    PAGE_HEIGHT, PAGE_WIDTH, TITLE,
};
use super::model::{Block, Paper, clean};
use super::table::{place_facts, place_table};
use super::typeface::{Line, Typeface};
use super::words::Phrase;
use crate::core::problem::{Outcome, Problem};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagKind, TagTree,
};
use krilla::{Document, SerializeSettings};
use std::num::NonZeroU16;

/// Lines of the foot above the number of the page; what is longer is cut there, and whole in HTML.
const FOOT_LINES_MAX: usize = 4;

/// The file.
///
/// # Errors
/// An internal problem where it cannot be written.
pub fn pdf(paper: &Paper) -> Outcome<Vec<u8>> {
    let typeface = Typeface::load()?;
    let mut flow = Flow::new(&typeface);
    flow.paragraph(paper.title, TITLE, heading(1, paper.title));
    flow.y += 6.0;
    for block in &paper.blocks {
        place(&mut flow, paper, block)?;
    }
    Drawn::of(flow, paper)
}

fn heading(level: u16, words: &str) -> TagKind {
    Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(words.to_owned())).into()
}

fn place(flow: &mut Flow<'_>, paper: &Paper, block: &Block) -> Outcome<()> {
    match block {
        Block::Heading(words) => {
            flow.make_room(HEADING.lead() + 40.0);
            flow.y += 4.0;
            flow.paragraph(words, HEADING, heading(2, words));
            flow.y += 2.0;
        }
        Block::Text(words) => {
            flow.paragraph(words, BODY, Tag::P);
            flow.y += 6.0;
        }
        Block::Notice(words) => {
            flow.rule(1.0);
            flow.y += 4.0;
            flow.paragraph(words, BODY_BOLD, Tag::P);
            flow.y += 4.0;
            flow.rule(1.0);
            flow.y += 6.0;
        }
        Block::Facts(facts) => place_facts(flow, facts),
        Block::Table(table) => place_table(flow, table),
        Block::Code(code) => place_code(flow, paper.language, code)?,
        Block::Signatures(signatures) => place_signatures(flow, paper.language, signatures),
        Block::Labels(labels) => place_labels(flow, paper.language, labels)?,
    }
    Ok(())
}

/// A file as it is drawn.
struct Drawn {
    document: Document,
    /// What stands on pages for each part of the tree.
    contents: Vec<Vec<Identifier>>,
}

impl Drawn {
    fn of(flow: Flow<'_>, paper: &Paper) -> Outcome<Vec<u8>> {
        let Flow { typeface, pages, nodes, is_lacking, .. } = flow;
        let mut document = Document::new_with(SerializeSettings::default());
        let metadata = Metadata::new()
            .title(format!("{} {}", paper.title, clean(&paper.name)))
            .language(paper.language.code().to_owned())
            .creator("ReliefLedger".to_owned());
        document.set_metadata(metadata);
        let mut drawn = Self { document, contents: nodes.iter().map(|_| Vec::new()).collect() };
        let count = pages.len();
        let foot = foot_lines(typeface, paper, is_lacking);
        for (at, marks) in pages.into_iter().enumerate() {
            let number = format!("{} {} / {count}", Phrase::Page.said(paper.language), at + 1);
            drawn.page(typeface, marks, &foot, &number)?;
        }
        let Self { mut document, contents } = drawn;
        document.set_tag_tree(tree(nodes, contents, paper.language.code()));
        document.finish().map_err(|error| Problem::internal(format!("a PDF cannot be written: {error}")))
    }

    fn page(&mut self, typeface: &Typeface, marks: Vec<Mark>, foot: &[Line], number: &str) -> Outcome<()> {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)
            .ok_or_else(|| Problem::internal("a page has no size"))?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            let node = match &mark {
                Mark::Text { node, .. } | Mark::Black { node, .. } => *node,
            };
            let tag = match (&mark, node) {
                (_, None) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
                (Mark::Text { .. }, Some(_)) => ContentTag::Span(SpanTag::empty()),
                (Mark::Black { .. }, Some(_)) => ContentTag::Other,
            };
            let identifier = surface.start_tagged(tag);
            draw(&mut surface, typeface, mark);
            surface.end_tagged();
            if let Some(contents) = node.and_then(|node| self.contents.get_mut(node.place())) {
                contents.push(identifier);
            }
        }
        draw_foot(&mut surface, typeface, foot, number);
        surface.finish();
        page.finish();
        Ok(())
    }
}

fn draw(surface: &mut Surface<'_>, typeface: &Typeface, mark: Mark) {
    match mark {
        Mark::Text { x, y, line, .. } => {
            for run in line.runs {
                let start = Point::from_xy(x + run.x, y);
                let font = typeface.font(line.style.face);
                surface.draw_glyphs(start, &run.glyphs, font, &run.text, line.style.size, false);
            }
        }
        Mark::Black { rectangles, .. } => {
            let mut path = PathBuilder::new();
            for [left, top, width, height] in rectangles {
                if let Some(rectangle) = Rect::from_xywh(left, top, width, height) {
                    path.push_rect(rectangle);
                }
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn foot_lines(typeface: &Typeface, paper: &Paper, is_lacking: bool) -> Vec<Line> {
    let lacking = is_lacking.then(|| Phrase::NotInTypeface.said(paper.language).to_owned());
    let texts = lacking.iter().chain(&paper.foot);
    let mut lines: Vec<Line> = texts.flat_map(|text| typeface.lines(text, FOOT, INNER_WIDTH)).collect();
    lines.truncate(FOOT_LINES_MAX);
    lines
}

fn draw_foot(surface: &mut Surface<'_>, typeface: &Typeface, foot: &[Line], number: &str) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)));
    let rule = vec![[MARGIN, BOTTOM + 6.0, INNER_WIDTH, HAIRLINE]];
    draw(surface, typeface, Mark::Black { rectangles: rule, node: None });
    let mut y = BOTTOM + 8.0;
    for line in foot {
        y += FOOT.lead();
        draw(surface, typeface, Mark::Text { x: MARGIN, y, line: line.clone(), node: None });
    }
    let line = typeface.line(number, BODY);
    y += BODY.lead();
    let x = MARGIN + INNER_WIDTH - line.width;
    draw(surface, typeface, Mark::Text { x, y, line, node: None });
    surface.end_tagged();
}

/// The tree that says what a paper is made of. A part stands behind what it is a part of, so it is whole when its turn
/// comes from the end.
fn tree(nodes: Vec<Node>, contents: Vec<Vec<Identifier>>, language: &str) -> TagTree {
    let parents: Vec<Option<usize>> = nodes.iter().map(|node| node.parent.map(NodeId::place)).collect();
    let own: Vec<usize> = contents.iter().map(Vec::len).collect();
    let mut groups: Vec<Option<TagGroup>> = nodes
        .into_iter()
        .zip(contents)
        .map(|(node, contents)| {
            let mut group = TagGroup::new(node.tag);
            contents.into_iter().for_each(|content| group.push(content));
            Some(group)
        })
        .collect();
    let mut top = Vec::new();
    for at in (0..groups.len()).rev() {
        let Some(mut group) = groups.get_mut(at).and_then(Option::take) else { continue };
        // Parts were added from the last to the first, behind what stands on pages.
        group.children[own[at]..].reverse();
        match parents[at].and_then(|parent| groups.get_mut(parent)).and_then(Option::as_mut) {
            Some(parent) => parent.push(group),
            None => top.push(group),
        }
    }
    let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
    top.into_iter().rev().for_each(|group| tree.push(group));
    tree
}
