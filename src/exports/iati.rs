//! IATI 2.03: an activity for each programme, with what was promised and deployed, and whom it reached.
//!
//! Units of goods are targets and actuals of an output, item by item, which add up. People are an outcome that does not: its
//! `aggregation-status` is false, so that nobody adds people up who may be the same. Never here: amounts of money for gifts in
//! kind, a target counted as reached, or the name of a person.

use super::activity::Activity;
use super::rules::{Publisher, comment};
use super::sink::unwritten;
use super::stamp::Stamp;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io::{self, Write};

type Xml<'a> = Writer<&'a mut dyn Write>;

/// The sector of all of it: "Material relief assistance and services" of the OECD's list.
const RELIEF: [(&str, &str); 2] = [("vocabulary", "1"), ("code", "72010")];

/// Writes the export; answers how many activities it has.
pub(super) fn write(
    (activities, publisher): (&[Activity], &Publisher),
    stamp: &Stamp,
    out: &mut dyn Write,
) -> Outcome<i64> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    all(&mut xml, activities, publisher, stamp).map_err(unwritten)?;
    xml.into_inner().write_all(b"\n").map_err(unwritten)?;
    Ok(i64::try_from(activities.len()).unwrap_or(i64::MAX))
}

fn all(xml: &mut Xml<'_>, activities: &[Activity], publisher: &Publisher, stamp: &Stamp) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    for (name, value) in stamp.lines() {
        let words = comment(&plain(&format!("relief {name}: {value}")));
        xml.write_event(Event::Comment(BytesText::from_escaped(words)))?;
    }
    let made = stamp.begun_at.to_string();
    let root = xml.create_element("iati-activities");
    root.with_attributes([("version", "2.03"), ("generated-datetime", made.as_str())]).write_inner_content(
        |xml| activities.iter().try_for_each(|activity| one(xml, activity, publisher, stamp)),
    )?;
    Ok(())
}

fn one(xml: &mut Xml<'_>, activity: &Activity, publisher: &Publisher, stamp: &Stamp) -> io::Result<()> {
    let made = stamp.begun_at.to_string();
    let attributes = [("humanitarian", "1"), ("xml:lang", "en"), ("last-updated-datetime", made.as_str())];
    xml.create_element("iati-activity").with_attributes(attributes).write_inner_content(|xml| {
        let identifier = format!("{}-{}", publisher.reference, activity.code);
        xml.create_element("iati-identifier").write_text_content(BytesText::new(&plain(&identifier)))?;
        narrated(xml, "reporting-org", &[("ref", &publisher.reference), ("type", &publisher.kind)], &publisher.name)?;
        narrated(xml, "title", &[], &activity.name)?;
        let words = format!(
            "Donated goods followed from the donor's promise to the people who used them. Figures are as of entry {} of a \
             public log.",
            stamp.sequence
        );
        narrated(xml, "description", &[("type", "1")], &words)?;
        for donor in &activity.donors {
            narrated(xml, "participating-org", &[("role", "1")], donor)?;
        }
        if activity.has_unnamed {
            narrated(xml, "participating-org", &[("role", "1")], "Donors who are not named")?;
        }
        narrated(xml, "participating-org", &[("role", "4"), ("ref", &publisher.reference)], &publisher.name)?;
        empty(xml, "activity-status", &[("code", "2")])?;
        empty(xml, "activity-date", &[("type", "2"), ("iso-date", &activity.from)])?;
        for (code, share) in &activity.countries {
            let percentage = format!("{}.{:02}", share / 100, share % 100);
            empty(xml, "recipient-country", &[("code", code), ("percentage", &percentage)])?;
        }
        empty(xml, "sector", &RELIEF)?;
        units(xml, activity, stamp)?;
        people(xml, activity, stamp)
    })?;
    Ok(())
}

