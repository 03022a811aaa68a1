"""Parcels: one object for many tasks, the same in every worker."""

from __future__ import annotations

import os
import pickle
import sys

import numpy as np
import pytest
from joblib import Parallel, delayed

from recommender.core.payload import SharedPayload


def looked_into(parcel: SharedPayload[dict[str, np.ndarray]], factor: int) -> tuple[float, int, int, bool]:
    thing = parcel.open()
    return float(thing["big"].sum()) * factor, id(thing), os.getpid(), bool(thing["big"].flags.writeable)


def test_workers_see_the_same_and_unpack_it_once() -> None:
    parcel = SharedPayload({"big": np.ones(300_000)})
    told = Parallel(n_jobs=2, prefer="processes")(delayed(looked_into)(parcel, factor) for factor in range(8))
    assert [total for total, *_ in told] == [300_000.0 * factor for factor in range(8)]
    assert os.getpid() not in {process for *_, process, _ in told}
    assert len({(one, process) for _, one, process, _ in told}) == len({process for *_, process, _ in told})
    assert not any(writeable for *_, writeable in told)  # mapped from a file, not copied


def test_where_it_was_packed_nothing_is_copied() -> None:
    thing = {"big": np.ones(3)}
    parcel = SharedPayload(thing)
    assert parcel.open() is thing
    assert all(told[1] == id(thing) for told in Parallel(n_jobs=2, prefer="threads")([delayed(looked_into)(parcel, 1)]))


def test_its_size_is_that_of_what_travels() -> None:
    assert sys.getsizeof(SharedPayload(np.ones(1000))) > 8000


def test_a_worker_keeps_only_the_last_ones() -> None:
    sent = [pickle.dumps(SharedPayload({"big": np.full(3, value)})) for value in (1.0, 2.0, 3.0)]
    one, *others = (pickle.loads(each) for each in sent)  # noqa: S301 - our own
    first = one.open()
    assert one.open() is first
    assert [other.open()["big"].tolist() for other in others] == [[2.0] * 3, [3.0] * 3]
    assert one.open() is not first
    assert one.open()["big"].tolist() == [1.0] * 3


def test_without_contents_it_cannot_be_opened() -> None:
    empty: SharedPayload[int] = SharedPayload(3)
    empty._thing = None
    with pytest.raises(RuntimeError, match="without contents"):
        empty.open()
