from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender import Article, Provider, Relation
from recommender.core.errors import ArticleError, SettingsError
from recommender.core.settings import SourceSettings
from recommender.sources.records.builder import ArticleBuilder, FileDefaults, RecordLocation
from recommender.sources.records.fields import FieldMap

FULL = {
    "id": "ferry",
    "title": "Ferry strike ends",
    "excerpt": "After nine days.",
    "body": "Text.",
    "publishedDateTime": "2020-10-01T19:44:00Z",
    "webUrl": "https://example.com/ferry",
    "originalUrl": "https://example.com/ferry?from=wire",
    "ampWebUrl": "https://amp.example.com/ferry",
    "cdnAmpWebUrl": "https://amp-example-com.cdn.ampproject.org/c/s/amp.example.com/ferry",
    "provider": {"name": "Harbor Post", "domain": "harborpost.example", "images": []},
    "topics": ["Ferries", "Labour", "Ferries", None],
    "category": "news",
    "type": "article",
    "quality": 39,
    "heat": 120,
    "published": False,
    "removed": True,
    "language": "en",
    "secured": "c2VjcmV0",
    "related": [{"title": "Ferry strike begins", "webUrl": "https://example.com/begins"}],
}


def build(record: dict[str, Any], preset: str = "default", **fields: Any) -> tuple[Article, list[str]]:
    location = RecordLocation("a.md")
    fields_of_site = FieldMap.from_settings(SourceSettings(preset=preset, fields=fields))
    return ArticleBuilder(fields_of_site).article(record, location, defaults=FileDefaults("stem")), location.warnings


def quiet(record: dict[str, Any], preset: str = "default", **fields: Any) -> Article:
    article, warnings = build({"title": "T", **record}, preset, **fields)
    assert warnings == []
    return article


def test_every_field_of_the_default_preset() -> None:
    assert quiet(FULL) == Article(
        id="ferry",
        title="Ferry strike ends",
        excerpt="After nine days.",
        body="Text.",
        published_at=datetime(2020, 10, 1, 19, 44, tzinfo=UTC),
        url="https://example.com/ferry",
        aliases=(FULL["originalUrl"], FULL["ampWebUrl"], FULL["cdnAmpWebUrl"]),  # type: ignore[arg-type]
        provider=Provider("Harbor Post", "harborpost.example"),
        topics=("Ferries", "Labour"),
        category="news",
        type="article",
        quality=39.0,
        published=False,
        removed=True,
        language="en",
        relations=(Relation("https://example.com/begins", title="Ferry strike begins"),),
    )


def test_a_title_is_enough() -> None:
    assert quiet({}) == Article("stem", "T")


def test_the_original_address_counts_where_there_is_no_other() -> None:
    article = quiet({"originalUrl": "https://a.example/1", "ampWebUrl": "https://a.example/1?amp"})
    assert article.addresses == ("https://a.example/1", "https://a.example/1?amp")


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("Harbor Post", Provider("Harbor Post")),
        ({"domain": "harborpost.example"}, Provider(None, "harborpost.example")),
        ({"name": None, "images": []}, None),
        (None, None),
        ("", None),
    ],
)
def test_a_provider_in_each_form(provider: Any, expected: Provider | None) -> None:
    assert quiet({"provider": provider}).provider == expected


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ("Sea and air", ("Sea and air",)),
        (["A", 5, " B "], ("A", "5", "B")),
        ([{"name": "A"}, {"title": "B"}], ("A", "B")),
        ([], ()),
        (None, ()),
        ("", ()),
    ],
)
def test_topics_in_each_form(topics: Any, expected: tuple[str, ...]) -> None:
    assert quiet({"topics": topics}).topics == expected


def test_lang_is_a_language_and_a_bare_no_is_norwegian() -> None:
    assert quiet({"lang": "de-CH"}).language == "de-CH"
    assert quiet({"language": False}).language == "no"


def test_a_title_of_digits_and_one_with_line_ends() -> None:
    assert quiet({"title": 1984}).title == "1984"
    assert quiet({"title": "Two\r\n lines\x08"}).title == "Two lines"


def test_texts_lose_what_no_encoding_can_write() -> None:
    assert quiet({"excerpt": "a\x00b\ud800c\r\nd\re\tf"}).excerpt == "abc\nd\ne\tf"


def test_quality_of_digits_counts() -> None:
    assert quiet({"quality": "39.5"}).quality == 39.5


def test_flags_in_words() -> None:
    assert quiet({"removed": "yes"}).removed
    assert not quiet({"published": "off"}).published


