//! The crate as the service sees it: through `parse` alone.

mod corpus;
mod linear;
mod live_text;
mod properties;

use commands::GateTable;

/// The two gates that exist out of the box.
#[expect(clippy::unwrap_used, reason = "only tests call it")]
fn gates() -> GateTable {
    let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
    let gates = [gate("qa-review", "qa"), gate("security-review", "security")];
    GateTable::new(gates).unwrap()
}
