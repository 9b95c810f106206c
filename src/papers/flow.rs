//! Pages as they fill up from top to bottom, and what stands on them where.
//!
//! What is placed is drawn only once all pages are known: the foot of the first says how many there are.

use super::typeface::{Face, Line, Style, Typeface};
use krilla::tagging::TagKind;

/// A4, in points.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// What stays white on each side: 14 mm, which every printer can.
pub(super) const MARGIN: f32 = 40.0;
/// Where the foot begins.
pub(super) const BOTTOM: f32 = PAGE_HEIGHT - 90.0;
/// What is between the margins.
pub(super) const INNER_WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// The thickness of a line that tells rows apart.
pub(super) const HAIRLINE: f32 = 0.5;

/// What most of a paper is set in.
pub(super) const BODY: Style = Style { face: Face::Regular, size: 9.0 };
pub(super) const BODY_BOLD: Style = Style { face: Face::Bold, size: 9.0 };
/// What stands in cells, and above them.
pub(super) const CELL: Style = Style { face: Face::Regular, size: 8.5 };
pub(super) const CELL_BOLD: Style = Style { face: Face::Bold, size: 8.0 };
pub(super) const HEADING: Style = Style { face: Face::Bold, size: 11.5 };
pub(super) const TITLE: Style = Style { face: Face::Bold, size: 18.0 };
pub(super) const FOOT: Style = Style { face: Face::Regular, size: 7.0 };

/// A place in the tree that tells readers aloud what a paper says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// A part of that tree.
pub(super) struct Node {
    /// What it is.
    pub(super) tag: TagKind,
    /// What it is a part of.
    pub(super) parent: Option<NodeId>,
}

/// Something on a page; what has no node says nothing and is passed over when read aloud.
pub(super) enum Mark {
    /// A line of text; `y` is what its letters stand on.
    Text { x: f32, y: f32, line: Line, node: Option<NodeId> },
    /// Black rectangles: left, top, width, height.
    Black { rectangles: Vec<[f32; 4]>, node: Option<NodeId> },
}

/// Pages as they fill up.
pub(super) struct Flow<'a> {
    pub(super) typeface: &'a Typeface,
    /// What stands on each page.
    pub(super) pages: Vec<Vec<Mark>>,
    /// The parts of the tree; each stands behind what it is a part of.
    pub(super) nodes: Vec<Node>,
    /// How far down the last page is filled.
    pub(super) y: f32,
    /// Whether some letters are not in the typeface.
    pub(super) is_lacking: bool,
}

impl NodeId {
    /// Its place among the nodes.
    pub(super) fn place(self) -> usize {
        self.0
    }
}

impl<'a> Flow<'a> {
    /// One empty page.
    pub(super) fn new(typeface: &'a Typeface) -> Self {
        Self { typeface, pages: vec![Vec::new()], nodes: Vec::new(), y: MARGIN, is_lacking: false }
    }

    /// Adds a part of the tree.
    pub(super) fn node(&mut self, parent: Option<NodeId>, tag: impl Into<TagKind>) -> NodeId {
        self.nodes.push(Node { tag: tag.into(), parent });
        NodeId(self.nodes.len() - 1)
    }

    /// Begins a new page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    /// Whether so much more goes on this page.
    pub(super) fn has_room(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// Begins a new page unless so much more goes on this one.
    pub(super) fn make_room(&mut self, height: f32) {
        if !self.has_room(height) && self.y > MARGIN {
            self.turn();
        }
    }

    /// Places a line whose top is `below` the filled part, without filling more.
    pub(super) fn place(&mut self, x: f32, below: f32, line: Line, node: Option<NodeId>) {
        self.is_lacking |= line.is_lacking;
        let y = self.y + below + line.style.size;
        self.mark(Mark::Text { x, y, line, node });
    }

    /// Places black rectangles whose tops are counted from the filled part.
    pub(super) fn black(&mut self, rectangles: Vec<[f32; 4]>, node: Option<NodeId>) {
        let y = self.y;
        let rectangles =
            rectangles.into_iter().map(|[left, top, width, height]| [left, y + top, width, height]).collect();
        self.mark(Mark::Black { rectangles, node });
    }

    /// A line across, between the margins.
    pub(super) fn rule(&mut self, thickness: f32) {
        self.black(vec![[MARGIN, 0.0, INNER_WIDTH, thickness]], None);
    }

    /// A frame around what is going to be placed.
    pub(super) fn frame(&mut self, x: f32, width: f32, height: f32) {
        let line = 0.75;
        self.black(
            vec![
                [x, 0.0, width, line],
                [x, height - line, width, line],
                [x, 0.0, line, height],
                [x + width - line, 0.0, line, height],
            ],
            None,
        );
    }

    /// Text over the whole width, line by line onto as many pages as it needs.
    pub(super) fn paragraph(&mut self, text: &str, style: Style, tag: impl Into<TagKind>) {
        let node = self.node(None, tag);
        for line in self.typeface.lines(text, style, INNER_WIDTH) {
            self.make_room(style.lead());
            self.place(MARGIN, 0.0, line, Some(node));
            self.y += style.lead();
        }
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}