@pytest.mark.parametrize(
    ("field", "value", "warning"),
    [
        ("quality", "high", "a.md: quality must be a number, got 'high'; it is left out"),
        ("quality", True, "a.md: quality must be a number, got True; it is left out"),
        ("quality", float("nan"), "a.md: quality must be a number, got nan; it is left out"),
        ("quality", 10**400, "a.md: quality must be a number, got 1000"),
        ("language", 7, "a.md: language must be a language's tag such as en, got 7; it is left out"),
        ("excerpt", ["a"], "a.md: excerpt must be a text, got a list; it is left out"),
        ("category", {}, "a.md: category must be a text, got a dict; it is left out"),
        ("webUrl", 5, "a.md: webUrl must be an address, got 5; it is left out"),
        (
            "provider",
            ["x"],
            "a.md: provider must be a name or a mapping with name and domain, got a list; it is left out",
        ),
        ("topics", {"a": 1}, "a.md: topics must be a list of names, got a dict; it is left out"),
        ("topics", [["a"]], "a.md: topics must be a text, got a list; it is left out"),
        ("topics", ["x" * 501], "a.md: topics must have at most 500 characters, got 501; it is left out"),
        ("published", "maybe", "a.md: published must be true or false, got 'maybe'; it is left out"),
        ("related", 5, "a.md: related must be a list of articles, got 5; it is left out"),
    ],
)
def test_a_value_of_the_wrong_kind_is_left_out_with_a_warning(field: str, value: Any, warning: str) -> None:
    article, warnings = build({"title": "T", field: value})
    assert article == Article("stem", "T")
    assert len(warnings) == 1
    assert warnings[0].startswith(warning)


def test_an_unclear_removed_counts_as_removed() -> None:
    article, warnings = build({"title": "T", "removed": "by the lawyers"})
    assert article.removed
    assert warnings == ["a.md: removed must be true or false, got 'by the lawyers'; the article counts as removed"]


def test_an_endless_excerpt_is_cut() -> None:
    article, warnings = build({"title": "T", "excerpt": "x" * 5_000_000})
    assert len(article.excerpt) == 100_000
    assert warnings == ["a.md: excerpt has 5,000,000 characters; those after the first 100,000 are not read"]


@pytest.mark.parametrize("record", [{}, {"title": None}, {"title": " "}, {"title": ""}])
def test_without_a_title_it_is_no_article(record: dict[str, Any]) -> None:
    with pytest.raises(
        ArticleError, match=r"^a.md: has no title; give it one, or name its field in source.fields.title$"
    ):
        build(record)


def test_an_empty_title_is_borne_where_there_is_other_text() -> None:
    article, warnings = build({"title": "", "excerpt": "A picture of the harbor."})
    assert (article.title, article.excerpt) == ("", "A picture of the harbor.")
    assert warnings == ["a.md: title is empty; the article counts all the same, for its other text"]


@pytest.mark.parametrize("title", [["a"], True, {}])
def test_a_title_that_is_no_text_is_an_error(title: Any) -> None:
    with pytest.raises(ArticleError, match=r"^a.md: title must be a text, got "):
        build({"title": title, "excerpt": "e"})


def test_a_date_that_is_none_makes_an_article_undated_with_a_warning() -> None:
    article, warnings = build({"title": "T", "publishedDateTime": "soon"})
    assert (article.title, article.published_at) == ("T", None)
    assert warnings == [
        "a.md: publishedDateTime: 'soon' is no date; write it as 2020-10-01 or 2020-10-01T19:44:00Z; "
        "the date is left out"
    ]


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_date_is_allowed(value: Any) -> None:
    assert quiet({"publishedDateTime": value}).published_at is None


