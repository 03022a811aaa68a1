"""Editors' decisions on suggestions: a file to which lines are only ever added, and which decisions are in force."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from recommender.core.errors import RecommenderError
from recommender.core.files import sync_folder
from recommender.core.records import Relation
from recommender.core.times import utc_text
from recommender.corpus.corpus import Corpus
from recommender.selection.named_articles import NamedArticles, missing_line
from recommender.sources import root_of_site

SITE_FILE = "decisions.jsonl"
ACCEPT, REJECT = "accept", "reject"
_BESIDE_IDS = ("source_url", "target_url", "source_title", "target_title")


@dataclass(frozen=True, slots=True)
class Decision:
    """An editor's verdict on one suggestion.

    Parameters
    ----------
    verdict
        ``accept`` or ``reject``.
    source, target
        Ids of the two articles; the decision holds for this direction only.
    who, why
        The editor, and the reason in free words; `why` may be empty.
    when
        An aware datetime, kept in UTC.
    source_url, target_url, source_title, target_title
        Of the two articles when it was made, by which they are found again where their ids change; None where unknown.

    Raises
    ------
    RecommenderError
        For any other verdict, an empty name, or a naive `when`.

    >>> Decision("reject", "a", "b", "Ana", datetime(2026, 1, 2, tzinfo=UTC), "outdated").id
    '5bea143ceef2849b'
    """

    verdict: str
    source: str
    target: str
    who: str
    when: datetime
    why: str = ""
    source_url: str | None = None
    target_url: str | None = None
    source_title: str | None = None
    target_title: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in {ACCEPT, REJECT}:
            raise RecommenderError(f"a decision is {ACCEPT!r} or {REJECT!r}, got {self.verdict!r}")
        for name in ("source", "target", "who", "why"):
            value = getattr(self, name)
            if not isinstance(value, str) or not (value.strip() or name == "why"):
                raise RecommenderError(f"{name} of a decision must be a text, got {value!r}")
        for name in _BESIDE_IDS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise RecommenderError(f"{name} of a decision must be a text, or None where unknown, got {value!r}")
        if self.source == self.target:
            raise RecommenderError(f"{self.source!r} is source and target at once; give two different articles")
        if not isinstance(self.when, datetime) or self.when.tzinfo is None:
            raise RecommenderError(f"when of a decision must be a datetime with a time zone, got {self.when!r}")
        object.__setattr__(self, "when", self.when.astimezone(UTC))

    @property
    def id(self) -> str:
        """A digest of all fields, 16 hexadecimal digits: equal for equal decisions."""
        values: list[Any] = [self.verdict, self.source, self.target, self.who, utc_text(self.when), self.why]
        if noted := self._beside_ids():  # a line of an older version keeps the id that it has
            values.append(noted)
        return blake2b(json.dumps(values).encode(), digest_size=8).hexdigest()

    @property
    def reason(self) -> str:
        """`why` without differences of case, spaces and a full stop, so that two spellings of a reason are equal."""
        return " ".join(self.why.casefold().split()).strip(" .!")

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values, without what is unknown."""
        values = {name: getattr(self, name) for name in ("id", "verdict", "source", "target", "who", "when", "why")}
        return values | {"when": utc_text(self.when)} | self._beside_ids()

    def to_line(self) -> str:
        """Return the decision as a line of JSON, without the line's end."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _beside_ids(self) -> dict[str, str]:
        """Return what is noted of the articles beside their ids."""
        return {name: value for name in _BESIDE_IDS if (value := getattr(self, name)) is not None}

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Read a line of JSON; further keys are ignored.

        Raises
        ------
        RecommenderError
            When it holds no decision.
        """
        try:
            values = json.loads(line)
            when = datetime.fromisoformat(values["when"])
            verdict, source, target, who = (values[name] for name in ("verdict", "source", "target", "who"))
            noted = {name: values.get(name) for name in _BESIDE_IDS}
            return cls(verdict, source, target, who, when, values.get("why", ""), **noted)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise RecommenderError(f"holds no decision ({' '.join(str(error).split())[:80]})") from error


