"""The records that travel through every stage: frozen, typed, checked when they are constructed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from numbers import Real
from typing import Any, Literal, Self

from recommender.core import record_dicts
from recommender.core.body_links import read_body
from recommender.core.errors import ArticleError
from recommender.core.markup import plain_text
from recommender.core.times import utc_text

RELATED, BODY = "related", "body"
RELATION_KINDS = (RELATED, BODY)
PINNED = "pinned"  # the reason for a suggestion that a business rule pinned


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article.

    >>> Provider(name="Harbor Post").key
    'harbor post'
    """

    name: str | None = None
    domain: str | None = None

    @property
    def key(self) -> str | None:
        """The domain, else the name, in lower case: equal keys are one provider; None where neither is known."""
        key = self.domain or self.name
        return key.casefold() if key else None

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], ignore_unknown: bool = False) -> Self:
        """Build a provider from a mapping of its fields; errors as of `Article.from_dict`."""
        return record_dicts.from_dict(cls, record, ignore_unknown=ignore_unknown)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, JSON-ready; `from_dict` takes them back."""
        return record_dicts.to_dict(self)


@dataclass(frozen=True, slots=True)
class Relation:
    """A curated link from the article that holds it to a target, inside or outside the corpus.

    `target_id` wins over `url` where both are given. `kind` is ``related`` for an entry of a list that editors keep,
    ``body`` for a link in the text. The rest describes an external target.
    """

    url: str | None
    target_id: str | None = None
    title: str | None = None
    excerpt: str | None = None
    published_at: datetime | None = None
    provider: Provider | None = None
    quality: float | None = None
    kind: str = RELATED

    def __post_init__(self) -> None:
        if self.kind not in RELATION_KINDS:
            raise ArticleError(f"the kind of a relation must be one of {', '.join(RELATION_KINDS)}, got {self.kind!r}")
        if not self.url and not self.target_id:
            raise ArticleError("a relation has neither url nor target_id; give it one of them")
        object.__setattr__(self, "published_at", _utc(self.published_at, "a relation"))

    @classmethod
    def from_dict(
        cls, record: Mapping[str, Any], timezone: str | tzinfo | None = None, ignore_unknown: bool = False
    ) -> Self:
        """Build a relation from a mapping of its fields, as `Article.from_dict` does an article."""
        return record_dicts.from_dict(cls, record, timezone, ignore_unknown, {"provider": Provider})

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, JSON-ready; `from_dict` takes them back."""
        return record_dicts.to_dict(self)


