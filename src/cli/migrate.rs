//! `relief migrate`

use super::print::say;
use super::{Common, open_to_change};
use crate::app::Layer;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{connect, migrate, purges_due};
use clap::Args;

/// Brings the database to the present schema, and seals users that are in clear
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief migrate\n  relief migrate --database-url postgres://relief@localhost/relief"
)]
pub(super) struct Migrate {
    #[command(flatten)]
    common: Common,
}

impl Migrate {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let ran = migrate(&mut connect(&settings.database_url)?)?;
        let (mut conn, _) = open_to_change(&settings)?;
        if !purges_due(&mut conn)?.is_empty() {
            let words = "The database has the present schema, and its files still have what is sealed now. Try again.";
            return Err(Problem::new(Code::Unavailable, words));
        }
        match ran.len() {
            0 => say("The database has the present schema already."),
            count => say(format!("{count} migrations ran: {}.", ran.join(", "))),
        }
    }
}
