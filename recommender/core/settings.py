"""Settings: one frozen dataclass a stage, each with defaults that work; YAML only overrides."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

from recommender.core.errors import SettingsError, nearest
from recommender.core.files import site_file
from recommender.core.rules import Rules
from recommender.core.safe_yaml import YamlError, parse_yaml

SITE_FILE = "recommender.yaml"

BLEND, OWN, SHIPPED = "blend", "own", "shipped"
LEARN = (BLEND, OWN, SHIPPED)


@dataclass(frozen=True)
class SourceSettings:
    """How a site's files are read.

    `preset` is one of ``default``, ``hugo``, ``jekyll``; `fields` overrides single fields of it, our name
    to the site's: ``{"excerpt": "summary"}``. `strict` makes a file that cannot be read an error. `cache` is the
    folder that keeps what was read, true for the user's own, false for none; unset, the command line uses the
    user's own and Python none.
    """

    preset: str = "default"
    fields: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    cache: str | bool | None = None


@dataclass(frozen=True)
class CandidateSettings:
    """How many candidates a source gets from each generator; they overlap."""

    text: int = 120
    title: int = 40
    recent: int = 40
    linked: int = 120
    seeds: int = 20

    def __post_init__(self) -> None:
        for name in ("text", "title", "recent", "linked", "seeds"):
            _at_least(self, name, 0)


@dataclass(frozen=True)
class RankerSettings:
    """How the ranker learns.

    `learn` is ``blend`` for the site's own ranker together with the one that ships, by how much there is to learn
    from, ``own`` for the former alone and ``shipped`` for the latter. `least_sources` is the number of articles with
    relations below which nothing is learned and the shipped one is used; `trees` and `leaves` shape the boosted
    trees; `calibration_share` is the newest part of the sources, in (0, 1), kept for calibration.
    """

    learn: str = BLEND
    least_sources: int = 40
    trees: int = 100
    leaves: int = 31
    learning_rate: float = 0.1
    calibration_share: float = 0.2
    most_sources: int = 4000
    random_state: int = 0

    def __post_init__(self) -> None:
        for name in ("least_sources", "trees", "leaves"):
            _at_least(self, name, 2)
        _at_least(self, "most_sources", 1)
        if self.learn not in LEARN:
            raise SettingsError(f"ranker.learn must be one of {', '.join(LEARN)}, got {self.learn!r}")
        if not 0 < self.calibration_share < 1:
            raise SettingsError(f"ranker.calibration_share must be between 0 and 1, got {self.calibration_share!r}")
        if not 0 < self.learning_rate <= 1:
            raise SettingsError(f"ranker.learning_rate must be above 0 and at most 1, got {self.learning_rate!r}")


@dataclass(frozen=True)
class SelectionSettings:
    """What is fit to be suggested: `k` is the most suggestions for an article, `threshold` the least score.

    A threshold is a probability, in [0, 1]. Where none is set it is the ranker's own: the lowest at which three of
    four suggestions were kept; 0 suggests `k` for every article that has as many candidates.

    `collapse_duplicates` shows one article of those with the same text and lists the others under it.
    `diversity`, in [0, 1], orders by maximal marginal relevance: 0 by score alone, 1 by difference alone.
    `exposure`, in (0, 1], is the largest share of all suggestions of a site that one target may take, in the batch;
    None for no limit.
    """

    k: int = 5
    threshold: float | None = None
    only_published: bool = False
    repeat_curated: bool = True
    collapse_duplicates: bool = True
    diversity: float = 0.0
    exposure: float | None = None

    def __post_init__(self) -> None:
        _at_least(self, "k", 1)
        for name in ("threshold", "diversity"):
            value: Any = getattr(self, name)
            if name == "threshold" and value is None:
                continue
            if not isinstance(value, Real) or not 0 <= float(value) <= 1:
                raise SettingsError(f"selection.{name} must be in [0, 1], got {value!r}")
        share: Any = self.exposure
        if share is not None and (not isinstance(share, Real) or isinstance(share, bool) or not 0 < float(share) <= 1):
            raise SettingsError(
                f"selection.exposure must be above 0 and at most 1, got {share!r}; leave it out for none"
            )


@dataclass(frozen=True)
class SinkSettings:
    """How suggestions are written into articles: under `key`, a field of the front matter that is ours alone."""

    key: str = "suggested"


@dataclass(frozen=True)
class JobSettings:
    """How the job of a site runs.

    `enabled` false is its off switch. `folder`, from the site's root, keeps its lock, its record and what a killed
    run had done. Suggestions expire `expire_days` after the run that renewed them last; never for None.
    """

    enabled: bool = True
    folder: str = ".recommender"
    expire_days: float | None = None

    def __post_init__(self) -> None:
        if not self.folder.strip():
            raise SettingsError(f"setting 'job.folder' must name a folder, got {self.folder!r}")
        days: Any = self.expire_days
        if days is not None and (not isinstance(days, Real) or not 0 < float(days) < float("inf")):
            raise SettingsError(f"setting 'job.expire_days' must be above 0, got {days!r}; leave it out for never")


@dataclass(frozen=True)
class Settings:
    """All settings, a stage each.

    >>> Settings.from_dict({"selection": {"k": 3}}).selection.k
    3
    """

    source: SourceSettings = field(default_factory=SourceSettings)
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    ranker: RankerSettings = field(default_factory=RankerSettings)
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    sink: SinkSettings = field(default_factory=SinkSettings)
    rules: Rules = field(default_factory=Rules)
    job: JobSettings = field(default_factory=JobSettings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build settings from nested mappings.

        Raises
        ------
        SettingsError
            For an unknown key, naming the nearest valid one, or a value of the wrong type or range.
        """
        stages = {stage.name: stage for stage in dataclasses.fields(cls)}
        built: dict[str, Any] = {}
        for name, given in values.items():
            if name not in stages:
                raise SettingsError(f"unknown setting {name!r}; {nearest(str(name), stages)}")
            built[name] = _build(typing.get_type_hints(cls)[name], name, given)
        return cls(**built)

    @classmethod
    def from_yaml(cls, path: Path | str) -> Self:
        """Read settings from a YAML file.

        Raises
        ------
        SettingsError
            When the file cannot be read, is no mapping, or holds what `from_dict` refuses.
        """
        values = _read(Path(path))
        try:
            return cls.from_dict(values)
        except SettingsError as error:
            raise SettingsError(f"{path}: {error}") from error

    @classmethod
    def of_site(cls, site: Path | str, path: Path | str | None = None) -> Self:
        """Read a site's own ``recommender.yaml``, where it has one, and over it, key by key, the file `path`.

        The site's file lies at the root of the folder `site`, or beside the file `site`.

        Raises
        ------
        SettingsError
            As of `from_yaml`, of either file.
        """
        own = site_file(Path(site), SITE_FILE)
        files = [Path(file) for file in (own, path) if file is not None]
        merged: dict[str, dict[str, Any]] = {}
        for file in files:
            cls.from_yaml(file)  # so that an error names its file
            for stage, given in _read(file).items():
                merged.setdefault(stage, {}).update(given or {})
        return cls.from_dict(merged)

    def without_rules(self) -> Self:
        """Return the same settings for measuring: what the house forbids or pins says nothing about a ranker."""
        return dataclasses.replace(self, rules=Rules())

    def to_dict(self) -> dict[str, Any]:
        """Return nested dicts; `from_dict` takes them back. What has no default and is not set is left out."""
        values = {each.name: dataclasses.asdict(getattr(self, each.name)) for each in dataclasses.fields(self)}
        values["rules"] = self.rules.to_dict()
        for stage in ("rules", "job"):  # no matter of a model: without them its folder is written as before
            if getattr(self, stage) == getattr(Settings(), stage):
                del values[stage]
        for stage, name in (("source", "cache"), ("selection", "exposure")):
            if values[stage][name] is None:
                del values[stage][name]
        return values


