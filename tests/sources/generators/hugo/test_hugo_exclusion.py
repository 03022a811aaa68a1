"""Which pages of a Hugo site are never a target, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.hugo_sites import NOW, facts_of

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.site_config import SiteConfig


@pytest.mark.parametrize(
    ("matter", "excluded"),
    [
        ({}, None),
        ({"draft": True}, "draft"),
        ({"published": False}, "draft"),
        ({"expiryDate": "2024-01-31"}, "expired on 2024-01-31"),
        ({"publishDate": "2030-01-01"}, "published only on 2030-01-01"),
        ({"date": "2030-01-01"}, "published only on 2030-01-01"),
        ({"date": "2030-01-01", "publishDate": "2020-01-01"}, None),
        ({"headless": True}, "headless"),
        ({"build": {"render": "never"}}, "not rendered (build.render)"),
        ({"_build": {"Render": False}}, "not rendered (build.render)"),
        ({"build": {"list": "never"}}, "not listed (build.list)"),
        ({"build": {"list": "local"}}, None),
        ({"redirectTo": "https://far.example/"}, "redirect to https://far.example/"),
        ({"redirect_to": "/near/", "draft": True}, "redirect to /near/"),
        ({"redirect": ""}, None),
        ({"layout": "redirect"}, "redirect page"),
        ({"type": "Redirect"}, "redirect page"),
        ({"layout": "search"}, "list page"),
    ],
)
def test_why_a_page_is_no_target(matter: dict[str, object], excluded: str | None) -> None:
    facts = facts_of({}, "content/a.md", **matter)
    assert facts.excluded == excluded
    assert facts.kind == ("redirect" if (excluded or "").startswith("redirect") else "page")


def test_what_the_site_builds_of_the_future_may_be_suggested_but_no_draft_and_nothing_expired() -> None:
    config: dict[str, object] = {"buildfuture": True, "builddrafts": True, "buildexpired": True}
    assert facts_of(config, "content/a.md", date="2030-01-01").excluded is None
    assert facts_of(config, "content/a.md", draft=True).excluded == "draft"
    assert facts_of(config, "content/a.md", expiryDate="2020-01-01").excluded == "expired on 2020-01-01"


def test_now_is_an_input() -> None:
    site = HugoSite(SiteConfig({}))
    matter = {"publishDate": "2020-06-01", "expiryDate": "2021-06-01"}
    moments = [datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2021, 2022)]
    assert [site.page("content/a.md", matter, now).excluded for now in moments] == [
        "published only on 2020-06-01",
        None,
        "expired on 2021-06-01",
    ]


@pytest.mark.parametrize(
    ("path", "kind", "excluded", "title"),
    [
        ("content/_index.md", "home", "home page", "Coast"),
        ("content/posts/_index.md", "section", "section page", "Posts"),
        ("content/tags/_index.md", "taxonomy", "taxonomy page", "Tags"),
        ("content/tags/tall-ships/_index.md", "taxonomy", "taxonomy page", "Tall ships"),
        ("content/404/index.md", "page", "error page", None),
        ("content/404.md", "page", "error page", None),
    ],
)
def test_pages_that_are_no_articles(path: str, kind: str, excluded: str, title: str | None) -> None:
    facts = facts_of({"title": "Coast"}, path)
    assert (facts.kind, facts.excluded, facts.title) == (kind, excluded, title)


def test_what_a_section_hands_down_reaches_only_its_pages_and_the_nearest_wins() -> None:
    site = HugoSite(
        SiteConfig({"languages": {"en": {}, "de": {}}, "cascade": {"headless": True, "target": {"lang": "de"}}})
    )
    site.add_section("content/a/_index.md", {"cascade": {"expiryDate": "2020-01-01"}})
    site.add_section("content/a/b/_index.md", {"cascade": [{"expiryDate": "2021-01-01"}]})
    reasons = {
        path: site.page(path, {}, NOW).excluded for path in ("content/a/x.md", "content/a/b/x.md", "content/c.md")
    }
    assert reasons == {
        "content/a/x.md": "expired on 2020-01-01",
        "content/a/b/x.md": "expired on 2021-01-01",
        "content/c.md": None,
    }
    assert site.page("content/a/x.de.md", {}, NOW).excluded == "headless"  # of another language's section
