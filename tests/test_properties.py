"""What holds for any small site, however odd."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import Article, Corpus, Recommender, Relation
from recommender.corpus.urls import canonical_url

START = datetime(2025, 1, 1, tzinfo=UTC)
IDS = [f"a{number}" for number in range(8)]
# Few words and few moments, so that ties, empty texts and equal times are common; and now and then anything.
WORDS = ("ferry", "strike", "Ferry's", "Zürich", "記事", "🚢", "ﬁre", "2025", "x", "-")
ADDRESSES = (
    "https://a.example/1",
    "http://www.a.example/1/?utm_source=x",
    "/posts/1",
    "https://a.example/2#part",
    "nonsense ::",
)

few = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
texts = st.one_of(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), st.text(max_size=12))
moments = st.one_of(
    st.none(),
    st.integers(0, 3).map(lambda day: START + timedelta(days=day)),
    st.datetimes(timezones=st.just(UTC)),
)
relations = st.lists(
    st.one_of(
        st.sampled_from(IDS).map(lambda name: Relation(None, name)),
        st.sampled_from(ADDRESSES).map(Relation),
    ),
    max_size=3,
)


@st.composite
def articles_of(draw: st.DrawFn, name: str, addressed: bool = True) -> Article:
    return Article(
        name,
        draw(texts),
        draw(texts),
        draw(texts),
        published_at=draw(moments),
        url=draw(st.one_of(st.none(), st.sampled_from(ADDRESSES))) if addressed else None,
        topics=draw(st.lists(texts, max_size=2)),
        quality=draw(st.one_of(st.none(), st.floats(-1e6, 1e6))),
        published=draw(st.booleans()),
        removed=draw(st.integers(0, 5)) == 0,
        relations=draw(relations),
    )


@st.composite
def sites(draw: st.DrawFn, addressed: bool = True, least: int = 1) -> list[Article]:
    """Return up to eight articles; ids and addresses may come twice, unless they have no addresses."""
    if addressed:
        names = draw(st.lists(st.sampled_from(IDS), min_size=least, max_size=8))
    else:
        names = IDS[: draw(st.integers(least, 8))]
    return [draw(articles_of(name, addressed)) for name in names]


@few
@given(sites(), st.randoms(use_true_random=False))
def test_a_corpus_is_in_time_order_and_holds_each_id_and_address_once(site: list[Article], random: object) -> None:
    corpus = Corpus.from_articles(site)
    keys = [(article.published_at is None, article.published_at or START, article.id) for article in corpus]
    assert keys == sorted(keys)
    assert len({article.id for article in corpus}) == len(corpus)
    owners: dict[str, set[str]] = {}
    for article in corpus:
        for address in article.addresses:
            owners.setdefault(canonical_url(address), set()).add(article.id)
    assert all(len(names) == 1 for names in owners.values())
    assert len(corpus) + len(corpus.merged) == len(site) == len(corpus.originals)
    assert {corpus[corpus.row(article.id)].id for article in site} == {article.id for article in corpus}
    shuffled = list(site)
    random.shuffle(shuffled)
    assert Corpus.from_articles(shuffled).articles == corpus.articles


@few
@given(sites())
def test_what_was_merged_lost_neither_address_nor_relation_nor_removal(site: list[Article]) -> None:
    corpus = Corpus.from_articles(site)
    for article in site:
        merged = corpus[corpus.row(article.id)]
        assert set(article.addresses) <= set(merged.addresses)
        assert set(article.relations) <= set(merged.relations)
        assert merged.removed or not article.removed
        for address in article.addresses:
            assert corpus.row_of(replace(article, id="another", url=address, aliases=())) == corpus.row(article.id)


@few
@given(sites())
def test_merging_twice_changes_nothing(site: list[Article]) -> None:
    corpus = Corpus.from_articles(site)
    again = Corpus.from_articles(corpus)
    assert again.articles == corpus.articles
    assert again.merged == ()


@few
@given(sites())
def test_links_lead_between_different_articles_and_go_both_ways(site: list[Article]) -> None:
    corpus = Corpus.from_articles(site)
    links = {(int(source), int(target)) for source, target in corpus.links}
    assert all(source != target for source, target in links)
    expected = {
        (row, target)
        for row, article in enumerate(corpus)
        for target in map(corpus.resolve, article.relations)
        if target is not None and target != row
    }
    assert links == expected
    dense = corpus.neighbours.toarray()
    assert {(int(row), int(column)) for row, column in zip(*dense.nonzero(), strict=True)} == {
        *links,
        *((target, source) for source, target in links),
    }
    assert set(dense.ravel().tolist()) <= {0.0, 1.0}


@few
@given(sites())
def test_suggestions_keep_their_promises(site: list[Article]) -> None:
    model = Recommender().fit(site)
    removed = {article.id for article in model.corpus if article.removed}
    for name, suggestions in model.suggest_all(k=5):
        targets = [suggestion.target_id for suggestion in suggestions]
        assert name not in targets
        assert len(set(targets)) == len(targets) <= 5
        assert not removed & set(targets)
        assert [(-suggestion.score, suggestion.target_id) for suggestion in suggestions] == sorted(
            (-suggestion.score, suggestion.target_id) for suggestion in suggestions
        )
        assert [suggestion.rank for suggestion in suggestions] == list(range(1, len(suggestions) + 1))
        assert all(0 <= suggestion.score <= 1 for suggestion in suggestions)
        assert all(
            math.isclose(math.fsum(r.share for r in suggestion.reasons), suggestion.score, abs_tol=1e-6)
            for suggestion in suggestions
        )
        assert model.suggest(name) == suggestions == model.suggest(model.corpus[model.corpus.row(name)])


@few
@given(sites(), st.randoms(use_true_random=False))
def test_neither_order_nor_growth_changes_an_answer(site: list[Article], random: object) -> None:
    by_id = list({article.id: article for article in site}.values())  # of one id only the last stays when it is added
    model = Recommender().fit(by_id)
    answers = dict(model.suggest_all())
    shuffled = list(by_id)
    random.shuffle(shuffled)
    assert dict(Recommender().fit(shuffled).suggest_all()) == answers
    model.renew(shuffled[:1])
    for one in shuffled[1:]:
        model.add([one])
    assert dict(model.suggest_all()) == answers


@few
@given(sites(addressed=False, least=3), st.sampled_from(IDS[:3]))
def test_as_of_a_moment_the_later_ones_might_not_exist(site: list[Article], name: str) -> None:
    model = Recommender().fit(site)
    moment = START + timedelta(days=1)
    before = model.suggest(name, as_of=moment)
    assert all(suggestion.target.published_at <= moment for suggestion in before)
    known = [article for article in site if article.published_at is not None and article.published_at <= moment]
    source = next(article for article in site if article.id == name)
    model.renew({article.id: article for article in [*known, source]}.values())
    assert model.suggest(name, as_of=moment) == before


@few
@given(sites(addressed=False, least=3), st.sampled_from(IDS[:3]))
def test_links_of_the_source_are_never_looked_at(site: list[Article], name: str) -> None:
    model = Recommender().fit(site)
    before = model.suggest(name)
    bare = [
        replace(
            article,
            relations=()
            if article.id == name
            else [relation for relation in article.relations if relation.target_id != name],
        )
        for article in site
    ]
    model.renew(bare)
    assert model.suggest(name) == before


@settings(few, max_examples=8)
@given(sites())
def test_a_model_comes_back_from_disk(tmp_path_factory: pytest.TempPathFactory, site: list[Article]) -> None:
    model = Recommender().fit(site)
    folder = tmp_path_factory.mktemp("any") / "model"
    model.save(folder)
    again = Recommender.load(folder)
    assert again.corpus.articles == model.corpus.articles
    assert dict(again.suggest_all()) == dict(model.suggest_all())
