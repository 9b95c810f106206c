//! Phrases in the six languages of the United Nations. A phrase without one of them is not a program.

use super::country::Language;

impl Language {
    /// The language of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Whether it is written from right to left.
    #[must_use]
    pub const fn is_right_to_left(self) -> bool {
        match self {
            Self::Arabic => true,
            Self::English | Self::French | Self::Spanish | Self::Russian | Self::Chinese => false,
        }
    }
}

/// Makes phrases: a name, and what stands for it in English, French, Spanish, Russian, Chinese and Arabic.
macro_rules! phrases {
    ($(#[$doc:meta])* pub enum $kind:ident { $($name:ident: $words:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $(#[doc = stringify!($name)] $name,)* }

        impl $kind {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// In each language, in the order of [`Language::ALL`].
            fn all_words(self) -> [&'static str; 6] {
                match self { $(Self::$name => $words,)* }
            }

            /// In a language.
            pub fn said(self, language: $crate::atlas::Language) -> &'static str {
                let [english, french, spanish, russian, chinese, arabic] = self.all_words();
                match language {
                    $crate::atlas::Language::English => english,
                    $crate::atlas::Language::French => french,
                    $crate::atlas::Language::Spanish => spanish,
                    $crate::atlas::Language::Russian => russian,
                    $crate::atlas::Language::Chinese => chinese,
                    $crate::atlas::Language::Arabic => arabic,
                }
            }
        }
    };
}
pub(crate) use phrases;
