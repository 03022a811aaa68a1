"""Blocks of work spread over workers by joblib: threads, processes, or whatever it is told to use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from joblib import Parallel, delayed, parallel_config

from recommender.core.errors import RecommenderError
from recommender.core.payload import SharedPayload

logger = logging.getLogger(__name__)

WORTH_PROCESSES = 1000  # sources; below, starting processes takes longer than what there is to do
LOST_AT_MOST = 3  # times that workers may be lost before the job is

B = TypeVar("B")


def map_blocks(
    work: Callable[..., Any], shared: Sequence[Any], blocks: Sequence[B], n_jobs: int, n_sources: int
) -> Iterator[Any]:
    """Yield what ``work(*parcels, block)`` returns of each block, in their order.

    What is shared travels once to each worker. Where workers are lost, what they had is asked of the others.
    """
    done = lost = 0
    prefer = "threads" if n_sources < WORTH_PROCESSES else "processes"
    while done < len(blocks):
        parcels = [SharedPayload(one) for one in shared]
        pool = Parallel(n_jobs=n_jobs, prefer=prefer, return_as="generator")
        try:
            for result in pool(delayed(work)(*parcels, block) for block in blocks[done:]):
                done += 1
                yield result
        except Exception as error:
            lost += 1
            if not _worker_lost(error) or lost > LOST_AT_MOST:
                raise
            logger.warning("a worker was lost; %d of %d blocks are asked anew", len(blocks) - done, len(blocks))


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Let all work go to a Dask cluster, given its scheduler's address; to this machine for None.

    Raises
    ------
    RecommenderError
        When Dask is not installed or the scheduler does not answer.

    >>> with cluster(None):
    ...     pass
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise RecommenderError("a cluster needs Dask: pip install 'recommender[dask]'") from error
    try:
        client = Client(address, set_as_default=False, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RecommenderError(f"no Dask scheduler answers at {address}: {error}") from error
    with client, parallel_config(backend="dask", client=client):
        yield


def _worker_lost(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}  # by name, as Dask need not be there
    return isinstance(error, (BrokenExecutor, CancelledError)) or bool(names & {"KilledWorker", "FutureCancelledError"})
