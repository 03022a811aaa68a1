"""Older articles that should point at new ones, and articles that nothing points at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from recommender.core.errors import SettingsError
from recommender.core.records import Article, Suggestion
from recommender.core.times import utc_text
from recommender.model.recommender import Recommender

USUAL_DAYS = 7
ORPHAN_SOURCES = 3
FEW = 10  # targets; for more it is cheaper to ask every article once


@dataclass(frozen=True)
class BackFill:
    """Where to write which older articles should point at new ones.

    New are those published after `since`; for None, those that `new_articles` takes for new.
    """

    output: Path
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.since.tzinfo is None:
            raise SettingsError(f"since must have a time zone, got {self.since!r}; add one")


@dataclass(frozen=True)
class Orphan:
    """An article that nothing points at, neither a curated link nor a suggestion.

    `sources` are suggestions of which it is the target, best first; none where business rules exclude it as a target.
    """

    article: Article
    sources: tuple[Suggestion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the orphan as JSON-ready values."""
        published = self.article.published_at
        return {
            "orphan": self.article.id,
            "title": self.article.title,
            "url": self.article.url,
            "published_at": utc_text(published) if published else None,
            "sources": [
                {
                    "source": suggestion.source_id,
                    "rank": suggestion.rank,
                    "score": round(suggestion.score, 6),
                    "kind": suggestion.kind,
                }
                for suggestion in self.sources
            ],
        }


def new_articles(model: Recommender, since: datetime | None = None, known: Collection[str] | None = None) -> list[str]:
    """Return the ids of new articles, in time order, without removed ones.

    New is an article that was published after `since`; where that is None, one whose id is not among the `known`; where
    both are None, one that was published within the week before the newest article.
    """
    if since is None and known is not None:
        return [article.id for article in model.corpus if article.id not in known and not article.removed]
    newest = model.corpus.newest
    if newest is None:
        return []
    moment = newest - timedelta(days=USUAL_DAYS) if since is None else since
    return [
        article.id
        for article in model.corpus
        if article.published_at is not None and article.published_at > moment and not article.removed
    ]


def inbound_rows(model: Recommender, ids: Sequence[str], n_jobs: int = 1) -> Iterator[dict[str, Any]]:
    """Yield a JSON-ready row for each older article that should point at one of these ids, target by target."""
    for _, found in _pointing(model, ids, None, None, True, n_jobs):
        for suggestion in found:
            yield inbound_row(model, suggestion)


def _pointing(
    model: Recommender, ids: Sequence[str], k: int | None, threshold: float | None, older: bool, n_jobs: int
) -> Iterator[tuple[str, list[Suggestion]]]:
    """Ask for few articles one by one, for many all at once; who is no candidate of any article, by itself too."""
    many = len(ids) > FEW
    found = dict(model.inbound_all(ids, k, threshold, older, n_jobs)) if many else {}
    for name in ids:
        yield name, found.get(name) or model.inbound(name, k, threshold, older)


def inbound_row(model: Recommender, suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion as JSON-ready values, with what an editor needs to find its source."""
    source = model.corpus[model.corpus.row(suggestion.source_id)]
    return suggestion.to_dict(model.version) | {"source_title": source.title, "source_url": source.url}


def pointed_at(model: Recommender, lists: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the ids of the targets of curated links, but for those of removed articles, and of these suggestions."""
    corpus = model.corpus
    curated = {corpus[int(target)].id for source, target in corpus.links if not corpus[int(source)].removed}
    return curated | {target for targets in lists.values() for target in targets}


def orphans(
    model: Recommender, lists: Mapping[str, Iterable[str]], k: int = ORPHAN_SOURCES, n_jobs: int = 1
) -> Iterator[Orphan]:
    """Yield what nothing points at, in time order, with the best `k` sources of each.

    Parameters
    ----------
    lists
        Ids of the targets that each article is given as suggestions, by its id.
    """
    known = pointed_at(model, lists)
    alone = [article.id for article in model.corpus if not article.removed and article.id not in known]
    for name, found in _pointing(model, alone, k, 0.0, False, n_jobs):
        yield Orphan(model.corpus[model.corpus.row(name)], tuple(found))
