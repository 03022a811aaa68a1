"""The benchmarks' own parts: RESULTS.md, limits, sites for Hugo and Jekyll, and every peer on a few articles."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from apart import Limits, OverLimitError, WorkError, apart
from peer_plot import draw, spread
from peer_sites import HUGO_LAYOUT, JEKYLL_LAYOUT, keywords, seconds_of, write_hugo_site, write_jekyll_site
from peers import PEERS, Findings, Peer, report
from results import RESULTS, replaced, write_section

from recommender import Article, read_articles
from recommender.core.markup import plain_text
from recommender.core.settings import SourceSettings

LIMITS = Limits(seconds=60, gigabytes=8)
AWKWARD = (
    "Colons: \"quotes\", 'more' # and no comment",
    "- a dash --- and three",
    "{{ braces }} and {% tags %} are news, not templates",
    "{{< shortcode >}} Überraschung, 寿司 🚀",
    "2020-05-01",
    "no",
)


def peer(name: str) -> Peer:
    """Return a peer by the beginning of its name, or skip where it is not installed."""
    installed_peer = next(candidate for candidate in PEERS if candidate.name.startswith(name))
    if not installed_peer.installed:
        pytest.skip(f"{name} is not installed: {installed_peer.install}")
    return installed_peer


@pytest.fixture
def awkward() -> list[Article]:
    """Return articles whose titles would be read as YAML, Liquid or Go templates if they were not quoted."""
    day = datetime(2020, 5, 1, 23, 30, tzinfo=UTC)
    return [
        Article(f"a{number}", title, f"Of {title}\u2028and so on", published_at=day, topics=("no", "a: b"))
        for number, title in enumerate(AWKWARD)
    ]


@pytest.fixture
def fifty(articles: Sequence[Article]) -> list[Article]:
    """Return fifty articles, each of the dozen several times."""
    return [
        Article(
            f"{article.id}-{turn}",
            f"{article.title} {turn}",
            article.excerpt,
            published_at=article.published_at,
            topics=article.topics,
        )
        for turn in range(5)
        for article in articles
    ][:50]


@pytest.mark.parametrize("before", ["", "Old line.\n\n| old | table |\n"])
def test_a_section_is_replaced_and_all_else_stays_byte_for_byte(tmp_path: Path, before: str) -> None:
    head, tail = "# Title \r\n\r\ntext\t<!-- other -->kept<!-- /other -->\r\n", "\n\nlast line, no end"
    path = tmp_path / "results.md"
    path.write_bytes(f"{head}<!-- sums -->{before}<!-- /sums -->{tail}".encode())
    for content in ("| a |", r"back\1slash \g<0>"):
        write_section("sums", content, path)
        assert path.read_bytes() == f"{head}<!-- sums -->\n\n{content}\n\n<!-- /sums -->{tail}".encode()


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- sums --> no end",
        "<!-- /sums --> <!-- sums -->",
        "<!-- sums --><!-- /sums --><!-- sums --><!-- /sums -->",
    ],
)
def test_a_document_without_exactly_one_section_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one section <!-- sums -->"):
        replaced(text, "sums", "content")


@pytest.mark.parametrize("name", ["scale", "peers", "recall"])
def test_the_results_have_a_section_for_every_benchmark(name: str) -> None:
    text = RESULTS.read_text()
    assert "the new figures" in replaced(text, name, "the new figures")


def facts(article: Article) -> tuple[object, ...]:
    """Return what is read back, as readers of the page see it: a title in markup loses the markup."""
    return plain_text(article.title), plain_text(article.excerpt), article.published_at, article.topics


def test_pages_for_hugo_are_read_back_as_the_articles(tmp_path: Path, awkward: list[Article]) -> None:
    write_hugo_site(tmp_path, awkward)
    read = read_articles(tmp_path / "content", SourceSettings(preset="hugo")).articles
    assert [facts(article) for article in read] == [facts(article) for article in awkward]


def test_pages_for_jekyll_are_read_back_with_the_text_that_its_lsi_reads(
    tmp_path: Path, awkward: list[Article]
) -> None:
    write_jekyll_site(tmp_path, awkward)
    read = read_articles(tmp_path / "_posts", SourceSettings(preset="jekyll")).articles
    assert [facts(article)[:3] for article in read] == [facts(article)[:3] for article in awkward]
    assert all(article.title in article.body and article.excerpt in article.body for article in read)


def test_keywords_are_the_uncommon_words_of_a_title_once() -> None:
    assert keywords("What is the Ferry? A ferry's strike, and 2020") == ["ferry", "strike", "2020"]


@pytest.mark.parametrize(
    ("name", "write", "command", "out"),
    [
        ("Hugo", write_hugo_site, ["hugo", "--quiet", "--buildFuture"], "public"),
        ("Jekyll", write_jekyll_site, ["jekyll", "build", "--quiet"], "_site"),
    ],
)
def test_a_site_lists_ten_related_pages_on_each_page(
    tmp_path: Path, fifty: list[Article], awkward: list[Article], name: str, write: object, command: list[str], out: str
) -> None:
    peer(name)
    write(tmp_path, fifty + awkward)  # type: ignore[operator]
    assert seconds_of(command, tmp_path) > 0
    listed = [page.read_text().count("<a ") for page in (tmp_path / out).rglob("index.html")]
    assert listed.count(10) >= 50


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="sh ended with code 3: no such theme"):
        seconds_of(["sh", "-c", "echo first; echo no such theme >&2; exit 3"], tmp_path)


def test_layouts_ask_for_as_many_as_every_peer_gives() -> None:
    assert "first 10 " in HUGO_LAYOUT
    assert "limit: 10 " in JEKYLL_LAYOUT


def test_work_apart_returns_fails_or_dies_without_harm_here() -> None:
    assert apart(abs, (-3,), LIMITS) == 3
    with pytest.raises(WorkError, match="ZeroDivisionError"):
        apart(divmod, (1, 0), LIMITS)
    with pytest.raises(WorkError, match="ended with code 7"):
        apart(os._exit, (7,), LIMITS)


def test_work_apart_is_stopped_at_its_limits() -> None:
    with pytest.raises(OverLimitError, match=r"over 1 s$"):
        apart(pow, (3, 10**9), Limits(seconds=1, gigabytes=8))
    with pytest.raises(OverLimitError, match=r"over 1 s$"):
        apart(seconds_of, (["sh", "-c", "while :; do :; done"], Path()), Limits(seconds=1, gigabytes=8))
    with pytest.raises(OverLimitError, match="over 1 GB"):
        apart(bytearray, (2**31,), Limits(seconds=60, gigabytes=1))


def test_work_that_hangs_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(OverLimitError, match="over 4 s by the clock"):
        apart(os.system, ("sleep 60",), Limits(seconds=2, gigabytes=8), patience=2)
    assert time.monotonic() - started < 40


def test_a_peer_that_failed_is_named_and_not_measured_at_larger_sizes() -> None:
    broken = Peer("broken", len, "numpy", "pip install broken", "numpy")  # a length is no seconds, but a number
    absent = Peer("absent", len, "absent", "apt-get install absent")
    slow = Peer("slow", divmod, "numpy", "pip install slow", "numpy")  # type: ignore[arg-type]
    findings = Findings()
    for size in (6, 12):
        for failing in (broken, slow):
            findings.take(failing, [None] * size, LIMITS)  # type: ignore[list-item]
    assert findings.medians() == {"broken": {6: 1000.0, 12: 1000.0}}
    text = report(findings, [broken, absent, slow], [6, 12], 1, LIMITS)
    assert "| broken | 1000.00 | 1000.00 |" in text
    assert "| slow | failed | not measured |" in text
    assert "slow failed at 6 articles: TypeError" in text
    assert "absent was left out, not installed: `apt-get install absent`" in text


@pytest.mark.parametrize("name", [known.name for known in PEERS])
def test_every_peer_takes_some_time_for_fifty_articles(fifty: list[Article], name: str) -> None:
    measured = peer(name)
    is_program = measured.module is None
    seconds = measured.measure(fifty) if is_program else apart(measured.measure, (fifty,), LIMITS)
    assert 0 < seconds < 60
    assert measured.version[0].isdigit()


def test_names_in_the_plot_keep_their_distance_and_their_order() -> None:
    heights = spread({"a": 0.4, "b": 4.0, "c": 0.41, "d": 0.4}, gap=0.1)
    assert heights == pytest.approx({"a": 0.4, "d": 0.4 * 10**0.1, "c": 0.4 * 10**0.2, "b": 4.0})


@pytest.mark.parametrize("shorter", [{10: 3.0}, {100: 3.0}, {1000: 3.0}])
def test_the_plot_is_a_small_picture(tmp_path: Path, shorter: dict[int, float]) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "results" / "peers.png"
    medians = {"whole": {10: 1.0, 100: 2.0, 1000: 4.0}, "shorter": shorter}
    draw(medians, {"shorter": "over 9 s"}, "ms an article", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 100_000
