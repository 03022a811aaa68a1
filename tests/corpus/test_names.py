"""The names by which people find an article, and what they are told where these are not enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stored_corpora import opened

from recommender import Article, Corpus, Recommender, Relation, UnknownArticleError
from recommender.core.errors import ModelFormatError
from recommender.corpus.names import ids_of_path
from recommender.corpus.stored_articles import Lines, ids_and_titles, line_starts

DETROIT = "news/2020-10-02-detroit"


def corpus_of(*articles: Article) -> Corpus:
    return Corpus.from_articles(articles)


@pytest.fixture(params=["built", "opened", "grown"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    """Return a corpus as it is built, as it is opened from a model folder, and as it grows by edits."""
    articles = [
        Article(DETROIT, "Detroit's cameras", url="https://a.example/detroit/"),
        Article("blog/ferry-strike", "Ferry strike: ENDED"),
        Article("blog/cameras", "Cameras"),
        Article("shop/cameras", "Cameras "),
        Article("guides/start", "Start here", url="/start/", aliases=("https://b.example/old/start.html",)),
        Article("about", "About us"),
    ]
    if request.param != "grown":
        built = corpus_of(*articles)
        return built if request.param == "built" else opened(built)
    model = Recommender().fit(articles[:2])
    assert model.corpus.row("ferry-strike") == 0  # so that the names are known before the edits, and the hosts
    assert model.corpus.find("/detroit/") is not None
    model.add([*articles[2:], Article("blog/passing", "Passing")])
    model.remove(["passing"])
    return model.corpus


@pytest.mark.parametrize(
    ("name", "article_id"),
    [
        (DETROIT, DETROIT),
        ("http://www.a.example/detroit", DETROIT),
        ("/detroit/", DETROIT),
        ("/detroit", DETROIT),
        ("/old/start.html", "guides/start"),
        (f"{DETROIT}.md", DETROIT),
        (f"./{DETROIT}.md", DETROIT),
        (f"content/{DETROIT}", DETROIT),
        (f"src/content/{DETROIT}/", DETROIT),
        (f"/srv/site/{DETROIT}.markdown", DETROIT),
        (f"content\\{DETROIT}.md".replace("/", "\\"), DETROIT),
        (f"{DETROIT}/index.md", DETROIT),
        ("2020-10-02-detroit", DETROIT),
        ("2020-10-02-detroit.md", DETROIT),
        ("_guides/start.md", "guides/start"),
        ("_pages/about.html", "about"),
        ("about.md", "about"),
    ],
)
def test_an_article_is_found_by_every_name_that_it_has(corpus: Corpus, name: str, article_id: str) -> None:
    row = corpus.find(name)
    assert row is not None
    assert corpus[row].id == article_id
    assert corpus.row(name) == row


@pytest.mark.parametrize("title", ["Ferry strike: ENDED", " ferry  strike: ended\n"])
def test_a_title_is_a_name_for_people_only(corpus: Corpus, title: str) -> None:
    assert corpus[corpus.row(title)].id == "blog/ferry-strike"
    assert corpus.find(title) is None
    linked = corpus_of(*corpus, Article("z", "Z", relations=(Relation(None, title), Relation(None, "ferry-strike"))))
    assert len(linked.externals) == 2
    assert not len(linked.links)


@pytest.mark.parametrize("name", ["cameras", "cameras.md", "CAMERAS"])
def test_a_name_of_several_articles_is_an_error_that_names_them(corpus: Corpus, name: str) -> None:
    assert corpus.find(name) is None
    with pytest.raises(UnknownArticleError, match=r"2 articles .*: blog/cameras or shop/cameras; give the id"):
        corpus.row(name)


@pytest.mark.parametrize(
    "name", ["blog/2020-10-02-detroit", "detroit", "https://b.example/start.md", "/lost/", "", "passing"]
)
def test_another_name_finds_nothing(corpus: Corpus, name: str) -> None:
    assert corpus.find(name) is None
    with pytest.raises(UnknownArticleError, match="no article has the id"):
        corpus.row(name)


def test_an_address_without_host_that_two_articles_have_is_an_error_that_names_them() -> None:
    corpus = corpus_of(
        Article("a", "Ferry", url="https://a.example/2025/ferry/"),
        Article("b", "Ferry", url="https://b.example/2025/ferry/"),
    )
    assert corpus.find("/2025/ferry/") is None
    with pytest.raises(UnknownArticleError, match=r"2 articles .*: a or b; give the id"):
        corpus.row("/2025/ferry/")


def test_a_title_that_nobody_has_names_the_nearest_title(corpus: Corpus) -> None:
    with pytest.raises(UnknownArticleError, match="did you mean Ferry strike: ENDED"):
        corpus.row("Ferry strikes: ended")


def test_an_id_is_stronger_than_the_name_of_another_file() -> None:
    corpus = corpus_of(Article("news/detroit", "One"), Article("detroit", "Two"), Article("blog/One", "Three"))
    assert corpus[corpus.row("detroit")].title == "Two"
    assert corpus[corpus.row("One")].title == "Three"
    assert corpus[corpus.row("one")].title == "One"


def test_the_file_of_a_merged_article_leads_to_what_it_became() -> None:
    one = Article("news/detroit", "One", url="https://a.example/1")
    twins = [one, replace(one, id="old/boston", title="Two"), Article("new/x", "Three")]
    for corpus in (corpus_of(*twins), opened(corpus_of(*twins)), corpus_of(*twins).without_relations()):
        assert corpus[corpus.row("boston")].id == "news/detroit"
        assert corpus.find("old/boston.md") == corpus.row("One")


def test_membership_is_of_ids_and_addresses(corpus: Corpus) -> None:
    assert DETROIT in corpus
    assert "https://a.example/detroit" in corpus
    assert "2020-10-02-detroit" not in corpus


def test_asking_a_stored_corpus_by_id_looks_at_no_other_article(corpus: Corpus) -> None:
    stored = opened(corpus_of(*corpus))
    stored.row(DETROIT)
    stored.find("https://a.example/detroit")
    stored.row(f"content/{DETROIT}.md")
    assert stored.lookup.names is None


folders = st.text("ab_./-", max_size=6)


@given(st.lists(folders, min_size=1, max_size=4).map("/".join))
def test_every_id_of_a_path_ends_it(path: str) -> None:
    plain = [part for part in path.strip().split("/") if part not in {"", "."}]
    for name in ids_of_path(path):
        assert name
        assert name.split("/")[-1].lstrip("_") in {part.lstrip("_") for part in plain}


@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=2, max_size=4, unique=True))
def test_files_are_found_whatever_is_in_front(parts: list[str]) -> None:
    article_id = "/".join(parts)
    corpus = corpus_of(Article(article_id, "T"), Article("/".join([*parts[:-1], "c"]), "U"))
    row = corpus.row(article_id)
    for name in (parts[-1], f"{article_id}.md", f"./{article_id}", f"content/{article_id}", f"x/y/{article_id}.md"):
        assert corpus.find(name) == row


def test_names_of_lines_written_by_others_are_read_too() -> None:
    lines = [
        b'{"id":"a/\\"x\\"","title":"One, \\"title\\":\\"no\\" \\u00e9"}\n',
        b' {"title": "Two", "id": "b/y"}\n',
        '{"id":"c/ü","title":"","body":"x"}\n'.encode(),
    ]
    stored = Lines(np.frombuffer(b"".join(lines), dtype=np.uint8), line_starts(b"".join(lines)))
    assert ids_and_titles(stored) == [('a/"x"', 'One, "title":"no" é'), ("b/y", "Two"), ("c/ü", "")]
    damaged = b'{"id":"a\xff","title":"One"}\n'
    with pytest.raises(ModelFormatError, match="line 1 of its articles"):
        ids_and_titles(Lines(np.frombuffer(damaged, dtype=np.uint8), line_starts(damaged)))


def test_of_very_many_names_those_with_common_parts_are_compared() -> None:
    corpus = corpus_of(
        *(Article(f"news/{number:04}-ferry", "T") for number in range(3000)), Article("x/harbor-row", "T")
    )
    with pytest.raises(UnknownArticleError, match=r"did you mean x/harbor-row\?"):
        corpus.row("x/harbour-rows")
