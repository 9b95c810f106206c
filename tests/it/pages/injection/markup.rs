//! What the markup of a page says, as a browser's tokenizer reads it, and whether anything of it came from the corpus.

use std::collections::BTreeMap;

use html5gum::{Token, Tokenizer};

use super::corpus::{CORPUS, MARK};

/// Elements that no page of ours has: whichever is there was typed by somebody.
const FOREIGN: [&str; 9] =
    ["iframe", "object", "embed", "base", "applet", "frame", "math", "style", "foreignobject"];
/// Attributes that hold an address.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcdoc"];

/// A start tag with its attributes, unescaped.
pub struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Tag {
    /// An attribute; empty where there is none of the name.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A page taken apart.
pub struct Markup {
    pub tags: Vec<Tag>,
    /// What it says, unescaped: texts and the values of attributes.
    pub words: String,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Markup {
    /// Reads a page. Nothing is left out as the inside of a script, a title or a field: where all is escaped no tag is
    /// there, and where it is not it must be seen, also where a browser would end such an element in another place.
    pub fn read(page: &str) -> Self {
        let (mut tags, mut words) = (Vec::new(), String::new());
        for Ok(token) in Tokenizer::new(page) {
            match token {
                Token::StartTag(tag) => {
                    let attributes: BTreeMap<String, String> =
                        tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                    for value in attributes.values() {
                        words.push_str(value);
                        words.push('\n');
                    }
                    tags.push(Tag { name: text(&tag.name), attributes });
                }
                Token::String(said) => words.push_str(&text(&said)),
                Token::EndTag(_) => words.push('\n'),
                // A comment of ours says nothing; one that somebody typed is found by its mark.
                Token::Comment(said) => {
                    tags.push(Tag { name: format!("!--{}", text(&said)), attributes: BTreeMap::new() });
                }
                Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        Self { tags, words }
    }

    /// What came from the corpus and took effect, in words; nothing where every text is only a text.
    pub fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for tag in &self.tags {
            let name = tag.name.to_lowercase();
            if name.contains(MARK) || FOREIGN.contains(&name.as_str()) {
                found.push(format!("the element {name}"));
            }
            if name == "script" && !tag.get("src").starts_with("/static/") {
                found.push("a script that is none of ours".to_owned());
            }
            if name == "meta" && tag.attributes.contains_key("http-equiv") {
                found.push("a command to the browser".to_owned());
            }
            for (attribute, value) in &tag.attributes {
                let attribute = attribute.to_lowercase();
                if attribute.starts_with("on") || attribute.contains(MARK) || attribute == "style" {
                    found.push(format!("{attribute} of {name}"));
                }
                if ADDRESSES.contains(&attribute.as_str()) && leads_astray(&name, value) {
                    found.push(format!("{attribute} of {name} leads to {value}"));
                }
            }
        }
        found
    }
}

/// Whether an address does anything else than to open a page: browsers skip blanks and control characters in front of a
/// scheme and within it.
fn leads_astray(element: &str, address: &str) -> bool {
    let bare: String =
        address.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace()).collect();
    let bare = bare.to_lowercase();
    let is_icon = element == "link" && bare == "data:,";
    let runs = ["javascript:", "vbscript:", "data:"].iter().any(|scheme| bare.starts_with(scheme));
    let is_elsewhere = bare.starts_with("//") || bare.starts_with("/\\") || bare.starts_with('\\');
    (runs || is_elsewhere) && !is_icon
}

/// What is wrong with a page that shows texts of the corpus: what took effect, and what stands there as it was typed.
pub fn faults(page: &str) -> Vec<String> {
    let mut found = Markup::read(page).faults();
    let has_markup = |hostile: &&&str| hostile.contains('<') && hostile.contains(MARK);
    let raw = CORPUS.iter().filter(has_markup).filter(|hostile| page.contains(**hostile));
    found.extend(raw.map(|hostile| format!("{hostile} as it was typed")));
    found
}
