"""Records: checked when they are made, frozen, and ready for JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from recommender import Article, ArticleError, Explanation, Provider, Reason, Relation, Suggestion

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
NAIVE = datetime(2025, 5, 1, 12)


def test_only_id_and_title_are_needed() -> None:
    article = Article("a", "A title")
    assert (article.excerpt, article.body, article.published_at, article.url, article.provider) == (
        "",
        "",
        None,
        None,
        None,
    )
    assert (article.aliases, article.topics, article.relations, article.addresses) == ((), (), (), ())
    assert (article.published, article.removed, article.quality) == (True, False, None)


@pytest.mark.parametrize("bad", ["", None, 5, b"a"])
def test_an_id_must_be_a_text(bad: object) -> None:
    with pytest.raises(ArticleError, match="an article's id must be a text of one character or more, got"):
        Article(bad, "A title")


@pytest.mark.parametrize("field", ["title", "excerpt", "body"])
@pytest.mark.parametrize("bad", [None, 5, ["text"]])
def test_texts_must_be_texts(field: str, bad: object) -> None:
    with pytest.raises(ArticleError, match=f"{field} of article 'a' must be a text, got"):
        Article(**{"id": "a", "title": "A title", field: bad})


@pytest.mark.parametrize("field", ["aliases", "topics", "relations"])
@pytest.mark.parametrize(
    ("bad", "said"), [("text", "must be a list, got the text 'text'"), (None, "got None"), (5, "got 5")]
)
def test_lists_must_be_lists(field: str, bad: object, said: str) -> None:
    with pytest.raises(ArticleError, match=f"{field} of article 'a' must be a list, .*{said[-9:]}"):
        Article("a", "A title", **{field: bad})


@pytest.mark.parametrize(
    ("field", "bad", "kind"),
    [("aliases", [None], "str"), ("topics", ["a", 5], "str"), ("relations", ["https://a.example/b"], "Relation")],
)
def test_lists_hold_one_kind(field: str, bad: object, kind: str) -> None:
    with pytest.raises(ArticleError, match=f"{field} of article 'a' must hold {kind} only, got"):
        Article("a", "A title", **{field: bad})


def test_lists_become_tuples() -> None:
    article = Article("a", "A", topics=["x", "y"], aliases=iter(["/b"]), relations=[Relation("/c")])
    assert (article.topics, article.aliases, article.relations) == (("x", "y"), ("/b",), (Relation("/c"),))
    assert hash(article) == hash(Article("a", "A", topics=("x", "y"), aliases=("/b",), relations=(Relation("/c"),)))


@pytest.mark.parametrize("bad", ["60", math.nan, math.inf, True, [1]])
def test_a_quality_is_a_finite_number(bad: object) -> None:
    with pytest.raises(
        ArticleError, match="quality of article 'a' must be a finite number, or None where unknown, got"
    ):
        Article("a", "A", quality=bad)


def test_any_kind_of_number_is_a_quality() -> None:
    for value in (60, 60.0, np.float32(60), np.int64(60)):
        assert repr(Article("a", "A", quality=value).quality) == "60.0"


@pytest.mark.parametrize("bad", [NAIVE, date(2025, 5, 1), "2025-05-01", 1746100800])
def test_a_time_needs_a_zone(bad: object) -> None:
    with pytest.raises(ArticleError, match="published_at of article 'a' must be a datetime with a time zone, got"):
        Article("a", "A", published_at=bad)
    with pytest.raises(ArticleError, match=r"published_at of a relation must be .*add one, for instance"):
        Relation("/b", published_at=bad)


def test_times_are_kept_in_utc() -> None:
    elsewhere = datetime(2025, 5, 1, 5, tzinfo=timezone(timedelta(hours=-7)))
    for record in (Article("a", "A", published_at=elsewhere), Relation("/a", published_at=elsewhere)):
        assert record.published_at == NOON
        assert record.published_at.tzinfo is UTC


def test_a_time_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ArticleError, match="published_at of article 'a' is before the year 1 or after 9999"):
        Article("a", "A", published_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))


def test_addresses_are_all_of_them_the_url_first() -> None:
    assert Article("a", "A", url="/a", aliases=("/b", "/c")).addresses == ("/a", "/b", "/c")
    assert Article("a", "A", aliases=("/b",)).addresses == ("/b",)


@pytest.mark.parametrize("empty", [{"url": None}, {"url": ""}, {"url": "", "target_id": ""}])
def test_a_relation_leads_somewhere(empty: dict) -> None:
    with pytest.raises(ArticleError, match="a relation has neither url nor target_id"):
        Relation(**empty)
    assert Relation(**{**empty, "target_id": "b"}).target_id == "b"


def test_a_provider_is_told_by_its_domain_else_its_name() -> None:
    assert Provider("Post", "Post.Example").key == Provider("The Post", "post.example").key == "post.example"
    assert Provider("STRASSE").key == Provider("Straße").key
    assert Provider().key is None
    assert Provider("", "").key is None


def test_records_are_frozen() -> None:
    for record, field in ((Article("a", "A"), "title"), (Relation("/b"), "url"), (Provider("P"), "name")):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{field}'"):
            setattr(record, field, "other")


def suggestion(target: Article) -> Suggestion:
    reasons = (Reason("topics", "same topics: 海", 0.12345678, 0.5), Reason("base_rate", "usual", 0.7, 1.0))
    return Suggestion("a", target.id, 1, 0.8234567891, "same-story", reasons, target)


def test_a_suggestion_as_json() -> None:
    target = Article("b", "“B”", url="/b", provider=Provider("Post", "post.example"), published_at=NOON)
    values = suggestion(target).to_dict("site@2025-05-01T12:00:00Z")
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values == {
        "source": "a",
        "target": "b",
        "rank": 1,
        "score": 0.823457,
        "kind": "same-story",
        "reasons": [
            {"feature": "topics", "text": "same topics: 海", "share": 0.1235},
            {"feature": "base_rate", "text": "usual", "share": 0.7},
        ],
        "title": "“B”",
        "url": "/b",
        "provider": "Post",
        "published_at": "2025-05-01T12:00:00Z",
        "model": "site@2025-05-01T12:00:00Z",
        "source_url": None,
        "duplicates": [],
    }


def test_a_suggestion_lists_the_same_text_elsewhere() -> None:
    listed = dataclasses.replace(suggestion(Article("b", "B")), duplicates=("c", "d"))
    assert listed.to_dict()["duplicates"] == ["c", "d"]


@pytest.mark.parametrize(
    ("provider", "said"), [(None, None), (Provider(None, "post.example"), "post.example"), (Provider(), None)]
)
def test_a_suggestion_of_a_target_about_which_little_is_known(provider: Provider | None, said: str | None) -> None:
    values = suggestion(Article("b", "B", provider=provider)).to_dict()
    assert (values["provider"], values["url"], values["published_at"], values["model"]) == (said, None, None, None)


def test_an_explanation_as_json() -> None:
    told = Explanation("a", "b", 0.5000000001, (Reason("topics", "none", -0.25, -1.0),), ("ferry",), (), "suggested")
    assert told.to_dict() == {
        "source": "a",
        "target": "b",
        "score": 0.5,
        "verdict": "suggested",
        "reasons": [{"feature": "topics", "text": "none", "share": -0.25}],
        "shared_terms": ["ferry"],
        "shared_topics": [],
        "suggested": False,
        "obstacle": None,
        "outranked_by": [],
        "listed_under": None,
    }


def test_an_error_of_an_article_says_where() -> None:
    assert str(ArticleError("is empty", "a.md", 3)) == "a.md:3: is empty"
    assert str(ArticleError("is empty", "a.md")) == "a.md: is empty"
    assert str(ArticleError("is empty")) == "is empty"


def test_a_body_in_markup_is_read_as_its_readers_see_it() -> None:
    text = "See [the *strike*](/strike#top), [far](https://far.example/x) & [again](https://coast.example/strike)."
    article = Article.from_markdown("a", "Ferry &amp; **crew**", text, url="https://coast.example/a", topics=["Sea"])
    assert (article.title, article.body, article.topics) == ("Ferry & crew", "See , far & .", ("Sea",))
    assert [(link.url, link.kind) for link in article.relations] == [
        ("https://coast.example/strike#top", "body"),
        ("https://coast.example/strike", "body"),
    ]


def test_without_an_address_every_link_of_a_body_counts_as_one_of_the_own_site() -> None:
    html = "<p>See <a href='https://far.example/x'>far</a> and <a href='/near'>near</a>.</p>"
    article = Article.from_html("a", "T", html, relations=[Relation(None, "listed")])
    assert article.body == "See  and ."
    assert [(link.url or link.target_id, link.kind) for link in article.relations] == [
        ("listed", "related"),
        ("https://far.example/x", "body"),
        ("/near", "body"),
    ]
