//! Signed notes as specified at c2sp.org/signed-note, with Ed25519: a text, an empty line, signatures.
//!
//! ```text
//! text, one or more lines, each ended by a newline
//!
//! — <key name> <base64(key id, 4 bytes ‖ signature)>
//! ```
//!
//! Any tool that reads the format can check ours, and others (witnesses) can add their line to it.
//! Never here: what the text says (`checkpoint`), or where the key comes from (`keys`).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// A longer note is refused unread; the format's own reference implementation has this limit.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// A note with more signatures is refused, for each asks for work; the format wants at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// The signature type byte of plain Ed25519.
const ED25519: u8 = 0x01;
const SIGNATURE_START: &str = "— ";
const KEY_ID_BYTES: usize = 4;

/// What is wrong with a note or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Spaces and plus signs would make the written forms ambiguous.
    #[error("key name \"{0}\" must not be empty and must not contain spaces, control characters or '+'")]
    KeyName(String),
    /// The text is not a verifier key.
    #[error("verifier key \"{key}\" must be name+8 hexadecimal digits+base64 of an Ed25519 key: {problem}")]
    VerifierKey {
        /// The text given.
        key: String,
        /// The part that is wrong.
        problem: &'static str,
    },
    /// The text cannot be signed.
    #[error("note text must be whole lines without control characters, at most {MAX_NOTE_BYTES} bytes: {0}")]
    Text(&'static str),
    /// The note cannot be read.
    #[error("signed note must be a text, an empty line and signature lines: {0}")]
    Malformed(&'static str),
    /// A signature line cannot be read.
    #[error("signature line {0} must be \"— name base64\" with a 4-byte key id and a signature")]
    SignatureLine(usize),
    /// A known key's signature does not fit the text, so the whole note is refused.
    #[error("signature of {0} must fit the note's text, which was changed or never signed with that key")]
    WrongSignature(String),
    /// Nobody we know signed.
    #[error("note must be signed by {0}, which has signed nothing here")]
    Unsigned(String),
}

/// The short id by which a signature names its key; it proves nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; KEY_ID_BYTES]);

impl KeyId {
    /// SHA-256(name ‖ newline ‖ 0x01 ‖ public key), its first four bytes.
    #[must_use]
    pub fn of(name: &str, public_key: &VerifyingKey) -> Self {
        Self::of_kind(name, ED25519, public_key)
    }

    /// The same for signatures of another kind, which the format numbers.
    #[must_use]
    pub(super) fn of_kind(name: &str, kind: u8, public_key: &VerifyingKey) -> Self {
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind])
            .chain_update(public_key.as_bytes())
            .finalize();
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&hash[..KEY_ID_BYTES]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Whether a key may have this name.
pub(super) fn check_name(name: &str) -> Result<(), NoteError> {
    let allowed = |character: char| !character.is_whitespace() && character >= ' ' && character != '+';
    if name.is_empty() || !name.chars().all(allowed) {
        Err(NoteError::KeyName(name.to_owned()))
    } else {
        Ok(())
    }
}

fn check_characters(text: &str) -> bool {
    text.chars().all(|character| character >= ' ' || character == '\n')
}

/// What others need to check our signatures; written `name+key id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    public_key: VerifyingKey,
}

impl VerifierKey {
    /// Names a public key.
    ///
    /// # Errors
    /// When the name is empty or contains spaces, control characters or `+`.
    pub fn new(name: &str, public_key: VerifyingKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), id: KeyId::of(name, &public_key), public_key })
    }

    /// The name in signature lines; for a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id in signature lines.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself.
    #[must_use]
    pub fn public_key(&self) -> &VerifyingKey {
        &self.public_key
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed_key = vec![ED25519];
        typed_key.extend_from_slice(self.public_key.as_bytes());
        write!(formatter, "{}+{}+{}", self.name, self.id, STANDARD.encode(typed_key))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let wrong = |problem| NoteError::VerifierKey { key: text.chars().take(200).collect(), problem };
        // Base64 may contain plus signs, names and ids never do.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("it has fewer than three parts"));
        };
        let typed_key = STANDARD.decode(key).map_err(|_| wrong("its last part is not base64"))?;
        let Some((&ED25519, key)) = typed_key.split_first() else {
            return Err(wrong("its key is not of type 1, Ed25519"));
        };
        let key = key.try_into().map_err(|_| wrong("its key is not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| wrong("its key is not a point of the curve"))?;
        let verifier = Self::new(name, key)?;
        if verifier.id.to_string() != id {
            return Err(wrong("its key id does not belong to this name and key"));
        }
        Ok(verifier)
    }
}

