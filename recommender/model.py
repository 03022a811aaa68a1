"""`Recommender`: the only file that knows every stage."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender import archive
from recommender.candidates import searched_depth, with_candidates
from recommender.corpus import Corpus
from recommender.errors import ArticleError, NotFittedError, SettingsError
from recommender.features import Asked, FeatureModel, Index, Vectors, pair_features, queries
from recommender.fingerprints import Fingerprints
from recommender.kept_lists import KeptLists
from recommender.ranker import Ranker, ShippedRanker, scores
from recommender.reasons import Pair, explain_score
from recommender.records import Article, Explanation, Suggestion
from recommender.selection import Choice, order, select
from recommender.settings import Settings
from recommender.storage import code_digest, library_versions, read_folder, write_folder
from recommender.stories import kind_of
from recommender.sweep import Sweep
from recommender.training import train_ranker
from recommender.verdicts import verdict_on

BLOCK = 32


@dataclass(frozen=True)
class _State:
    """Everything an answer is made from; replaced as a whole, so that an answer is of one state."""

    features: FeatureModel
    ranker: Ranker
    index: Index


@dataclass(frozen=True)
class Ranking:
    """All candidates of a source, best first: ids of the targets and their scores, in [0, 1]."""

    source_id: str
    target_ids: tuple[str, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class _Ranked:
    """A source's candidates with what they were scored by, in the order of `asked.targets`."""

    asked: Asked
    features: NDArray[np.float32]
    log_odds: NDArray[np.float64]

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Probabilities, in [0, 1]."""
        return scores(self.log_odds)


class Recommender:
    """Learns from a site's curated links; proposes and scores related links, with reasons.

    Parameters
    ----------
    settings
        Of every stage; the defaults where None.
    name
        What the model is called in the suggestions it makes.
    shipped
        The ranker for a site with little to learn from; the one inside the package for None.

    Examples
    --------
    >>> model = Recommender().fit([Article("a", "Ferry strike ends"), Article("b", "Ferry strike begins")])
    >>> [suggestion.target_id for suggestion in model.suggest("a")]
    ['b']
    """

    def __init__(self, settings: Settings | None = None, name: str = "site", shipped: ShippedRanker | None = None):
        self.settings = settings or Settings()
        self.name = name
        self._shipped = shipped
        self._current: _State | None = None
        self._changing = threading.Lock()

    def fit(self, articles: Iterable[Article], n_jobs: int = 1) -> Self:
        """Learn words, topics and the ranker from these articles and their relations; the same for any `n_jobs`.

        Raises
        ------
        ArticleError
            When there is no article.
        """
        corpus = _as_corpus(articles)
        if len(corpus) == 0:
            raise ArticleError("there is no article to learn from; give at least one")
        features = FeatureModel.fit(corpus)
        index = features.index(corpus)
        with self._changing:
            self._current = _State(features, train_ranker(index, self.settings, self._shipped, n_jobs), index)
        return self

    @property
    def corpus(self) -> Corpus:
        """The articles that may be suggested, and those that were added since."""
        return self._state.index.corpus

    @property
    def ranker(self) -> Ranker:
        """What turns pair features into scores."""
        return self._state.ranker

    @property
    def version(self) -> str:
        """Name and the moment up to which the model knows the site: ``site@2026-11-23T02:00:00Z``."""
        newest = self.corpus.newest
        return self.name if newest is None else f"{self.name}@{newest.isoformat().replace('+00:00', 'Z')}"

    def suggest(
        self,
        source: str | Article,
        k: int | None = None,
        threshold: float | None = None,
        as_of: datetime | None = None,
    ) -> list[Suggestion]:
        """Return at most `k` suggestions, best first; fewer rather than bad ones.

        Each is another text; articles with the same text are its `duplicates`, and its score is the best of theirs.
        The order is that of the score, ties by id, unless ``selection.diversity`` is above 0.

        Parameters
        ----------
        source
            An id or address of the corpus, or an article, also one that the model has never seen.
        k
            5 unless settings or argument say otherwise.
        threshold
            Least score, in [0, 1]. Unless settings or argument say otherwise it is the ranker's: the lowest at which
            three of four suggestions were kept. 0 fills up.
        as_of
            Only what was published by then, relations included; everything for None.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold.
        SettingsError
            For a `k` below 1, a `threshold` outside [0, 1] or a naive `as_of`.
        """
        k, threshold = self._limits(k, threshold)
        state = self._state
        [ranked] = self._rank(state, *self._ask(state, source, as_of))
        article = source if isinstance(source, Article) else state.index.corpus[ranked.asked.row]
        return self._suggestions(state, [ranked], [article], k, threshold)[0]

    def suggest_all(
        self, k: int | None = None, threshold: float | None = None, n_jobs: int = 1, kept: KeptLists | None = None
    ) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield each article's id and suggestions, in the order of the corpus; the same for any `n_jobs`.

        From `kept` comes what cannot have changed since it was kept there.
        """
        k, threshold = self._limits(k, threshold)
        if n_jobs == 0:
            raise SettingsError("n_jobs must be 1 or more, or -1 for one a core, got 0")
        sweep = Sweep(copy.copy(self), k, threshold, n_jobs)  # as it stands now, whatever is added meanwhile
        return sweep.lists() if kept is None else sweep.renewed(kept, self._key(k, threshold))

    def rank(self, sources: Sequence[str | Article], as_of: Sequence[datetime | None]) -> Iterator[Ranking]:
        """Yield every candidate of each source, scored, without rules, limits or reasons; for evaluation.

        Sources and moments go in pairs, as in `suggest`.
        """
        state = self._state
        corpus = state.index.corpus
        pairs = list(zip(sources, as_of, strict=True))
        for start in range(0, len(pairs), BLOCK):
            block = pairs[start : start + BLOCK]
            asked = [self._ask(state, *pair) for pair in block]
            vectors = Vectors.stacked([one[0] for one in asked])
            rows, limits = (np.concatenate([one[place] for one in asked]) for place in (1, 2))
            for (source, _), ranked in zip(block, self._rank(state, vectors, rows, limits), strict=True):
                places = order(ranked.asked, ranked.scores)
                source_id = source.id if isinstance(source, Article) else corpus[ranked.asked.row].id
                targets = tuple(corpus[int(row)].id for row in ranked.asked.targets[places])
                yield Ranking(source_id, targets, tuple(ranked.scores[places].tolist()))

    def score(self, source: str | Article, target: str | Article) -> float:
        """Return the probability, in [0, 1], that an editor would keep this link."""
        return self.explain(source, target).score

    def explain(self, source: str | Article, target: str | Article) -> Explanation:
        """Return a pair's score with the reasons that add up to it, and what stands in the way of the link.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold.
        ArticleError
            When source and target are the same article.
        """
        state = self._knowing(target)
        corpus = state.index.corpus
        row = _target_row(corpus, target)
        vectors, rows, limits = self._ask(state, source, None)
        if row == rows[0]:
            raise ArticleError(f"{corpus[row].id!r} is source and target at once; give two different articles")
        [ranked] = self._rank(state, vectors, rows, limits, also=np.array([row]))
        place = int(np.searchsorted(ranked.asked.targets, row))
        article = source if isinstance(source, Article) else corpus[int(rows[0])]
        pair = Pair(ranked.asked, row, article, corpus[row], state.features.text_)
        parts = state.ranker.contributions(ranked.features[[place]])[0]
        return Explanation(
            source_id=article.id,
            target_id=corpus[row].id,
            score=float(ranked.scores[place]),
            reasons=explain_score(pair, state.ranker.names, parts, float(ranked.log_odds[place])),
            shared_terms=tuple(pair.text.rarest_shared(article, corpus[row], "full", most=10)),
            shared_topics=tuple(pair.shared_topics),
            **vars(verdict_on(ranked.asked, article, ranked.scores, place, self.settings, self._limits()[1])),
        )

    def add(self, articles: Iterable[Article]) -> None:
        """Make articles known to the next call, without learning anew; one of a known id replaces the old."""
        new = {article.id: article for article in articles}
        with self._changing:
            state = self._state
            newer = state.index.corpus.with_newer(new.values())
            if newer is not None:
                vectors = state.features.transform(newer[len(state.index.corpus) :])
                self._current = replace(state, index=state.index.grown(newer, vectors))
                return
            kept = [article for article in state.index.corpus.originals if article.id not in new]
            self._current = self._restated(state, [*kept, *new.values()])

    def remove(self, ids: Iterable[str]) -> None:
        """Forget articles, without learning anew.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold; nothing is removed then.
        """
        with self._changing:
            state = self._state
            corpus = state.index.corpus
            gone = {corpus[corpus.row(name)].id for name in ids}
            gone |= {lost for lost, kept in corpus.merged if kept in gone}
            self._current = self._restated(state, [one for one in corpus.originals if one.id not in gone])

    def renew(self, articles: Iterable[Article]) -> None:
        """Replace the whole corpus by these articles, without learning anew."""
        corpus = _as_corpus(articles)
        with self._changing:
            state = self._state
            self._current = replace(state, index=state.features.index(corpus, like=state.index))

    def save(self, path: Path | str) -> None:
        """Write a model folder, as a whole or not at all.

        Raises
        ------
        ModelFormatError
            When `path` holds something that is no model folder.
        """
        state = self._state
        contents = archive.pack(state.features, state.ranker, state.index, self.settings)
        contents.facts |= {"name": self.name, "version": self.version}
        write_folder(Path(path), contents)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a model folder.

        Raises
        ------
        ModelFormatError
            When it is damaged, of another version, or no model folder.
        """
        contents = read_folder(Path(path))
        features, ranker, index, settings = archive.unpack(contents)
        model = cls(settings, str(contents.facts.get("name", "site")))
        model._current = _State(features, ranker, index)
        return model

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_changing"}

    def __setstate__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)
        self._changing = threading.Lock()

    @property
    def _state(self) -> _State:
        if self._current is None:
            raise NotFittedError("the model knows nothing yet; call fit(articles), or Recommender.load(folder)")
        return self._current

    def _limits(self, k: int | None = None, threshold: float | None = None) -> tuple[int, float]:
        usual = self.settings.selection
        wanted = replace(
            usual, k=usual.k if k is None else k, threshold=usual.threshold if threshold is None else threshold
        )
        own = self._state.ranker.threshold
        return wanted.k, own if wanted.threshold is None else wanted.threshold

    def _restated(self, state: _State, articles: Sequence[Article]) -> _State:
        old = state.index
        corpus = Corpus.from_articles(articles, old.corpus.topic_parents, old.corpus.report)
        return replace(state, index=state.features.index(corpus, like=old))

    def _knowing(self, target: str | Article) -> _State:
        """Return the state, with a target that it does not hold added for this one question."""
        state = self._state
        if isinstance(target, str) or state.index.corpus.row_of(target) is not None:
            return state
        return self._restated(state, [*state.index.corpus.originals, target])

    def _ask(
        self, state: _State, source: str | Article, as_of: datetime | None
    ) -> tuple[Vectors, NDArray[np.intp], NDArray[np.intp]]:
        """Return a source's vectors, row and limit, as arrays of one."""
        corpus = state.index.corpus
        if as_of is not None and as_of.tzinfo is None:
            raise SettingsError(f"as_of must have a time zone, got {as_of!r}; add one")
        limits = np.array([corpus.rows_as_of(as_of)])
        if isinstance(source, str):
            rows = np.array([corpus.row(source)])
            return state.index.vectors.take(rows), rows, limits
        row = corpus.row_of(source)
        vectors = state.features.transform([source])
        if source.published_at is None:
            days = state.index.vectors.days
            # A draft is written now, as far as the model may know; a known article keeps its date, or its lack of one.
            day = np.fmax.reduce(days[: limits[0]], initial=np.nan) if row is None else days[row]
            vectors = replace(vectors, days=np.array([day]))
        return vectors, np.array([-1 if row is None else row]), limits

    def _rank(
        self,
        state: _State,
        vectors: Vectors,
        rows: NDArray[np.intp],
        limits: NDArray[np.intp],
        also: NDArray[np.intp] | None = None,
    ) -> list[_Ranked]:
        ranked: list[_Ranked] = []
        depth = searched_depth(self.settings.candidates)
        for block in queries(state.index, vectors, rows, limits, BLOCK, depth):
            query = with_candidates(block, self.settings.candidates, also)
            features = pair_features(query)[0]
            found = state.ranker.log_odds(features, query.pairs.count())
            every = [Asked(query, place) for place in range(len(query))]
            ranked += [_Ranked(asked, features[asked.pairs], found[asked.pairs]) for asked in every]
        return ranked

    @property
    def index(self) -> Index:
        """The articles, in vectors."""
        return self._state.index

    def answers(
        self, rows: NDArray[np.intp], k: int, threshold: float, marks: Fingerprints | None = None
    ) -> tuple[list[list[Suggestion]], list[bytes]]:
        """Return the suggestions of some rows, and, where there are marks, the fingerprints of the rows."""
        state = self._state
        corpus = state.index.corpus
        ranked = self._rank(state, state.index.vectors.take(rows), rows, np.full(len(rows), len(corpus)))
        asked = dict.fromkeys(one.asked.query for one in ranked)
        fingerprints = [one for query in asked for one in marks.of_sources(query)] if marks else []
        return self._suggestions(state, ranked, [corpus[int(row)] for row in rows], k, threshold), fingerprints

    def _key(self, k: int, threshold: float) -> bytes:
        """Return the digest of all that a list depends on beside the articles."""
        state = self._state
        words = (*state.features.text_.document_frequency_.values(), state.features.topics_.document_frequency_)
        told = [k, threshold, self.settings.to_dict(), state.ranker.to_dict(), state.features.text_.n_articles_]
        told += [state.index.corpus.topic_parents, state.features.topics_.parents_, code_digest(), library_versions()]
        digest = blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16)
        for counts in words:
            digest.update(counts.tobytes())
        return digest.digest()

    def _suggestions(
        self, state: _State, ranked: Sequence[_Ranked], sources: Sequence[Article], k: int, threshold: float
    ) -> list[list[Suggestion]]:
        chosen = [
            select(one.asked, source, one.scores, self.settings.selection, k, threshold)
            for one, source in zip(ranked, sources, strict=True)
        ]
        if not any(chosen):
            return [[] for _ in ranked]
        rows = np.vstack(
            [
                one.features[[choice.scored for choice in reads]]
                for one, reads in zip(ranked, chosen, strict=True)
                if reads
            ]
        )
        parts = iter(state.ranker.contributions(rows))
        return [
            [
                self._suggestion(state, one, choice, source, rank, next(parts))
                for rank, choice in enumerate(reads, start=1)
            ]
            for one, reads, source in zip(ranked, chosen, sources, strict=True)
        ]

    def _suggestion(
        self, state: _State, ranked: _Ranked, choice: Choice, source: Article, rank: int, parts: NDArray[np.float64]
    ) -> Suggestion:
        asked, corpus = ranked.asked, state.index.corpus
        row, scored, *others = (int(asked.targets[one]) for one in (choice.place, choice.scored, *choice.duplicates))
        score = float(ranked.scores[choice.scored])
        pair = Pair(asked, scored, source, corpus[scored], state.features.text_)
        return Suggestion(
            source_id=source.id,
            target_id=corpus[row].id,
            rank=rank,
            score=score,
            kind=kind_of(choice.repeats_source, float(asked.gap(np.array([row]))[0]), score),
            reasons=explain_score(pair, state.ranker.names, parts, float(ranked.log_odds[choice.scored])),
            target=corpus[row],
            duplicates=tuple(corpus[other].id for other in others),
        )


def _as_corpus(articles: Iterable[Article]) -> Corpus:
    return articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)


def _target_row(corpus: Corpus, target: str | Article) -> int:
    row = corpus.row_of(target) if isinstance(target, Article) else corpus.row(target)
    return corpus.row(target.id) if row is None and isinstance(target, Article) else int(row or 0)
