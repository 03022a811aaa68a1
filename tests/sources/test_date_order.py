"""Dates that can be read two ways, and the arithmetic of what was read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Corpus, SettingsError, read_articles
from recommender.core.settings import SourceSettings


def write_markdown(folder: Path, dates: list[str]) -> Path:
    for number, text in enumerate(dates):
        (folder / f"a{number}.md").write_text(f"---\ntitle: Ferry {number}\ndate: {text!r}\n---\n", encoding="utf-8")
    return folder


def write_json_lines(folder: Path, dates: list[str]) -> Path:
    lines = [{"id": f"a{number}", "title": f"Ferry {number}", "date": text} for number, text in enumerate(dates)]
    (folder / "site.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder / "site.jsonl"


WRITERS = pytest.mark.parametrize("write", [write_markdown, write_json_lines])


def days(corpus: Corpus) -> dict[str, str | None]:
    return {article.id: article.published_at and f"{article.published_at:%Y-%m-%d}" for article in corpus}


@WRITERS
@pytest.mark.parametrize(("decisive", "day"), [("25/04/2021", "2021-04-03"), ("04/25/2021", "2021-03-04")])
def test_another_date_of_the_site_decides(
    write: Callable[[Path, list[str]], Path], decisive: str, day: str, tmp_path: Path
) -> None:
    corpus = read_articles(write(tmp_path, ["03/04/2021", decisive, "2021-01-01"]))
    assert days(corpus) == {"a0": day, "a1": "2021-04-25", "a2": "2021-01-01"}
    assert not corpus.report.warnings


@WRITERS
@pytest.mark.parametrize("others", [[], ["2021-01-01"], ["25/04/2021", "04/25/2021"]])
def test_where_no_date_decides_the_article_is_undated_and_a_warning_names_the_setting(
    write: Callable[[Path, list[str]], Path], others: list[str], tmp_path: Path
) -> None:
    site = write(tmp_path, ["03/04/2021", *others])
    corpus = read_articles(site)
    assert days(corpus)["a0"] is None
    assert len(corpus) == len(others) + 1
    [warning] = [line for line in corpus.report.warnings if "two dates" in line]
    location = f"{site}:1" if site.is_file() else f"{site}/a0.md:3"
    assert warning == (
        f"{location}: date: '03/04/2021' can be read as two dates, and no other date of the site decides; the article "
        "is undated: set source.date_order to dmy or mdy"
    )


@WRITERS
@pytest.mark.parametrize(("order", "day"), [("dmy", "2021-04-03"), ("mdy", "2021-03-04")])
def test_the_setting_decides_whatever_other_dates_say(
    write: Callable[[Path, list[str]], Path], order: str, day: str, tmp_path: Path
) -> None:
    site = write(tmp_path, ["03/04/2021", "25/04/2021", "04/25/2021"])
    corpus = read_articles(site, SourceSettings(date_order=order))
    assert days(corpus) == {"a0": day, "a1": "2021-04-25", "a2": "2021-04-25"}
    assert not [line for line in corpus.report.warnings if "two dates" in line]


def test_the_setting_is_one_of_two() -> None:
    with pytest.raises(SettingsError, match=r"setting .source\.date_order. must be dmy or mdy, got 'ymd'"):
        SourceSettings(date_order="ymd")


def test_a_cached_file_is_decided_anew(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    site, cache = write_markdown(tmp_path / "site", ["03/04/2021"]), tmp_path / "cache"
    assert days(read_articles(site, cache=cache))["a0"] is None
    write_markdown(site, ["03/04/2021", "25/04/2021"])
    assert days(read_articles(site, cache=cache))["a0"] == "2021-04-03"
    write_markdown(site, ["03/04/2021", "04/25/2021"])
    assert days(read_articles(site, cache=cache))["a0"] == "2021-03-04"
    assert days(read_articles(site, SourceSettings(date_order="dmy"), cache=cache))["a0"] == "2021-04-03"


def counted(corpus: Corpus) -> int:
    """Return how many files or lines are accounted for."""
    report = corpus.report
    return len(corpus) + len(report.skipped) + len(corpus.merged) + sum(report.left_out.values())


FILES = {
    "article": "---\ntitle: Ferry {n}\ndate: 2021-01-0{n}\n---\nText.\n",
    "two dates": "---\ntitle: Ferry {n}\ndate: 03/04/2021\n---\n",
    "same address": "---\ntitle: Ferry {n}\nurl: /ferry/\n---\n",
    "alias": "---\ntitle: Ferry {n}\naliases: [/ferry/]\n---\n",
    "draft": "---\ntitle: Ferry {n}\ndraft: true\n---\n",
    "redirect": "---\ntitle: Ferry {n}\nredirect_to: /elsewhere/\n---\n",
    "no title": "---\nexcerpt: Ferry\n---\n",
    "no front matter": "Ferry\n",
    "empty": "",
    "broken": "---\ntitle: [\n---\n",
    "not UTF-8": "\udcff",
    "layout": "---\ntitle: Ferry {n}\nlayout: home\n---\n",
}
NAMES = [
    "a{n}.md",
    "index.md",
    "_index.md",
    "blog/_index.md",
    "blog/a{n}.md",
    "_posts/2021-01-0{n}-a.md",
    "news/a{n}/index.md",
]
SITES = {"": None, "content/": "hugo.toml", "./": "_config.yml", "docs/": "mkdocs.yml"}


@given(
    st.sampled_from(sorted(SITES)),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(FILES))), min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_every_file_is_in_the_arithmetic(
    tmp_path_factory: pytest.TempPathFactory, content: str, files: list[tuple[str, str]]
) -> None:
    site = tmp_path_factory.mktemp("site")
    if SITES[content] is not None:
        (site / SITES[content]).write_text("", encoding="utf-8")
    for number, (name, kind) in enumerate([("zz.md", "article"), *files]):
        path = site / content / name.format(n=number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[kind].format(n=number).encode("utf-8", "surrogateescape"))
    corpus = read_articles(site)
    assert corpus.report.read == counted(corpus)


@pytest.mark.parametrize("name", ["hugo-digitalgov", "jekyll-optech"])
def test_every_file_of_a_real_site_is_in_the_arithmetic(corpora: Path, name: str) -> None:
    corpus = read_articles(corpora / "raw" / name)
    assert corpus.report.read == counted(corpus) > 1000
