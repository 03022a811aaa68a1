"""Nothing of the future, nothing of the answer: checks that find a leak, and are shown to find one."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_up import links_in_text

from recommender import Article, Corpus, Recommender, Relation, Settings, evaluate, read_articles
from recommender.core.settings import CandidateSettings, RankerSettings
from recommender.evaluation import replay
from recommender.evaluation.splits import AT_PUBLICATION, held_out_sources, time_cut
from recommender.features import pair_features as features
from recommender.features import reasons
from recommender.features.pair_features import pair_features
from recommender.model.training import known_limits, pair_training_set, training_rows
from recommender.retrieval.candidates import with_candidates
from recommender.retrieval.index import Index
from recommender.retrieval.query import Query, queries
from recommender.retrieval.vectorizer import Vectorizer
from recommender.selection.selection import RankedCandidates

START = datetime(2025, 1, 1, tzinfo=UTC)
# The site's own ranker alone: the one that ships knows no feature that leaks, and a blend with it would hide one.
QUICK = Settings(ranker=RankerSettings(learn="own", trees=20, leaves=8))
FEW = replace(QUICK, candidates=CandidateSettings(text=15, title=8, recent=8, linked=10, seeds=5))
STORIES, PARTS = 60, 5


# ---- A site in stories


@pytest.fixture(scope="module")
def site() -> Corpus:
    """Return 300 articles in 60 stories of words of their own; each links to those before it in its story."""
    rng = np.random.default_rng(11)
    common = [f"common{number}" for number in range(30)]
    articles = []
    for story in range(STORIES):
        begin = story * 5.0
        story_words = [f"story{story}word{number}" for number in range(8)]
        for part in range(PARTS):
            words = [*rng.choice(story_words, 3, replace=False), *rng.choice(common, 4)]
            articles.append(
                Article(
                    f"s{story:02}-{part}",
                    " ".join(rng.permutation(words)),
                    " ".join([*rng.choice(story_words, 2), *rng.choice(common, 6)]),
                    published_at=START + timedelta(days=begin + part * 4.0, hours=float(rng.integers(24))),
                    topics=(f"topic{story % 7}",),
                    quality=float(rng.integers(40, 90)),
                    relations=tuple(Relation(None, f"s{story:02}-{earlier}") for earlier in range(part)),
                )
            )
    return Corpus.from_articles(articles)


def figures(corpus: Corpus) -> dict[str, float]:
    """Return nDCG@10 at publication, the mean over articles, by model."""
    result = evaluate(corpus, QUICK).result(AT_PUBLICATION)
    return {name: model.figures["nDCG@10"].over_articles.value for name, model in result.models.items()}


def rewired(corpus: Corpus) -> Corpus:
    """Return the corpus with every held-out source linked at random with as many older articles as before."""
    rng = np.random.default_rng(5)
    cut = time_cut(corpus)
    return Corpus(
        [
            replace(
                article,
                relations=tuple(
                    Relation(None, corpus[int(row)].id)
                    for row in rng.choice(source, len(article.relations), replace=False)
                ),
            )
            if source >= cut
            else article
            for source, article in enumerate(corpus)
        ]
    )


def test_where_the_answers_are_random_the_engine_is_no_better_than_random(site: Corpus) -> None:
    with_answers, at_random = figures(site), figures(rewired(site))
    assert with_answers["recommender"] > 0.6
    assert with_answers["random"] < 0.1
    # Each source asks for 1 to 4 of 225 or more articles; a tenth of what the true links allow is chance.
    assert at_random["recommender"] < min(at_random["random"] + 0.05, 0.1 * with_answers["recommender"] + 0.02)


# ---- As of a moment: the replay


def past_of(corpus: Corpus, row: int, limit: int) -> Corpus:
    """Return what was known before row `limit`, with no relation from or to the article of `row` but its text's own."""
    source = corpus[row]

    def with_others(relations: Iterable[Relation]) -> tuple[Relation, ...]:
        return tuple(relation for relation in relations if corpus.resolve(relation) != row)

    known = [
        replace(article, relations=links_in_text(article) if article is source else with_others(article.relations))
        for article in corpus[:limit]
    ]
    merged = [(lost, stays) for lost, stays in corpus.merged if corpus.row(stays) < limit]
    return Corpus(known, merged, corpus.topic_parents)


def query_of(index: Index, row: int, limit: int, settings: Settings) -> Query:
    rows = np.array([row])
    [query] = queries(index, index.vectors.take(rows), rows, np.array([limit]))
    return with_candidates(query, settings.candidates)


