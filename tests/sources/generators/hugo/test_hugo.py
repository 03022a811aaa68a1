"""What we say of Hugo sites beside what Hugo itself says: where it is installed, it is the judge."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.hugo_sites import (
    BASE,
    HUGO,
    LANGUAGES,
    NEW,
    NOW,
    OLD,
    built_pages,
    differences,
    facts_of,
    listed,
    needs_hugo,
    our_facts,
    paths_of,
    write_hugo_site,
)

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.site_config import SiteConfig

ODD_NAMES = (
    "plain",
    "UPPER Case",
    "Ferry's Ünïque.v1_x",
    "渡輪 罷工",
    "हिन्दी लेख",
    "emoji 😀 smile",
    "a & b",
    "x  --  y",
    "- dash -",
    "at@home",
    "İstanbul ΟΔΟΣ",
    "dots.in.name",
    "tel:x",
    "100% sure",
    "plus+plus",
    "tilde~and(brackets)",
    "name.html",
    "file.fr",
    "file.en",
    "q?x",
)
ODD_SLUGS = (
    "Hello World's Ünï.v1_x 中文 😀 C++ a&b 100%",
    "a/b",
    "--x--",
    "index",
    "12",
    "a%20b",
    "under_score",
    "ends.with.html",
    "Straße «quoted» „low“",
    "semi;colon:comma,at@bang!star*dollar$eq=",
)
ODD_URLS = (
    "/Foo Bar/Ünï/X.md",
    "Foo Bar/It's",
    "/a/b.html",
    "/a%20b/c",
    "/v1.2/foo/",
    "/v1.2/foo",
    "/a/index.html",
    "../up",
    "/Ünï (x)/",
    "/it's/ok",
)


def odd_files() -> dict[str, str]:
    files = {f"content/odd/{name}.md": f"title: n{number}" for number, name in enumerate(ODD_NAMES)}
    files |= {f"content/slugs/s{number}.md": f'slug: "{slug}"' for number, slug in enumerate(ODD_SLUGS)}
    files |= {f"content/urls/u{number}.md": f'url: "{url}"' for number, url in enumerate(ODD_URLS)}
    return files | {
        "content/root page.md": "title: R",
        "content/about/index.md": "title: A",
        "content/Blog/Sub Dir/X Y.md": "title: X",
        "content/blog/_index.md": "title: B",
        "content/blog/bundle/index.md": "title: B",
        "content/blog/bundle/notes.md": "title: a resource",
        "content/blog/bundle/deep/more.md": "title: a resource",
        f"content/blog/page.{'html' if HUGO is None or HUGO < (0, 160) else 'md'}": "title: P",
        "content/blog/index/leaf.md": "title: P",
        "content/.hidden/x.md": "title: H",
        "content/blog/.x.md": "title: H",
        "content/blog/data.txt": "title: T",
    }


@needs_hugo
@pytest.mark.parametrize(
    "config",
    [
        "",
        "uglyURLs = true",
        "[uglyURLs]\nslugs = true\nurls = true",
        "disablePathToLower = true",
        "removePathAccents = true",
        'baseURL = "https://coast.example/in/folder"',
        'baseURL = "https://coast.example"\ncanonifyURLs = true',
        "[permalinks]\nslugs = '/:section/:year/:slug.html'\nodd = '/Odd Names/:filename/:title/'",
        "[permalinks]\n\"/\" = '/rooted/:filename'",
        "uglyURLs = true\n[permalinks]\nslugs = '/s/:slug/'\nodd = '/:sections/:slugorfilename'",
        "defaultContentLanguage = 'de'\n[languages.de]",
    ],
)
def test_odd_names_slugs_and_urls_are_addressed_as_hugo_does(config: str, tmp_path: Path) -> None:
    base = BASE if "baseURL" not in config else BASE.split("\n", 1)[1]
    site = write_hugo_site(tmp_path, odd_files(), base + config)
    assert differences(site) == []


@needs_hugo
@pytest.mark.parametrize("top", ["", "defaultContentLanguageInSubdir = true\nuglyURLs = true"])
def test_aliases_are_the_pages_that_hugo_writes(top: str, tmp_path: Path) -> None:
    def alias(name: str) -> str:
        return f"title: A\naliases: [{name}-rel, /{name}/Abs Öld, /{name}/x.html, ../{name}-up, {name}/sub/]"

    files = {
        "content/posts/ferry.md": alias("a"),
        "content/posts/ferry.en.md": alias("b"),
        "content/posts/bundle/index.en.md": alias("c"),
        "content/posts/own.md": alias("d") + "\nurl: /somewhere/else",
        "content/posts/file.md": alias("e") + "\nurl: /somewhere/file.html",
        "content/root.md": alias("f"),
    }
    config = BASE + LANGUAGES.format(top=top, en="", de="", zh="", fr="")
    site = write_hugo_site(tmp_path, files, config)
    pages = built_pages(site)
    facts = our_facts(site, HUGO)
    addresses = {url for fact in facts.values() for url in (*fact.aliases, fact.url) if url}
    assert sum(len(fact.aliases) for fact in facts.values()) == 30
    assert paths_of(addresses, "https://coast.example/") <= pages
    of_lists = {page for page in pages if page.count("/") <= 2 or page.rstrip("/").endswith(("posts", "posts.html"))}
    assert pages - paths_of(addresses, "https://coast.example/") <= of_lists


@needs_hugo
def test_what_is_not_excluded_is_what_hugo_builds(tmp_path: Path) -> None:
    now = datetime(2022, 6, 1, tzinfo=UTC)
    build, target = ("_build", "_target") if HUGO is not None and HUGO < (0, 145) else ("build", "target")
    files = {
        "content/p/plain.md": "title: x",
        "content/p/draft.md": "draft: true",
        "content/p/unpublished.md": "published: false" if build == "_build" else "draft: true",
        "content/p/future.md": "date: 2022-06-02",
        "content/p/past.md": "date: 2022-05-31",
        "content/p/publish-later.md": "date: 2020-01-01\npublishDate: 2023-01-01",
        "content/p/published-before.md": "date: 2023-01-01\npublishDate: 2020-01-01",
        "content/p/pubdate.md": "pubdate: 2023-01-01",
        "content/p/lastmod.md": "lastmod: 2021-01-01",
        "content/p/expired.md": "expiryDate: 2022-05-31",
        "content/p/expires.md": "expiryDate: 2022-06-02",
        "content/p/unpublishdate.md": "unpublishdate: 2021-01-01",
        "content/p/headless/index.md": "headless: true",
        "content/p/unrendered.md": f"{build}: {{render: never}}",
        "content/p/linked.md": f"{build}: {{render: link}}",
        "content/hidden/_index.md": "draft: true",
        "content/hidden/a.md": "title: x",
        "content/hidden/sub/_index.md": "title: x",
        "content/hidden/sub/b.md": "title: x",
        "content/cascade/_index.md": "cascade: {draft: true}",
        "content/cascade/a.md": "title: x",
        "content/cascade/b.md": "draft: false",
        "content/cascade/deep/c.md": "title: x",
        "content/chosen/_index.md": f"cascade: [{{{target}: {{path: '/chosen/{{a,b}}*'}}, expirydate: 2020-01-01}}]",
        "content/chosen/a1.md": "title: x",
        "content/chosen/c1.md": "title: x",
        "content/slugs/_index.md": "cascade: {slug: same, type: other}",
        "content/slugs/sub/a.md": "title: x",
        "content/fromconfig/a.md": "title: x",
    }
    config = f"{BASE}[[cascade]]\ndraft = true\n[cascade.{target}]\npath = '/fromconfig/**'\n"
    site = write_hugo_site(tmp_path, files, config)
    pages = built_pages(site, now)
    for path, facts in our_facts(site, HUGO, now).items():
        if facts.kind == "page":
            [page] = paths_of({str(facts.url)}, "https://coast.example/")
            assert (facts.excluded is None) == (page in pages), (path, facts)


@needs_hugo
@pytest.mark.parametrize("zone", ["", 'timeZone = "America/New_York"'])
@pytest.mark.parametrize(
    "fields", ["", '[frontmatter]\ndate = [":filename", ":default"]\npublishDate = ["live", ":default"]']
)
def test_dates_are_those_that_hugo_reads(zone: str, fields: str, tmp_path: Path) -> None:
    files = {
        "content/d/a.md": "date: 2020-01-01",
        "content/d/b.md": "date: 2020-01-01T10:00:00",
        "content/d/c.md": "date: '2020-01-01'",
        "content/d/d.md": "date: 2020-01-01 10:00:00 +0300",
        "content/d/e.md": "date: 2020-01-01T10:00:00Z",
        "content/d/f.md": "publishDate: 2020-01-02",
        "content/d/g.md": "pubdate: 2020-01-02\nunpublishdate: 2022-01-01",
        "content/d/h.md": "published: 2020-01-02",
        "content/d/i.md": "DATE: 2020-07-02 10:00:00",
        "content/d/j.md": "date: 2020-01-01\nlive: 2020-02-02",
        "content/d/2019-03-04-named.md": "title: x",
        "content/d/2019-03-05-dated.md": "date: 2020-01-01\nslug: own",
        "content/d/2019-03-06-bundle/index.md": "title: x",
        "content/d/2019-33-06-no-date.md": "title: x",
        "content/d/none.md": "title: x",
    }
    site = write_hugo_site(
        tmp_path, files, f'{zone}\n{BASE}[permalinks]\nd = "/:year/:month/:day/:slugorfilename/"\n{fields}'
    )
    facts = our_facts(site, HUGO)
    rows = listed(site)
    assert differences(site) == []
    for path, row in rows.items():
        said = [datetime.fromisoformat(row[name]) for name in ("publishDate", "date")]
        known = [moment for moment in said if moment.year > 1]
        published = facts[path].published_at
        assert (published is None) == (not known), path
        assert published is None or published.isoformat() == known[0].isoformat(), path


@needs_hugo
def test_a_configuration_in_many_files_is_merged_as_hugo_merges_it(tmp_path: Path) -> None:
    files = {
        "content/english/blog/a.md": "title: A B",
        "content/english/news/a.md": "title: A B",
        "content/german/blog/a.md": "title: A B",
        "content/german/news/a.md": "title: A B",
        "content/german/docs/a.md": "title: A B",
    }
    site = write_hugo_site(tmp_path, files, "", config_name="")
    for name, text in {
        "hugo.toml": 'baseURL = "https://lost.example/"\n[permalinks]\nblog = "/lost/:title"\ndocs = "/root/:title"',
        "config/_default/hugo.yaml": "baseURL: https://default.example/\ndisableKinds: [taxonomy, term]",
        "config/_default/permalinks.yaml": "Blog: /b/:title/\nnews: /n/:title/",
        "config/_default/languages.toml": '[en]\ncontentDir = "content/english"\n[de]\ncontentDir = "content/german"',
        "config/_default/languages.de.toml": 'title = "Deutsch"',
        "config/_default/params.json": '{"x": 1}',
        "config/production/hugo.json": '{"BaseURL": "https://live.example/"}',
        "config/production/permalinks.toml": 'news = "/live/:title/"',
        "config/staging/hugo.toml": 'baseURL = "https://staging.example/"',
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    if HUGO is not None and HUGO < (0, 112):  # `hugo.*` is a name since 0.110, in `config/` too
        (site / "hugo.toml").rename(site / "config.toml")
    assert differences(site) == []
    urls = {facts.url for facts in our_facts(site, HUGO).values()}
    assert "https://live.example/live/a-b/" in urls
    assert "https://live.example/de/root/a-b/" in urls


def test_what_changed_in_hugo_0_123() -> None:
    assert facts_of({}, "content/a & b.md", OLD).url == "/a-b/"
    assert facts_of({}, "content/a & b.md", NEW).url == "/a--b/"
    assert facts_of({}, "content/c# d.md", OLD).url == "/c#-d/"
    assert facts_of({}, "content/c# d.md", NEW).url == "/c%23-d/"
    assert facts_of({}, "content/a.md", OLD, url="/x/:year/").url == "/x/:year/"
    assert facts_of({}, "content/a.md", NEW, url="/x/:year/", date="2020-01-01").url == "/x/2020/"


def test_the_slug_of_a_section_is_in_the_addresses_of_the_newest_hugo() -> None:
    for version, url in (((0, 152, 2), "/x/y/a/"), ((0, 168, 0), "/ex/y/a/")):
        site = HugoSite(SiteConfig({}), version)
        site.add_section("content/x/_index.md", {"slug": "ex"})
        assert site.page("content/x/y/a.md", {}, NOW).url == url


def test_an_address_is_from_the_root_where_no_base_is_known() -> None:
    assert facts_of({}, "content/a.md", aliases=["/old", "https://far.example/x"]).aliases == (
        "/old/",
        "https://far.example/x",
    )
    assert facts_of({"baseurl": "/news"}, "content/a.md").url == "/news/a/"
    assert facts_of({"baseurl": "example.org"}, "content/a.md").url == "/a/"
    assert facts_of({}, "content/a.md", url="https://coast.example/a").url == "https://coast.example/a"


def test_the_date_keeps_its_time_zone() -> None:
    at = facts_of({}, "content/a.md", date=datetime(2020, 1, 1, 23, tzinfo=timezone(timedelta(hours=-5)))).published_at
    assert at is not None
    assert (at.day, at.utcoffset()) == (1, timedelta(hours=-5))


@pytest.mark.parametrize(
    ("files", "is_hugo"),
    [
        ({"hugo.toml": ""}, True),
        ({"config.toml": 'baseURL = "https://x.example/"'}, True),
        ({"config.toml": "title = 'x'", "content/a.md": ""}, True),
        ({"config/_default/params.yaml": "a: 1"}, True),
        ({"content/posts/_index.md": ""}, True),
        ({"content/posts/a.md": ""}, False),
        ({"config.toml": 'base_url = "https://zola.example"', "content/_index.md": ""}, False),
        ({"config.yml": "title: x", "posts/a.md": ""}, False),
        ({"a.md": ""}, False),
    ],
)
def test_which_folders_are_hugo_sites(files: dict[str, str], is_hugo: bool, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert (HugoSite.from_folder(tmp_path) is not None) == is_hugo


def test_a_broken_configuration_is_a_warning_and_the_rest_is_read(tmp_path: Path) -> None:
    write_hugo_site(tmp_path, {"content/a.md": "title: A"}, "baseURL = ", "hugo.toml")
    (tmp_path / "config" / "_default").mkdir(parents=True)
    (tmp_path / "config" / "_default" / "hugo.yaml").write_text(
        "baseURL: https://coast.example/\ntimeZone: ../../etc/passwd"
    )
    site = HugoSite.from_folder(tmp_path)
    assert site is not None
    assert len(site.warnings) == 2
    assert "hugo.toml:1" in site.warnings[0]
    assert "timeZone" in site.warnings[1]
    assert site.page("content/a.md", {}, NOW).url == "https://coast.example/a/"


def test_a_file_that_is_no_page_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"static/x\.md is no page of this Hugo site"):
        facts_of({}, "static/x.md")


def test_digitalgov_stands_where_hugo_says(corpora: Path) -> None:
    root = corpora / "raw" / "hugo-digitalgov"
    with (corpora / "raw" / "hugo-digitalgov.list.csv").open(newline="") as stream:
        rows = {row["path"]: row for row in csv.DictReader(stream)}
    facts = our_facts(root)
    pages = {path for path, fact in facts.items() if fact.kind in {"page", "redirect"}}
    assert pages == set(rows)
    assert {path: facts[path].url for path in pages} == {path: row["permalink"] for path, row in rows.items()}
    for path, row in rows.items():
        published, expires = (datetime.fromisoformat(row[name]) for name in ("publishDate", "expiryDate"))
        assert facts[path].published_at == (None if published.year == 1 else published)
        if row["draft"] == "true" or 1 < expires.year < NOW.year:
            assert facts[path].excluded
