"""One canonical form for an address, so that every way to write it finds the same article."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from w3lib.url import canonicalize_url

# A site of 100,000 articles fits; every address is asked for several times while a corpus is built.
_CACHE_SIZE = 1 << 17
_MOST_FOLDS = 16

# Addresses that need no parsing: nearly all. `_fold` gives the same for them, at ten times the cost.
_PLAIN = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z][a-z0-9-]*)+)((?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*)/*"
    r"(?:\?([A-Za-z0-9_]+)(?:=([A-Za-z0-9_.-]*))?)?"
)
_MAYBE_AMP = re.compile(r"ampproject\.org|bing-amp\.com|amp\.cloudflare\.com|(?:google|bing)\.[a-z.]{2,6}/amp/")
_WEB = re.compile(r"(?:https?:)?//|www\.[^/.]+\.", re.IGNORECASE)
_AMP_CACHE = re.compile(
    r"(?:https?:)?//(?:[^/?#]+\.)?(?:cdn\.ampproject\.org|bing-amp\.com|amp\.cloudflare\.com)(?::\d+)?"
    r"/[a-z]{1,3}/(?:s/)?(?=[^/?#]*\.)(.+)",
    re.IGNORECASE | re.DOTALL,
)
_AMP_VIEWER = re.compile(
    r"(?:https?:)?//(?:www\.)?(?:google|bing)\.[a-z.]{2,6}(?::\d+)?/amp/(?:s/)?(?=[^/?#]*\.)(.+)",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;)+")
_SLASHES = re.compile(r"//+")

_AMP_FLAGS = frozenset({"amp", "_amp", "amphtml", "is_amp"})
_AMP_FLAG_VALUES = frozenset({"", "1", "true", "yes", "amp"})
_AMP_MODES = frozenset({"outputtype", "output", "context", "mode", "view", "format"})
# Names that only ever say where a reader came from. `ref`, `source`, `cid` are page numbers at some sites: they stay.
_TRACKING = re.compile(
    r"(?:utm|mtm|itm|hsa|vero|oly)_.+|(?:pk|piwik)_(?:campaign|kwd|keyword|source|medium|content|cid)|mc_[ce]id"
    r"|(?:fb|g|dc|tw|y|ysc|tt|msclk|li_fat_)clid|msclkid|li_fat_id|gclsrc|gad_source|gbraid|wbraid|igshid|igsh"
    r"|mkt_tok|_hsenc|_hsmi|_mc|_ga|_gl|_openstat|ref_src|ref_url|__twitter_impression|wt\.mc_id|s_cid|s_kwcid"
    r"|ocid|ncid|icid|cmpid|taid|smid|smtyp|xtor|sr_share|guccounter|guce_referrer(?:_sig)?"
    r"|at_(?:medium|campaign|custom\d)|ns_(?:source|mchannel|campaign)"
    r"|usqp|aoh|amp_(?:js_v|gsa|r|tf|ct|latest_update_time)"
)


@lru_cache(maxsize=_CACHE_SIZE)
def canonical_url(url: str) -> str:
    """Return the one form that all ways to write an address share.

    Folded: AMP caches and viewers, AMP's and tracking parameters, scheme, ``www.``, default ports, case
    and IDNA of the host, percent-encoding, order of parameters, doubled and trailing slashes, dot segments,
    fragment. Parameters with a meaning stay. An address without a host (``/posts/x/``) has a canonical
    form too; what is no address at all comes back stripped of white space. Never raises on a text.

    >>> canonical_url("http://www.Example.com:80/a/?utm_source=mail&id=12#top")
    'https://example.com/a?id=12'
    >>> canonical_url("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a.html?AMP")
    'https://example.com/a.html'
    >>> canonical_url("/posts/x/")
    '/posts/x'
    """
    maybe_amp = _MAYBE_AMP.search(url)
    unwrapped = _unwrapped(url) if maybe_amp else url
    plain = _PLAIN.fullmatch(unwrapped)
    if plain and not (maybe_amp and _MAYBE_AMP.search(unwrapped)):
        name, value = plain[3], plain[4] or ""
        query = "" if name is None or _is_noise(name.lower(), value.lower()) else f"?{name}={value}"
        return f"https://{_bare_host(plain[1])}{plain[2]}{query}"
    given = url.strip()
    text = given
    try:
        # Folding may uncover more to fold ("%2541" is "%41" is "A"): on to the form that no longer changes.
        for _ in range(_MOST_FOLDS):
            folded = _fold(text)
            if folded == text:
                return folded
            text = folded
    except ValueError:  # brackets, ports and characters that no host can have
        pass
    return given


@lru_cache(maxsize=_CACHE_SIZE)
def host_of(url: str) -> str | None:
    """Return the host that an address names, in lower case; None where it names none, or is no address.

    >>> host_of("https://Example.com/a"), host_of("/a"), host_of("http://[a")
    ('example.com', None, None)
    """
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def split_fragment(url: str) -> tuple[str, str]:
    """Return the canonical page and the fragment of an address, the fragment ``""`` where it names no part.

    Browsers' text fragments and tracking in a fragment name no part of a page.

    >>> split_fragment("https://example.com/2018/06/08/#section-2")
    ('https://example.com/2018/06/08', 'section-2')
    >>> split_fragment("https://example.com/a#utm_source=mail")
    ('https://example.com/a', '')
    """
    page, _, fragment = url.strip().partition("#")
    fragment = unquote(fragment.partition(":~:")[0]).strip()
    if "=" in fragment and not _kept_parameters(fragment):
        fragment = ""
    return canonical_url(page), fragment


def _fold(text: str) -> str:
    """Fold once; a ValueError says that the text is no address."""
    text = _unwrapped(text.strip().partition("#")[0].strip())
    if not text:
        return ""
    parts = urlsplit(canonicalize_url(_ESCAPED_AMPERSAND.sub("&", text)))
    if parts.scheme not in {"", "http", "https"}:
        return parts.geturl()
    path = _SLASHES.sub("/", parts.path).rstrip("/")
    query = "&".join(_kept_parameters(parts.query))
    query = f"?{query}" if query else ""
    if not parts.netloc:
        return f"{path or '/'}{query}"
    return f"https://{_authority(parts.hostname, parts.port)}{path}{query}"


def _unwrapped(text: str) -> str:
    """Return the publisher's own address for one of an AMP cache or viewer, with a scheme for any web address."""
    while wrapped := _AMP_CACHE.fullmatch(text) or _AMP_VIEWER.fullmatch(text):
        text = f"https://{wrapped[1]}"
    if not _WEB.match(text):
        return text
    return f"https://{text}" if text[:1] in "wW" else f"https://{text.partition('//')[2]}"


def _authority(host: str | None, port: int | None) -> str:
    host = _bare_host((host or "").strip().rstrip("."))
    if not host:
        raise ValueError("no host")
    if ":" in host:
        host = f"[{host}]"
    return host if port in {None, 80, 443} else f"{host}:{port}"


def _bare_host(host: str) -> str:
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def _kept_parameters(query: str) -> list[str]:
    return [pair for pair in query.split("&") if pair and not _is_noise(*pair.lower().partition("=")[::2])]


def _is_noise(name: str, value: str) -> bool:
    if name in _AMP_FLAGS:
        return value in _AMP_FLAG_VALUES
    if name in _AMP_MODES:
        return value in {"amp", "amphtml"}
    return _TRACKING.fullmatch(name) is not None
