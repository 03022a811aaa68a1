"""What holds for any front matter, however it was written."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.entries import SHAPE, entry_for

from recommender import Article
from recommender.core.errors import ArticleError
from recommender.sinks.front_matter import prove, rewrite

many = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
WORDS = (
    "ferry",
    "Zürich",
    "記事",
    "🚢",
    "it's",
    "#1",
    "a: b",
    "- x",
    "---",
    "suggested:",
    "'",
    '"',
    "\\n",
    "*b",
    "&a",
    "%",
)
NAMES = ("title", "excerpt", "webUrl", "related", "topics", "heat", "x-y", "ключ", "suggested_by", "'quoted'", '"q: r"')
texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join) | st.text(max_size=10)


@st.composite
def scalars(draw: st.DrawFn) -> str:
    text = draw(texts)
    plain = st.sampled_from(
        ["plain words", "2025-01-01T06:00:00Z", "12.50", "0x1F", "~", "", "no", "'it''s'", "!!str 5"]
    )
    folded = st.sampled_from(["|\n    kept\n      deep", ">-\n    folded\n    # text\n\n    more", "|+\n    end\n\n"])
    quoted = st.just(yaml.safe_dump(text, default_style='"', width=9999).strip().removesuffix("\n..."))
    return draw(plain | folded | quoted | st.just("'" + text.replace("'", "''").replace("\n", " ") + "'"))


def fields(depth: int) -> st.SearchStrategy[str]:
    indent = "  " * depth
    field = st.tuples(st.sampled_from(NAMES), scalars()).map(lambda pair: f"{indent}{pair[0]}: {pair[1]}\n")
    comment = st.sampled_from([f"{indent}# a comment: [x\n", "\n", "# outside\n", "   \n"])
    listed = st.tuples(st.sampled_from(NAMES), st.lists(scalars(), max_size=3), st.sampled_from(["", "  "])).map(
        lambda parts: f"{indent}{parts[0]}:\n" + "".join(f"{indent}{parts[2]}- {value}\n" for value in parts[1])
    )
    flow = st.sampled_from(NAMES).map(lambda name: f"{indent}{name}: [a, {{b: c}}, 'd']  # flow\n")
    kinds = [field, comment, listed, flow]
    if depth < 2:
        inner = st.tuples(st.sampled_from(NAMES), fields(depth + 1))
        kinds.append(inner.map(lambda pair: f"{indent}{pair[0]}:\n{pair[1]}"))
    return st.lists(st.one_of(kinds), max_size=5).map("".join)


bodies = st.sampled_from(["", "Text", "Text\n---\nsuggested:\n  - title: x\n---\n", "\n\n+++\n", "\n...\n"]) | st.text(
    max_size=9
)


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a file in two: up to the fence that closes its front matter, and from there."""
    start = draw(st.sampled_from(["", "\n", "  \n"])) + "---\n" + draw(fields(0))
    end = draw(st.sampled_from(["---", "--- ", "..."]))
    body = draw(bodies)
    end += "\n" + body if body else draw(st.sampled_from(["", "\n"]))
    newline = draw(st.sampled_from(["\n", "\r\n", "\n", "\r"]))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + start.replace("\n", newline).encode(errors="replace"), end.replace("\n", newline).encode(
        errors="replace"
    )


entry_lists = st.lists(
    st.builds(
        lambda title, excerpt, score: entry_for(Article("x", title, excerpt, url="https://a.example/x"), score),
        texts,
        texts,
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=3,
)


@many
@given(files(), entry_lists, entry_lists)
def test_no_other_byte_changes_and_all_comes_out_again(
    parts: tuple[bytes, bytes], first: list[dict[str, object]], second: list[dict[str, object]]
) -> None:
    old = b"".join(parts)
    try:
        new = rewrite(old, SHAPE, first)
        prove(old, new, SHAPE, first)
    except ArticleError:
        assume(False)
    assert new.startswith(parts[0])
    assert new.endswith(parts[1])
    added = new[len(parts[0]) : len(new) - len(parts[1])].decode()
    assert [
        line[:2] for line in added.replace("\r\n", "\n").replace("\r", "\n").splitlines()[1:] if line[:2] != "  "
    ] == []
    assert yaml.safe_load(added) == {"suggested": first}
    assert rewrite(new, SHAPE, first) == new
    assert rewrite(new, SHAPE, ()) == old
    newer = rewrite(new, SHAPE, second)
    prove(new, newer, SHAPE, second)
    assert rewrite(newer, SHAPE, ()) == old


@settings(many, max_examples=300)
@given(
    st.binary(max_size=60) | files().map(b"".join),
    st.lists(st.sampled_from(["suggested:", "---", "x", "\r", '"', "[", "\n"]), max_size=9),
)
def test_whatever_comes_is_edited_provably_or_left_alone(data: bytes, additions: list[str]) -> None:
    old = data + "\n".join(additions).encode()
    try:
        new = rewrite(old, SHAPE, [entry_for()])
        prove(old, new, SHAPE, [entry_for()])
    except ArticleError:
        return
    assert rewrite(new, SHAPE, ()) == rewrite(old, SHAPE, ()) == old


def test_most_of_these_files_can_be_written() -> None:
    """A generator that makes nothing but unsafe files would prove nothing."""
    outcomes: list[bool] = []

    @settings(many, max_examples=100)
    @given(files())
    def count(parts: tuple[bytes, bytes]) -> None:
        old = b"".join(parts)
        try:
            prove(old, rewrite(old, SHAPE, [entry_for()]), SHAPE, [entry_for()])
        except ArticleError:
            outcomes.append(False)
        else:
            outcomes.append(True)

    count()
    assert sum(outcomes) > 0.4 * len(outcomes)
