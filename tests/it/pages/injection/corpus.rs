//! What somebody types who wants a page to do something: own words for what is known to break pages, each with the mark `zq`,
//! so that whatever of it takes effect is known by its name.

/// In every text, and in no word of ours.
pub const MARK: &str = "zq";

/// Texts that are typed where a name or a sentence is asked for.
pub const CORPUS: &[&str] = &[
    // Elements.
    "<script>zq=1</script>",
    "</script><script>zq=1</script>",
    "</title><script>zq=1</script>",
    "</textarea><script>zq=1</script>",
    "</option></select><img src=x onerror=zq=1>",
    "--><script>zq=1</script><!--",
    "<img src=x onerror=zq=1>",
    "<svg onload=zq=1>",
    "<svg><script>zq=1</script></svg>",
    "<svg><a href=javascript:zq=1>zq</a></svg>",
    "<iframe srcdoc='<script>zq=1</script>'>",
    "<object data=javascript:zq=1>",
    "<body onload=zq=1>",
    "<details open ontoggle=zq=1>",
    "<a href='javascript:zq=1'>zq</a>",
    "<style>@import '//zq.example'</style>",
    "<base href=//zq.example>",
    "<meta http-equiv=refresh content=0;//zq>",
    "<form action=//zq.example><button>zq",
    "<zq-tag zq=1>",
    "<!--zq",
    "<![CDATA[<zq>]]>",
    // Out of an attribute.
    "\"><script>zq=1</script>",
    "'><script>zq=1</script>",
    "\"><img src=x onerror=zq=1>",
    "\" autofocus onfocus=zq=1 x=\"",
    "' onmouseover='zq=1' x='",
    "\\\"><zq>\\",
    // Addresses.
    "javascript:zq=1",
    "JaVaScRiPt:zq=1//",
    "data:text/html,<script>zq=1</script>",
    "//zq.example/",
    // Unescaped once too often, and templates.
    "&lt;script&gt;zq=1&lt;/script&gt;",
    "&#60;img src=x onerror=zq=1&#62;",
    "%3Cscript%3Ezq=1%3C/script%3E",
    "{{ zq }}{% include \"zq\" %}",
    "${zq}#{zq}<%= zq %>",
    // Letters that are not seen, or turn others around.
    "\u{202e}exe.zq\u{2066}",
    "z\u{200b}zq\u{feff}",
    // What other programs take for nothing, or for a formula.
    "null zq",
    "undefined zq",
    "=zq()+1",
    "@SUM(zq)",
    "+zq|' /C calc'!A0",
    "-1+zq",
];

/// What breaks out of an attribute, a field of several lines, and a list: what is sent in each field of each form.
pub const FORM_TEXTS: [&str; 4] = [
    "\"><img src=x onerror=zq=1>",
    "</textarea><script>zq=1</script>",
    "' onmouseover='zq=1' x='<svg onload=zq=1>",
    "javascript:zq=1",
];

/// Such a text in a field of a name, which is said behind it, so that where it came from is seen; none where it is too long.
pub fn typed(hostile: &str, field: &str, most: usize) -> Option<String> {
    let text = format!("{hostile} ~{field}~");
    (text.chars().count() <= most).then_some(text)
}
