"""What many workers need alike: packed once, unpacked once a process, its arrays shared where they can be."""

from __future__ import annotations

import pickle
import threading
import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

KEPT = 2  # parcels; a worker that outlives a job must not keep all it ever saw
_opened: dict[str, Any] = {}
_opening = threading.Lock()


class SharedPayload(Generic[T]):
    """An object on its way to workers.

    In the process that packed it nothing is copied. On the way to another one its arrays travel beside the rest, so
    that joblib maps the large ones from a file instead of copying them. Nothing of it is kept on disk afterwards.

    >>> SharedPayload({"a": 1}.keys).open()()
    dict_keys(['a'])
    """

    def __init__(self, thing: T):
        self._thing: T | None = thing
        self._token = uuid.uuid4().hex
        self._packed: tuple[NDArray[np.uint8], ...] | None = None

    def open(self) -> T:
        """Return the object; in a worker the same one for every task."""
        if self._thing is not None:
            return self._thing
        with _opening:
            if self._token not in _opened:
                if self._packed is None:
                    raise RuntimeError("a parcel without contents; send it with the task that opens it")
                head, *buffers = self._packed
                while len(_opened) >= KEPT:
                    _opened.pop(next(iter(_opened)))
                _opened[self._token] = pickle.loads(head.tobytes(), buffers=buffers)  # noqa: S301 - our own process's
            thing: T = _opened[self._token]
        return thing

    def __sizeof__(self) -> int:
        """Return the number of bytes that travel, so that a cluster knows to send them once."""
        return sum(array.nbytes for array in self._contents())

    def __reduce__(self) -> tuple[Callable[..., SharedPayload[T]], tuple[Any, ...]]:
        return _received, (self._token, *self._contents())

    def _contents(self) -> tuple[NDArray[np.uint8], ...]:
        if self._packed is None:
            buffers: list[pickle.PickleBuffer] = []
            head = pickle.dumps(self._thing, protocol=5, buffer_callback=buffers.append)
            arrays = [np.frombuffer(buffer.raw(), dtype=np.uint8) for buffer in buffers]
            self._packed = (np.frombuffer(head, dtype=np.uint8), *arrays)
        return self._packed


def _received(token: str, *packed: NDArray[np.uint8]) -> SharedPayload[Any]:
    parcel: SharedPayload[Any] = SharedPayload.__new__(SharedPayload)
    parcel._thing, parcel._token, parcel._packed = None, token, packed
    return parcel
