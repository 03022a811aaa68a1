"""Links in texts: which article each leads to, which become relations, and what is left of the texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from recommender import Article, Corpus, read_articles

HUGO = {"hugo.toml": 'baseURL = "https://coast.example/"\n[permalinks]\nposts = "/:year/:slug/"\n'}
JEKYLL = {"_config.yml": "url: https://coast.example\npermalink: /:year/:title/\n"}
MKDOCS = {"mkdocs.yml": "site_url: https://coast.example/\n"}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def page(title: str, body: str = "Text.", *lines: str) -> str:
    return "\n".join(["---", f"title: {title}", *lines, "---", body, ""])


def links(corpus: Corpus, source: str) -> list[tuple[str | None, str | None]]:
    article = corpus[corpus.row(source)]
    return [(relation.url, relation.target_id) for relation in article.relations if relation.kind == "body"]


def targets(corpus: Corpus, source: str) -> list[str | None]:
    return [target for _, target in links(corpus, source)]


@pytest.mark.parametrize(
    "link",
    [
        "[x](/2026/ferry/)",
        "[x](/2026/ferry)",
        "[x](https://coast.example/2026/ferry/)",
        "[x](http://www.coast.example/2026/ferry/index.html#now)",
        "[x](/2026/ferry/index.html)",
        "[x](//coast.example/2026/ferry/?utm_source=mail)",
        "[x](../ferry/)",
        "[x](../ferry/#part)",
        "[x](../../2026/./ferry)",
        '[x]({{< ref "ferry.md" >}})',
        '[x]({{< ref "posts/ferry" >}})',
        '[x]({{< relref "/posts/ferry.md#part" >}})',
        '[x]({{% relref path="ferry" %}})',
        "[x](/old-ferry/)",
        "[x](ferry.md)",
        "[x](/posts/ferry.md)",
        "[x][1]\n\n[1]: /2026/ferry/",
        "[x][]\n\n[X]: <../ferry/> 'Title'",
        "<a href='/2026/ferry/'>x</a>",
        "<div>\n<a class=b href=https://coast.example/2026/ferry/>x</a>\n</div>",
        "<https://coast.example/2026/ferry/>",
        "See https://coast.example/2026/ferry/.",
    ],
)
def test_links_of_a_hugo_site_resolve(link: str, tmp_path: Path) -> None:
    pages = {
        "content/posts/ferry.md": page("Ferry", "Text.", "date: 2026-01-09", "aliases: [/old-ferry/]"),
        "content/posts/wind.md": page("Wind", f"One {link}", "date: 2026-01-10"),
    }
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert targets(corpus, "posts/wind") == ["posts/ferry"]


@pytest.mark.parametrize(
    "link",
    [
        "[x]({% post_url 2026-01-09-ferry %})",
        "[x]({{ site.baseurl }}{% post_url 2026-01-09-ferry %}#part)",
        "[x]({% link _posts/2026-01-09-ferry.md %})",
        "[x]({{ site.url }}/2026/ferry/)",
        "[x]({{ '/2026/ferry/' | relative_url }})",
        "[x](/2026/ferry/)",
        "[x](2026-01-09-ferry.md)",
    ],
)
def test_links_of_a_jekyll_site_resolve(link: str, tmp_path: Path) -> None:
    pages = {"_posts/2026-01-09-ferry.md": page("Ferry"), "_posts/2026-01-10-wind.md": page("Wind", f"One {link} two.")}
    corpus = read_articles(write(tmp_path, JEKYLL | pages))
    assert targets(corpus, "2026-01-10-wind") == ["2026-01-09-ferry"]


@pytest.mark.parametrize("link", ["../ferry.md", "../ferry.md#part", "/ferry/", "../../ferry/", "../ferry"])
def test_links_to_files_resolve(link: str, tmp_path: Path) -> None:
    pages = {"docs/ferry.md": page("Ferry"), "docs/guide/wind.md": page("Wind", f"One [x]({link}) two.")}
    assert targets(read_articles(write(tmp_path, MKDOCS | pages)), "guide/wind") == ["ferry"]


def test_links_of_a_plain_folder_resolve(tmp_path: Path) -> None:
    pages = {
        "a.md": page("A", "[x](sub/b.md) [z](http://other.example/)"),
        "sub/b.md": page("B", "[x](../a.md)"),
    }
    corpus = read_articles(write(tmp_path, pages))
    assert targets(corpus, "a") == ["sub/b"]
    assert targets(corpus, "sub/b") == ["a"]


@pytest.mark.parametrize(
    "link",
    [
        "[x](https://other.example/2026/ferry/)",
        "[x](/files/ferry.pdf)",
        "![x](/2026/ferry.jpg)",
        "[x](mailto:a@coast.example)",
        "[x](#part)",
        "[x](/2026/wind/#part)",
        '[x]({{< ref "wind.md" >}})',
        "[x](tel:123)",
        "[x](javascript:alert(1))",
        "`[x](/2026/ferry/)`",
        "```\n[x](/2026/ferry/)\n```",
        "<!-- [x](/2026/ferry/) -->",
        "[x](http://[)",
        "[x](/posts/)",
        "[x](/)",
        "[x](https://coast.example)",
    ],
)
def test_what_is_no_relation(link: str, tmp_path: Path) -> None:
    pages = {
        "content/posts/_index.md": page("All posts"),
        "content/posts/ferry.md": page("Ferry", "Text.", "date: 2026-01-09"),
        "content/posts/wind.md": page("Wind", f"One\n\n{link}\n\ntwo.", "date: 2026-01-10"),
    }
    assert links(read_articles(write(tmp_path, HUGO | pages)), "posts/wind") == []


LISTS = ["/posts/", "/posts/page/2/", "/page/3/", "https://coast.example/tags/", "/categories/"]
LISTS += ["/tags/tall-ships/", "../../tags/tall-ships"]


@pytest.mark.parametrize("base", ["https://coast.example/", ""])
def test_a_link_to_a_list_that_hugo_makes_without_a_file_is_not_dead(base: str, tmp_path: Path) -> None:
    lists = [address for address in LISTS if base or "://" not in address]
    dead = ["/tags/rafts/", "/lost/page/2/", "/series/"]
    body = " ".join(f"[x]({address})" for address in [*lists, *dead])
    pages = {"content/posts/wind.md": page("Wind", body, "date: 2026-01-10", "slug: wind", "tags: [Tall Ships]")}
    config = {"hugo.toml": f'baseURL = "{base}"\n[permalinks]\nposts = "/:year/:slug/"\n'}
    corpus = read_articles(write(tmp_path, config | pages))
    assert links(corpus, "posts/wind") == [(f"{base.rstrip('/')}{address}", None) for address in dead]
    config["hugo.toml"] = 'disableKinds = ["term"]\n' + config["hugo.toml"]
    without = links(read_articles(write(tmp_path, config)), "posts/wind")
    assert [url for url, _ in without if "tall-ships" in (url or "")]


def test_a_dead_link_into_the_site_stays_without_a_target(tmp_path: Path) -> None:
    pages = {"content/posts/wind.md": page("Wind", "One [gone](/2019/gone/) two.", "date: 2026-01-10")}
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert links(corpus, "posts/wind") == [("https://coast.example/2019/gone/", None)]
    assert corpus[0].body == "One gone two."


def test_a_name_that_two_files_have_leads_nowhere(tmp_path: Path) -> None:
    pages = {
        "content/a/ferry.md": page("Ferry"),
        "content/b/ferry.md": page("Ferry"),
        "content/c/wind.md": page("Wind", '[x]({{< ref "ferry.md" >}}) [y]({{< ref "/b/ferry" >}})'),
    }
    assert targets(read_articles(write(tmp_path, HUGO | pages)), "c/wind") == ["b/ferry"]


def test_words_of_links_to_own_articles_are_left_out_of_the_text(tmp_path: Path) -> None:
    body = (
        "One [*two* three](/2026/ferry/) four [five](https://other.example/) [six](/2026/gone/) [seven](/2026/wind/)."
    )
    pages = {
        "content/posts/ferry.md": page("Ferry", "Text.", "date: 2026-01-09"),
        "content/posts/wind.md": page("Wind", body, "date: 2026-01-10"),
    }
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert " ".join(corpus[corpus.row("posts/wind")].body.split()) == "One four five six seven."


def test_each_target_is_one_relation(tmp_path: Path) -> None:
    pages = {
        "content/posts/ferry.md": page("Ferry", "Text.", "date: 2026-01-09"),
        "content/posts/wind.md": page("Wind", "[a](/2026/ferry/) [b](/2026/ferry/) [c](ferry.md)", "date: 2026-01-10"),
    }
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert set(targets(corpus, "posts/wind")) == {"posts/ferry"}
    assert len(corpus.links) == 1


@pytest.mark.parametrize(("n_sources", "is_navigation"), [(10, False), (11, True)])
def test_a_target_on_many_pages_is_navigation(n_sources: int, is_navigation: bool, tmp_path: Path) -> None:
    pages = {"content/about.md": page("About")}
    pages |= {
        f"content/{n}.md": page(f"P{n}", "See [about us](/about/) now." if n < n_sources else "No") for n in range(40)
    }
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert len(corpus.links) == (0 if is_navigation else n_sources)
    # Its words say nothing of the page either way.
    assert corpus[corpus.row("1")].body.split() == ["See", "now."]


def test_a_twentieth_of_a_large_site_is_no_navigation_yet(tmp_path: Path) -> None:
    pages = {f"content/{n}.md": page(f"P{n}", "[a](/300/) [b](/301/)" if n < 15 else "No") for n in range(302)}
    pages["content/20.md"] = page("P20", "[a](/300/)")
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert corpus[corpus.row("1")].relations != ()
    assert {relation.target_id for article in corpus for relation in article.relations} == {"301"}


def test_related_lists_may_name_files(tmp_path: Path) -> None:
    pages = {
        "content/posts/ferry.md": page("Ferry"),
        "content/posts/wind.md": page("Wind", "Text.", "related: [ferry]"),
    }
    corpus = read_articles(write(tmp_path, HUGO | pages))
    assert [relation.kind for relation in corpus[corpus.row("posts/wind")].relations] == ["related"]
    assert len(corpus.links) == 1


SUBJECTS = ("harbor", "turbine", "clinic", "orchard", "glacier", "violin", "stadium", "bakery")


def _site_whose_links_repeat_titles(folder: Path) -> Path:
    """Write a site on which a link's words are its target's title, and nothing else tells who is linked with whom."""
    random = np.random.default_rng(7)
    pages = {}
    for n in range(48):
        body = " ".join(f"page{n}word{k}" for k in range(20))
        target = int(random.integers(48))
        words = f"{SUBJECTS[target % 8]} number{target} reopens"
        link = f" [{words}](/p{target}/)" if target != n else ""
        pages[f"content/p{n}.md"] = page(f"{SUBJECTS[n % 8]} number{n} reopens", body + link)
    return write(folder, HUGO | pages)


def _share_ranked_first(corpus: Corpus, text_of: Mapping[str, str]) -> float:
    """Return the share of links whose target is one of the three nearest articles by TF-IDF."""
    texts = [f"{article.title} {text_of[article.id]}" for article in corpus]
    vectors = TfidfVectorizer().fit_transform(texts)
    similarity = (vectors @ vectors.T).toarray()
    np.fill_diagonal(similarity, -1)
    nearest = similarity.argsort(axis=1)[:, -3:]
    return float(np.mean([target in nearest[source] for source, target in corpus.links]))


def test_the_words_of_links_would_leak_their_targets(tmp_path: Path) -> None:
    corpus = read_articles(_site_whose_links_repeat_titles(tmp_path))
    assert len(corpus.links) > 40
    titles = {article.id: article.title for article in corpus}
    with_words = {
        article.id: " ".join([article.body, *(titles[relation.target_id or ""] for relation in article.relations)])
        for article in corpus
    }
    assert _share_ranked_first(corpus, with_words) > 0.7
    assert _share_ranked_first(corpus, {article.id: article.body for article in corpus}) < 0.2


def test_articles_without_texts_stay_as_they_are(tmp_path: Path) -> None:
    assert read_articles(write(tmp_path, {"a.md": page("A", "")}))[0] == Article("a", "A")