/// Units of goods, item by item: what was promised is the target, what was ever delivered the actual.
fn units(xml: &mut Xml<'_>, activity: &Activity, stamp: &Stamp) -> io::Result<()> {
    if activity.goods.is_empty() {
        return Ok(());
    }
    let result = xml.create_element("result").with_attributes([("type", "1"), ("aggregation-status", "1")]);
    result.write_inner_content(|xml| {
        narrated(xml, "title", &[], "Goods delivered")?;
        for goods in &activity.goods {
            let title = format!("{} delivered, in units of {}", goods.name, goods.unit);
            let attributes = [("measure", "1"), ("ascending", "1"), ("aggregation-status", "1")];
            xml.create_element("indicator").with_attributes(attributes).write_inner_content(|xml| {
                narrated(xml, "title", &[], &title)?;
                period(xml, activity, stamp, |xml| {
                    empty(xml, "target", &[("value", &goods.promised.to_string())])?;
                    empty(xml, "actual", &[("value", &goods.deployed.to_string())])
                })
            })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// People, as a figure between two others, none of which is to be added to any.
fn people(xml: &mut Xml<'_>, activity: &Activity, stamp: &Stamp) -> io::Result<()> {
    let reached = activity.reached;
    let result = xml.create_element("result").with_attributes([("type", "2"), ("aggregation-status", "0")]);
    result.write_inner_content(|xml| {
        narrated(xml, "title", &[], "People reached by verified hand-overs")?;
        let attributes = [("measure", "1"), ("ascending", "1"), ("aggregation-status", "0")];
        xml.create_element("indicator").with_attributes(attributes).write_inner_content(|xml| {
            narrated(xml, "title", &[], "People reached, each counted once")?;
            period(xml, activity, stamp, |xml| {
                for target in &activity.targets {
                    let value = target.people.to_string();
                    xml.create_element("target").with_attribute(("value", value.as_str())).write_inner_content(|xml| {
                        for (name, value) in
                            [("area", &target.area), ("group", &target.group), ("sector", &target.sector)]
                        {
                            empty(xml, "dimension", &[("name", name), ("value", value)])?;
                        }
                        Ok(())
                    })?;
                }
                let value = reached.best.to_string();
                xml.create_element("actual").with_attribute(("value", value.as_str())).write_inner_content(|xml| {
                    let words = format!(
                        "Between {} and {}. Counted from {} verified lines; not to be added up over activities.",
                        reached.low, reached.high, reached.lines
                    );
                    narrated(xml, "comment", &[], &words)
                })?;
                Ok(())
            })
        })?;
        Ok(())
    })?;
    Ok(())
}

/// The time figures are of: from the first offer to the moment they are told at.
fn period(
    xml: &mut Xml<'_>,
    activity: &Activity,
    stamp: &Stamp,
    figures: impl FnOnce(&mut Xml<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let end: Timestamp = stamp.as_of.unwrap_or(stamp.begun_at);
    xml.create_element("period").write_inner_content(|xml| {
        empty(xml, "period-start", &[("iso-date", &activity.from)])?;
        empty(xml, "period-end", &[("iso-date", &end.day())])?;
        figures(xml)
    })?;
    Ok(())
}

fn narrated(xml: &mut Xml<'_>, name: &str, attributes: &[(&str, &str)], words: &str) -> io::Result<()> {
    let attributes: Vec<(&str, String)> =
        attributes.iter().map(|(name, value)| (*name, plain(value))).collect();
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    xml.create_element(name).with_attributes(attributes).write_inner_content(|xml| {
        xml.create_element("narrative").write_text_content(BytesText::new(&plain(words)))?;
        Ok(())
    })?;
    Ok(())
}

fn empty(xml: &mut Xml<'_>, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    let attributes: Vec<(&str, String)> =
        attributes.iter().map(|(name, value)| (*name, plain(value))).collect();
    xml.create_element(name)
        .with_attributes(attributes.iter().map(|(name, value)| (*name, value.as_str())))
        .write_empty()?;
    Ok(())
}

/// A text without the characters that no XML document may have.
fn plain(text: &str) -> String {
    let is_allowed = |letter: &char| {
        !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}')
            || matches!(letter, '\t' | '\n' | '\r')
    };
    text.chars().filter(is_allowed).collect()
}
