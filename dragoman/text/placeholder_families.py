"""Families of placeholders: the notations of parts of a text that a translation keeps unchanged.

Where the patterns of two families match at one place, the family that stands first in :data:`FAMILIES` is taken. No
pattern has a capturing group, and none takes more than linear time: what repeats is possessive or has a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Family:
    """Placeholders in the notation of one tool, or of several alike.

    Attributes:
        name: name in recipes and reports.
        example: an example.
        meaning: a sentence on their meaning.
        pattern: regular expression of one placeholder.
        triggers: ASCII characters of which every placeholder of the family has one; a URL has ``://`` or ``www.``.
        is_sure: whether the pattern hardly ever matches ordinary text, so that no corpus needs to show its use.
        is_numbered: whether the names are numbers that begin with 1, unlike amounts of money.
    """

    name: str
    example: str
    meaning: str
    pattern: str
    triggers: str
    is_sure: bool = True
    is_numbered: bool = False


URL_TRIGGER = "/"
"""Among the triggers of a family, stands for ``://`` and ``www.``."""

_HTML = (
    "a|abbr|acronym|address|article|aside|audio|b|base|basefont|bdi|bdo|big|blockquote|body|br|button|canvas|caption|"
    "center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|div|dl|dt|em|embed|fieldset|figcaption|"
    "figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|"
    "meta|meter|nav|nobr|noscript|object|ol|optgroup|option|output|p|param|picture|pre|progress|q|qt|rp|rt|ruby|s|samp|"
    "script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|"
    "thead|time|tr|track|tt|u|ul|var|video|wbr"
)
_VALUE = r"""(?:\\?"[^"<>]*+"|\\?'[^'<>]*+'|[^\s"'<>=]++)"""
_ATTRIBUTES = rf"(?:\s++[\w:@.-]++\s*+=\s*+{_VALUE})"
_SPECIFIER = r"[-+#0 ]*+\d*+(?:\.\d++)?+"
_AFTER_A_NUMBER = "(?<=\\d[ \u00a0\u202f])"
"""``20 %d'intérêt`` is a share in French, and ``100 %-ige`` in German."""
_NO_SHARE = rf"(?<!\d)(?!{_AFTER_A_NUMBER}%[-+]?[A-Za-z]['’\w])"
_SIZE = "(?:hh|ll|[hlz]|[Lqjt](?=[diouxXeEfFgG](?![a-z])))?"
_NAME = "[A-Za-z_][A-Za-z0-9_]"
_LETTER = "[^\\W\u2e80-\U0010ffff]"
"""What would continue a name; in Chinese and Japanese the next word follows without a space."""

