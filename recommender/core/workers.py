"""Blocks of work spread over joblib's workers, and the objects that all of them share."""

from __future__ import annotations

import logging
import pickle
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import numpy as np
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray

from recommender.core.errors import RecommenderError

logger = logging.getLogger(__name__)

WORTH_PROCESSES = 1000  # sources; below, starting processes takes longer than the work itself
MAX_LOSSES = 3  # times that workers may be lost before the job fails
MAX_OPEN = 2  # payloads; a worker that outlives a job must not keep all that it ever received

T = TypeVar("T")
B = TypeVar("B")

_opened: dict[str, Any] = {}
_opening = threading.Lock()


class SharedPayload(Generic[T]):
    """An object that many tasks need, sent to each worker once.

    The process that creates the payload copies nothing. On the way to another process the arrays inside the object
    travel beside the rest, so that joblib maps the large ones from a file instead of copying them. A worker unpickles
    the object for its first task and gives the same one to the tasks that follow.

    >>> SharedPayload({"a": 1}.keys).open()()
    dict_keys(['a'])
    """

    def __init__(self, content: T):
        self._content: T | None = content
        self._token = uuid.uuid4().hex
        self._packed: tuple[NDArray[np.uint8], ...] | None = None

    def open(self) -> T:
        """Return the object; in a worker the same one for every task."""
        if self._content is not None:
            return self._content
        with _opening:
            if self._token not in _opened:
                if self._packed is None:
                    raise RuntimeError("a payload without contents; send it with the task that opens it")
                head, *buffers = self._packed
                while len(_opened) >= MAX_OPEN:
                    _opened.pop(next(iter(_opened)))
                _opened[self._token] = pickle.loads(head.tobytes(), buffers=buffers)  # noqa: S301 - our own process's
            content: T = _opened[self._token]
        return content

    def __sizeof__(self) -> int:
        """Return the number of bytes that travel, so that a cluster knows to send them once."""
        return sum(array.nbytes for array in self._contents())

    def __reduce__(self) -> tuple[Callable[..., SharedPayload[T]], tuple[Any, ...]]:
        return _received, (self._token, *self._contents())

    def _contents(self) -> tuple[NDArray[np.uint8], ...]:
        if self._packed is None:
            buffers: list[pickle.PickleBuffer] = []
            head = pickle.dumps(self._content, protocol=5, buffer_callback=buffers.append)
            arrays = [np.frombuffer(buffer.raw(), dtype=np.uint8) for buffer in buffers]
            self._packed = (np.frombuffer(head, dtype=np.uint8), *arrays)
        return self._packed


def _received(token: str, *packed: NDArray[np.uint8]) -> SharedPayload[Any]:
    payload: SharedPayload[Any] = SharedPayload.__new__(SharedPayload)
    payload._content, payload._token, payload._packed = None, token, packed
    return payload


def map_blocks(
    work: Callable[..., Any], shared: Sequence[Any], blocks: Sequence[B], n_jobs: int, n_sources: int
) -> Iterator[Any]:
    """Yield the result of ``work(*payloads, block)`` for each block, in the order of the blocks.

    Each object in `shared` becomes a `SharedPayload`. When a worker is lost, the blocks without a result start anew.
    `n_sources` is how many articles all blocks are about; few are worked on by threads, many by processes.
    """
    n_done = n_losses = 0
    prefer = "threads" if n_sources < WORTH_PROCESSES else "processes"
    while n_done < len(blocks):
        payloads = [SharedPayload(content) for content in shared]
        pool = Parallel(n_jobs=n_jobs, prefer=prefer, return_as="generator")
        try:
            for result in pool(delayed(work)(*payloads, block) for block in blocks[n_done:]):
                n_done += 1
                yield result
        except Exception as error:
            n_losses += 1
            if not _worker_lost(error) or n_losses > MAX_LOSSES:
                raise
            logger.warning("a worker was lost; %d of %d blocks start anew", len(blocks) - n_done, len(blocks))


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Send all work to a Dask cluster, given its scheduler's address; keep it on this machine for None.

    That Dask is not installed or the scheduler does not answer is a RecommenderError.

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
    names = {kind.__name__ for kind in type(error).__mro__}  # by name, as Dask need not be installed
    return isinstance(error, (BrokenExecutor, CancelledError)) or bool(names & {"KilledWorker", "FutureCancelledError"})
