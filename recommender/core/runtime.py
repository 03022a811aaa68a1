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
    """Return the installed versions of these libraries."""
    return {name: version(name) for name in names}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of this package's code, different for any two versions of it."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parent.parent
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Switch the garbage collector off: while a corpus grows it would take half of the time, and find no garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