FAMILIES = (
    Family(
        "url",
        "https://example.org",
        "Addresses of pages and files.",
        r"(?:(?:https?|ftps?|file)://(?:\[[0-9A-Fa-f:.]{2,45}\])?|www\.)(?=[\w/:])"
        r"[^\s<>\"{}|\\^`“”„‚‘’«»\[\]]*[\w/=&#%~+-]",
        URL_TRIGGER,
    ),
    Family(
        "email",
        "user@example.org",
        "Addresses of electronic mail.",
        r"(?<![\w.+-])\w[\w.+-]{0,63}@(?:\w[\w-]{0,62}\.){1,8}[^\W\d_]{2,24}(?![\w@])",
        "@",
    ),
    Family(
        "block",
        "<%= name %>",
        "Code inside templates: ERB, EJS, PHP, Jinja, Twig, Liquid.",
        r"<%[^%\n]{0,200}+(?:%(?!>)[^%\n]{0,100}+){0,4}+%>"
        r"|\{%[^%\n]{0,200}+(?:%(?!\})[^%\n]{0,100}+){0,4}+%\}"
        r"|<\?[^?\n]{0,200}+(?:\?(?!>)[^?\n]{0,100}+){0,4}+\?>",
        "<{",
    ),
    Family(
        "tag",
        "<b>",
        "Tags of HTML, any tags that have attributes, and the numbered ones of i18next.",
        rf"</?(?:(?i:{_HTML})|\d{{1,3}})(?:\s++(?:checked|controls|disabled|hidden|readonly|required|selected))?"
        rf"{_ATTRIBUTES}*+\s*+/?>"
        rf"|<[A-Za-z][\w:.-]*+{_ATTRIBUTES}++\s*+/?>",
        "<",
    ),
    Family(
        "element",
        "<filename>",
        "Tags of other names: KDE, Android, components of React; in usage messages such words are translated.",
        r"</?[A-Za-z][\w:.-]*+\s*+/?>",
        "<",
        is_sure=False,
    ),
    Family(
        "mustache",
        "{{ name }}",
        "Double and triple braces: Mustache, Handlebars, Angular, Vue, i18next.",
        r"\{\{\{[^{}\n]{1,100}\}\}\}|\{\{[^{}\n]{1,100}\}\}",
        "{",
    ),
    Family(
        "icu",
        "{date, date, short}",
        "Arguments of ICU's message format with the kind of value; whole plural and select messages are none.",
        r"\{\s*+\w{1,60}+\s*+,\s*+(?:number|date|time|spellout|ordinal|duration|list)\s*+(?:,[^{}\n]{1,100})?\}",
        "{",
    ),
    Family(
        "fluent",
        "{ $name }",
        "Variables, terms and functions of Mozilla's Fluent.",
        r"\{\s*+(?:\$[\w-]{1,100}+|-[A-Za-z][\w.-]{0,100}+(?:\([^(){}\n]{0,100}\))?|[A-Z][A-Z_]{1,30}\([^(){}\n]{0,100}\))"
        r"\s*+\}",
        "{",
    ),
    Family(
        "dotnet",
        "{0:N2}",
        "Items of .NET's composite format: a number, a width, a format that may have spaces.",
        r"\{\d{1,3}(?:,-?\d{1,3})?(?::[^{}\n]{1,60})?\}",
        "{",
    ),
    Family(
        "brace",
        "{name}",
        "Names in braces, with or without $, % or # before: Python, ICU, shells, Ruby, Rust.",
        r"[$%#]?\{[^{}\s]{0,100}\}",
        "{",
    ),
    Family(
        "spaced-brace",
        "{ name }",
        "A name in braces with spaces around: references to messages in Fluent.",
        r"\{ [A-Za-z][\w.-]{0,60}+ \}",
        "{",
        is_sure=False,
    ),
    Family(
        "python",
        "%(name)s",
        "Named items of Python's % operator.",
        rf"%\([^()\s]{{1,100}}\){_SPECIFIER}[diouxXeEfFgGcrsa]",
        "%",
    ),
    Family("ruby", "%<name>s", "Named items of Ruby's format.", rf"%<\w{{1,60}}+>{_SPECIFIER}[diouxXeEfgGcsp]", "%"),
    Family(
        "percent-name",
        "%date%",
        "Names between percent signs: Symfony, Windows.",
        r"(?<![\d%])%(?![0-9A-Fa-f]{2}%[0-9A-Fa-f]{2})"
        r"(?:[A-Za-z_][\w.-]{0,60}\w|[A-Z]{2,30}(?: [A-Z]{2,30}){1,3})%(?![\w%])",
        "%",
        is_sure=False,
    ),
    Family(
        "libreoffice",
        "%PRODUCTNAME",
        "Names in capitals behind a percent sign, and $[name]: LibreOffice, Apache OpenOffice.",
        r"(?<!\d)%[A-Z][A-Z0-9_]{2,60}+(?![%a-z])|\$\[[A-Za-z]\w{0,60}+\]",
        "%$",
        is_sure=False,
    ),
    Family(
        "hash-name",
        "#ARG1#",
        "Names in capitals between number signs: LibreOffice, WordPress, TYPO3.",
        r"(?<![\w#])#{1,3}[A-Z][A-Z0-9_]{2,60}+#{1,3}(?![\w#])",
        "#",
        is_sure=False,
    ),
    Family(
        "qt",
        "%1",
        "Numbers behind a percent sign, %n and %L1: Qt, KDE, Windows' messages.",
        r"(?<!%)%(?:L?(?:[1-9](?!\d|[A-F](?![a-z]))|(?<!\w%)1\d(?!\d))(?!\$|\.\d++[a-z]|[-–]\d)|L?n(?![A-Za-z]))",
        "%",
        is_sure=False,
        is_numbered=True,
    ),
    Family(
        "printf",
        "%s",
        "Items of printf in C, Python, PHP, Java, Swift and others, and the doubled percent sign.",
        rf"%\d{{1,2}}\$[-+#0]*+\d*+(?:\.\d++)?+{_SIZE}[diouxXeEfFgGcsr@p]"
        rf"|{_NO_SHARE}%(?:"
        rf"(?:[-+#0]++(?:\d++|\*)?+|\*)?+(?:\.(?:\d++|\*))?+{_SIZE}"
        rf"(?:[diouxefgcsr@p](?![a-z]{{3}})|[XEFG](?![A-Za-z]))"
        rf"|\d++\.\d++{_SIZE}[defgs](?![a-z])"
        rf"|(?<![\w/=%]%)\d{{1,2}}{_SIZE}[disux@](?![A-Za-z]{{2}}))"
        r"|%%",
        "%",
    ),
    Family(
        "percent-word",
        "%name",
        "Words in small letters behind a percent sign: Drupal.",
        rf"{_NO_SHARE}(?<!%)%[a-z][a-z0-9_-]{{2,60}}[a-z0-9](?!%|{_LETTER})",
        "%",
        is_sure=False,
    ),
    Family(
        "glued-printf",
        "%sword",
        "Items of printf that a word follows without a space.",
        rf"{_NO_SHARE}(?<!%)%[sd](?=[a-z]{{3}})",
        "%",
        is_sure=False,
    ),
    Family("i18next", "$t(key)", "References to other messages in i18next.", r"\$t\([^()\s]{1,100}\)", "$"),
    Family(
        "dollar-parenthesis",
        "$(ARG1)",
        "Names in parentheses behind a dollar sign: LibreOffice, make, shells, NSIS.",
        r"\$\(\^?[A-Za-z_]\w{0,60}\)",
        "$",
    ),
    Family(
        "chrome",
        "$NAME$",
        "Names between dollar signs: Chrome's and Firefox's extensions.",
        r"\$[A-Za-z_][A-Za-z0-9_@]{0,60}\$",
        "$",
        is_sure=False,
    ),
    Family(
        "dollar-number",
        "$1",
        "Numbers behind a dollar sign: MediaWiki, Chrome's extensions, regular expressions.",
        r"(?<![\w$])\$[1-9](?!\d)(?![.,]\d)",
        "$",
        is_sure=False,
        is_numbered=True,
    ),
    Family(
        "dollar-name",
        "$name",
        "Names in small letters behind a dollar sign: string.Template, PHP, shells; $US is an amount of money.",
        rf"\$[a-z_]{_LETTER}*+",
        "$",
    ),
    Family(
        "entity",
        "&amp;",
        "Entities and character references of HTML and XML; where one side has the character itself, they are text.",
        r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
        "&",
        is_sure=False,
    ),
    Family(
        "colon",
        ":name",
        "Names behind a colon: Laravel, Rails' routes, SQL, Drupal.",
        rf"(?<![\w:/)]):{_NAME}{{1,60}}+(?!:|{_LETTER})",
        ":",
        is_sure=False,
    ),
    Family(
        "at",
        "@name",
        "Names behind an at sign: Drupal, and whoever is addressed in social media.",
        rf"(?<![\w@.])@{_NAME}{{1,60}}+(?!@|{_LETTER})",
        "@",
        is_sure=False,
    ),
    Family(
        "exclamation",
        "!name",
        "Names behind an exclamation mark: older Drupal.",
        rf"(?<![\w!¡])![a-z][a-z0-9_]{{1,60}}+(?!!|{_LETTER})",
        "!",
        is_sure=False,
    ),
    Family(
        "escape",
        r"\n",
        "Line feeds, tabulators and carriage returns that are written with a backslash.",
        r"(?<![\\:])\\[nrt]",
        "\\",
        is_sure=False,
    ),
    Family(
        "bbcode",
        "[b]",
        "Markup in square brackets: forums and game engines.",
        r"(?i:\[/?(?:b|i|u|s|url|img|color|size|font|email|quote|code|list|\*|center|left|right|table|tr|td|h[1-6])"
        r"(?:=[^\[\]\n]{1,200})?\])",
        "[",
        is_sure=False,
    ),
)
"""All families, in the order of their precedence."""

