"""The configuration of a site generator: YAML, TOML or JSON, of one file or of many, read safely.

Hugo's names are case-insensitive: all of them come in lower case. Nothing outside the site's folder is read, and no
file is so large, so deep or so full of YAML aliases that reading it takes long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recommender.core.errors import SettingsError
from recommender.sources.records.front_matter import FrontMatter, HeaderError, parse_header

FORMS = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}

_LARGEST_FILE = 1_000_000  # bytes
_MOST_FILES = 500
_DEEPEST = 40  # levels
_MOST_VALUES = 100_000  # in one file, every repetition of a YAML alias counted

# Files of these names hold the settings of the whole site; every other file is named for its key.
_WHOLE = frozenset({"hugo", "config"})


class SiteConfigError(SettingsError):
    """A site's configuration cannot be read."""


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """The settings of a site, all names in lower case.

    Parameters
    ----------
    values
        The merged settings.
    files
        Those that were read, relative to the site, in the order of merging.
    warnings
        One line for each file that could not be read, and is left out.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_values(path: Path, root: Path) -> Mapping[Any, Any]:
    """Read one file of the configuration of the site in a folder, names as they are; its extension names its form.

    Raises
    ------
    SiteConfigError
        When it leads out of the site, cannot be read, is too large, or is no mapping.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise SiteConfigError(f"{path} is no configuration; its extension must be one of {', '.join(FORMS)}")
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise SiteConfigError(f"{path} leads out of the site; it is not read")
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise SiteConfigError(f"{path} is larger than {_LARGEST_FILE:,} bytes; no configuration is")
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        return parse_header(FrontMatter(form, text, 1, ""))
    except HeaderError as error:
        location = path if error.line is None else f"{path}:{error.line}"
        reason = str(error).replace("front matter", "the configuration", 1)
        raise SiteConfigError(f"{location}: {reason}") from error
    except UnicodeDecodeError as error:
        raise SiteConfigError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise SiteConfigError(f"{path} cannot be read: {error.strerror or error}") from error


def read_config_file(path: Path, root: Path) -> dict[str, Any]:
    """Read one file of a site's configuration as `read_values` does, its names in lower case.

    Raises
    ------
    SiteConfigError
        Also when it is too deep, or holds too many values.
    """
    return lower_names(read_values(path, root), path, _MOST_VALUES)


def lower_names(values: Mapping[Any, Any], source: Path | str, most: int) -> dict[str, Any]:
    """Copy values with the names of all mappings, at any depth, in lower case.

    Raises
    ------
    SiteConfigError
        When there are more than `most` values, every repetition of a YAML alias counted, or they are too deep; it
        names their `source`.
    """
    count = 0

    def copied(value: Any, depth: int) -> Any:
        nonlocal count
        count += 1
        if depth > _DEEPEST:
            raise SiteConfigError(f"{source} is nested more than {_DEEPEST} levels deep")
        if count > most:
            raise SiteConfigError(f"{source} holds more than {most:,} values; does it repeat YAML aliases?")
        if isinstance(value, Mapping):
            return {str(name).lower(): copied(member, depth + 1) for name, member in value.items()}
        if isinstance(value, list | tuple | set):
            return [copied(member, depth + 1) for member in value]
        return value

    return {str(name).lower(): copied(value, 1) for name, value in values.items()}


def read_hugo_config(root: Path, environment: str = "production") -> SiteConfig:
    """Read a Hugo site's configuration, merged as Hugo merges it.

    First comes ``hugo.*`` or ``config.*`` at the root, then every file under ``config/_default``, then those under
    ``config/<environment>``. There a file's name is the key of what it holds, except ``hugo.*`` and ``config.*``;
    ``params.de.toml`` belongs to the parameters of the language ``de``, and any other ``<name>.de.toml`` to the
    language itself.
    """
    values: dict[str, Any] = {}
    files: list[str] = []
    warnings: list[str] = []
    for path in _hugo_files(root, environment):
        name = path.relative_to(root).as_posix()
        try:
            content = read_config_file(path, root)
        except SiteConfigError as error:
            warnings.append(str(error))
            continue
        at_root = path.parent == root
        merge_into(values, content if at_root else _under_its_key(path.stem.lower(), content))
        files.append(name)
    return SiteConfig(values, tuple(files), tuple(warnings))


def _hugo_files(root: Path, environment: str) -> Iterator[Path]:
    """Yield the files of a Hugo configuration, the least specific first."""
    at_root = (root / f"{stem}{suffix}" for stem in ("hugo", "config") for suffix in FORMS)
    yield from [path for path in at_root if path.is_file()][:1]
    for folder in ("_default", environment):
        paths = sorted((root / "config" / folder).rglob("*")) if (root / "config" / folder).is_dir() else []
        yield from [path for path in paths if path.suffix.lower() in FORMS and path.is_file()][:_MOST_FILES]


def _under_its_key(stem: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return what a file holds under the key that the file's name stands for."""
    if stem in _WHOLE:
        return content
    name, _, language = stem.rpartition(".") if "." in stem else (stem, "", "")
    if not language:
        return {name: content}
    inner = {"menu": "menus", "menus": "menus", "params": "params"}.get(name)
    return {"languages": {language: {inner: content} if inner else content}}


def merge_into(target: dict[str, Any], source: Mapping[str, Any]) -> None:
    """Overwrite the values of a mapping, mappings inside it name by name.

    >>> values = {"params": {"a": 1, "b": 2}}
    >>> merge_into(values, {"params": {"b": 3}})
    >>> values
    {'params': {'a': 1, 'b': 3}}
    """
    for name, value in source.items():
        present = target.get(name)
        if isinstance(value, Mapping) and isinstance(present, dict):
            merge_into(present, value)
        else:
            target[name] = dict(value) if isinstance(value, Mapping) else value


def mapping_at(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return the mapping that lies under names; an empty one where something else does.

    >>> mapping_at({"languages": {"de": {"weight": 1}}}, "languages", "de")
    {'weight': 1}
    """
    for name in names:
        inner = values.get(name)
        if not isinstance(inner, Mapping):
            return {}
        values = inner
    return values


def text_at(values: Mapping[str, Any], name: str) -> str | None:
    """Return a value as text; None where there is none, or no single value."""
    value = values.get(name)
    return None if value is None or isinstance(value, Mapping | list) else text_of(value)


def text_of(value: Any) -> str:
    """Return a value as generators written in Go print it.

    >>> text_of(True), text_of(2.0), text_of(None)
    ('true', '2', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def texts_of(value: Any) -> tuple[str, ...]:
    """Return a list's values as texts, and those of a single value as a list of one; blank ones are left out."""
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    texts = (text_of(member) for member in values if not isinstance(member, Mapping | list))
    return tuple(text for text in texts if text.strip())


def is_true(value: Any) -> bool:
    """Whether a value is true, as a boolean or in words.

    >>> is_true("yes"), is_true("false"), is_true(1)
    (True, False, True)
    """
    if isinstance(value, str):
        return value.strip().lower() in {"true", "yes", "on", "1", "t", "y"}
    return value is True or (isinstance(value, int) and value != 0)
