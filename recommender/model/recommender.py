"""`Recommender`: the one class that knows every stage."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from recommender.core.errors import ArticleError, ModelFormatError, NotFittedError, SettingsError
from recommender.core.model_folder import read_model_folder, write_model_folder
from recommender.core.records import Article, Explanation, Suggestion
from recommender.core.settings import Settings
from recommender.core.settings_checks import Threshold
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.model import archive
from recommender.model.bulk import suggest_in_bulk
from recommender.model.snapshot import Snapshot
from recommender.model.training import train_ranker
from recommender.ranker import Ranker, ShippedRanker
from recommender.retrieval.vectorizer import Vectorizer
from recommender.selection.decisions import SITE_FILE as DECISIONS
from recommender.selection.decisions import Decisions
from recommender.selection.explanation import explain_pair
from recommender.selection.inbound import InboundSearch
from recommender.selection.rules_and_decisions import BusinessRules
from recommender.selection.scoring import BLOCK, ScoredCandidates, Scorer, SourceBatch
from recommender.selection.selection import RankedCandidates
from recommender.selection.suggestions import suggestions


class Recommender:
    """Learns from a site's curated links; proposes and scores related links, with reasons.

    Parameters
    ----------
    settings
        Of every stage; the defaults for None.
    name
        The name of the model in the suggestions that it makes.
    shipped
        The ranker for a site with few relations to learn from; the one inside the package for None.
    decisions
        Of the editors; none for None. Decisions and settings may be replaced at any time; the next call uses the new
        ones.

    Examples
    --------
    >>> model = Recommender().fit([Article("a", "Ferry strike ends"), Article("b", "Ferry strike begins")])
    >>> [suggestion.target_id for suggestion in model.suggest("a", threshold=0)]  # little can be said of two articles
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
        self._fitted: Snapshot | None = None
        self._last_rules: BusinessRules | None = None
        self._changing = threading.Lock()

    def fit(self, articles: Iterable[Article], n_jobs: int = 1) -> Self:
        """Learn words, topics and the ranker from these articles, their relations, and what editors accepted.

        The result is the same for any number of workers, `n_jobs`.

        Raises
        ------
        ArticleError
            When there is no article.
        SettingsError
            When rules contradict each other.
        """
        corpus = _as_corpus(articles)
        if len(corpus) == 0:
            raise ArticleError("there is no article to learn from; give at least one")
        self._business_rules(corpus).check()
        features = Vectorizer.fit(corpus)
        index = features.index(corpus)
        training_corpus = self.decisions.with_accepted(corpus)
        training_index = index if training_corpus is corpus else features.index(training_corpus, previous=index)
        ranker = train_ranker(training_index, self.settings, self._shipped, n_jobs)
        with self._changing:
            self._fitted = Snapshot(features, ranker, index)
        return self

    @property
    def corpus(self) -> Corpus:
        """The articles that may be suggested, with those that were added since the model was fitted."""
        return self._snapshot.index.corpus

    @property
    def ranker(self) -> Ranker:
        """Turns pair features into scores."""
        return self._snapshot.ranker

    @property
    def version(self) -> str:
        """The name and the moment up to which the model knows the site: ``site@2026-11-23T02:00:00Z``."""
        newest = self.corpus.newest
        return self.name if newest is None else f"{self.name}@{utc_text(newest)}"

    def rule_warnings(self) -> list[str]:
        """Return what may be slips in rules and decisions, a line each.

        These are articles, providers and topics that they name and no article is or has, and pins that were rejected.
        """
        return self._business_rules(self.corpus).warnings()

    @property
    def threshold(self) -> float:
        """The least score of a suggestion, in [0, 1], where none is given: that of the settings, else the ranker's."""
        return self._limits()[1]

    def suggest(
        self,
        source: str | Article,
        k: int | None = None,
        threshold: Threshold | None = None,
        as_of: datetime | None = None,
    ) -> list[Suggestion]:
        """Return at most `k` suggestions, best first; fewer rather than bad ones.

        Each is another text: articles with the same text are its `duplicates`, and its score is the best of theirs.
        Suggestions are ordered by score, then by id, unless ``selection.diversity`` is above 0.

        Parameters
        ----------
        source
            The id, an address, the path or the title of an article of the corpus, as of `Corpus.row`, or an article,
            also one that the model has never seen.
        k
            As in the settings for None; 5 where they do not say.
        threshold
            Least score, in [0, 1]. For None as in the settings, and where they do not say, the ranker's, which 92 of
            100 articles that have something related reach. ``sure`` is the lowest score at which three of four
            suggestions were curated links. 0 fills the list up.
        as_of
            Only what was published by this moment is known, relations included; everything for None.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold.
        SettingsError
            For a `k` below 1, a `threshold` outside [0, 1] or a naive `as_of`.
        """
        return self.suggest_many([source], k, threshold, as_of)[0]

    def suggest_many(
        self,
        sources: Sequence[str | Article],
        k: int | None = None,
        threshold: Threshold | None = None,
        as_of: datetime | None = None,
    ) -> list[list[Suggestion]]:
        """Return the suggestions for each of many drafts, or articles: those of `suggest`, in less time.

        All are of one state of the model. Parameters and errors are those of `suggest`.

        >>> model = Recommender().fit([Article("a", "Ferry strike ends"), Article("b", "Ferry strike begins")])
        >>> drafts = [Article("x", "Ferry strike"), Article("y", "Ferry")]
        >>> [[suggestion.target_id for suggestion in own] for own in model.suggest_many(drafts, k=1, threshold=0)]
        [['a'], ['a']]
        """
        k, threshold = self._limits(k, threshold)
        snapshot = self._snapshot
        scorer = self._scorer(snapshot, as_of)
        lists: list[list[Suggestion]] = []
        for start in range(0, len(sources), BLOCK):
            batch = snapshot.source_batch(sources[start : start + BLOCK], as_of)
            lists += suggestions(scorer, scorer.score(batch), self.settings.selection, k, threshold)
        return lists

    def suggest_all(
        self, k: int | None = None, threshold: Threshold | None = None, n_jobs: int = 1, start: int = 0
    ) -> Iterator[tuple[str, list[Suggestion]]]:
        """Yield each article's id and suggestions, in the order of the corpus; the same for any `n_jobs`.

        The first `start` articles are left out. The list of an article that is no longer on the site is empty: one
        that is excluded, and no draft. Changes of the model do not affect a run that has begun.
        """
        k, threshold = self._limits(k, threshold)
        if n_jobs == 0:
            raise SettingsError("n_jobs must be 1 or more, or -1 for one a core, got 0")
        return suggest_in_bulk(self._scorer(self._snapshot), self.settings.selection, k, threshold, start, n_jobs)

    def inbound(
        self, target: str | Article, k: int | None = None, threshold: Threshold | None = None, older: bool = True
    ) -> list[Suggestion]:
        """Return the articles that should link to one, best first: suggestions of which it is the target.

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
        snapshot, row = self._snapshot.knowing(target)
        search = InboundSearch(self._scorer(snapshot), self.settings.selection, k, threshold, older)
        return search.sources_of(row)

    def inbound_all(
        self,
        targets: Iterable[str],
        k: int | None = None,
        threshold: Threshold | None = None,
        older: bool = True,
        n_jobs: int = 1,
    ) -> list[tuple[str, list[Suggestion]]]:
        """Return each article's id and the articles that should link to it, as of `inbound`, in the order given.

        For many targets at once: the candidates of all of them are scored as sources, each source once, so that it
        counts only for the targets among its own candidates. A target for which this finds no source is searched by
        itself, as `inbound` does.
        """
        k, threshold = self._limits(k, threshold)
        snapshot = self._snapshot
        rows = [snapshot.index.corpus.row(target) for target in targets]
        search = InboundSearch(self._scorer(snapshot), self.settings.selection, k, threshold, older)
        sources = search.sources_of_each(rows, n_jobs)
        return [(snapshot.index.corpus[row].id, sources[row]) for row in rows]

    def rank(self, sources: Sequence[str | Article], as_of: Sequence[datetime | None]) -> Iterator[RankedCandidates]:
        """Yield every candidate of each source, scored, without rules, limits or reasons; for evaluation.

        Each source has its own moment, as of `suggest`.
        """
        snapshot = self._snapshot
        scorer = Scorer(snapshot.index, snapshot.ranker, self.settings.candidates)
        pairs = list(zip(sources, as_of, strict=True))
        for start in range(0, len(pairs), BLOCK):
            batch = SourceBatch.stacked(
                [snapshot.source_batch([source], moment) for source, moment in pairs[start : start + BLOCK]]
            )
            yield from map(RankedCandidates.of, scorer.score(batch))

    def score(self, source: str | Article, target: str | Article) -> float:
        """Return the probability, in [0, 1], that an editor would keep this link; errors as of `explain`."""
        _, candidates, row = self._scored_pair(source, target)
        return float(candidates.scores[candidates.position(row)])

    def explain(self, source: str | Article, target: str | Article) -> Explanation:
        """Return a pair's score with the reasons that add up to it, and whether, or why not, it is suggested.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold.
        ArticleError
            When source and target are the same article.
        """
        scorer, candidates, row = self._scored_pair(source, target)
        _, threshold = self._limits()
        return explain_pair(scorer, candidates, row, self.settings.selection, threshold)

    def add(self, articles: Iterable[Article]) -> None:
        """Add articles, which the next call knows, without learning anew; one of a known id replaces the old one."""
        new = {article.id: article for article in articles}
        with self._changing:
            self._fitted = self._snapshot.with_articles(new)

    def remove(self, ids: Iterable[str]) -> None:
        """Remove articles, by id or address, without learning anew.

        Raises
        ------
        UnknownArticleError
            For an id that the corpus does not hold; nothing is removed then.
        """
        with self._changing:
            self._fitted = self._snapshot.without(ids)

    def renew(self, articles: Iterable[Article]) -> None:
        """Replace the whole corpus by these articles, without learning anew.

        Raises
        ------
        SettingsError
            When rules contradict each other.
        """
        corpus = _as_corpus(articles)
        self._business_rules(corpus).check()
        with self._changing:
            snapshot = self._snapshot
            index = snapshot.features.index(corpus, previous=snapshot.in_memory().index)
            self._fitted = replace(snapshot, index=index)

    def save(self, path: Path | str) -> None:
        """Write a model folder, as a whole or not at all.

        Raises
        ------
        ModelFormatError
            When `path` holds something that is no model folder.
        """
        snapshot = self._snapshot
        contents = archive.pack(snapshot.features, snapshot.ranker, snapshot.index, self.settings)
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
        model._fitted = Snapshot(features, ranker, index)
        return model

    def __getstate__(self) -> dict[str, Any]:
        # A lock can neither be copied nor sent to another process.
        return {name: value for name, value in vars(self).items() if name != "_changing"}

    def __setstate__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)
        self._changing = threading.Lock()

    @property
    def _snapshot(self) -> Snapshot:
        if self._fitted is None:
            raise NotFittedError("the model knows nothing yet; call fit(articles), or Recommender.load(folder)")
        return self._fitted

    def _limits(self, k: int | None = None, threshold: Threshold | None = None) -> tuple[int, float]:
        """Return the number and the least score of suggestions: as given, else of the settings, else the ranker's."""
        settings = self.settings.selection
        if k is not None:
            settings = replace(settings, k=k)  # which checks it
        if threshold is not None:
            settings = replace(settings, threshold=threshold)
        ranker, least = self._snapshot.ranker, settings.threshold
        if least is None:
            least = ranker.threshold
        return settings.k, ranker.sure if isinstance(least, str) else least

    def _scorer(self, snapshot: Snapshot, as_of: datetime | None = None) -> Scorer:
        business_rules = self._business_rules(snapshot.index.corpus, as_of)
        return Scorer(snapshot.index, snapshot.ranker, self.settings.candidates, business_rules)

    def _scored_pair(self, source: str | Article, target: str | Article) -> tuple[Scorer, ScoredCandidates, int]:
        """Return a source's candidates, the target scored among them, and the target's row."""
        snapshot, row = self._snapshot.knowing(target)
        batch = snapshot.source_batch([source], None)
        if row == batch.rows[0]:
            name = snapshot.index.corpus[row].id
            raise ArticleError(f"{name!r} is source and target at once; give two different articles")
        scorer = self._scorer(snapshot)
        [candidates] = scorer.score(batch, np.array([row]))
        return scorer, candidates, row

    def _business_rules(self, corpus: Corpus, as_of: datetime | None = None) -> BusinessRules:
        """Return rules and decisions as they stand, or stood, with their articles looked up in a corpus."""
        rules, decisions, last = self.settings.rules, self.decisions.as_of(as_of), self._last_rules
        if last is not None and (last.rules, last.decisions, last.corpus) == (rules, decisions, corpus):
            return last
        business_rules = BusinessRules(rules, corpus, decisions)
        if as_of is None:
            self._last_rules = business_rules
        return business_rules


def _as_corpus(articles: Iterable[Article]) -> Corpus:
    return articles if isinstance(articles, Corpus) else Corpus.from_articles(articles)