FAMILY: Mapping[str, Family] = MappingProxyType({family.name: family for family in FAMILIES})
"""All families by name."""

GENERAL = Family(
    "general",
    "{name}",
    "What was taken for a placeholder before there were families, in models and datasets from then.",
    "|".join(
        (
            r"(?:(?:https?|ftps?|file)://|www\.)(?=[\w\[])[^\s<>\"{}|\\^`“”„‚‘’«»]*[\w/=&#%~+-]",
            r"</?[A-Za-z0-9][\w:.-]*+(?:\s[^<>]*+)?/?>",  # HTML, XML, the numbered tags of i18next
            r"\{\{[^{}\n]{1,100}\}\}",  # Mustache, Jinja, Angular
            r"[$%#]?\{[^{}\s]{0,100}\}",  # str.format, ICU arguments, shells, Ruby
            r"%\([^()\s]{1,100}\)[-+#0 ]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]",  # Python
            r"(?<!\d)%(?:\d+\$)?[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|ll|[hlLqjzt])?[diouxXeEfFgGcsr@p](?![a-z]{3})",
            r"%%",
            r"\$t\([^()\s]{1,100}\)",  # i18next's nesting
            r"\$[a-z_]\w*",  # string.Template; $US is an amount of money
            r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
        )
    ),
    "{<%&$" + URL_TRIGGER,
)
"""The family of models and datasets that name none."""