def test_heat_and_secured_are_never_looked_at() -> None:
    class Tripwire(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            assert key not in {"heat", "secured"}
            return super().get(key, default)

    builder = ArticleBuilder(FieldMap.from_settings(SourceSettings()))
    assert builder.article(Tripwire(FULL), RecordLocation("a.md")).id == "ferry"


def test_entries_of_related_in_every_form() -> None:
    entry = {
        "title": "Begins",
        "excerpt": "E",
        "publishedDateTime": "2020-09-30",
        "ampWebUrl": "https://a.example/1?amp",
        "provider": "Post",
        "quality": 3,
        "target_id": "t",
        "heat": 9,
    }
    related = [
        entry,
        {"id": 7},
        "https://a.example/2",
        "/posts/x/",
        "www.a.example/3",
        "2020-10-02-detroit",
        "y.md",
        12,
    ]
    assert quiet({"related": related}).relations == (
        Relation(
            "https://a.example/1?amp", "t", "Begins", "E", datetime(2020, 9, 30, tzinfo=UTC), Provider("Post"), 3.0
        ),
        Relation(None, "7"),
        Relation("https://a.example/2"),
        Relation("/posts/x/"),
        Relation("www.a.example/3"),
        Relation(None, "2020-10-02-detroit"),
        Relation(None, "y"),
        Relation(None, "12"),
    )


@pytest.mark.parametrize("related", [None, [], ""])
def test_nothing_related(related: Any) -> None:
    assert quiet({"related": related}).relations == ()


def test_a_single_related_entry_needs_no_list() -> None:
    assert quiet({"related": {"id": "b"}}).relations == quiet({"related": "b"}).relations == (Relation(None, "b"),)


def test_the_same_entry_twice_is_one_relation() -> None:
    assert quiet({"related": ["b", "b"]}).relations == (Relation(None, "b"),)


@pytest.mark.parametrize(
    ("entry", "remark"),
    [
        ("Ferry strike begins", "is neither an address nor an id: 'Ferry strike begins'; it is left out"),
        ("", "is neither an address nor an id: ''; it is left out"),
        ({"title": "Begins"}, "has no address ('Begins'); it is left out"),
        ({}, "has no address; it is left out"),
        (None, "is no article but a NoneType; it is left out"),
        ([["a"]], "is no article but a list; it is left out"),
    ],
)
def test_an_entry_of_no_use_is_never_lost_in_silence(entry: Any, remark: str) -> None:
    article, warnings = build({"title": "T", "related": ["b", entry]})
    assert article.relations == (Relation(None, "b"),)
    assert warnings == [f"a.md: entry 2 of related {remark}"]


def test_an_odd_value_in_an_entry_spoils_that_value_alone() -> None:
    article, warnings = build({"title": "T", "related": [{"id": "b", "publishedDateTime": "soon", "quality": "x"}]})
    assert article.relations == (Relation(None, "b"),)
    assert warnings == [
        "a.md: entry 1 of related publishedDateTime: 'soon' is no date; write it as 2020-10-01 or "
        "2020-10-01T19:44:00Z; the date is left out",
        "a.md: entry 1 of related quality must be a number, got 'x'; it is left out",
    ]


def test_hugo() -> None:
    article = quiet(
        {
            "description": "D",
            "date": "2020-10-01",
            "lastmod": "2024-01-01",
            "tags": ["a", "b c"],
            "categories": ["news"],
            "draft": True,
            "url": "/x/",
            "aliases": ["/old/", "/older/"],
        },
        "hugo",
    )
    assert (article.excerpt, article.topics, article.published) == ("D", ("a", "b c", "news"), False)
    assert article.published_at == datetime(2020, 10, 1, tzinfo=UTC)
    assert article.addresses == ("/x/", "/old/", "/older/")
    assert quiet({"summary": "S", "publishDate": "2020-10-02"}, "hugo").published_at == datetime(
        2020, 10, 2, tzinfo=UTC
    )
    assert quiet({"lastmod": "2024-01-01"}, "hugo").published_at is None
    assert quiet({}, "hugo").published


def test_jekyll() -> None:
    article = quiet(
        {
            "excerpt": "E",
            "date": "2020-10-01",
            "tags": "a b",
            "category": "big news",
            "permalink": "/x/",
            "published": False,
        },
        "jekyll",
    )
    assert (article.excerpt, article.topics, article.published) == ("E", ("a", "b", "big news"), False)
    assert article.url == "/x/"
    assert quiet({"permalink": "/:categories/:title/"}, "jekyll").url is None


def test_own_names_go_over_those_of_the_preset() -> None:
    article = quiet(
        {
            "summary": "S",
            "source": {"title": "Post", "site": {"host": "p.example"}},
            "a": "1",
            "b": ["2"],
            "excerpt": "no",
        },
        excerpt="summary",
        provider_name="source.title",
        provider_domain="source.site.host",
        topics=["a", "b"],
    )
    assert (article.excerpt, article.provider, article.topics) == ("S", Provider("Post", "p.example"), ("1", "2"))


def test_a_dotted_path_that_leads_nowhere_finds_nothing() -> None:
    assert quiet({"source": "Post"}, excerpt="source.title.text").excerpt == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (SourceSettings(preset="jekyl"), "unknown setting source.preset 'jekyl'; did you mean jekyll"),
        (SourceSettings(fields={"titel": "x"}), "unknown field 'titel' in source.fields; did you mean title"),
        (SourceSettings(fields={"title": 5}), "source.fields.title must be the name of a field of the site's, got 5"),
        (SourceSettings(fields={"title": ""}), "source.fields.title must be the name of a field of the site's, got ''"),
        (SourceSettings(fields={"quality": "heat"}), "source.fields.quality is 'heat', which is never read"),
        (SourceSettings(fields={"excerpt": "secured.x"}), "source.fields.excerpt is 'secured.x', which is never read"),
    ],
)
def test_a_setting_of_no_use_is_an_error(settings: SourceSettings, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        FieldMap.from_settings(settings)