@dataclass(frozen=True, slots=True)
class Article:
    """One published piece, or a draft of one.

    Parameters
    ----------
    id
        Unique in a corpus.
    title, excerpt, body
        Plain text or Markdown; the last two may be empty.
    published_at
        An aware datetime, kept in UTC; None for a draft without a date.
    url, aliases
        Every address that identifies the article.
    quality
        The site's own score of the piece, in any unit; None where the site has none.
    published
        The site's flag; it does not exclude a target unless a setting says so.
    removed
        True: never suggested.
    language
        A tag such as ``en`` or ``de-CH``; None where unknown.
    relations
        The curated links of this article.
    excluded
        Why it is never a target, in a few words, such as ``draft`` or ``expired on 2025-02-01``; None where it may be.
    translation_key
        Equal for articles that are translations of one another: none is suggested for another. None for no group.

    Raises
    ------
    ArticleError
        For an empty id, a title that is no text, or a naive `published_at`.

    >>> Article("a-1", "Ferry strike ends").title
    'Ferry strike ends'
    """

    id: str
    title: str
    excerpt: str = ""
    body: str = ""
    published_at: datetime | None = None
    url: str | None = None
    aliases: tuple[str, ...] = ()
    provider: Provider | None = None
    topics: tuple[str, ...] = ()
    category: str | None = None
    type: str | None = None
    quality: float | None = None
    published: bool = True
    removed: bool = False
    language: str | None = None
    relations: tuple[Relation, ...] = ()
    excluded: str | None = None
    translation_key: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise ArticleError(f"an article's id must be a text of one character or more, got {self.id!r}")
        for name in ("title", "excerpt", "body"):
            if not isinstance(getattr(self, name), str):
                raise ArticleError(f"{name} of article {self.id!r} must be a text, got {getattr(self, name)!r}")
        for name, kind in (("aliases", str), ("topics", str), ("relations", Relation)):
            value = getattr(self, name)
            if type(value) is tuple and not value:  # the usual case, at no cost
                continue
            if isinstance(value, str) or not isinstance(value, Iterable):
                text = "the text " if isinstance(value, str) else ""
                raise ArticleError(f"{name} of article {self.id!r} must be a list, got {text}{value!r}")
            entries = tuple(value)
            if not all(isinstance(entry, kind) for entry in entries):
                raise ArticleError(f"{name} of article {self.id!r} must hold {kind.__name__} only, got {value!r}")
            object.__setattr__(self, name, entries)
        if self.quality is not None:
            if isinstance(self.quality, bool) or not isinstance(self.quality, Real) or not math.isfinite(self.quality):
                raise ArticleError(
                    f"quality of article {self.id!r} must be a finite number, or None where unknown, "
                    f"got {self.quality!r}"
                )
            object.__setattr__(self, "quality", float(self.quality))
        object.__setattr__(self, "published_at", _utc(self.published_at, f"article {self.id!r}"))

    @classmethod
    def from_dict(
        cls, record: Mapping[str, Any], timezone: str | tzinfo | None = None, ignore_unknown: bool = False
    ) -> Self:
        """Build an article from a mapping of its fields, such as a record of a CMS or the JSON of `to_dict`.

        Ids may be whole numbers. `published_at` may be an ISO 8601 text, a datetime or a date, which means midnight. A
        field that is None has its default. `provider` is a mapping, `relations` a list of mappings.

        Parameters
        ----------
        timezone
            The time zone of times without one, as ``Europe/Berlin``, and of dates, which are in UTC for None.
        ignore_unknown
            Whether to leave out keys that are no fields.

        Raises
        ------
        ArticleError
            For an unknown key, naming the nearest field; a value of the wrong type; a time without a zone.
        SettingsError
            For a time zone that is not known.

        >>> Article.from_dict({"id": 7, "title": "Ferry", "published_at": "2026-01-31T06:00:00+01:00"}).published_at
        datetime.datetime(2026, 1, 31, 5, 0, tzinfo=datetime.timezone.utc)
        """
        nested = {"provider": Provider, "relations": Relation}
        return record_dicts.from_dict(cls, record, timezone, ignore_unknown, nested)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, JSON-ready; `from_dict` takes them back."""
        return record_dicts.to_dict(self)

    @classmethod
    def from_markdown(cls, id: str, title: str, text: str, url: str | None = None, **fields: Any) -> Self:  # noqa: A002
        """Build an article whose body is written in Markdown, as a CMS has it while the article is edited.

        The body becomes the text that readers see. Its links to the own site become relations of the kind ``body``:
        the targets are not suggested again, and the words of these links do not count as the article's own.

        Parameters
        ----------
        url
            The article's address, by which links to the own site are known; for None every link counts as such a one.
        fields
            Further fields of an `Article`.

        >>> Article.from_markdown("draft", "Ferry", "After [the *strike*](/strike) boats sail.").body
        'After  boats sail.'
        """
        return cls._from_markup("markdown", id, title, text, url, fields)

    @classmethod
    def from_html(cls, id: str, title: str, text: str, url: str | None = None, **fields: Any) -> Self:  # noqa: A002
        """Build an article whose body is written in HTML; all else is as of `from_markdown`."""
        return cls._from_markup("html", id, title, text, url, fields)

    @classmethod
    def _from_markup(
        cls,
        markup: Literal["markdown", "html"],
        article_id: str,
        title: str,
        text: str,
        url: str | None,
        fields: Mapping[str, Any],
    ) -> Self:
        body, addresses = read_body(text, markup, url)
        links = tuple(Relation(address, kind=BODY) for address in addresses)
        own = {**fields, "relations": (*fields.get("relations", ()), *links)}
        return cls(id=article_id, title=plain_text(title), body=body, url=url, **own)

    @property
    def is_target(self) -> bool:
        """Whether it may be suggested at all."""
        return not self.removed and self.excluded is None

    @property
    def is_source(self) -> bool:
        """Whether it gets suggestions when all articles do: not where it is no longer on the site.

        A draft and what is to be published later do: they are excluded, but not published yet.
        """
        return self.excluded is None or not self.published

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, as given: `url` first."""
        return ((self.url,) if self.url else ()) + self.aliases


