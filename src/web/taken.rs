//! What JSON takes once it is read into a tree of values, guessed before anybody reads it: a text of nothing but small objects
//! takes eighty times its length.

/// What a body or a record of any shape may take, in bytes, by a high guess: a body as long as may be, all of it lines of goods,
/// takes less.
pub const TREE_BYTES_MAX: usize = 32 * 1_024 * 1_024;
/// What is guessed of an object, which has room for a dozen members from the first, of a list, which has for some values, and of
/// a value.
const OBJECT_BYTES: usize = 700;
const LIST_BYTES: usize = 160;
const VALUE_BYTES: usize = 40;

/// Whether JSON may take more than is given to it. Signs between values are counted where they stand in a text, too: no text has
/// as many.
pub fn takes_too_much(json: &[u8]) -> bool {
    let guessed = json.iter().map(|byte| match byte {
        b'{' => OBJECT_BYTES,
        b'[' => LIST_BYTES,
        b',' => VALUE_BYTES,
        _ => 1,
    });
    guessed.sum::<usize>() > TREE_BYTES_MAX
}