def replay_differs(model: Recommender, vectorizer: Vectorizer, rows: Sequence[int]) -> list[str]:
    """Query some articles as of their publication, in the whole corpus and in one that ends there.

    Returns
    -------
    list of str
        What is not the same to the last bit: candidates, names of features, suggestions, each with its source.
    """
    corpus = model.corpus
    index = vectorizer.index(corpus)
    differences = []
    for row in rows:
        source, limit = corpus[row], int(known_limits(index, np.array([row]))[0])
        early = past_of(corpus, row, limit)
        replayed = query_of(index, row, limit, model.settings)
        early_query = query_of(vectorizer.index(early), row, limit, model.settings)
        if replayed.targets.tolist() != early_query.targets.tolist():
            differences.append(f"{source.id}: candidates")
            continue
        (X, names), (Y, _) = pair_features(replayed), pair_features(early_query)
        differences += [
            f"{source.id}: {name}" for name, x, y in zip(names, X.T, Y.T, strict=True) if x.tobytes() != y.tobytes()
        ]
        early_model = copy.copy(model)
        early_model.renew(early)
        if model.suggest(source.id, as_of=source.published_at) != early_model.suggest(source.id):
            differences.append(f"{source.id}: suggestions")
    return differences


def sample(corpus: Corpus) -> list[int]:
    """Return some articles with relations, among them such as share their moment with another."""
    linked = np.flatnonzero(np.diff(corpus.neighbours.indptr))
    shared = [row for row in linked if (corpus.times == corpus.times[row]).sum() > 1]
    return sorted({*linked[::8].tolist(), *shared[::8]})


