"""Back-fill: older articles that should link to new ones, and articles that nothing links to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from recommender.core.errors import SettingsError
from recommender.core.records import Article, Suggestion
from recommender.core.settings_checks import Threshold
from recommender.core.times import utc_text
from recommender.model.recommender import Recommender

NEW_DAYS = 7
ORPHAN_SOURCES = 3
FEW = 10  # targets that are searched one by one


@dataclass(frozen=True)
class BackFill:
    """The file for links from older articles to new ones, which are those of `new_articles`."""

    output: Path
    since: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.since.tzinfo is None:
            raise SettingsError(f"since must have a time zone, got {self.since!r}; add one")


def new_articles(model: Recommender, since: datetime | None = None, known: Collection[str] | None = None) -> list[str]:
    """Return the ids of the new articles, in time order, without removed ones.

    New is what was published after `since`. For None it is what is not among the ids `known`; where these are None,
    too, it is what was published within the last seven days before the newest article.
    """
    articles = (article for article in model.corpus if article.is_target)
    if since is None and known is not None:
        return [article.id for article in articles if article.id not in known]
    newest = model.corpus.newest
    if newest is None:
        return []
    moment = newest - timedelta(days=NEW_DAYS) if since is None else since
    return [article.id for article in articles if article.published_at is not None and article.published_at > moment]


def inbound_rows(model: Recommender, ids: Sequence[str], n_jobs: int = 1) -> Iterator[dict[str, Any]]:
    """Yield a JSON-ready row for each older article that should link to one of these, target by target."""
    for _, suggestions in _sources_of_each(model, ids, None, None, n_jobs):
        for suggestion in suggestions:
            yield inbound_row(model, suggestion)


def _sources_of_each(
    model: Recommender, ids: Sequence[str], k: int | None, threshold: Threshold | None, n_jobs: int, older: bool = True
) -> Iterable[tuple[str, list[Suggestion]]]:
    """Search many targets together, each source once for all of them; and few one by one, which finds more."""
    if len(ids) > FEW:
        return model.inbound_all(ids, k, threshold, older, n_jobs)
    return ((target_id, model.inbound(target_id, k, threshold, older)) for target_id in ids)


def inbound_row(model: Recommender, suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion as JSON-ready values, with what an editor needs to find its source."""
    source = model.corpus[model.corpus.row(suggestion.source_id)]
    return suggestion.to_dict(model.version) | {"source_title": source.title}


def orphans(
    model: Recommender, lists: Mapping[str, Iterable[str]], k: int = ORPHAN_SOURCES, n_jobs: int = 1
) -> Iterator[tuple[Article, list[Suggestion]]]:
    """Yield the articles that nothing links to, in time order, with the suggestions of the best `k` sources of each.

    Nothing is neither a relation, but for those of articles that are not on the site, nor a suggestion: `lists` are
    the ids of the suggested targets, by the id of their source. Sources may be older or later than the orphan, and
    have any score; there are none where rules or decisions forbid all.
    """
    corpus = model.corpus
    source_rows = np.unique(corpus.links[:, 0])
    removed = [row for row in source_rows.tolist() if not corpus[row].is_target]
    target_rows = np.unique(corpus.links[~np.isin(corpus.links[:, 0], removed), 1])
    linked = {corpus[row].id for row in target_rows.tolist()}.union(*lists.values())
    orphan_ids = [article.id for article in corpus if article.is_target and article.id not in linked]
    for orphan_id, sources in _sources_of_each(model, orphan_ids, k, 0.0, n_jobs, older=False):
        yield corpus[corpus.row(orphan_id)], sources


def orphan_row(orphan: Article, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """Return an orphan and the suggestions of which it should be the target as JSON-ready values."""
    rows = [suggestion.to_dict() for suggestion in suggestions]
    return {
        "orphan": orphan.id,
        "title": orphan.title,
        "url": orphan.url,
        "published_at": utc_text(orphan.published_at) if orphan.published_at else None,
        "sources": [{name: row[name] for name in ("source", "rank", "score", "kind")} for row in rows],
    }
