"""What the package runs on: its own code, its libraries, and the garbage collector."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "scikit-learn", "xgboost-cpu")


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of some installed libraries."""
    return {name: version(name) for name in names}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return what tells one version of this package's code from another."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parent.parent
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Hold the garbage collector: it would scan the growing corpus again and again, at half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
