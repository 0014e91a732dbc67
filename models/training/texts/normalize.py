"""Normalizes a caller's text before it is encoded, like src/text/normalize/normalize.ts in the
server.

A model's recipe and manifest list the steps under `normalize`. They are applied in the order of `STEPS`:

- `html`: removes comments, the content of script and style elements, and the tags of known HTML elements, then decodes
  entities; twice, and tags once more, because texts in feeds are often escaped twice. `a < b`, `vector<int>` and
  `<your name>` stay. An element that starts a new line leaves a line break.
- `nfkc`: Unicode's NFKC form (full-width letters to ASCII, ligatures to letters, no-break spaces to spaces).
- `invisible`: removes control and format characters without a glyph. Line breaks, tabs and the joiners ZWJ and ZWNJ stay.
- `spaces`: each run of white space becomes a line break if it has one, else a space; ends are trimmed.
- `capitals`: puts a line written in capitals in lower case, as capitals take about twice the tokens.

Needs only the standard library. Both implementations are tested with test/golden/normalize.json.
"""

import html
import re
import unicodedata

# The version of the rules, which is part of a model's score fingerprint. It equals that of
# src/text/normalize/normalize.ts.
RULES = "normalize-1"

# Elements that start on a new line.
BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form frameset "
    "h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup option p pre search section select summary table tbody "
    "tfoot thead title tr ul".split()
)
# Elements that are separated from the text around them by a space.
CELLS = frozenset("audio button canvas embed iframe img input picture svg td textarea th video".split())
# Elements that may be within a word. Names that are also types in programs are not removed: data,
# map, object, output, param, slot, template, var.
INLINE = frozenset(
    "a abbr acronym area b base basefont bdi bdo big cite code col colgroup del dfn em font i ins kbd label link mark meta meter nobr noscript "
    "o:p progress q rb rp rt rtc ruby s samp script small source span strike strong style sub sup time track tt u wbr".split()
)

# The start of markup. A tag ends at the next `<` at the latest, so an unclosed tag takes time in
# proportion to its own length only.
MARKUP = re.compile(r"""<!--|</?([a-z][a-z0-9:]{0,10})(?:[ \t-\r/]+(?=[a-z_@:>])(?:[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*|[^<>]*))?>""", re.I | re.A)
CLOSING = {"script": re.compile(r"</script[ \t-\r/>]", re.I | re.A), "style": re.compile(r"</style[ \t-\r/>]", re.I | re.A)}
ENTITY = re.compile(r"&(?:#([0-9]{1,9})(?![0-9])|#[xX]([0-9a-fA-F]{1,8})(?![0-9a-fA-F])|[A-Za-z][A-Za-z0-9]{1,31});?", re.A)

INVISIBLE = re.compile(
    "[\\0-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f]+"
)
# Unicode's White_Space; Python's \s has more characters.
SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
SPACES = re.compile(f"[{SPACE}]+")
LINE_BREAK = re.compile(r"[\n-\r\x85\u2028\u2029]")
LINE = re.compile(r"[^\n-\r\x85\u2028\u2029]+")

SHOUTED_LETTERS = 8
SHOUTED_PERCENT = 85


def normalize(text: str, steps: list[str]) -> str:
    """`steps` are names as in a recipe, in the order of `STEPS`."""
    for step in steps:
        may_change, apply = STEPS[step]
        if not text.isascii() or may_change.search(text):
            text = apply(text)
    return text


def read_steps(value, where: str) -> list[str]:
    """The `normalize` of a recipe or manifest; an absent one is no step."""
    steps = [] if value is None else value
    known = list(STEPS)
    if not isinstance(steps, list) or [step for step in known if step in steps] != steps:
        raise ValueError(f"{where}: 'normalize' is {value!r}; some of {', '.join(known)}, each once and in this order, is needed")
    return steps


def remove_html(text: str) -> str:
    for _ in range(2):
        text = decode_entities(remove_markup(text))
    return remove_markup(text)


def remove_markup(text: str) -> str:
    kept = []
    start = 0
    # A search to the end of the text that failed is not repeated, so the time stays linear.
    missing = set()
    match = MARKUP.search(text)
    while match:
        name = match.group(1)
        left, end = remove_comment(text, match, missing) if name is None else remove_tag(text, match, missing)
        if end > match.start():
            kept += text[start : match.start()], left
            start = end
        match = MARKUP.search(text, max(end, match.start() + 1))
    return "".join([*kept, text[start:]])


def remove_comment(text: str, match: re.Match, missing: set[str]) -> tuple[str, int]:
    """Returns the replacement of a comment and the index of its end, or of its start if it has no
    end."""
    at = -1 if "-->" in missing else text.find("-->", match.start() + 2)
    if at < 0:
        missing.add("-->")
        return "", match.start()
    return "", at + 3


def remove_tag(text: str, match: re.Match, missing: set[str]) -> tuple[str, int]:
    """Like `remove_comment`, for a tag. The content of script and style is removed with the opening
    tag."""
    name = match.group(1).lower()
    if name in CLOSING and name not in missing and text[match.start() + 1] != "/":
        closing = CLOSING[name].search(text, match.end())
        if closing:
            return "", closing.start()
        missing.add(name)
    if name in BLOCKS:
        return "\n", match.end()
    if name in CELLS:
        return " ", match.end()
    return "", match.end() if name in INLINE else match.start()


def decode_entities(text: str) -> str:
    return ENTITY.sub(decode_entity, text) if "&" in text else text


def decode_entity(match: re.Match) -> str:
    """Python drops the code points that HTML calls errors; HTML itself keeps them."""
    decimal, hexadecimal = match.groups()
    return html.unescape(match.group()) or chr(int(decimal) if decimal else int(hexadecimal, 16))


def to_nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def remove_invisible(text: str) -> str:
    return INVISIBLE.sub("", text)


def fold_spaces(text: str) -> str:
    folded = SPACES.sub(lambda run: "\n" if LINE_BREAK.search(run.group()) else " ", text)
    return folded.strip(" \n")


def lower_shouted(text: str) -> str:
    return LINE.sub(lambda line: line.group().lower() if is_shouted(line.group()) else line.group(), text)


def is_shouted(line: str) -> bool:
    upper = sum(map(str.isupper, line))
    letters = upper + sum(map(str.islower, line))
    return letters >= SHOUTED_LETTERS and 100 * upper >= SHOUTED_PERCENT * letters


# Steps by name, in their order, each with the pattern of what it may change in an ASCII text.
STEPS = {
    "html": (re.compile(r"<[!/a-zA-Z]|&[#a-zA-Z]"), remove_html),
    "nfkc": (re.compile(r"(?!)"), to_nfkc),
    "invisible": (INVISIBLE, remove_invisible),
    "spaces": (re.compile(r"^[\t-\r ]|[\t-\r ]\Z|[\t\x0b-\r]|[\n ][\n ]"), fold_spaces),
    # A line of at least 8 letters with 85 % capitals has four capitals in a row.
    "capitals": (re.compile(r"(?:[A-Z][^A-Za-z\n-\r]*){4}"), lower_shouted),
}
