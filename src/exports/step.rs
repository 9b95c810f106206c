//! What each kind of event is in the words of GS1's Core Business Vocabulary 2.0.
//!
//! Where it has no word, as for losses, the step is a URI of our own, `urn:relief-ledger:step:KIND`; the standard lets others
//! add words, and none of its own is bent to mean what it does not.

/// A business step with what became of the goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Whether goods were seen, came into being or ended.
    pub(super) action: &'static str,
    /// The step.
    pub(super) biz_step: String,
    /// The state goods are in after it.
    pub(super) disposition: Option<&'static str>,
}

/// The step of a kind of event; `cause` is that of a loss.
pub(super) fn step_of(kind: &str, cause: Option<&str>) -> Step {
    let (action, known, disposition) = match kind {
        "collected" => ("OBSERVE", Some("collecting"), Some("in_progress")),
        "allocated" => ("OBSERVE", Some("reserving"), Some("reserved")),
        "released" => ("OBSERVE", None, Some("available")),
        "packed" | "kit_packed" => ("OBSERVE", Some("packing"), Some("container_closed")),
        "kit_unpacked" => ("OBSERVE", Some("unpacking"), Some("container_open")),
        "departed" => ("OBSERVE", Some("shipping"), Some("in_transit")),
        "arrived" => ("OBSERVE", Some("arriving"), Some("in_progress")),
        "received" => ("OBSERVE", Some("receiving"), Some("in_progress")),
        "customs_held" | "held" => ("OBSERVE", Some("holding"), Some("unavailable")),
        "customs_released" | "released_from_hold" => ("OBSERVE", None, Some("available")),
        "stored" => ("OBSERVE", Some("storing"), Some("available")),
        "counted" => ("OBSERVE", Some("stock_taking"), None),
        "delivered" => ("OBSERVE", Some("accepting"), Some("in_progress")),
        "distributed" => ("DELETE", Some("dispensing"), Some("dispensed")),
        "damaged" => ("OBSERVE", Some("inspecting"), Some("damaged")),
        "relotted" => ("OBSERVE", Some("repackaging"), None),
        "reported_missing" => ("OBSERVE", None, Some("unknown")),
        "lost" if cause == Some("theft") => ("DELETE", None, Some("stolen")),
        "lost" => ("DELETE", None, Some("unknown")),
        "disposed" => ("DELETE", None, Some("disposed")),
        "returned" => ("DELETE", Some("receiving"), Some("returned")),
        _ => ("OBSERVE", None, None),
    };
    let biz_step = known.map_or_else(|| format!("urn:relief-ledger:step:{kind}"), str::to_owned);
    Step { action, biz_step, disposition }
}
