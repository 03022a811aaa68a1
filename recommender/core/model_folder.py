"""The model folder: JSON and plain arrays, described by a manifest; nothing in it can execute, or is trusted."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError
from recommender.core.runtime import LIBRARIES, library_versions

FORMAT = 2
MANIFEST = "manifest.json"
THREADS = 4  # read a folder at once; hashing releases the interpreter's lock

T = TypeVar("T")


@dataclass
class ModelFolder:
    """The contents of a model folder: texts and arrays by file name, and the facts of its manifest."""

    facts: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def text(self, name: str) -> bytes:
        """Return a file's bytes; a ModelFormatError where the manifest does not list it."""
        return _listed(name, self.texts)

    def array(self, name: str, dtype: str) -> NDArray[Any]:
        """Return an array, read-only and mapped from disk; it must be one-dimensional and of this type."""
        values = _listed(name, self.arrays)
        if values.dtype != np.dtype(dtype) or values.ndim != 1:
            raise ModelFormatError(f"{name} must hold one row of {dtype}, got {values.dtype} of shape {values.shape}")
        return values


def _listed(name: str, files: Mapping[str, T]) -> T:
    if name not in files:
        raise ModelFormatError(f"the model folder has no {name}; train the model again")
    return files[name]


def write_model_folder(path: Path, folder: ModelFolder) -> None:
    """Write a model folder as a whole: readers see the old one or the new one.

    Where `path` holds something that is no model folder this is a ModelFormatError, and nothing is touched.
    """
    if path.exists() and not (path / MANIFEST).is_file() and (not path.is_dir() or any(path.iterdir())):
        raise ModelFormatError(f"{path} exists and is no model folder; name another place, or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        os.chmod(temporary, 0o755)  # noqa: S103 - a temporary folder is private, a model folder need not be
        _fill(temporary, folder)
        old = temporary.with_name(temporary.name + "-old")
        if path.exists():
            path.rename(old)
        try:
            temporary.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_model_folder(path: Path, mapped: Collection[str] = ()) -> ModelFolder:
    """Read a model folder, every file checked against the manifest.

    Arrays are mapped from disk, as are the texts named by `mapped`, which become arrays of bytes. What is no model
    folder, of another version, or has a missing or changed file is a ModelFormatError.
    """
    manifest = _read_manifest(path)
    folder = ModelFolder(facts={key: value for key, value in manifest.items() if key != "files"})
    files = {name: path / name for name in manifest["files"]}
    for name, file in files.items():
        if Path(name).name != name or not file.is_file():
            raise ModelFormatError(f"{path} has no file {name!r}, which its manifest lists; train the model again")
    for name, digest in _digests(path, files).items():
        if digest != manifest["files"][name]["sha256"]:
            raise ModelFormatError(f"{path / name} is not what was saved (its sha256 differs); train the model again")
    for name, file in files.items():
        if file.suffix == ".npy":
            folder.arrays[name] = _open_array(file)
        elif name in mapped:
            folder.arrays[name] = _open_bytes(file)
        else:
            folder.texts[name] = file.read_bytes()
    return folder


def _fill(path: Path, folder: ModelFolder) -> None:
    for name, content in folder.texts.items():
        (path / name).write_bytes(content)
    for name, values in folder.arrays.items():
        np.save(path / name, values, allow_pickle=False)
    digests = _digests(path, [*folder.texts, *folder.arrays])
    files: dict[str, dict[str, Any]] = {name: {"sha256": digest} for name, digest in digests.items()}
    for name, values in folder.arrays.items():
        files[name] |= {"dtype": str(values.dtype), "shape": list(values.shape)}
    manifest = {"format": FORMAT, "libraries": library_versions(LIBRARIES), **folder.facts, "files": files}
    (path / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        raise ModelFormatError(f"{path} is no model folder: it has no {MANIFEST}; make one with recommender train")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"{file} is no JSON ({error}); train the model again") from error
    version = manifest.get("format") if isinstance(manifest, Mapping) else None
    if version != FORMAT:
        raise ModelFormatError(f"{path} has the model format {version!r}, this version reads {FORMAT}; train it again")
    files = manifest.get("files")
    if not isinstance(files, Mapping) or not all(
        isinstance(file, Mapping) and "sha256" in file for file in files.values()
    ):
        raise ModelFormatError(f"{file} does not list its files; train the model again")
    return dict(manifest)


def _open_array(file: Path) -> NDArray[Any]:
    try:
        # Like np.load with mmap_mode="r" and allow_pickle=False, but it refuses a zip of arrays, too.
        values: NDArray[Any] = np.lib.format.open_memmap(file, mode="r")
    except (ValueError, OverflowError) as error:
        raise ModelFormatError(f"{file} holds no plain array ({error}); train the model again") from error
    return np.asarray(values)  # a plain array travels to workers without a copy


def _open_bytes(file: Path) -> NDArray[np.uint8]:
    if file.stat().st_size == 0:  # an empty file cannot be mapped
        return np.empty(0, dtype=np.uint8)
    return np.asarray(np.memmap(file, dtype=np.uint8, mode="r"))


def _digests(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of each of these files of a folder; the large ones are read first, several at once."""
    files = sorted((path / name for name in names), key=lambda file: -file.stat().st_size)
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        return {file.name: digest for file, digest in zip(files, pool.map(_sha256, files), strict=True)}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:  # an empty file cannot be mapped
            return hashlib.sha256().hexdigest()
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:  # a fifth faster than reading
            if hasattr(mmap, "MADV_WILLNEED"):
                data.madvise(mmap.MADV_WILLNEED)
            return hashlib.sha256(data).hexdigest()
