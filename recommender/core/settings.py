"""Settings: one frozen dataclass a stage, each with defaults that work; YAML only overrides."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from msgspec import Meta

from recommender.core.errors import SettingsError
from recommender.core.files import site_file
from recommender.core.rules import Rules
from recommender.core.safe_yaml import YamlError, parse_yaml
from recommender.core.settings_checks import (
    Count,
    CountFromTwo,
    InnerProbability,
    PositiveCount,
    PositiveDays,
    PositiveProbability,
    Probability,
    Threshold,
    check_fields,
    check_names,
)

SITE_FILE = "recommender.yaml"

SURE = "sure"  # a threshold by name
BLEND, OWN, SHIPPED = "blend", "own", "shipped"
LEARN = (BLEND, OWN, SHIPPED)


class _Stage:
    """A stage of the settings, checked when it is made."""

    _name: ClassVar[str]

    def __init_subclass__(cls, name: str) -> None:
        cls._name = name

    def __post_init__(self) -> None:
        check_fields(self, self._name)


@dataclass(frozen=True)
class SourceSettings(_Stage, name="source"):
    """How a site's files are read.

    `kind` is what kind of site it is, such as ``hugo``; it is found out where it is not set. `preset`, which goes with
    the kind where it is not set, is one of ``default``, ``hugo``, ``jekyll``; `fields` overrides single fields of it,
    our name to the site's: ``{"excerpt": "summary"}``. With `strict` a file that cannot be read is an error. `cache` is
    the folder that stores what was read, true for the user's own, false for none; where it is not set, the command line
    uses the user's own and Python none. `date_order` says how 03/04/2021 is read: ``dmy`` is 3 April, ``mdy`` 4 March;
    where it is not set, other dates of the site decide.
    """

    preset: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)  # checked by `FieldMap`, which knows the names
    strict: bool = False
    cache: str | bool | None = None
    kind: str | None = None
    date_order: Annotated[str, Meta(pattern="^(dmy|mdy)$", description="dmy or mdy")] | None = None


@dataclass(frozen=True)
class CandidateSettings(_Stage, name="candidates"):
    """How many candidates a source gets from each generator; they overlap.

    With `same_language` an article's candidates are in its own language, where a site has more than one.
    """

    text: Count = 120
    title: Count = 40
    recent: Count = 40
    linked: Count = 120
    seeds: Count = 20
    same_language: bool = True


@dataclass(frozen=True)
class RankerSettings(_Stage, name="ranker"):
    """How the ranker learns.

    `learn` is ``blend`` for the site's own ranker together with the shipped one, weighted by how much there is to learn
    from and by what held-out sources say, ``own`` for the former alone and ``shipped`` for the latter. With fewer than
    `least_sources` articles that have relations nothing is learned, and the shipped one serves. `trees` and `leaves`
    shape the boosted trees.
    The ranker is weighed and calibrated on held-out sources: on a `calibration_share`, in (0, 1), of them at a time,
    the newest first, until 100 or all were held out; where fewer than half of the articles have dates, on such shares
    of stories by chance.
    """

    learn: Annotated[str, Meta(pattern=f"^({'|'.join(LEARN)})$", description=f"one of {', '.join(LEARN)}")] = BLEND
    least_sources: CountFromTwo = 10
    trees: CountFromTwo = 100
    leaves: CountFromTwo = 31
    learning_rate: PositiveProbability = 0.1
    calibration_share: InnerProbability = 0.2
    most_sources: PositiveCount = 4000
    random_state: int = 0


@dataclass(frozen=True)
class SelectionSettings(_Stage, name="selection"):
    """What is fit to be suggested: at most `k` suggestions for an article, none that scores below `threshold`.

    A threshold is a probability, in [0, 1]. Where none is set it is the ranker's own, which 92 of 100 articles that
    have something related reach with their best suggestion. ``sure`` is the lowest at which editors linked three of
    four suggestions; 0 suggests `k` for every article that has as many candidates.

    `collapse_duplicates` shows one article of those with the same text and lists the others under it.
    `diversity`, in [0, 1], orders by maximal marginal relevance: 0 by score alone, 1 by difference alone.
    `exposure`, in (0, 1], is the largest share of all suggestions of a site that one target may take, in the batch;
    None for no limit.
    """

    k: PositiveCount = 5
    threshold: Threshold | None = None
    only_published: bool = False
    repeat_curated: bool = True
    collapse_duplicates: bool = True
    diversity: Probability = 0.0
    exposure: PositiveProbability | None = None


@dataclass(frozen=True)
class SinkSettings(_Stage, name="sink"):
    """How suggestions are written into articles: under `key`, a field of the front matter that is ours alone."""

    key: str = "suggested"


@dataclass(frozen=True)
class JobSettings(_Stage, name="job"):
    """How the job of a site runs.

    `enabled` false switches it off. `folder`, from the site's root, holds its lock, its record and the work of a
    killed run. Suggestions expire `expire_days` after the run that renewed them last; never for None.
    """

    enabled: bool = True
    folder: Annotated[str, Meta(pattern=r"\S", description="the name of a folder")] = ".recommender"
    expire_days: PositiveDays | None = None


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
        stages = {stage.name: stage.default_factory for stage in dataclasses.fields(cls)}
        check_names(values, stages)
        return cls(**{name: _stage(name, stages[name], options) for name, options in values.items()})

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
        files = [Path(file) for file in (site_file(Path(site), SITE_FILE), path) if file is not None]
        merged: dict[str, dict[str, Any]] = {}
        for file in files:
            cls.from_yaml(file)  # so that an error names its file
            for stage, options in _read(file).items():
                merged.setdefault(stage, {}).update(options or {})
        return cls.from_dict(merged)

    def without_rules(self) -> Self:
        """Return the same settings for measuring a ranker: what rules forbid or pin says nothing about it."""
        return dataclasses.replace(self, rules=Rules())

    def to_dict(self) -> dict[str, Any]:
        """Return nested dicts; `from_dict` takes them back. What has no default and is not set is left out."""
        values = {stage.name: dataclasses.asdict(getattr(self, stage.name)) for stage in dataclasses.fields(self)}
        values["rules"] = self.rules.to_dict()
        for stage in ("rules", "job"):  # a model does not depend on them
            if getattr(self, stage) == getattr(Settings(), stage):
                del values[stage]
        for stage, name in (("source", "cache"), ("source", "date_order"), ("selection", "exposure")):
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


def _stage(name: str, kind: Any, options: Any) -> Any:
    """Build one stage from its mapping; its defaults for None."""
    if options is None:
        return kind()
    if not isinstance(options, Mapping):
        raise SettingsError(f"setting {name!r} must be a mapping, got {options!r}")
    if kind is Rules:
        return Rules.from_dict(options)
    check_names(options, [option.name for option in dataclasses.fields(kind)], name)
    return kind(**options)
