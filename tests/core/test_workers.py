"""Work spread over workers, some of which are lost; over a real Dask cluster; and the payload that workers share."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from joblib import Parallel, delayed

from recommender import Article, RecommenderError, Relation, Suggestion
from recommender.core.settings import Settings
from recommender.core.workers import SharedPayload, cluster, map_blocks
from recommender.jobs.nightly import suggest_site

N = 400


def sums(payload: SharedPayload[list[int]], block: list[int]) -> int:
    return sum(payload.open()) + sum(block)


def die_once(payload: SharedPayload[str], block: int) -> int:
    """End the process, the first time that the second block is worked on."""
    mark = Path(payload.open())
    if block == 1 and not mark.exists():
        mark.write_text("died")
        os._exit(1)
    return block


def fail(payload: SharedPayload[None], block: int) -> int:
    if block == 1:  # of several that fail, any may be the first to say so
        raise ValueError(f"no {block}")
    return block


@pytest.mark.parametrize("n_sources", [1, 10**6])
def test_results_come_in_order(n_sources: int) -> None:
    blocks = [[number] for number in range(20)]
    assert list(map_blocks(sums, ([1, 2],), blocks, 2, n_sources)) == [3 + number for number in range(20)]


def test_the_blocks_of_a_lost_worker_start_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert list(map_blocks(die_once, (str(tmp_path / "mark"),), range(12), 2, 10**6)) == list(range(12))
    assert "a worker was lost" in caplog.text


def test_an_error_of_the_work_is_no_lost_worker() -> None:
    with pytest.raises(ValueError, match="no 1"):
        list(map_blocks(fail, (None,), range(3), 2, 10**6))


def test_a_scheduler_that_does_not_answer_is_one_line() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(RecommenderError, match="no Dask scheduler answers at"), cluster("nonsense://nowhere"):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site of stories of four, in which words are common to neighbours."""
    rng = np.random.default_rng(3)
    articles = [
        Article(
            f"a{number:03}",
            " ".join(f"word{word}" for word in rng.integers(number // 4, number // 4 + 9, 5)),
            published_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=9 * number),
            relations=tuple(Relation(None, f"a{other:03}") for other in range(number - number % 4, number)),
        )
        for number in range(N)
    ]
    file = tmp_path_factory.mktemp("site") / "articles.jsonl"
    lines = [
        {
            "id": article.id,
            "title": article.title,
            "publishedDateTime": article.published_at,
            "related": [relation.target_id for relation in article.relations],
        }
        for article in articles
    ]
    file.write_bytes(msgspec.json.Encoder().encode_lines(lines))
    return file


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and two workers, and return its address and them."""
    pytest.importorskip("distributed")
    scheduler_file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    run = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        *local,
        "--port",
        "0",
        "--scheduler-file",
        str(scheduler_file),
    ]
    scheduler = subprocess.Popen(run, **quiet)
    while not scheduler_file.exists() or not scheduler_file.read_text():
        assert scheduler.poll() is None
        time.sleep(0.05)
    address = json.loads(scheduler_file.read_text())["address"]
    run = [sys.executable, "-m", "distributed.cli.dask_worker", address, *local, "--nthreads", "1", "--no-nanny"]
    workers = [subprocess.Popen([*run, "--local-directory", str(tmp_path)], **quiet) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


@pytest.mark.filterwarnings("ignore")  # of Dask's own
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    site: Path, tmp_path: Path, dask: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = dask
    settings = Settings.from_dict({"ranker": {"trees": 5, "least_sources": 20}})
    suggest_site(site, settings, tmp_path / "alone.jsonl")

    def waiting_for_both() -> None:
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)

    def killing(lists: Iterable[tuple[str, list[Suggestion]]], _: int) -> Iterator[tuple[str, list[Suggestion]]]:
        for number, suggestions in enumerate(lists):
            if number == 3:
                workers[0].kill()
                workers[0].wait()
            yield suggestions

    waiting_for_both()
    summary = suggest_site(site, settings, tmp_path / "spread.jsonl", progress=killing, scheduler=address)
    assert summary.record.counts.sources == N
    assert workers[0].poll() is not None
    assert workers[1].poll() is None
    assert (tmp_path / "spread.jsonl").read_bytes() == (tmp_path / "alone.jsonl").read_bytes()


def inspected(payload: SharedPayload[dict[str, np.ndarray]], factor: int) -> tuple[float, int, int, bool]:
    content = payload.open()
    return float(content["big"].sum()) * factor, id(content), os.getpid(), bool(content["big"].flags.writeable)


def test_workers_unpack_the_same_payload_once() -> None:
    payload = SharedPayload({"big": np.ones(300_000)})
    results = Parallel(n_jobs=2, prefer="processes")(delayed(inspected)(payload, factor) for factor in range(8))
    assert [total for total, *_ in results] == [300_000.0 * factor for factor in range(8)]
    assert os.getpid() not in {process for *_, process, _ in results}
    processes = {process for *_, process, _ in results}
    assert len({(content_id, process) for _, content_id, process, _ in results}) == len(processes)
    assert not any(writeable for *_, writeable in results)  # mapped from a file, not copied


def test_the_process_that_packs_a_payload_copies_nothing() -> None:
    content = {"big": np.ones(3)}
    payload = SharedPayload(content)
    assert payload.open() is content
    results = Parallel(n_jobs=2, prefer="threads")([delayed(inspected)(payload, 1)])
    assert [content_id for _, content_id, *_ in results] == [id(content)]


def test_the_size_of_a_payload_is_that_of_its_contents() -> None:
    assert sys.getsizeof(SharedPayload(np.ones(1000))) > 8000


def test_a_worker_keeps_only_the_last_payloads() -> None:
    sent = [pickle.dumps(SharedPayload({"big": np.full(3, value)})) for value in (1.0, 2.0, 3.0)]
    first, *later = (pickle.loads(data) for data in sent)  # noqa: S301 - our own
    content = first.open()
    assert first.open() is content
    assert [payload.open()["big"].tolist() for payload in later] == [[2.0] * 3, [3.0] * 3]
    assert first.open() is not content
    assert first.open()["big"].tolist() == [1.0] * 3


def test_a_payload_without_contents_cannot_be_opened() -> None:
    empty: SharedPayload[int] = SharedPayload(3)
    empty._content = None
    with pytest.raises(RuntimeError, match="without contents"):
        empty.open()
