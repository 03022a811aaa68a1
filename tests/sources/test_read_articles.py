from __future__ import annotations

import gc
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender import Corpus, read_articles
from recommender.core.errors import ArticleError, SettingsError
from recommender.core.settings import SourceSettings
from recommender.sources.folder import read_site_files
from recommender.sources.records.fields import FieldMap
from recommender.sources.site_kinds import find_site


def write(root: Path, **files: str) -> Path:
    """Write files under `root`; two underscores in a name stand for a slash."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def article(title: str = "T", **fields: str) -> str:
    lines = [f"title: {title}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\n".join(["---", *lines, "---", ""])


def ids(corpus: Corpus) -> set[str]:
    return {article.id for article in corpus}


def test_a_folder_is_read_in_time_order_and_everything_is_accounted_for(tmp_path: Path) -> None:
    write(
        tmp_path,
        b=article(publishedDateTime="2020-01-02", webUrl="https://a.example/b"),
        a=article(publishedDateTime="2020-01-03", related="[https://a.example/b?utm_source=x, https://b.example/]"),
        c=article(webUrl="https://www.a.example/b/"),
        broken="---\ntitle: [\n---\n",
        README="# Site\n",
    )
    corpus = read_articles(tmp_path)
    assert [article.id for article in corpus] == ["b", "a"]
    assert corpus.merged == (("c", "b"),)
    assert corpus.links.tolist() == [[1, 0]]
    assert len(corpus.externals) == 1
    assert [line.partition(": ")[0] for line in corpus.report.skipped] == [
        f"{tmp_path}/README.md",
        f"{tmp_path}/broken.md:3",
    ]
    assert corpus.report.read == 5 == len(corpus) + len(corpus.report.skipped) + len(corpus.merged)


def test_strict_raises_the_first_problem(tmp_path: Path) -> None:
    write(tmp_path, a=article(), b="---\n- x\n---\n", c="")
    for corpus in (
        lambda: read_articles(tmp_path, strict=True),
        lambda: read_articles(tmp_path, SourceSettings(strict=True)),
    ):
        with pytest.raises(ArticleError, match=r"b\.md:2: front matter must be a mapping"):
            corpus()
    assert len(read_articles(tmp_path, SourceSettings(strict=True), strict=False)) == 1


def test_folders_and_files_that_hold_no_articles_are_not_walked(tmp_path: Path) -> None:
    names = ["_data", "_includes", "_layouts", "_sass", "_site", "node_modules", ".git"]
    write(tmp_path, _news__a=article(), **{f"{name}__x": article() for name in names})
    write(tmp_path, _news___index=article(), **{"_news__.hidden": article()})
    (tmp_path / "_news" / "b.markdown").write_text(article(), encoding="utf-8")
    (tmp_path / "_news" / "C.MD").write_text(article(), encoding="utf-8")
    (tmp_path / "_news" / "d.txt").write_text(article(), encoding="utf-8")
    corpus = read_articles(tmp_path)
    assert ids(corpus) == {"a", "b", "C"}
    assert corpus.report.read == 3
    assert ids(read_articles(tmp_path / "_data")) == {"x"}


def test_files_of_one_name_are_told_apart_by_their_paths_and_found_by_a_name_that_is_unique(tmp_path: Path) -> None:
    write(
        tmp_path,
        y2020__ferry=article(related="[y2021/ferry.md, only.md]"),
        y2021__ferry=article(),
        y2021__only=article(),
        posts__strike__index=article(),
    )
    corpus = read_articles(tmp_path)
    assert ids(corpus) == {"y2020/ferry", "y2021/ferry", "y2021/only", "posts/strike"}
    row = corpus.row
    assert sorted(corpus.links.tolist()) == sorted(
        [[row("y2020/ferry"), row("y2021/ferry")], [row("y2020/ferry"), row("y2021/only")]]
    )


def test_a_stem_gives_way_to_an_id_that_a_record_names(tmp_path: Path) -> None:
    write(tmp_path, a__x=article("One"), b__y=article("Two", id="x"))
    assert {article.id: article.title for article in read_articles(tmp_path)} == {"a/x": "One", "x": "Two"}


def test_two_records_that_name_one_id_are_merged_and_said(tmp_path: Path) -> None:
    write(tmp_path, a=article(id="7"), b=article(id="7"))
    corpus = read_articles(tmp_path)
    assert ids(corpus) == {"7"}
    assert corpus.report.warnings == (f"{tmp_path}/b.md: has the id '7' of {tmp_path}/a.md; the two are merged",)


def test_one_file_is_a_corpus_of_one(tmp_path: Path) -> None:
    write(tmp_path, _news__a=article(), _news__b=article())
    write_topics(tmp_path, ai="name: AI\nparent: Azure")
    corpus = read_articles(tmp_path / "_news" / "a.md")
    assert ids(corpus) == {"a"}
    assert corpus.topic_parents == {"AI": "Azure"}
    assert ids(read_articles(str(tmp_path / "_news" / "a.md"))) == {"a"}


def test_a_missing_path_is_named() -> None:
    with pytest.raises(
        ArticleError, match=r"^nowhere/site: there is no such file or folder; give a folder of Markdown"
    ):
        read_articles("nowhere/site")


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        ArticleError, match=r"no article was found; looked for \.md and \.markdown files with front matter, not"
    ):
        read_articles(tmp_path)


def test_a_folder_of_readmes_says_why_there_is_no_article(tmp_path: Path) -> None:
    write(tmp_path, README="# Hello\n", LICENSE="Free.\n")
    with pytest.raises(
        ArticleError, match=r"all 2 were skipped, the first because: .*LICENSE\.md: has no front matter"
    ):
        read_articles(tmp_path)


def test_a_folder_of_json_lines_points_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(ArticleError, match=r"give the path of articles\.jsonl to read JSON Lines"):
        read_articles(tmp_path)


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "articles.json").write_text("[]", encoding="utf-8")
    with pytest.raises(
        ArticleError, match=r"articles\.json: is neither Markdown \(\.md, \.markdown\) nor JSON Lines \(\.jsonl,"
    ):
        read_articles(tmp_path / "articles.json")


def test_no_processes_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="n_jobs must be 1 or more, or -1"):
        read_articles(tmp_path, n_jobs=0)


def test_loops_of_links_end_and_what_leads_out_of_the_site_is_not_read(tmp_path: Path) -> None:
    site = write(tmp_path / "site", a=article(), sub__b=article())
    write(tmp_path / "elsewhere", c=article())
    (site / "sub" / "loop").symlink_to(site, target_is_directory=True)
    (site / "again").symlink_to(site / "sub", target_is_directory=True)
    (site / "out").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (site / "broken.md").symlink_to(tmp_path / "nothing.md")
    began = time.monotonic()
    corpus = read_articles(site)
    assert time.monotonic() - began < 5
    assert ids(corpus) == {"a", "sub/b"}
    assert corpus.report.skipped == (
        f"{site}/broken.md: leads out of the site; it is not read",
        f"{site}/out: leads out of the site; it is not read",
    )
    assert corpus.report.read == 4
    with pytest.raises(ArticleError, match=r"broken\.md: leads out of the site"):
        read_articles(site, strict=True)


def test_a_link_that_the_operator_names_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", c=article())
    (tmp_path / "site").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert ids(read_articles(tmp_path / "site")) == {"c"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, a=article(), b=article())
    (tmp_path / "b.md").chmod(0)
    assert read_articles(tmp_path).report.skipped == (f"{tmp_path}/b.md: cannot be read: Permission denied",)


def test_the_order_of_a_file_system_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, **{f"{n % 3}__{n % 5}__p{n % 7}": article(f"T{n}", id=str(n % 11)) for n in range(40)}, bad="")
    forwards = read_articles(tmp_path)
    walk = os.walk

    def backwards(*args: object, **kwargs: object) -> object:
        for path, subfolders, names in walk(*args, **kwargs):  # type: ignore[call-overload]
            subfolders.reverse()
            yield path, subfolders, names[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    reversed_walk = read_articles(tmp_path)
    assert reversed_walk.articles == forwards.articles
    assert reversed_walk.report == forwards.report
    assert forwards.report.warnings


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    related = "[{webUrl: https://a.example/1, title: One}, Lost one]"
    write(tmp_path, **{f"{n % 2}__p{n % 9}": article(f"T{n}", related=related, quality="x") for n in range(18)}, bad="")
    fields = FieldMap.from_settings(SourceSettings())
    alone = read_site_files(find_site(tmp_path, SourceSettings()), fields, 1, strict=False)
    spread = read_site_files(find_site(tmp_path, SourceSettings()), fields, 2, strict=False, fewest_for_processes=1)
    assert repr(spread) == repr(alone)
    assert sum(len(outcome.warnings) for outcome in alone) == 36
    for n_jobs in (1, 2):
        with pytest.raises(ArticleError, match=r"bad\.md: is empty"):
            read_site_files(find_site(tmp_path, SourceSettings()), fields, n_jobs, strict=True, fewest_for_processes=1)


def test_reading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, a="")
    assert gc.isenabled()
    with pytest.raises(ArticleError, match="is empty"):
        read_articles(tmp_path, strict=True)
    assert gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(ArticleError, match="is empty"):
            read_articles(tmp_path)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_hugo_site_is_read_from_its_content(tmp_path: Path) -> None:
    write(
        tmp_path,
        content__posts__a=article(related="[/posts/b/]"),
        content__posts__b=article(),
        archetypes__default=article(),
    )
    settings = SourceSettings(preset="hugo")
    corpus = read_articles(tmp_path, settings)
    assert {article.id: article.url for article in corpus} == {"posts/a": "/posts/a/", "posts/b": "/posts/b/"}
    assert len(corpus.links) == 1
    assert read_articles(tmp_path / "content" / "posts", settings).articles == corpus.articles


def test_a_jekyll_site_is_dated_by_its_file_names(tmp_path: Path) -> None:
    write(tmp_path, **{"_posts__2020-10-02-b": article(related="[2020-10-01-a]"), "_posts__2020-10-01-a": article()})
    corpus = read_articles(tmp_path, SourceSettings(preset="jekyll"))
    assert [article.published_at for article in corpus] == [datetime(2020, 10, day, tzinfo=UTC) for day in (1, 2)]
    assert corpus.links.tolist() == [[1, 0]]


def write_topics(root: Path, **files: str) -> None:
    folder = root / "_data" / "topics"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_the_topic_tree_is_found_from_the_site_and_from_its_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, _news__a=article())
    write_topics(tmp_path, azure="_id: azure\nname: Azure", ai="name: AI\nparent: Azure", ml="name: ML\nparent: azure")
    write_topics(tmp_path, robots="_id: AI\nname: Robots", arms="name: Arms\nparent: AI")  # a name goes before an id
    tree = {"AI": "Azure", "Arms": "AI", "ML": "Azure"}
    assert read_articles(tmp_path).topic_parents == tree
    assert read_articles(tmp_path / "_news").topic_parents == tree
    monkeypatch.chdir(tmp_path / "_news")
    assert read_articles(".").topic_parents == tree


def test_odd_topics_are_left_out_of_the_tree_with_a_warning(tmp_path: Path) -> None:
    write(tmp_path, a=article())
    write_topics(
        tmp_path,
        a="name: A\nparent: B",
        b="name: B\nparent: A",
        c="name: C\nparent: C",
        d="name: [",
        e="parent: A",
        f="name: []",
        g="name: G\nparent: A",
    )
    corpus = read_articles(tmp_path)
    tree = tmp_path / "_data" / "topics"
    assert corpus.topic_parents == {"A": "B", "G": "A"}
    assert corpus.report.warnings == (
        f"{tree}/d.yaml:2: the file is no YAML: did not find expected node content; the topic is left out of the tree",
        f"{tree}/e.yaml: has no name; the topic is left out of the tree",
        f"{tree}/f.yaml: name must be a text, got a list; the topic is left out of the tree",
        f"{tree}: topic 'B' is above its own parent 'A'; the parent is left out",
        f"{tree}: topic 'C' is above its own parent 'C'; the parent is left out",
    )


def test_azure(corpora: Path) -> None:
    corpus = read_articles(corpora / "azure" / "_news")
    assert corpus.report.read == 4030 == len(corpus) + len(corpus.merged)
    assert (corpus.report.skipped, corpus.report.warnings) == ((), ())
    # Thirteen addresses stand in two files each, five more files share one of their other addresses.
    assert len(corpus.merged) == 18
    assert len(corpus.links) == 121_529
    assert corpus.externals == ()
    assert corpus.topic_parents["AI"] == "Azure"
    assert sum(article.removed for article in corpus) == 1
