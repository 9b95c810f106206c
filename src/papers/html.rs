//! A paper as one page for a browser: it needs nothing from outside, runs nothing, and prints as A4.
//!
//! The style stands in the page, so that a saved page prints as it was shown; the answer's policy allows this style by
//! its hash and nothing else at all. What others wrote goes through [`escaped`] alone, in elements of its own.

use super::code::svg;
use super::model::{Block, Column, Fact, Label, Paper, Scan, Signature, Table, Value};
use super::rules::Language;
use super::words::Phrase;
use crate::core::problem::Outcome;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The one style of all papers.
pub const STYLE: &str = include_str!("paper.css");

/// What a browser lets a paper do: show itself in its own style.
pub fn content_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// A text as it stands in a page: nothing of it is an element, an attribute or a reference.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The page.
///
/// # Errors
/// Where a code cannot be drawn.
pub fn html(paper: &Paper) -> Outcome<String> {
    let language = paper.language;
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
        language.code(),
        escaped(paper.title),
        escaped(paper.title),
    );
    for block in &paper.blocks {
        write_block(&mut page, language, block)?;
    }
    page.push_str("</main>\n<footer>\n");
    for line in &paper.foot {
        page.push_str(&format!("<p><bdi>{}</bdi></p>\n", escaped(line)));
    }
    page.push_str("</footer>\n</body>\n</html>\n");
    Ok(page)
}

fn write_block(page: &mut String, language: Language, block: &Block) -> Outcome<()> {
    match block {
        Block::Heading(words) => page.push_str(&format!("<h2>{}</h2>\n", escaped(words))),
        Block::Text(words) => page.push_str(&format!("<p>{}</p>\n", escaped(words))),
        Block::Notice(words) => {
            page.push_str(&format!("<p class=\"notice\"><bdi>{}</bdi></p>\n", escaped(words)));
        }
        Block::Facts(facts) => write_facts(page, facts),
        Block::Table(table) => write_table(page, table),
        Block::Code(code) => write_code(page, language, code)?,
        Block::Signatures(signatures) => {
            page.push_str("<div class=\"signatures\">\n");
            signatures.iter().for_each(|signature| write_signature(page, language, signature));
            page.push_str("</div>\n");
        }
        Block::Labels(labels) => {
            page.push_str("<div class=\"labels\">\n");
            for label in labels {
                write_label(page, language, label)?;
            }
            page.push_str("</div>\n");
        }
    }
    Ok(())
}

/// A value in an element that keeps its direction to itself.
fn shown(value: &Value) -> String {
    let text = escaped(value.text());
    match value {
        Value::Code(_) => format!("<bdi dir=\"ltr\">{text}</bdi>"),
        Value::Words(_) | Value::Number(_) => format!("<bdi>{text}</bdi>"),
        Value::Blank | Value::Nothing => text,
    }
}

fn write_facts(page: &mut String, facts: &[Fact]) {
    page.push_str("<dl>\n");
    for fact in facts {
        page.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(fact.name), shown(&fact.value)));
    }
    page.push_str("</dl>\n");
}

fn class_of(column: Option<&Column>) -> &'static str {
    match column {
        Some(column) if column.is_number => " class=\"number\"",
        Some(_) | None => "",
    }
}

fn write_table(page: &mut String, table: &Table) {
    page.push_str(&format!("<table>\n<caption>{}</caption>\n<thead><tr>", escaped(table.caption)));
    for column in &table.columns {
        let class = class_of(Some(column));
        page.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escaped(column.title)));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    table.rows.iter().for_each(|row| write_row(page, &table.columns, row));
    page.push_str("</tbody>\n");
    if let Some(total) = &table.total {
        page.push_str("<tfoot>");
        write_row(page, &table.columns, total);
        page.push_str("</tfoot>\n");
    }
    page.push_str("</table>\n");
}

fn write_row(page: &mut String, columns: &[Column], row: &[Value]) {
    page.push_str("<tr>");
    for (at, value) in row.iter().enumerate() {
        page.push_str(&format!("<td{}>{}</td>", class_of(columns.get(at)), shown(value)));
    }
    page.push_str("</tr>\n");
}

fn write_code(page: &mut String, language: Language, scan: &Scan) -> Outcome<()> {
    let code = &scan.code;
    let named = format!("{} {code}", scan.named(language));
    let squares = svg(&scan.address, &escaped(&named))?;
    let letters = format!("<bdi dir=\"ltr\">{}</bdi>", escaped(code));
    // A tracking code is known by its form; what else a camera reads is said to be what it is.
    let told = match scan.says {
        None => letters,
        Some(words) => format!("<span>{}<br>{letters}</span>", escaped(words)),
    };
    page.push_str(&format!("<div class=\"code\">{squares}{told}</div>\n"));
    Ok(())
}

fn write_signature(page: &mut String, language: Language, signature: &Signature) {
    let line =
        |name: Phrase, value: &Value| format!("<p>{}: {}</p>\n", escaped(name.said(language)), shown(value));
    page.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(signature.act)));
    page.push_str(&line(Phrase::Name, &signature.name));
    page.push_str(&line(Phrase::Date, &signature.date));
    page.push_str(&line(Phrase::Signature, &Value::Blank));
    page.push_str("</section>\n");
}

fn write_label(page: &mut String, language: Language, label: &Label) -> Outcome<()> {
    page.push_str("<section>\n");
    write_code(page, language, &label.code)?;
    page.push_str(&format!("<p class=\"package\">{}</p>\n", shown(&label.package)));
    write_facts(page, &label.facts);
    page.push_str("</section>\n");
    Ok(())
}