def _read(path: Path) -> Mapping[str, Any]:
    try:
        values = parse_yaml(path.read_text(encoding="utf-8-sig"), unique=True)
    except YamlError as error:
        line = "" if error.line is None else f" (line {error.line})"
        raise SettingsError(f"cannot read the settings {path}: the file {error}{line}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the settings {path}: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise SettingsError(f"{path} must hold a mapping of stages, got a {type(values).__name__}")
    return values


def _build(stage: type, name: str, given: Any) -> Any:
    if given is None:
        return stage()
    if not isinstance(given, Mapping):
        raise SettingsError(f"setting {name!r} must be a mapping, got {given!r}")
    if stage is Rules:
        return Rules.from_dict(given)
    hints = typing.get_type_hints(stage)
    for key, value in given.items():
        if key not in hints:
            raise SettingsError(f"unknown setting {f'{name}.{key}'!r}; {nearest(str(key), hints)}")
        _check_type(f"{name}.{key}", value, hints[key])
    return stage(**given)


def _check_type(name: str, value: Any, wanted: Any) -> None:
    kinds = typing.get_args(wanted) if isinstance(wanted, types.UnionType) else (wanted,)
    known = {int: (int,), float: (int, float), str: (str,), bool: (bool,), types.NoneType: (types.NoneType,)}
    accepted = tuple(kind for each in kinds for kind in known.get(each, (Mapping,)))
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in kinds):
        kind = " or ".join(getattr(each, "__name__", "mapping") for each in kinds if each is not types.NoneType)
        raise SettingsError(f"setting {name!r} must be of type {kind}, got {value!r}")


def _at_least(stage: Any, name: str, least: int) -> None:
    value = getattr(stage, name)
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise SettingsError(f"setting {name!r} must be a whole number, got {value!r}")
    if value < least:
        raise SettingsError(f"setting {name!r} must be at least {least}, got {value!r}")
