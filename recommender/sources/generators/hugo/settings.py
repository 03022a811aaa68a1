"""What a Hugo site's configuration says of its languages, its content folders and its addresses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import urlsplit

from recommender.sources.generators.hugo.dates import DateFields, zone_of
from recommender.sources.generators.site_config import is_true, mapping_at, text_at, texts_of

_DEFAULT_TAXONOMIES = {"tag": "tags", "category": "categories"}
# Every file is compared with each.
_MOST_PATTERNS = 50
_MOST_MOUNTS = 100
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class HugoLanguage:
    """One language of a site.

    Parameters
    ----------
    key
        As the configuration names it, in lower case.
    code
        What readers of the text get: the key where it is a code, else ``languageCode``; None where neither says one.
    base
        The base address with a slash at its end; ``/`` or a path where it has no host.
    prefix
        The first part of the path of its pages; empty for none.
    """

    key: str
    code: str | None
    base: str
    prefix: str
    disabled: bool
    zone: tzinfo
    dates: DateFields
    permalinks: Any
    ugly: bool | Mapping[str, Any]
    title: str | None


@dataclass(frozen=True, slots=True)
class ContentMount:
    """A folder of the site whose files are content.

    Parameters
    ----------
    source
        The folder, relative to the site.
    target
        Where its files stand in the content; empty for the content's root.
    language
        The key of its language; None where the files' names say it.
    """

    source: str
    target: str = ""
    language: str | None = None
    included: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HugoSettings:
    """What a configuration says, its defaults filled in; `warnings` names what could not be used."""

    languages: Mapping[str, HugoLanguage]
    default_language: str
    mounts: tuple[ContentMount, ...]
    taxonomies: frozenset[str]
    disabled_kinds: frozenset[str]
    lower: bool
    without_accents: bool
    build_future: bool
    cascade: Any
    ignored_files: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> HugoSettings:
        """Read merged settings, all names in lower case."""
        warnings: list[str] = []
        default = (text_at(values, "defaultcontentlanguage") or "").lower()
        configured = {
            name: value for name, value in mapping_at(values, "languages").items() if isinstance(value, Mapping)
        }
        if configured and default not in configured:
            default = "en" if "en" in configured else next(iter(configured))
        taxonomies = values.get("taxonomies")
        named = taxonomies if isinstance(taxonomies, Mapping) else _DEFAULT_TAXONOMIES
        return cls(
            _languages(values, configured, default, warnings),
            default or "en",
            _mounts(values, configured, default, warnings),
            frozenset(str(plural).lower() for plural in named.values()),
            frozenset(kind.lower() for kind in texts_of(values.get("disablekinds"))),
            not is_true(values.get("disablepathtolower")),
            is_true(values.get("removepathaccents")),
            is_true(values.get("buildfuture")),
            values.get("cascade"),
            texts_of(values.get("ignorefiles"))[:_MOST_PATTERNS],
            tuple(warnings),
        )


def _languages(
    values: Mapping[str, Any], configured: Mapping[str, Mapping[str, Any]], default: str, warnings: list[str]
) -> dict[str, HugoLanguage]:
    disabled = {text.lower() for text in texts_of(values.get("disablelanguages"))}
    disabled |= {key for key, value in configured.items() if is_true(value.get("disabled"))}
    disabled.discard(default)  # Hugo refuses to build such a site
    hosts = any(text_at(value, "baseurl") for value in configured.values())
    in_folder = is_true(values.get("defaultcontentlanguageinsubdir"))
    many = len(configured.keys() - disabled) > 1
    languages = {}
    for key, own in (configured or {default or "en": {}}).items():
        prefix = key if many and not hosts and (in_folder or key != default) else ""
        # Without any word on languages Hugo takes English, which says nothing of the texts.
        code = key if _CODE.fullmatch(key) and (configured or default) else None
        languages[key] = _language(key, code, prefix, key in disabled, {**values, **own})
    zones = {text_at({**values, **own}, "timezone") for own in (configured or {"": {}}).values()}
    unknown = sorted(zone for zone in zones if zone and zone_of(zone) is None)
    warnings.extend(f"timeZone {zone!r} is not known on this machine; UTC is taken" for zone in unknown)
    return languages


def _language(key: str, code: str | None, prefix: str, disabled: bool, values: Mapping[str, Any]) -> HugoLanguage:
    ugly = values.get("uglyurls")
    described = (text_at(values, "languagecode") or text_at(values, "locale") or "").lower()
    return HugoLanguage(
        key,
        code or (described if _CODE.fullmatch(described) else None),
        base_address(text_at(values, "baseurl") or ""),
        prefix,
        disabled,
        zone_of(text_at(values, "timezone")) or UTC,
        DateFields.from_config(values),
        values.get("permalinks"),
        ugly if isinstance(ugly, Mapping) else is_true(ugly),
        text_at(values, "title"),
    )


def base_address(text: str) -> str:
    """Return a base address with a slash at its end; only its path where it names no host.

    >>> base_address("https://coast.example/news"), base_address("/news"), base_address("")
    ('https://coast.example/news/', '/news/', '/')
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    if parts.scheme in {"http", "https"} and parts.netloc:
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    if parts.netloc or parts.scheme or not text.startswith("/"):
        return "/"
    return f"{parts.path.rstrip('/')}/"


def _mounts(
    values: Mapping[str, Any], configured: Mapping[str, Mapping[str, Any]], default: str, warnings: list[str]
) -> tuple[ContentMount, ...]:
    """Return the content folders, that of the default language first."""
    mounts = _module_mounts(mapping_at(values, "module"))
    if not mounts:
        shared = text_at(values, "contentdir") or "content"
        own = {key: text_at(value, "contentdir") for key, value in configured.items()}
        if any(own.values()):
            mounts = [ContentMount(folder or shared, "", key) for key, folder in own.items()]
        else:
            mounts = [ContentMount(shared)]
    inside = []
    for mount in mounts:
        source = posixpath.normpath(mount.source.replace("\\", "/"))
        if source.startswith(("/", "..")) or ":" in source:
            warnings.append(f"content folder {mount.source!r} lies outside of the site; it is not read")
        else:
            source = "" if source == "." else source
            inside.append(ContentMount(source, mount.target, mount.language, mount.included, mount.left_out))
    return tuple(sorted(inside, key=lambda mount: (mount.language not in {None, default}, mount.target != "")))


def _module_mounts(module: Mapping[str, Any]) -> list[ContentMount]:
    configured = module.get("mounts")
    mounts = []
    for mount in configured[:_MOST_MOUNTS] if isinstance(configured, list) else ():
        target = posixpath.normpath((text_at(mount, "target") or "").strip("/")) if isinstance(mount, Mapping) else ""
        source = text_at(mount, "source") if target == "content" or target.startswith("content/") else None
        if source is None:
            continue
        languages = texts_of(mapping_at(mount, "sites", "matrix").get("languages"))
        language = text_at(mount, "lang") or (languages[0] if len(languages) == 1 else None)
        included = (texts_of(mount.get("includefiles")) or texts_of(mount.get("files")))[:_MOST_PATTERNS]
        left_out = texts_of(mount.get("excludefiles"))[:_MOST_PATTERNS]
        inner_target = target.removeprefix("content").strip("/")
        mounts.append(ContentMount(source, inner_target, language.lower() if language else None, included, left_out))
    return mounts