class Decisions:
    """All decisions on a site. Of several on one pair the latest is in force; of two at one moment, the rejection.

    `made` are the decisions, each once, in an order that does not depend on that of the lines; `problems` holds a
    message for each line that could not be read.

    >>> moment = datetime(2026, 1, 2, tzinfo=UTC)
    >>> decisions = Decisions([Decision("reject", "a", "b", "Ana", moment, "outdated")])
    >>> decisions.in_force[("a", "b")].who
    'Ana'
    """

    def __init__(self, made: Iterable[Decision] = (), problems: Iterable[str] = ()):
        self.made = tuple(
            sorted(set(made), key=lambda decision: (decision.when, decision.verdict == REJECT, decision.id))
        )
        self.problems = tuple(problems)

    def __len__(self) -> int:
        return len(self.made)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read a file of decisions, none where it is missing. A line that is none, as a torn one, is a problem."""
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            return cls()
        return cls.from_bytes(data, str(path))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = SITE_FILE) -> Self:
        """Read the contents of a file of decisions called `name`."""
        made: list[Decision] = []
        problems: list[str] = []
        for number, line in enumerate(data.split(b"\n"), start=1):
            if line.strip():
                try:
                    made.append(Decision.from_line(line))
                except RecommenderError as error:
                    problems.append(f"{name}:{number}: {error}; the line is left out")
        return cls(made, problems)

    @classmethod
    def of_site(cls, site: Path | str) -> Self:
        """Read the decisions of a site: ``decisions.jsonl`` at its root, or beside its file."""
        return cls.read(decisions_file(site))

    @cached_property
    def in_force(self) -> dict[tuple[str, str], Decision]:
        """The decision that counts for each pair of source and target."""
        # Sorted by precedence, so that of several decisions on a pair the last is the one that counts.
        return {(decision.source, decision.target): decision for decision in self.made}

    def as_of(self, moment: datetime | None) -> Decisions:
        """Return the decisions that were made by a moment; all of them for None."""
        if moment is None or not self.made or self.made[-1].when <= moment:
            return self
        return Decisions(decision for decision in self.made if decision.when <= moment)

    def in_rows(self, corpus: Corpus, verdict: str) -> dict[tuple[int, int], Decision]:
        """Return the decisions in force of one verdict, by the rows of source and target.

        Articles that were moved since are found by what was noted of them, so that decisions on one pair under its old
        and its new ids are of one pair.
        """
        latest: dict[tuple[int, int], Decision] = {}
        for decision, source, target in self._rows(corpus):
            if source is not None and target is not None:
                latest[source, target] = decision
        return {pair: decision for pair, decision in latest.items() if decision.verdict == verdict}

    def warnings(self, corpus: Corpus) -> list[str]:
        """Return a line on the decisions that have no effect, as they name no article of a corpus; none for none."""
        names: dict[tuple[str, str], str] = {}
        for decision, source, target in self._rows(corpus):
            if source is None or target is None:
                names[decision.source, decision.target] = decision.source if source is None else decision.target
        missing = [(f"{source} -> {target}", name) for (source, target), name in names.items()]
        return missing_line(corpus, "decisions", missing, len(self.in_force))

    def _rows(self, corpus: Corpus) -> Iterator[tuple[Decision, int | None, int | None]]:
        """Yield every decision, those with precedence last, with the rows of its source and target."""
        row = cache(NamedArticles(corpus).row)  # many decisions name the same few articles
        for decision in self.made:
            source = row(decision.source, decision.source_url, decision.source_title)
            yield decision, source, row(decision.target, decision.target_url, decision.target_title)

    def with_accepted(self, corpus: Corpus) -> Corpus:
        """Return a corpus in which accepted pairs are relations too; the same one where there is none to add."""
        links = set(map(tuple, corpus.links.tolist()))
        added: dict[str, list[Relation]] = defaultdict(list)
        for source, target in self.in_rows(corpus, ACCEPT):
            if source != target and (source, target) not in links:
                links.add((source, target))
                added[corpus[source].id].append(Relation(None, corpus[target].id))
        if not added:
            return corpus
        articles = [
            replace(article, relations=(*article.relations, *added[article.id])) if article.id in added else article
            for article in corpus.originals
        ]
        return Corpus.from_articles(articles, corpus.topic_parents, corpus.report)

    def to_bytes(self) -> bytes:
        """Return all decisions as the contents of a file."""
        return "".join(decision.to_line() + "\n" for decision in self.made).encode()


def decisions_file(site: Path | str) -> Path:
    """Return the file of a site's decisions, whether there is one or not."""
    return root_of_site(Path(site)) / SITE_FILE


def decide(
    site: Path | str,
    corpus: Corpus,
    verdict: str,
    source: str,
    target: str,
    who: str,
    why: str = "",
    when: datetime | None = None,
) -> Decision:
    """Add a decision on a suggestion to the file of the site.

    Parameters
    ----------
    source, target
        Ids, addresses, paths or titles of articles of the corpus. What is noted are their ids, addresses and titles.
    when
        Now for None.

    Raises
    ------
    UnknownArticleError
        For a name that no article of the corpus has, or several have.
    RecommenderError
        For values that no decision may have, as of `Decision`, or a file that cannot be written.
    """
    one, other = (corpus[corpus.row(name)] for name in (source, target))
    beside_ids = (one.url, other.url, one.title, other.title)
    decision = Decision(verdict, one.id, other.id, who, when or datetime.now(UTC), why, *beside_ids)
    append(decisions_file(site), decision)
    return decision


def append(path: Path | str, decision: Decision) -> None:
    """Add a line to a file of decisions in one write, and wait until it is on the disk.

    A line that a kill or a full disk left unfinished is ended first. A RecommenderError says that the line could not be
    written as a whole.
    """
    file = Path(path)
    is_new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
        torn = bool(size) and os.read(handle, 1) != b"\n"
        line = ("\n" if torn else "") + decision.to_line() + "\n"
        if os.write(handle, line.encode()) != len(line.encode()):
            raise RecommenderError(f"{file}: the disk took a part of the decision only; make room, and decide again")
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_folder(file.parent)
