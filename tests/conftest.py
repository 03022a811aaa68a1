"""What several test modules share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender import Article, Corpus, Provider, Recommender, Relation, Settings, read_articles

NEWSROOM = Path(__file__).resolve().parents[1] / "examples" / "newsroom"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder of real sites, which is not a part of the project; skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("the real corpora are not on this machine")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the command line's cache out of the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp("cache")))
        yield


# Three stories of four articles each, told in turns over twelve days; an id names its story.
_DOZEN = (
    ("ferry-1", "Ferry crews vote for strike over night shifts", "Deckhands want two nights off.", "transport"),
    ("breach-1", "Hackers copy patient records of Elmsford clinic", "Names and diagnoses were stolen.", "security"),
    ("wind-1", "Court hears complaint against Harrow Hill turbines", "Villagers fear the noise.", "energy"),
    ("ferry-2", "Ferry strike begins: deckhands leave islands cut off", "No boat sails before Monday.", "transport"),
    ("breach-2", "Elmsford clinic: stolen patient records on sale", "Hackers ask for a ransom.", "security"),
    ("wind-2", "Harrow Hill turbines: judge visits villagers", "She listened to the noise at night.", "energy"),
    ("ferry-3", "Islands run short of bread as ferry strike goes on", "Deckhands refuse the offer.", "transport"),
    ("breach-3", "Clinic in Elmsford paid hackers no ransom", "Patient records stay on sale.", "security"),
    ("wind-3", "Judge stops two Harrow Hill turbines at night", "Noise limits were exceeded.", "energy"),
    ("ferry-4", "Ferry strike ends with two nights off for deckhands", "Boats sail to the islands again.", "transport"),
    ("breach-4", "Police name hackers behind Elmsford clinic theft", "Patient records were sold abroad.", "security"),
    ("wind-4", "Harrow Hill turbines stand still, villagers sleep", "The court's noise limits hold.", "energy"),
)
_RELATED = {
    "ferry-2": ("ferry-1",),
    "ferry-3": ("ferry-2", "ferry-1"),
    "ferry-4": ("ferry-3", "ferry-2"),
    "breach-2": ("breach-1",),
    "breach-4": ("breach-1", "breach-3"),
    "wind-3": ("wind-1", "wind-2"),
}


@pytest.fixture(scope="session")
def articles() -> tuple[Article, ...]:
    """Return a dozen articles in time order: the right answers are those whose id begins alike."""
    start = datetime(2025, 3, 1, 6, tzinfo=UTC)
    return tuple(
        Article(
            name,
            title,
            excerpt,
            published_at=start + timedelta(days=day),
            url=f"https://coast.example/{name}",
            aliases=(f"https://coast.example/amp/{name}",),
            provider=Provider("Coast Courier", "coast.example"),
            topics=(topic,),
            quality=60.0 + day,
            relations=tuple(Relation(f"https://coast.example/{target}") for target in _RELATED.get(name, ())),
        )
        for day, (name, title, excerpt, topic) in enumerate(_DOZEN)
    )


@pytest.fixture(scope="session")
def corpus(articles: tuple[Article, ...]) -> Corpus:
    """Return the dozen as a corpus."""
    return Corpus.from_articles(articles)


@pytest.fixture(scope="session")
def unrelated(articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """Return the dozen without a single relation."""
    return tuple(replace(article, relations=()) for article in articles)


@pytest.fixture(scope="session")
def unlearned(corpus: Corpus) -> Recommender:
    """Return a model of the dozen, too few to learn from, that fills its lists; read-only."""
    return Recommender(Settings.from_dict({"selection": {"threshold": 0}}), name="coast").fit(corpus)


@pytest.fixture(scope="session")
def newsroom() -> Corpus:
    """Return the example site."""
    return read_articles(NEWSROOM)


@pytest.fixture(scope="session")
def fitted(newsroom: Corpus) -> Recommender:
    """Return a model that has learned from the example site; read-only."""
    return Recommender(name="newsroom").fit(newsroom)
