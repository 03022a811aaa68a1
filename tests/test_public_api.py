"""What other people's programs rely on: names, arguments and their defaults."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from pathlib import Path

import pytest

import recommender
from recommender import (
    Article,
    ArticleError,
    Decision,
    Explanation,
    ModelFormatError,
    NotFittedError,
    Pin,
    Provider,
    Reason,
    Recommender,
    RecommenderError,
    Relation,
    Rules,
    SettingsError,
    Suggestion,
    UnknownArticleError,
    audit_links,
    decide,
    evaluate,
    read_articles,
)

NAMES = [
    "Article",
    "ArticleError",
    "Corpus",
    "Decision",
    "Decisions",
    "EvaluationReport",
    "Explanation",
    "ModelFormatError",
    "NotFittedError",
    "Pin",
    "Provider",
    "Reason",
    "Recommender",
    "RecommenderError",
    "Relation",
    "Rules",
    "Settings",
    "SettingsError",
    "Suggestion",
    "UnknownArticleError",
    "audit_links",
    "decide",
    "evaluate",
    "read_articles",
]


def arguments(call: object) -> dict[str, object]:
    """Return the arguments of a call, without self, with their defaults; `NEEDED` stands for none."""
    parameters = inspect.signature(call).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "self"}


NEEDED = inspect.Parameter.empty


def test_all_is_exact() -> None:
    assert recommender.__all__ == NAMES
    assert all(hasattr(recommender, name) for name in NAMES)


def test_every_public_name_is_documented() -> None:
    assert not [name for name in NAMES if not (inspect.getdoc(getattr(recommender, name)) or "").strip()]


def test_a_star_import_brings_these_names_and_no_others() -> None:
    space: dict[str, object] = {}
    exec("from recommender import *", space)  # noqa: S102 - the only way to see what it brings
    assert sorted(space.keys() - {"__builtins__"}) == NAMES


@pytest.mark.parametrize("record", [Article, Provider, Relation, Suggestion, Reason, Explanation, Decision, Rules])
def test_records_are_frozen_and_typed(record: type) -> None:
    assert record.__dataclass_params__.frozen
    assert all(field.type for field in dataclasses.fields(record))


def test_article() -> None:
    assert arguments(Article) == {
        "id": NEEDED,
        "title": NEEDED,
        "excerpt": "",
        "body": "",
        "published_at": None,
        "url": None,
        "aliases": (),
        "provider": None,
        "topics": (),
        "category": None,
        "type": None,
        "quality": None,
        "published": True,
        "removed": False,
        "language": None,
        "relations": (),
        "excluded": None,
        "translation_key": None,
    }


def test_relation_and_provider() -> None:
    optional = ["target_id", "title", "excerpt", "published_at", "provider", "quality"]
    assert arguments(Relation) == {"url": NEEDED, **dict.fromkeys(optional), "kind": "related"}
    assert list(arguments(Relation)) == ["url", *optional, "kind"]
    assert arguments(Provider) == {"name": None, "domain": None}


def test_suggestion_and_explanation() -> None:
    needed = ["source_id", "target_id", "rank", "score", "kind", "reasons", "target"]
    assert list(arguments(Suggestion)) == [*needed, "duplicates", "source_url"]
    assert list(arguments(Explanation))[:4] == ["source_id", "target_id", "score", "reasons"]
    told = {"shared_terms", "shared_topics", "verdict", "suggested", "obstacle", "outranked_by", "listed_under"}
    assert told <= arguments(Explanation).keys()


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        ("fit", {"articles": NEEDED}),
        ("suggest", {"source": NEEDED, "k": None, "threshold": None, "as_of": None}),
        ("suggest_all", {"k": None, "threshold": None, "n_jobs": 1}),
        ("score", {"source": NEEDED, "target": NEEDED}),
        ("explain", {"source": NEEDED, "target": NEEDED}),
        ("add", {"articles": NEEDED}),
        ("remove", {"ids": NEEDED}),
        ("renew", {"articles": NEEDED}),
        ("save", {"path": NEEDED}),
    ],
)
def test_methods_of_the_model(method: str, wanted: dict[str, object]) -> None:
    found = arguments(getattr(Recommender, method))
    assert {name: found[name] for name in wanted} == wanted
    assert list(found)[: len(wanted)] == list(wanted)
    assert all(default is not NEEDED for name, default in found.items() if name not in wanted)


def test_the_rest_of_the_contract() -> None:
    assert arguments(Recommender)["settings"] is None
    assert list(arguments(Recommender.load)) == ["path"]
    assert inspect.ismethod(Recommender.load)
    assert next(iter(arguments(read_articles))) == "path"
    assert next(iter(arguments(evaluate))) == "articles"
    assert next(iter(arguments(audit_links))) == "model"
    assert list(arguments(decide)) == ["site", "corpus", "verdict", "source", "target", "who", "why", "when"]
    noted = ["source_url", "target_url", "source_title", "target_title"]
    assert list(arguments(Decision)) == ["verdict", "source", "target", "who", "when", "why", *noted]
    assert arguments(Pin) == {"source": NEEDED, "target": NEEDED}
    assert {"pin", "never", "block_sources", "block_targets", "half_life_days"} <= arguments(Rules).keys()
    assert {"table", "to_json"} <= set(dir(recommender.EvaluationReport))
    assert isinstance(inspect.getattr_static(Recommender, "version"), property)


def test_the_defaults_of_the_contract(unlearned: Recommender) -> None:
    assert len(unlearned.suggest("ferry-1")) == 5
    assert {len(found) for _, found in unlearned.suggest_all()} == {5}


def test_fit_returns_the_model(articles: tuple[Article, ...]) -> None:
    model = Recommender()
    assert model.fit(iter(articles)) is model


@pytest.mark.parametrize("error", [SettingsError, ArticleError, UnknownArticleError, NotFittedError, ModelFormatError])
def test_errors_are_one_small_tree(error: type[Exception]) -> None:
    assert error.__bases__ == (RecommenderError,)
    assert RecommenderError.__bases__ == (Exception,)


def test_types_ship() -> None:
    assert (Path(recommender.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("name", ["cli.main", "jobs.nightly", "model.recommender", "core.model_folder"])
def test_importing_a_module_sets_up_no_logging(name: str) -> None:
    module = importlib.import_module(f"recommender.{name}")
    logger = getattr(module, "logger", None)
    assert logger is None or (logger.name == module.__name__ and not logger.handlers)
