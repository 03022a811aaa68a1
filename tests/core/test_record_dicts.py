"""Records from the mappings of a CMS, and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Article, ArticleError, Provider, Relation, SettingsError

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
texts, moments = st.text(max_size=8), st.none() | st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC))
providers = st.none() | st.builds(Provider, st.none() | texts, st.none() | texts)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
relations = st.builds(
    Relation,
    st.none() | texts,
    texts.filter(bool),
    texts,
    texts,
    moments,
    providers,
    numbers,
    st.sampled_from(["body"]),
)
articles = st.builds(
    Article,
    id=texts.filter(bool),
    title=texts,
    body=texts,
    published_at=moments,
    url=st.none() | texts,
    aliases=st.lists(texts, max_size=2),
    provider=providers,
    topics=st.lists(texts, max_size=2),
    quality=numbers,
    published=st.booleans(),
    removed=st.booleans(),
    language=st.none() | texts,
    relations=st.lists(relations, max_size=2),
    excluded=st.none() | texts,
    translation_key=st.none() | texts,
)


@given(articles)
def test_an_article_comes_back_from_its_json(article: Article) -> None:
    values = json.loads(json.dumps(article.to_dict()))
    assert Article.from_dict(values) == article
    assert all(Relation.from_dict(relation.to_dict()) == relation for relation in article.relations)
    assert article.provider is None or Provider.from_dict(article.provider.to_dict()) == article.provider


def test_a_record_of_a_cms_becomes_an_article() -> None:
    record = {
        "id": 17,
        "title": "Ferry strike ends",
        "excerpt": None,
        "published_at": "2025-05-01T14:00:00+02:00",
        "provider": {"name": "Harbor Post"},
        "topics": ["Rail"],
        "relations": [{"target_id": 5}, {"url": "/b", "kind": "body", "published_at": "2025-05-01T12:00Z"}],
    }
    related = (Relation(None, "5"), Relation("/b", kind="body", published_at=NOON))
    expected = Article("17", "Ferry strike ends", "", "", NOON, None, (), Provider("Harbor Post"), ("Rail",))
    article = Article.from_dict(record)
    assert article.relations == related
    assert Article.from_dict({**record, "relations": []}) == expected
    assert Article.from_dict({**record, "relations": related, "provider": Provider("Harbor Post")}) == article


@pytest.mark.parametrize(
    ("value", "zone", "moment"),
    [
        ("2025-05-01T14:00", "Europe/Berlin", NOON),
        ("2025-12-01 13:00:00", "Europe/Berlin", datetime(2025, 12, 1, 12, tzinfo=UTC)),
        (datetime(2025, 5, 1, 14), ZoneInfo("Europe/Berlin"), NOON),
        ("2025-05-01T12:00Z", "Asia/Tokyo", NOON),
        (NOON.astimezone(timezone(timedelta(hours=9))), None, NOON),
        ("2025-05-01", None, NOON.replace(hour=0)),
        (date(2025, 5, 1), None, NOON.replace(hour=0)),
        ("2025-05-01", "Europe/Berlin", datetime(2025, 4, 30, 22, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_the_zone_that_is_stated(value: object, zone: object, moment: datetime) -> None:
    record = {"id": 1, "title": "T", "published_at": value}
    article = Article.from_dict({**record, "relations": [{"url": "/b", "published_at": value}]}, timezone=zone)
    assert article.published_at == article.relations[0].published_at == moment


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"published_at": "2025-05-01T12:00"}, "of the article 1 has no time zone, .*; add one, or give timezone="),
        ({"published_at": datetime(2025, 5, 1)}, "of the article 1 has no time zone"),
        ({"published_at": "May"}, "must be an ISO 8601 text like .*, got 'May'"),
        ({"published_at": 5}, "must be an ISO 8601 text like .*, got 5"),
        ({"titel": "T"}, r"the article 1 has the unknown key 'titel' \(did you mean title\?\); ignore_unknown=True"),
        ({"relations": [{"url": "/b", "titel": "T"}]}, "the relation '/b' has the unknown key 'titel'"),
        ({"provider": {"titel": "X"}}, "a provider has the unknown key 'titel'"),
        ({"provider": "X"}, "a provider must be a mapping of its fields, got 'X'"),
        ({"relations": [{}]}, "neither url nor target_id"),
        ({"title": 5}, r"the article 1 cannot be read: Expected `str`, got `int` - at `\$.title`"),
        ({"topics": "Rail"}, "the article 1 cannot be read: .*topics"),
        ({"published": "no"}, "the article 1 cannot be read: Expected `bool`"),
        ({"id": True}, "cannot be read: Expected `str`, got `bool`"),
        ({"title": None}, "missing required field `title`"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_what(changes: dict, message: str) -> None:
    with pytest.raises(ArticleError, match=message):
        Article.from_dict({"id": 1, "title": "T", **changes})


def test_unknown_keys_may_be_left_out_at_every_depth() -> None:
    record = {"id": 1, "title": "T", "x": 1, "provider": {"name": "P", "x": 1}, "relations": [{"url": "/b", "x": 1}]}
    expected = Article("1", "T", provider=Provider("P"), relations=(Relation("/b"),))
    assert Article.from_dict(record, ignore_unknown=True) == expected


@pytest.mark.parametrize(("zone", "hint"), [("Europ/Berlin", "did you mean Europe/Berlin"), ("../x", "unknown")])
def test_an_unknown_time_zone_is_an_error(zone: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=f"timezone '{zone}' is unknown; .*{hint}|unknown"):
        Article.from_dict({"id": 1, "title": "T"}, timezone=zone)