/// A signing key and the name it signs under.
#[derive(Clone)]
pub struct NoteSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NoteSigner({})", self.verifier)
    }
}

impl NoteSigner {
    /// Names a signing key.
    ///
    /// # Errors
    /// When the name is empty or contains spaces, control characters or `+`.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteError> {
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// What others need to check the signatures.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text, each of whose lines ends with a newline.
    ///
    /// # Errors
    /// When the text is empty, too long, does not end with a newline or contains control characters.
    pub fn sign(&self, text: &str) -> Result<Note, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Text("its last line has no newline"));
        }
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Text("it is longer"));
        }
        if !check_characters(text) {
            return Err(NoteError::Text("it has control characters"));
        }
        let signature = NoteSignature {
            name: self.verifier.name.clone(),
            id: self.verifier.id,
            bytes: self.sign_bytes(text.as_bytes()).to_bytes().to_vec(),
        };
        Ok(Note { text: text.to_owned(), signatures: vec![signature] })
    }

    /// Signs bytes that are no note. They must begin in a way no text of a note can, so that no
    /// signature can ever be shown as one of the other kind.
    pub(super) fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        self.key.sign(bytes)
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub id: KeyId,
    /// The signature; of a kind unknown here if the key is.
    pub bytes: Vec<u8>,
}

/// A text and who signed it. Its text means nothing before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a signed note; checks its form, not its signatures.
    ///
    /// # Errors
    /// When the form is not that of a signed note.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("it is longer than a million bytes"));
        }
        if !check_characters(note) {
            return Err(NoteError::Malformed("it has control characters"));
        }
        let split = note.rfind("\n\n").ok_or(NoteError::Malformed("it has no empty line"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed("its last line has no newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has more than a hundred signatures"));
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(position, line)| parse_signature(line).ok_or(NoteError::SignatureLine(position + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Checks the signatures of the known keys and answers the text.
    ///
    /// Signatures of unknown keys are passed over, as the format demands.
    ///
    /// # Errors
    /// When a known key's signature does not fit, or none of the known keys signed.
    pub fn verify(&self, known: &[&VerifierKey]) -> Result<&str, NoteError> {
        let mut verified = false;
        for signature in &self.signatures {
            let same = |key: &&&VerifierKey| key.name == signature.name && key.id == signature.id;
            let Some(key) = known.iter().find(same) else { continue };
            Signature::from_slice(&signature.bytes)
                .and_then(|bytes| key.public_key.verify_strict(self.text.as_bytes(), &bytes))
                .map_err(|_| NoteError::WrongSignature(key.name.clone()))?;
            verified = true;
        }
        if verified {
            Ok(&self.text)
        } else {
            let names: Vec<&str> = known.iter().map(|key| key.name.as_str()).collect();
            Err(NoteError::Unsigned(names.join(" or ")))
        }
    }

    /// The text without any check: for whoever has no key and says so.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// All signature lines, verified or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature in place of an earlier one of the same key.
    pub(super) fn add(&mut self, signature: NoteSignature) {
        self.signatures.retain(|known| known.name != signature.name || known.id != signature.id);
        self.signatures.push(signature);
    }

    /// Adds the signatures of another copy of the same note, such as a witness sends back.
    ///
    /// # Errors
    /// When the other note has another text, or there would be too many signatures.
    pub fn merge(&mut self, other: &Self) -> Result<(), NoteError> {
        if self.text != other.text {
            return Err(NoteError::Malformed("the two notes to be joined have different texts"));
        }
        for signature in &other.signatures {
            if !self.signatures.contains(signature) {
                self.signatures.push(signature.clone());
            }
        }
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has more than a hundred signatures"));
        }
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        for NoteSignature { name, id, bytes } in &self.signatures {
            let mut signature = id.0.to_vec();
            signature.extend_from_slice(bytes);
            writeln!(formatter, "{SIGNATURE_START}{name} {}", STANDARD.encode(signature))?;
        }
        Ok(())
    }
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, signature) = line.strip_prefix(SIGNATURE_START)?.split_once(' ')?;
    check_name(name).ok()?;
    let signature = STANDARD.decode(signature).ok()?;
    let (id, bytes) = signature.split_first_chunk::<KEY_ID_BYTES>()?;
    if bytes.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.to_owned(), id: KeyId(*id), bytes: bytes.to_vec() })
}
