//! Bytes as people read and compare them.

/// Two hexadecimal digits, in small letters, for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