def clustered(corpus: Corpus) -> Corpus:
    """Return the corpus with times cut down to weeks, so that many articles are of one moment."""

    def week(moment: datetime | None) -> datetime | None:
        return None if moment is None else START + timedelta(days=(moment - START).days // 7 * 7)

    return Corpus.from_articles(
        [replace(article, published_at=week(article.published_at)) for article in corpus], corpus.topic_parents
    )


@pytest.mark.parametrize("settings", [QUICK, FEW], ids=["usual", "few candidates"])
@pytest.mark.parametrize("change", [lambda corpus: corpus, clustered], ids=["as it is", "of one moment"])
def test_as_of_its_publication_an_article_gets_what_it_got_then(
    newsroom: Corpus, settings: Settings, change: Callable[[Corpus], Corpus]
) -> None:
    model = Recommender(settings).fit(change(newsroom))
    rows = sample(model.corpus)
    assert len(rows) > 8
    assert replay_differs(model, Vectorizer.fit(model.corpus), rows) == []


def linked_in_full(query: Query) -> dict[str, np.ndarray]:
    """Leak the answer itself: whether the candidate is linked with the source."""
    graph = query.index.corpus.neighbours
    pairs = zip(query.rows[query.source_of].tolist(), query.targets.tolist(), strict=True)
    return {"linked": np.array([graph[row, target] if row >= 0 else 0.0 for row, target in pairs])}


def linked_later(query: Query) -> dict[str, np.ndarray]:
    """Leak the future: how often the candidate will be linked with, some day."""
    return {"degree": np.diff(query.index.corpus.neighbours.indptr)[query.targets].astype(float)}


def published_later(query: Query) -> dict[str, np.ndarray]:
    """Leak the future: how many articles there will be."""
    return {"articles": np.full(len(query.targets), float(len(query.index.corpus)))}


def leaking(monkeypatch: pytest.MonkeyPatch, leak: Callable[[Query], dict[str, np.ndarray]]) -> None:
    monkeypatch.setitem(features.GROUPS, "leak", leak)
    monkeypatch.setitem(reasons.WORDS, "leak", lambda pairs: ["leaks"] * len(pairs))


@pytest.mark.parametrize(
    ("leak", "name"),
    [(linked_in_full, "leak.linked"), (linked_later, "leak.degree"), (published_later, "leak.articles")],
)
def test_a_feature_that_leaks_on_purpose_is_caught(
    newsroom: Corpus, monkeypatch: pytest.MonkeyPatch, leak: Callable[[Query], dict[str, np.ndarray]], name: str
) -> None:
    leaking(monkeypatch, leak)
    model = Recommender(QUICK).fit(newsroom)
    differences = replay_differs(model, Vectorizer.fit(newsroom), sample(newsroom))
    assert {line.partition(": ")[2] for line in differences} - {"suggestions"} == {name}


def test_a_leak_of_the_answer_changes_suggestions_too(newsroom: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking(monkeypatch, linked_in_full)
    model = Recommender(QUICK).fit(newsroom)
    differences = replay_differs(model, Vectorizer.fit(newsroom), sample(newsroom))
    assert any(line.endswith(": suggestions") for line in differences)


def test_a_leak_of_the_answer_shows_where_the_answers_are_random(site: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking(monkeypatch, linked_in_full)
    at_random = figures(rewired(site))
    assert at_random["recommender"] > at_random["random"] + 0.3


def test_a_ranker_learns_from_what_was_known_then(newsroom: Corpus) -> None:
    vectorizer = Vectorizer.fit(newsroom)
    index = vectorizer.index(newsroom)
    rows = training_rows(index, 1000)[::6]
    training_set = pair_training_set(index, rows, FEW)
    ends = np.cumsum(training_set.group_sizes)
    limits = known_limits(index, rows)
    for row, limit, end, size in zip(rows.tolist(), limits.tolist(), ends, training_set.group_sizes, strict=True):
        early_query = query_of(vectorizer.index(past_of(newsroom, row, limit)), row, limit, FEW)
        np.testing.assert_array_equal(training_set.features[end - size : end], pair_features(early_query)[0])


# ---- What a site writes after its links


def rankings(model: Recommender) -> list[RankedCandidates]:
    """Return the score of every candidate of every article."""
    ids = [article.id for article in model.corpus]
    return list(model.rank(ids, [None] * len(ids)))


def test_published_reaches_no_feature(newsroom: Corpus) -> None:
    usual = Recommender(QUICK).fit(newsroom)
    flipped = Corpus.from_articles(
        [replace(article, published=not article.published) for article in newsroom], newsroom.topic_parents
    )
    model = Recommender(QUICK).fit(flipped)
    assert {article.published for article in newsroom} == {True, False}
    assert model.ranker.to_dict() == usual.ranker.to_dict()
    assert rankings(model) == rankings(usual)
    assert rankings(usual) != rankings(Recommender(FEW).fit(newsroom))


def test_heat_is_not_even_read(newsroom: Corpus, tmp_path: Path) -> None:
    def records(heat: Iterable[int]) -> Path:
        path = tmp_path / "articles.jsonl"
        lines = [
            {
                "id": article.id,
                "title": article.title,
                "excerpt": article.excerpt,
                "publishedDateTime": article.published_at.isoformat() if article.published_at else None,
                "heat": value,
                "related": [{"webUrl": f"https://x.example/{corpus_id}"} for corpus_id in related(article)],
                "webUrl": f"https://x.example/{article.id}",
            }
            for article, value in zip(newsroom, heat, strict=False)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    def related(article: Article) -> list[str]:
        rows = (newsroom.resolve(relation) for relation in article.relations)
        return [newsroom[row].id for row in rows if row is not None]

    cold, warm = (read_articles(records(heat)) for heat in (itertools.repeat(-1), itertools.count(60)))
    assert len(cold.links) > 100
    assert cold.articles == warm.articles
    assert not hasattr(cold[0], "heat")


# ---- The evaluation's past


def past_model(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the evaluation trains: the ranker with the rarities of terms and topics."""
    trained: list[Recommender] = []

    class EnoughError(Exception):
        """Ends an evaluation that has trained."""

    class Watched(Recommender):
        def fit(self, articles: Iterable[Article]) -> Watched:
            trained.append(super().fit(articles))
            raise EnoughError("trained")

    monkeypatch.setattr(replay, "Recommender", Watched)
    with pytest.raises(EnoughError, match="trained"):
        evaluate(corpus, QUICK)
    [model] = trained
    learned = model._snapshot.features
    rarities = {field: idf.tobytes() for field, idf in learned.text_.idf_.items()}
    return {**model.ranker.to_dict(), **rarities, "topics": learned.topics_.rarity_.tobytes()}


def test_nothing_held_out_reaches_the_model_of_the_past(site: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = time_cut(site)
    assert len(held_out_sources(site, cut)) > 30
    later = [
        replace(
            article,
            title=f"Zeppelin {article.title[::-1]}",
            excerpt="common1 common2 story1word1 and more",
            topics=("Zeppelins",),
            quality=1.0,
            relations=(Relation(None, site[number % cut].id), Relation(None, site[(number * 7) % cut].id)),
        )
        for number, article in enumerate(site.articles[cut:])
    ]
    # The past may link to what came later, too: such links were made later.
    early = [
        replace(article, relations=(*article.relations, Relation(None, later[row % len(later)].id)))
        for row, article in enumerate(site.articles[:cut])
    ]
    expected = past_model(site, monkeypatch)
    changed = past_model(Corpus.from_articles([*early, *later]), monkeypatch)
    assert expected["kind"] == "boosted"
    assert expected == changed


def test_the_past_itself_does_reach_the_model_of_the_past(site: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the models above equal whatever is changed, they would prove nothing."""
    cut = time_cut(site)
    last = max(row for row in range(cut) if site[row].relations)
    changed = [replace(article, relations=()) if row == last else article for row, article in enumerate(site)]
    assert past_model(site, monkeypatch) != past_model(Corpus.from_articles(changed), monkeypatch)
