//! Every kind of paper in every language, as both forms; the same paper is the same file.

use relief_ledger::papers::rules::{ConsignmentPaper, Language, PledgePaper};
use relief_ledger::papers::words::Phrase;

use super::stage::{LANGUAGES, PDF_LANGUAGES, Stage, assert_says, assert_silent, file, page, read};
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn language(code: &str) -> Language {
    Language::ALL.into_iter().find(|language| language.code() == code).expect("a language")
}

/// Every paper there is, with what it is called.
pub fn papers(stage: &Stage) -> Vec<(String, Phrase)> {
    let mut papers = Vec::new();
    for kind in ConsignmentPaper::ALL {
        let title = match kind {
            ConsignmentPaper::Waybill => Phrase::Waybill,
            ConsignmentPaper::PackingList => Phrase::PackingList,
            ConsignmentPaper::GiftCertificate => Phrase::GiftCertificate,
            ConsignmentPaper::ProFormaInvoice => Phrase::ProFormaInvoice,
            ConsignmentPaper::Labels => Phrase::Labels,
        };
        papers.push((stage.of_consignment(kind.word()), title));
    }
    for (kind, title) in [
        ("grn", Phrase::Grn),
        ("pod", Phrase::Pod),
        ("loss_report", Phrase::LossReport),
        ("waybill", Phrase::Waybill),
    ] {
        papers.push((format!("/api/v1/documents/{}/paper", stage.document(kind).0), title));
    }
    for kind in PledgePaper::ALL {
        let title = match kind {
            PledgePaper::AcceptanceLetter => Phrase::AcceptanceLetter,
            PledgePaper::DonationReceipt => Phrase::DonationReceipt,
            PledgePaper::DonorReport => Phrase::DonorReport,
        };
        papers.push((stage.of_pledge(kind.word()), title));
    }
    papers
}

on_both_databases! {
    migrate: migrate;

    fn every_paper_is_printed_in_every_language(database: &TestDatabase) {
        let stage = Stage::new(database);
        let manager = &stage.scene.manager;
        for (path, title) in papers(&stage) {
            for code in PDF_LANGUAGES {
                let printed = file(manager, &path, code);
                let text = read(&printed.bytes);
                assert_says(&text, &[title.said(language(code)), "GLOVE", Phrase::LedgerSequence.said(language(code))]);
                assert!(!text.contains('\u{fffd}'), "{path} in {code} has letters nobody can read");
                assert_silent(&text, &[Phrase::NotInTypeface.said(language(code))]);
                // It is told what it is and in which language, for whoever listens to it.
                let holds = |part: &[u8]| printed.bytes.windows(part.len()).any(|window| window == part);
                let language = ["/Lang(", "/Lang ("].iter().any(|name| holds(format!("{name}{code})").as_bytes()));
                assert!(holds(b"/StructTreeRoot") && language, "{path} in {code} is not tagged");
            }
            for code in LANGUAGES {
                let text = page(manager, &path, code);
                assert_says(&text, &[title.said(language(code)), "GLOVE"]);
                let direction = if code == "ar" { "rtl" } else { "ltr" };
                assert!(text.contains(&format!("<html lang=\"{code}\" dir=\"{direction}\">")), "{path} in {code}");
                // Codes keep their direction whatever stands around them.
                assert!(text.contains("<bdi dir=\"ltr\">"), "{path} in {code}");
            }
        }
    }

    fn the_same_paper_is_the_same_file(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let path = stage.of_consignment("waybill");
        // Until a checkpoint covers the last entry the newest stands at the foot.
        let first = crate::support::until("a checkpoint over all of it", || {
            let printed = file(officer, &path, "en").bytes;
            let size = format!("· {} ·", stage.scene.log_size());
            read(&printed).contains(&size).then_some(printed)
        });
        assert!(first == file(officer, &path, "en").bytes, "it differs from itself");
        assert!(first != file(officer, &path, "fr").bytes, "a twin that differs is seen");
    }

    fn what_cannot_be_had_is_said_with_what_can(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let path = stage.of_consignment("waybill");
        for code in ["ar", "zh"] {
            let words = officer.get(&format!("{path}?language={code}&format=pdf")).refused("invalid", &["/format"]);
            assert!(words.contains("html"), "{words}");
            // Not asked for as anything it is what there is.
            assert_eq!(officer.get(&format!("{path}?language={code}")).header("content-type"), Some("text/html; charset=utf-8"));
        }
        assert_eq!(officer.get(&path).header("content-type"), Some("application/pdf"));
        let words = officer.get(&format!("{path}?language=de")).refused("invalid", &["/language"]);
        assert!(words.contains("`en`"), "{words}");
        officer.get(&format!("{path}?colour=red")).refused("invalid", &["/colour"]);
        officer.get(&stage.of_consignment("bill")).refused("not_found", &[]);
        officer.get(&format!("/api/v1/consignments/{}/papers/waybill", crate::stories::scene::id())).refused("not_found", &[]);
    }

    fn a_page_runs_nothing_and_needs_nothing(database: &TestDatabase) {
        let stage = Stage::new(database);
        let reply = stage.scene.officer.get(&format!("{}?format=html", stage.of_consignment("waybill")));
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for never in ["<script", " style=", " src=", "<link", "<img", "url(", "http://", "https://"] {
            assert!(!reply.text.contains(never), "{never} is in the page");
        }
        assert!(reply.text.contains("<svg role=\"img\""), "the code is drawn");
        // Bodies are read by whoever the scope reaches alone.
        let other = stage.scene.organization("Another Agency", "SN").parse().expect("an id");
        let stranger = stage.scene.house.login_bound(relief_ledger::auth::Role::Officer, Some(other), None);
        stranger.get(&stage.of_consignment("waybill")).refused("not_found", &[]);
    }
}
