"""The slim form in which a cache keeps what became of a file; providers and relations are kept once and pointed at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from recommender.core.errors import ArticleError
from recommender.core.records import Article, Provider, Relation
from recommender.sources.outcomes import Outcome

Stamp = tuple[int, int, int, int]
Index = Annotated[int, msgspec.Meta(ge=0)]


class CachedRelation(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """A relation; `provider` is its place in the table."""

    url: str | None
    target_id: str | None
    title: str | None
    excerpt: str | None
    published_at: datetime | None
    provider: Index | None
    quality: float | None


class CachedArticle(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """An article; `provider` and `relations` are places in the tables."""

    id: str
    title: str
    excerpt: str
    body: str
    published_at: datetime | None
    url: str | None
    aliases: tuple[str, ...]
    provider: Index | None
    topics: tuple[str, ...]
    category: str | None
    type: str | None
    quality: float | None
    published: bool
    removed: bool
    language: str | None
    relations: tuple[Index, ...]


class CachedFile(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """What became of a file; `problem` is a message and a line, `warnings` come without the file's path."""

    below: str
    stamp: Stamp
    digest: bytes
    article: CachedArticle | None
    problem: tuple[str, int | None] | None
    warnings: tuple[str, ...]
    path_id: str | None


class CachedSite(msgspec.Struct, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """All files of a site; `key` says of which site, read how; `looked_at` is when, in ns since 1970."""

    key: str
    looked_at: int
    providers: list[tuple[str | None, str | None]]
    relations: list[CachedRelation]
    files: list[CachedFile]


class Tables:
    """Providers and relations, each once: as they are kept, and as the records made of them."""

    def __init__(self) -> None:
        self.providers: list[tuple[str | None, str | None]] = []
        self.relations: list[CachedRelation] = []
        self.made_providers: list[Provider] = []
        self.made_relations: list[Relation] = []
        self._row_of_provider: dict[Provider, int] = {}
        self._row_of_relation: dict[int, int] = {}

    @classmethod
    def of(cls, site: CachedSite) -> Tables:
        """Make the records of a site's tables.

        Raises
        ------
        ArticleError, LookupError
            When they are none.
        """
        tables = cls()
        tables.made_providers = providers = [Provider(name, domain) for name, domain in site.providers]
        tables.made_relations = [
            Relation(
                kept.url,
                kept.target_id,
                kept.title,
                kept.excerpt,
                kept.published_at,
                None if kept.provider is None else providers[kept.provider],
                kept.quality,
            )
            for kept in site.relations
        ]
        return tables

    def row_of_provider(self, provider: Provider | None) -> int | None:
        """Return a provider's place, having put it there."""
        if provider is None:
            return None
        row = self._row_of_provider.setdefault(provider, len(self.providers))
        if row == len(self.providers):
            self.providers.append((provider.name, provider.domain))
        return row

    def row_of_relation(self, relation: Relation) -> int:
        """Return a relation's place, having put it there."""
        row = self._row_of_relation.get(id(relation))
        if row is None:
            row = self._row_of_relation[id(relation)] = len(self.relations)
            self.made_relations.append(relation)  # an id is of one object only as long as that lives
            self.relations.append(
                CachedRelation(
                    relation.url,
                    relation.target_id,
                    relation.title,
                    relation.excerpt,
                    relation.published_at,
                    self.row_of_provider(relation.provider),
                    relation.quality,
                )
            )
        return row


def can_be_cached(outcome: Outcome, below: str) -> bool:
    """Say whether an outcome is of a file's content alone, and of a file whose name can be written as text."""
    if outcome.digest is None or not below.isprintable():
        return False
    return all(warning.startswith(outcome.place) for warning in outcome.warnings)


def to_cached(outcome: Outcome, below: str, stamp: Stamp, tables: Tables) -> CachedFile:
    """Return what to keep of an outcome."""
    place, digest = outcome.place, outcome.digest or b""
    article, problem = outcome.article, outcome.problem
    warnings = tuple(warning[len(place) :] for warning in outcome.warnings)
    said = None if problem is None else (problem.message, problem.line)
    kept = None if article is None else _to_kept_article(article, tables)
    return CachedFile(below, stamp, digest, kept, said, warnings, outcome.path_id)


def from_kept(kept: CachedFile, path: str, tables: Tables) -> Outcome:
    """Return the outcome that was kept, of a file at this path.

    Raises
    ------
    ArticleError, LookupError
        When there is none in it.
    """
    article = None if kept.article is None else _from_kept_article(kept.article, tables)
    problem = None if kept.problem is None else ArticleError(kept.problem[0], path, kept.problem[1])
    if (article is None) == (problem is None):
        raise LookupError(f"neither article nor problem is kept of {kept.below}, or both are")
    warnings = tuple([path + warning for warning in kept.warnings])
    return Outcome(path, article, problem, warnings, kept.path_id, kept.digest)


def _to_kept_article(article: Article, tables: Tables) -> CachedArticle:
    return CachedArticle(
        article.id,
        article.title,
        article.excerpt,
        article.body,
        article.published_at,
        article.url,
        article.aliases,
        tables.row_of_provider(article.provider),
        article.topics,
        article.category,
        article.type,
        article.quality,
        article.published,
        article.removed,
        article.language,
        tuple([tables.row_of_relation(relation) for relation in article.relations]),
    )


def _from_kept_article(kept: CachedArticle, tables: Tables) -> Article:
    return Article(
        kept.id,
        kept.title,
        kept.excerpt,
        kept.body,
        kept.published_at,
        kept.url,
        kept.aliases,
        None if kept.provider is None else tables.made_providers[kept.provider],
        kept.topics,
        kept.category,
        kept.type,
        kept.quality,
        kept.published,
        kept.removed,
        kept.language,
        tuple(map(tables.made_relations.__getitem__, kept.relations)),
    )