def _utc(moment: datetime | None, owner: str) -> datetime | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ArticleError(
            f"published_at of {owner} must be a datetime with a time zone, got {moment!r}; "
            "add one, for instance published_at.replace(tzinfo=timezone.utc)"
        )
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ArticleError(f"published_at of {owner} is before the year 1 or after 9999, got {moment!r}") from error


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's part in a score, in words.

    `share` is in units of probability and has a sign; the shares of all reasons of a score, the base
    rate among them, add up to the score. `log_odds` is the same part before the logistic function:
    these add up to ``log(score / (1 - score))``.
    """

    feature: str
    text: str
    share: float
    log_odds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the reason as JSON-ready values; shares rounded to four places."""
        return {"feature": self.feature, "text": self.text, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposed link. `score` is the probability, in [0, 1], that an editor keeps it; `rank` counts from 1.

    `duplicates` are the ids of articles with the same text, the fittest to be shown first. Score and reasons are those
    of whichever scored best, the target or one of its duplicates. `source_url` is the address of the source.
    """

    source_id: str
    target_id: str
    rank: int
    score: float
    kind: str
    reasons: tuple[Reason, ...]
    target: Article = field(repr=False, compare=False)
    duplicates: tuple[str, ...] = ()
    source_url: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether a business rule put it here, whatever its score."""
        return any(reason.feature == PINNED for reason in self.reasons)

    def to_dict(self, model: str | None = None) -> dict[str, Any]:
        """Return the suggestion as one line of the JSON output; `model` is the version of the model that made it."""
        target = self.target
        published_at = target.published_at
        return {
            "source": self.source_id,
            "target": self.target_id,
            "rank": self.rank,
            "score": round(self.score, 6),
            "kind": self.kind,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "title": target.title,
            "url": target.url,
            "provider": (target.provider.name or target.provider.domain) if target.provider else None,
            "published_at": utc_text(published_at) if published_at else None,
            "model": model,
            "source_url": self.source_url,
            "duplicates": list(self.duplicates),
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair got its score, and whether it would be suggested.

    Attributes
    ----------
    verdict
        The answer in a sentence.
    suggested
        Whether the target is in the list that the source gets.
    obstacle
        Why it is not suggested: ``removed``, ``excluded``, ``rule``, ``rejected``, ``no candidate``, ``threshold``,
        ``outranked`` or ``duplicate of``; None for a suggestion.
    outranked_by
        Ids of what is suggested instead, best first; empty unless outranked.
    listed_under
        Id of the suggestion with the same text; None unless the target is listed as its duplicate.
    """

    source_id: str
    target_id: str
    score: float
    reasons: tuple[Reason, ...]
    shared_terms: tuple[str, ...]
    shared_topics: tuple[str, ...]
    verdict: str = ""
    suggested: bool = False
    obstacle: str | None = None
    outranked_by: tuple[str, ...] = ()
    listed_under: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-ready values."""
        return {
            "source": self.source_id,
            "target": self.target_id,
            "score": round(self.score, 6),
            "verdict": self.verdict,
            "reasons": [reason.to_dict() for reason in self.reasons],
            "shared_terms": list(self.shared_terms),
            "shared_topics": list(self.shared_topics),
            "suggested": self.suggested,
            "obstacle": self.obstacle,
            "outranked_by": list(self.outranked_by),
            "listed_under": self.listed_under,
        }
