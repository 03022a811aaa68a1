"""The model folder: JSON and plain arrays, described by a manifest; nothing in it can execute, or is trusted."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.core.errors import ModelFormatError
from recommender.core.runtime import LIBRARIES, library_versions

FORMAT = 2
MANIFEST = "manifest.json"
THREADS = 4  # read a folder at once; hashing releases the interpreter's lock


@dataclass
class ModelFolder:
    """The contents of a model folder: texts and arrays by file name, and the facts of its manifest."""

    facts: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def text(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises
        ------
        ModelFormatError
            When the manifest does not list it.
        """
        if name not in self.texts:
            raise ModelFormatError(f"the model folder has no {name}; train the model again")
        return self.texts[name]

    def array(self, name: str, dtype: str) -> NDArray[Any]:
        """Return an array, read-only and mapped from disk; it must be one-dimensional and of this type."""
        if name not in self.arrays:
            raise ModelFormatError(f"the model folder has no {name}; train the model again")
        values = self.arrays[name]
        if values.dtype != np.dtype(dtype) or values.ndim != 1:
            raise ModelFormatError(f"{name} must hold one row of {dtype}, got {values.dtype} of shape {values.shape}")
        return values


def write_model_folder(path: Path, folder: ModelFolder) -> None:
    """Write a model folder as a whole: readers see the old one or the new one.

    Raises
    ------
    ModelFormatError
        When `path` holds something that is no model folder; nothing is touched then.
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

    Arrays are mapped from disk, as are the texts named by `mapped`, which become arrays of bytes.

    Raises
    ------
    ModelFormatError
        When it is no model folder, of another version, or any file is missing or changed.
    """
    manifest = _read_manifest(path)
    folder = ModelFolder(facts={key: value for key, value in manifest.items() if key != "files"})
    files = [path / name for name in manifest["files"]]
    for name, file in zip(manifest["files"], files, strict=True):
        if Path(name).name != name or not file.is_file():
            raise ModelFormatError(f"{path} has no file {name!r}, which its manifest lists; train the model again")
    for file, digest, described in zip(files, _digests(files), manifest["files"].values(), strict=True):
        if digest != described["sha256"]:
            raise ModelFormatError(f"{file} is not what was saved (its sha256 differs); train the model again")
    for name, file in zip(manifest["files"], files, strict=True):
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
    files: dict[str, dict[str, Any]] = {}
    names = sorted([*folder.texts, *folder.arrays])
    for name, digest in zip(names, _digests([path / name for name in names]), strict=True):
        files[name] = {"sha256": digest}
        if name in folder.arrays:
            values = folder.arrays[name]
            files[name] |= {"dtype": str(values.dtype), "shape": list(values.shape)}
    manifest = {
        "format": FORMAT,
        "libraries": library_versions(LIBRARIES),
        **folder.facts,
        "files": files,
    }
    (path / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        raise ModelFormatError(f"{path} is no model folder: it has no {MANIFEST}; make one with recommender train")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"{file} is no JSON ({error}); train the model again") from error
    if not isinstance(manifest, Mapping) or manifest.get("format") != FORMAT:
        version = manifest.get("format") if isinstance(manifest, Mapping) else None
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


def _digests(files: Sequence[Path]) -> list[str]:
    """Return the sha256 of each file; the large ones first, several at once."""
    largest_first = sorted(files, key=lambda file: -file.stat().st_size)
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        digests = dict(zip(largest_first, pool.map(_sha256, largest_first), strict=True))
    return [digests[file] for file in files]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:  # an empty file cannot be mapped
            return hashlib.sha256().hexdigest()
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:  # a fifth faster than reading
            if hasattr(mmap, "MADV_WILLNEED"):
                data.madvise(mmap.MADV_WILLNEED)
            return hashlib.sha256(data).hexdigest()
