"""How Jekyll makes an address of a template: slugs, escaping, cleaning, and the two ways of filling tokens in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

STYLES = {
    "none": "/:categories/:title:output_ext",
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
}

LONGEST_TEMPLATE = 2000  # characters
_LONGEST_VALUE = 2000

_TOKEN = re.compile(r":([a-z_]+)")
_PLAIN = re.compile(r"[a-zA-Z0-9./-]+")
_SLASHES = re.compile(r"/{2,}")
# The example of RFC 3986, appendix B, which Jekyll's library splits addresses by.
_ADDRESS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_SUB_DELIMITERS = "!$&'()*+,;="
_IN_PATH = _SUB_DELIMITERS + ":@/"
_IN_ADDRESS = _IN_PATH + "?#%"
_READABLE = frozenset("._~!$&'()+,;=@")  # what Jekyll's mode "pretty" keeps


def slugify(text: str, *, pretty: bool = False, cased: bool = False) -> str:
    """Return a text as a part of an address: letters, marks and digits of every script, the rest as hyphens.

    Parameters
    ----------
    pretty
        Keep ``._~!$&'()+,;=@`` too.
    cased
        Keep capital letters.

    >>> slugify("The _config.yml file"), slugify("The _config.yml file", pretty=True, cased=True)
    ('the-config-yml-file', 'The-_config.yml-file')
    """
    characters: list[str] = []
    for character in text:
        if _is_word(character) or (pretty and character in _READABLE):
            characters.append(character)
        elif not characters or characters[-1] != "-":
            characters.append("-")
    slug = "".join(characters).removeprefix("-").removesuffix("-")
    return slug if cased else lower_case(slug)


def _is_word(character: str) -> bool:
    if character.isascii():
        return character.isalnum()
    return unicodedata.category(character)[0] in "LM" or unicodedata.decimal(character, None) is not None


def lower_case(text: str) -> str:
    """Return a text in lower case as Ruby makes it, which knows no sigma of its own at the end of a word."""
    return text.lower() if text.isascii() else "".join(character.lower() for character in text)


def title_of_slug(slug: str) -> str:
    """Return the title that Jekyll gives to a document without.

    >>> title_of_slug("2020-ferry-STRIKE")
    '2020 Ferry Strike'
    """
    return " ".join(word[:1].title() + lower_case(word[1:]) for word in slug.rstrip("-").split("-"))


def escape_path(text: str) -> str:
    """Percent-encode a value that is filled in, as the library does that takes it for a whole address.

    >>> escape_path("Müller & Söhne #1")
    'M%C3%BCller%20&%20S%C3%B6hne%20%231'
    """
    if not text or _PLAIN.fullmatch(text):
        return text
    split = _ADDRESS.fullmatch(text)
    if split is None:  # cannot be: the pattern fits every text
        return quote(text, safe=_IN_PATH)
    scheme, authority, path, query, fragment = split.groups()
    escaped = quote(path, safe=_IN_PATH)
    if authority is not None:
        escaped = f"//{quote(authority, safe=_SUB_DELIMITERS + ':@[]')}{escaped}"
    if scheme is not None:
        escaped = f"{quote(scheme, safe='+')}:{escaped}"
    if query is not None:
        escaped += "?" + quote(query, safe=_IN_PATH + "?")
    if fragment is not None:
        escaped += "#" + quote(fragment, safe=_IN_PATH + "?")
    return escaped.replace("#", "%23", 1)


def clean_path(path: str) -> str:
    """Return a path with one slash in front and none doubled, and without dots that lead elsewhere.

    >>> clean_path("blog//a/../b")
    '/blog/a/b'
    """
    return _SLASHES.sub("/", f"/{path}".replace("..", "/").replace("./", ""))


def fill_document(template: str, tokens: Mapping[str, str]) -> str:
    """Fill in the tokens of a post's or a document's template; a token that Jekyll does not know stays.

    Values are cut at 2,000 characters, so that no front matter makes an address of any length.

    >>> fill_document("/:year_:title/", {"year": "2020", "title": "ferry strike"})
    '/2020_ferry%20strike/'
    """

    def value(token: re.Match[str]) -> str:
        name = token[1]
        if name in tokens:
            return escape_path(tokens[name][:_LONGEST_VALUE])
        shorter = name.removesuffix("_")  # `:month_:day`
        return escape_path(tokens[shorter][:_LONGEST_VALUE]) + "_" if shorter in tokens else token[0]

    return clean_path(_TOKEN.sub(value, template))


def fill_page(template: str, folder: str, stem: str, extension: str) -> str:
    """Fill in the tokens of a page's template, which knows no others than ``:path``, ``:basename``, ``:output_ext``."""
    for token, value in ((":path", folder), (":basename", stem), (":output_ext", extension)):
        template = template.replace(token, escape_path(value))
    return clean_path(template)


def with_suffix_of(template: str, style: str) -> str:
    """Return a template without ending with that of the site's permalink style."""
    if style in {"date", "ordinal", "none"} or style.endswith(":output_ext"):
        return template + ":output_ext"
    return template + "/" if style == "pretty" or style.endswith("/") else template


def absolute(base: str, path: str) -> str:
    """Return a path of the site behind its base address; what cannot stand in an address is percent-encoded."""
    return base + quote(path, safe=_IN_ADDRESS)
