//! Rust text as the tidy rules see it: tokens with lines, and every path written out in full.
//!
//! A real parser would be a dependency for what two hundred lines of reading can tell; macros are read as
//! plain text, which is what a guard wants.

/// A file below the repository's root.
pub struct Source {
    /// `src/pledges/rules.rs`
    pub path: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Identifiers and keywords.
    Word,
    /// The inside of a string literal, as written.
    Text,
    /// One punctuation character, except `::`, which is one token.
    Mark,
    /// Numbers, characters and lifetimes: no rule asks what they say.
    Other,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text == text
    }
}

/// A path with its braces resolved: `use a::{b, c::d}` gives `a::b` and `a::c::d`; a bare word is a path too.
#[derive(Debug)]
pub struct PathAt {
    pub segments: Vec<String>,
    pub line: usize,
}

impl PathAt {
    /// Whether the words stand next to each other somewhere in the path.
    pub fn contains(&self, words: &[&str]) -> bool {
        self.segments.windows(words.len()).any(|window| window.iter().zip(words).all(|(a, b)| a == b))
    }

    pub fn shown(&self) -> String {
        self.segments.join("::")
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The room a file of `src/` belongs to; the two roots belong to none.
    pub fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        if matches!(inside, "lib.rs" | "main.rs") {
            return None;
        }
        let first = inside.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// How many `super` lead from this file's module to the crate's root.
    pub fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.trim_end_matches("/mod.rs").split('/').count()
    }

    pub fn tokens(&self) -> Vec<Token> {
        Reader { rest: self.text.chars().collect(), at: 0, line: 1, tokens: Vec::new() }.read()
    }

    pub fn paths(&self) -> Vec<PathAt> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at].kind == Kind::Word || tokens[at].is("::") {
                at = read_path(&tokens, at, &[], &mut found);
            } else {
                at += 1;
            }
        }
        found
    }
}

/// Reads one path, with its `{…}` groups, from `at`; returns the place behind it.
fn read_path(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<PathAt>) -> usize {
    let line = tokens[at].line;
    let mut segments = prefix.to_vec();
    if tokens[at].is("::") {
        at += 1;
    }
    while at < tokens.len() {
        let token = &tokens[at];
        if token.kind == Kind::Word || token.is("*") {
            segments.push(token.text.clone());
            at += 1;
            // `Vec::<u8>::new` and `Conn::<X>`: a turbofish ends what the rules look at.
            if !tokens.get(at).is_some_and(|next| next.is("::")) {
                break;
            }
            at += 1;
        } else if token.is("{") && segments.len() > prefix.len() {
            return read_group(tokens, at + 1, &segments, found);
        } else {
            break;
        }
    }
    if segments.len() > prefix.len() {
        found.push(PathAt { segments, line });
    }
    at
}

/// Reads the comma-separated paths of a `use` group up to its closing brace.
fn read_group(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<PathAt>) -> usize {
    while at < tokens.len() && !tokens[at].is("}") {
        if tokens[at].is("as") {
            at += 2;
        } else if tokens[at].is("self") {
            found.push(PathAt { segments: prefix.to_vec(), line: tokens[at].line });
            at += 1;
        } else if tokens[at].kind == Kind::Word || tokens[at].is("*") {
            at = read_path(tokens, at, prefix, found);
        } else {
            at += 1;
        }
    }
    at + 1
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let character = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(character == '\n');
        Some(character)
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.tokens.push(Token { kind, text, line });
    }

    fn read(mut self) -> Vec<Token> {
        while let Some(character) = self.peek(0) {
            let line = self.line;
            match (character, self.peek(1)) {
                ('/', Some('/')) => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                ('/', Some('*')) => self.skip_block_comment(),
                ('"', _) => self.read_string(line),
                ('\'', _) => self.read_character(line),
                (':', Some(':')) => {
                    self.at += 2;
                    self.push(Kind::Mark, "::".to_owned(), line);
                }
                (c, _) if c.is_alphabetic() || c == '_' => self.read_word(line),
                (c, _) if c.is_ascii_digit() => {
                    while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                        self.bump();
                    }
                    self.push(Kind::Other, String::new(), line);
                }
                (c, _) => {
                    self.bump();
                    if !c.is_whitespace() {
                        self.push(Kind::Mark, c.to_string(), line);
                    }
                }
            }
        }
        self.tokens
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                (None, _) => return,
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// A word, or what a word begins: `r#"…"#`, `b"…"`, `c"…"`, `b'…'`, `r#word`.
    fn read_word(&mut self, line: usize) {
        let mut word = String::new();
        while let Some(c) = self.peek(0).filter(|c| c.is_alphanumeric() || *c == '_') {
            word.push(c);
            self.at += 1;
        }
        let prefix = matches!(word.as_str(), "r" | "b" | "br" | "c" | "cr");
        let hashes = (0..).take_while(|ahead| self.peek(*ahead) == Some('#')).count();
        if prefix && self.peek(hashes) == Some('"') && (hashes == 0 || word.ends_with('r')) {
            self.at += hashes;
            if word.ends_with('r') {
                self.read_raw_string(hashes, line);
            } else {
                self.read_string(line);
            }
        } else if word == "b" && self.peek(0) == Some('\'') {
            self.read_character(line);
        } else if word == "r" && hashes == 1 {
            self.at += 1;
            self.read_word(line);
        } else {
            self.push(Kind::Word, word, line);
        }
    }

    fn read_string(&mut self, line: usize) {
        self.bump();
        let mut text = String::new();
        while let Some(c) = self.bump() {
            match c {
                '"' => break,
                '\\' => {
                    text.push(c);
                    text.extend(self.bump());
                }
                _ => text.push(c),
            }
        }
        self.push(Kind::Text, text, line);
    }

    fn read_raw_string(&mut self, hashes: usize, line: usize) {
        self.bump();
        let mut text = String::new();
        while let Some(c) = self.bump() {
            if c == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.at += hashes;
                break;
            }
            text.push(c);
        }
        self.push(Kind::Text, text, line);
    }

    /// `'x'`, `'\n'`, `'\u{1F600}'`, or a lifetime, which has no closing quote.
    fn read_character(&mut self, line: usize) {
        self.bump();
        if self.peek(0) == Some('\\') {
            self.at += 2;
            while self.bump().is_some_and(|c| c != '\'') {}
        } else if self.peek(1) == Some('\'') {
            self.bump();
            self.bump();
        } else {
            while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                self.at += 1;
            }
        }
        self.push(Kind::Other, String::new(), line);
    }
}
