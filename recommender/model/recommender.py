"""`Recommender`: the only file that knows every stage."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ArticleError, ModelFormatError, NotFittedError, SettingsError
from recommender.core.model_folder import read_model_folder, write_model_folder
from recommender.core.records import Article, Explanation, Suggestion
from recommender.core.settings import Settings
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.features.reasons import Pair, explain_score
from recommender.model import archive
from recommender.model.bulk import BulkScoring
from recommender.model.fingerprints import Fingerprints
from recommender.model.kept_lists import KeptLists
from recommender.model.snapshot import Snapshot
from recommender.model.training import train_ranker
from recommender.ranker import Ranker, ShippedRanker
from recommender.retrieval.index import Index
from recommender.retrieval.vectorizer import Vectorizer
from recommender.retrieval.vectors import Vectors
from recommender.selection.business_rules import BusinessRules
from recommender.selection.decisions import SITE_FILE as DECISIONS
from recommender.selection.decisions import Decisions
from recommender.selection.explanation import verdict_on
from recommender.selection.inbound import InboundTargets
from recommender.selection.scoring import BLOCK, score_candidates
from recommender.selection.selection import order
from recommender.selection.suggestions import inbound, suggestions


@dataclass(frozen=True)
class Ranking:
    """All candidates of a source, best first: ids of the targets and their scores, in [0, 1]."""

    source_id: str
    target_ids: tuple[str, ...]
    scores: tuple[float, ...]


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
    decisions
        Of the editors; none for None. May be replaced at any time, as the settings may: the next call heeds them.

    Examples
    --------
    >>> model = Recommender().fit([Article("a", "Ferry strike ends"), Article("b", "Ferry strike begins")])
    >>> [suggestion.target_id for suggestion in model.suggest("a")]
    ['b']
    """

    def __init__(
        self,
        settings: Settings | None = None,
        name: str = "site",
        shipped: ShippedRanker | None = None,
        decisions: Decisions | None = None,
    ):
        self.settings = settings or Settings()
        self.name = name
        self.decisions = Decisions() if decisions is None else decisions
        self._shipped = shipped
        self._current: Snapshot | None = None
        self._house_known: BusinessRules | None = None
        self._changing = threading.Lock()

    def fit(self, articles: Iterable[Article], n_jobs: int = 1) -> Self:
        """Learn words, topics and the ranker from these articles, their relations, and what editors accepted.

        The same for any `n_jobs`.

        Raises
        ------
        ArticleError
            When there is no article.
        UnknownArticleError
            When a rule names an article that is not among them.
        SettingsError
            When rules contradict each other.
        """
        corpus = _as_corpus(articles)
        if len(corpus) == 0:
            raise ArticleError("there is no article to learn from; give at least one")
        self._house(corpus).check()
        features = Vectorizer.fit(corpus)
        index = features.index(corpus)
        taught = self.decisions.taught(corpus)
        lesson = index if taught is corpus else features.index(taught, previous=index)
        with self._changing:
            self._current = Snapshot(features, train_ranker(lesson, self.settings, self._shipped, n_jobs), index)
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
        return self.name if newest is None else f"{self.name}@{utc_text(newest)}"

    def rule_warnings(self) -> list[str]:
        """Return what may be slips in the rules: names that no article has, pins that an editor rejected."""
        return self._house(self.corpus).warnings()

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
        vectors, rows, limits = state.question(source, as_of)
        article = source if isinstance(source, Article) else state.index.corpus[int(rows[0])]
        [ranked] = score_candidates(
            state, self.settings.candidates, vectors, rows, limits, self._house(state.index.corpus, as_of), [article]
        )
        return suggestions(state, [ranked], [article], self.settings.selection, k, threshold)[0]

    def suggest_all(
        self,
        k: int | None = None,
        threshold: float | None = None,
        n_jobs: int = 1,
        start: int = 0,
        kept: KeptLists | None = None,
    ) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield each article's id and suggestions, in the order of the corpus; the same for any `n_jobs`.

        The first `start` articles are passed over. From `kept` comes what cannot have changed since it was kept there,
        where all articles are asked.
        """
        k, threshold = self._limits(k, threshold)
        if n_jobs == 0:
            raise SettingsError("n_jobs must be 1 or more, or -1 for one a core, got 0")
        model = copy.copy(self)  # as it stands now, whatever is added meanwhile
        sweep = BulkScoring(model, k, threshold, n_jobs)
        if kept is None or start > 0:
            return sweep.lists(start)
        return sweep.renewed(kept, model._state.key(self.settings, k, threshold), model._house(model.corpus))

    def inbound(
        self, target: str | Article, k: int | None = None, threshold: float | None = None, older: bool = True
    ) -> list[Suggestion]:
        """Return the articles that should point at one, best first: suggestions of which it is the target.

        Those that link to it already are left out, as is what a rule or an editor forbids; pins come first. `rank` is
        that among the sources; scores and reasons are those of `explain`.

        Parameters
        ----------
        target
            An id or address of the corpus, or an article, also one that the model has never seen.
        k, threshold
            As of `suggest`.
        older
            Only articles that come before it in time; any for False.

        Raises
        ------
        UnknownArticleError, SettingsError
            As of `suggest`.
        """
        k, threshold = self._limits(k, threshold)
        state = self._state.knowing(target)
        corpus = state.index.corpus
        own = np.array([state.row_of(target)])
        asked = score_candidates(
            state, self.settings.candidates, state.index.vectors.take(own), own, np.array([len(corpus)])
        )[0].asked
        pinned = [source for source, other in self._house(corpus).pins if other == own[0]]
        rows = np.union1d(asked.targets, np.array(pinned, dtype=np.intp))
        wanted = InboundTargets(corpus, own.tolist(), older)
        return inbound(state, self.settings, self._house(corpus), wanted, rows[rows != own[0]], k, threshold, own)[
            int(own[0])
        ]

    def inbound_all(
        self,
        targets: Iterable[str],
        k: int | None = None,
        threshold: float | None = None,
        older: bool = True,
        n_jobs: int = 1,
    ) -> list[tuple[str, list[Suggestion]]]:
        """Return each article's id and the articles that should point at it, as of `inbound`, in the order given.

        For many targets at once: every article is asked once for its candidates, so that what would be no candidate
        of any has no sources here.
        """
        k, threshold = self._limits(k, threshold)
        state = self._state
        corpus = state.index.corpus
        rows = [corpus.row(target) for target in targets]
        every = np.arange(len(corpus)) if rows else np.empty(0, dtype=np.intp)
        found = inbound(
            state,
            self.settings,
            self._house(corpus),
            InboundTargets(corpus, rows, older),
            every,
            k,
            threshold,
            n_jobs=n_jobs,
        )
        return [(corpus[row].id, found[row]) for row in rows]

    def rank(self, sources: Sequence[str | Article], as_of: Sequence[datetime | None]) -> Iterator[Ranking]:
        """Yield every candidate of each source, scored, without rules, limits or reasons; for evaluation.

        Sources and moments go in pairs, as in `suggest`.
        """
        state = self._state
        corpus = state.index.corpus
        pairs = list(zip(sources, as_of, strict=True))
        for start in range(0, len(pairs), BLOCK):
            block = pairs[start : start + BLOCK]
            asked = [state.question(*pair) for pair in block]
            vectors = Vectors.stacked([one[0] for one in asked])
            rows, limits = (np.concatenate([one[place] for one in asked]) for place in (1, 2))
            for (source, _), ranked in zip(
                block, score_candidates(state, self.settings.candidates, vectors, rows, limits), strict=True
            ):
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
        state = self._state.knowing(target)
        corpus = state.index.corpus
        row = state.row_of(target)
        vectors, rows, limits = state.question(source, None)
        if row == rows[0]:
            raise ArticleError(f"{corpus[row].id!r} is source and target at once; give two different articles")
        article = source if isinstance(source, Article) else corpus[int(rows[0])]
        [ranked] = score_candidates(
            state, self.settings.candidates, vectors, rows, limits, self._house(corpus), [article], np.array([row])
        )
        place = int(np.searchsorted(ranked.asked.targets, row))
        pair = Pair(ranked.asked, row, article, corpus[row], state.features.text_)
        parts = state.ranker.contributions(ranked.features[[place]])[0]
        return Explanation(
            source_id=article.id,
            target_id=corpus[row].id,
            score=float(ranked.scores[place]),
            reasons=explain_score(pair, state.ranker.names, parts, float(ranked.log_odds[place]), ranked.weights(row)),
            shared_terms=tuple(pair.text.rarest_shared(article, corpus[row], "full", most=10)),
            shared_topics=tuple(pair.shared_topics),
            **vars(
                verdict_on(ranked.asked, article, ranked.scores, place, self.settings, self._limits()[1], ranked.orders)
            ),
        )

    def add(self, articles: Iterable[Article]) -> None:
        """Make articles known to the next call, without learning anew; one of a known id replaces the old."""
        new = {article.id: article for article in articles}
        with self._changing:
            self._current = self._state.with_articles(new)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget articles, without learning anew.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold; nothing is removed then.
        """
        with self._changing:
            self._current = self._state.without(ids)

    def renew(self, articles: Iterable[Article]) -> None:
        """Replace the whole corpus by these articles, without learning anew.

        Raises
        ------
        UnknownArticleError, SettingsError
            For rules that do not fit these articles, as of `fit`.
        """
        corpus = _as_corpus(articles)
        self._house(corpus).check()
        with self._changing:
            state = self._state
            self._current = replace(state, index=state.features.index(corpus, previous=state.in_memory().index))

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
        if self.decisions:
            contents.texts[DECISIONS] = self.decisions.to_bytes()
        write_model_folder(Path(path), contents)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a model folder.

        Raises
        ------
        ModelFormatError
            When it is damaged, of another version, or no model folder.
        """
        contents = read_model_folder(Path(path), mapped=archive.MAPPED)
        features, ranker, index, settings = archive.unpack(contents)
        decisions = Decisions.from_bytes(contents.texts.get(DECISIONS, b""))
        if decisions.problems:
            raise ModelFormatError(f"{path}: {decisions.problems[0]}; train the model again")
        model = cls(settings, str(contents.facts.get("name", "site")), decisions=decisions)
        model._current = Snapshot(features, ranker, index)
        return model

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_changing"}

    def __setstate__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)
        self._changing = threading.Lock()

    @property
    def _state(self) -> Snapshot:
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

    def _house(self, corpus: Corpus, as_of: datetime | None = None) -> BusinessRules:
        """Return rules and decisions as they stand, or stood, found in a corpus."""
        rules, decisions, known = self.settings.rules, self.decisions.known(as_of), self._house_known
        if known is not None and (known.rules, known.decisions, known.corpus) == (rules, decisions, corpus):
            return known
        house = BusinessRules(rules, corpus, decisions)
        if as_of is None:
            self._house_known = house
        return house

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
        sources = [corpus[int(row)] for row in rows]
        limits = np.full(len(rows), len(corpus))
        ranked = score_candidates(
            state, self.settings.candidates, state.index.vectors.take(rows), rows, limits, self._house(corpus), sources
        )
        fingerprints = [] if marks is None else marks.of_asked([one.asked for one in ranked])
        return suggestions(state, ranked, sources, self.settings.selection, k, threshold), fingerprints


def _as_corpus(articles: Iterable[Article]) -> Corpus:
    return articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
