"""A model folder: whole, plain, checked, and never trusted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recommender import Article, ModelFormatError, Recommender, Settings

NEWSROOM = Path(__file__).resolve().parents[2] / "examples" / "newsroom"
SUFFIXES = {".json", ".jsonl", ".md", ".npy"}


@pytest.fixture
def folder(unlearned: Recommender, tmp_path: Path) -> Path:
    unlearned.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def learned(fitted: Recommender, tmp_path: Path) -> Path:
    fitted.save(tmp_path / "learned")
    return tmp_path / "learned"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def change_manifest(folder: Path, change: Callable[[dict], object]) -> None:
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


def exchange(folder: Path, name: str, data: bytes) -> None:
    """Put other bytes into a file, and their right hash into the manifest."""
    (folder / name).write_bytes(data)
    change_manifest(folder, lambda manifest: manifest["files"][name].update(sha256=hashlib.sha256(data).hexdigest()))


def array_bytes(values: np.ndarray, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=allow_pickle)
    return stream.getvalue()


def archive_bytes() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, values=np.arange(3, dtype=np.int32))
    return stream.getvalue()


def instead_of(trees: object, other: object) -> object:
    """Return what to put in the place of some trees: a list where they are several."""
    return [other for _ in trees] if isinstance(trees, list) else other


def test_it_comes_back_as_it_was(unlearned: Recommender, folder: Path) -> None:
    model = Recommender.load(folder)
    assert dict(model.suggest_all()) == dict(unlearned.suggest_all())
    assert model.corpus.articles == unlearned.corpus.articles
    assert (model.version, model.settings) == (unlearned.version, unlearned.settings)


def test_settings_and_odd_articles_come_back(tmp_path: Path) -> None:
    settings = Settings.from_dict({"selection": {"k": 2, "threshold": 0.01}, "source": {"fields": {"excerpt": "lead"}}})
    odd = [Article("“ä” 記事\u2028\n", "", language="de-CH"), Article("b", "🚢 " * 50, quality=-0.5, published=False)]
    Recommender(settings, name="ödd/site").fit(odd).save(tmp_path / "new" / "model")
    model = Recommender.load(tmp_path / "new" / "model")
    assert model.settings == settings
    assert model.name == "ödd/site"
    assert model.corpus.articles == (odd[1], odd[0])


def test_two_saves_give_the_same_bytes(unlearned: Recommender, folder: Path, tmp_path: Path) -> None:
    unlearned.save(tmp_path / "again")
    Recommender.load(folder).save(tmp_path / "reloaded")
    assert contents(tmp_path / "again") == contents(folder) == contents(tmp_path / "reloaded")


def test_nothing_in_it_can_execute(learned: Path) -> None:
    assert {Path(name).suffix for name in contents(learned)} == SUFFIXES
    for name in contents(learned):
        assert not (learned / name).stat().st_mode & 0o111, name
        if name.endswith(".npy"):
            assert np.load(learned / name, allow_pickle=False).dtype.kind in "iuf"


def test_the_manifest_lists_every_file_with_its_hash(learned: Path) -> None:
    manifest = json.loads((learned / "manifest.json").read_text(encoding="utf-8"))
    files = {name: hashlib.sha256(data).hexdigest() for name, data in contents(learned).items()}
    del files["manifest.json"]
    assert {name: described["sha256"] for name, described in manifest["files"].items()} == files
    assert {"format", "libraries", "settings", "corpus", "version"} <= manifest.keys()


def test_a_changed_file_is_refused(folder: Path) -> None:
    for name in sorted(contents(folder).keys() - {"manifest.json"}):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if data else b"x")
        with pytest.raises(ModelFormatError, match=rf"{name} is not what was saved \(its sha256 differs\)"):
            Recommender.load(folder)
        (folder / name).write_bytes(data)
    assert Recommender.load(folder).suggest("ferry-1")


def test_a_missing_file_is_named(folder: Path) -> None:
    for name in sorted(contents(folder).keys() - {"manifest.json"}):
        data = (folder / name).read_bytes()
        (folder / name).unlink()
        with pytest.raises(ModelFormatError, match=f"has no file '{name}', which its manifest lists"):
            Recommender.load(folder)
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("name", ["articles.jsonl", "ranker.json", "title_terms.npy", "topics_counts.npy"])
def test_a_file_that_the_manifest_does_not_list_is_not_read(folder: Path, name: str) -> None:
    change_manifest(folder, lambda manifest: manifest["files"].pop(name))
    with pytest.raises(ModelFormatError, match=f"the model folder has no {name}"):
        Recommender.load(folder)


@pytest.mark.parametrize("name", ["../secret.txt", "sub/secret.txt", "{absolute}", "..", ".", ""])
def test_the_manifest_leads_to_no_other_place(folder: Path, name: str) -> None:
    secret = folder.parent / "secret.txt"
    (folder / "sub").mkdir()
    for path in (secret, folder / "sub" / "secret.txt"):
        path.write_bytes(b"secret")
    described = {"sha256": hashlib.sha256(b"secret").hexdigest()}
    change_manifest(folder, lambda manifest: manifest["files"].update({name.format(absolute=secret): described}))
    with pytest.raises(ModelFormatError, match=r"has no file '.*', which its manifest lists"):
        Recommender.load(folder)


@pytest.mark.parametrize("version", [0, 1, "1", None, [1]])
def test_another_format_version_is_refused(folder: Path, version: object) -> None:
    change_manifest(folder, lambda manifest: manifest.update(format=version))
    with pytest.raises(ModelFormatError, match=r"has the model format .*, this version reads 2; train it again"):
        Recommender.load(folder)


@pytest.mark.parametrize("make", [lambda _: None, Path.mkdir, Path.touch], ids=["missing", "empty", "a file"])
def test_what_is_no_model_folder_is_refused(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "place")
    with pytest.raises(ModelFormatError, match=r"place is no model folder: it has no manifest\.json; make one with"):
        Recommender.load(tmp_path / "place")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "cut", "binary", "deep"])
def test_a_manifest_that_is_no_json_is_refused(folder: Path, data: bytes) -> None:
    (folder / "manifest.json").write_bytes(data)
    with pytest.raises(ModelFormatError, match=r"manifest\.json is no JSON"):
        Recommender.load(folder)


def test_a_manifest_that_is_no_mapping_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(ModelFormatError, match="has the model format None"):
        Recommender.load(folder)


@pytest.mark.parametrize("files", [None, [], {"ranker.json": "abc"}, {"ranker.json": {}}])
def test_a_manifest_without_hashes_is_refused(folder: Path, files: object) -> None:
    change_manifest(folder, lambda manifest: manifest.update(files=files))
    with pytest.raises(ModelFormatError, match=r"manifest\.json does not list its files"):
        Recommender.load(folder)


@pytest.mark.parametrize("fact", ["settings", "corpus", "features"])
def test_a_manifest_that_lacks_a_fact_is_refused(folder: Path, fact: str) -> None:
    change_manifest(folder, lambda manifest: manifest.pop(fact))
    with pytest.raises(ModelFormatError, match=rf"the model folder cannot be used \('{fact}'\)"):
        Recommender.load(folder)


def test_settings_of_another_version_are_refused(folder: Path) -> None:
    change_manifest(folder, lambda manifest: manifest["settings"]["selection"].update(treshold=0.5))
    with pytest.raises(ModelFormatError, match=r"unknown setting 'selection.treshold'; did you mean threshold\?"):
        Recommender.load(folder)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(3, dtype=np.float64),
        np.zeros(3, dtype=np.int64),
        np.zeros((3, 1), dtype=np.int32),
        np.array(3, dtype=np.int32),
        np.array(["a"]),
        np.zeros(3, dtype=[("a", np.int32)]),
    ],
    ids=["float", "long", "two rows", "no row", "text", "fields"],
)
def test_an_array_of_another_type_or_shape_is_refused(folder: Path, values: np.ndarray) -> None:
    exchange(folder, "title_terms.npy", array_bytes(values))
    with pytest.raises(ModelFormatError, match=r"title_terms\.npy must hold one row of int32, got"):
        Recommender.load(folder)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("title_terms.npy", [1, 2], "title_terms.npy and title_counts.npy do not fit"),
        ("title_terms.npy", "negative", "title_terms.npy and title_counts.npy do not fit"),
        ("title_terms.npy", "huge", "title_terms.npy and title_counts.npy do not fit"),
        ("title_counts.npy", "negative", "title_counts.npy must hold numbers of articles, 1 to 12"),
        ("title_counts.npy", "huge", "title_counts.npy must hold numbers of articles, 1 to 12"),
    ],
)
def test_an_array_with_impossible_numbers_is_refused(folder: Path, name: str, values: object, said: str) -> None:
    size = len(np.load(folder / name))
    other = {"negative": np.full(size, -1), "huge": np.full(size, 2**30)}.get(str(values), np.array([1, 2]))
    exchange(folder, name, array_bytes(other.astype(np.int32)))
    with pytest.raises(ModelFormatError, match=said):
        Recommender.load(folder)


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path):
        self.path = str(path)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


def test_an_array_of_objects_is_refused_and_never_unpickled(folder: Path, tmp_path: Path) -> None:
    executed = tmp_path / "executed"
    for data in (
        array_bytes(np.array([Bomb(executed)], dtype=object), allow_pickle=True),
        pickle.dumps(Bomb(executed)),
        archive_bytes(),
        b"PK\x03\x04 no archive",
        (folder / "title_terms.npy").read_bytes()[:-4],
        b"",
    ):
        exchange(folder, "title_terms.npy", data)
        with pytest.raises(ModelFormatError, match=r"title_terms\.npy holds no plain array"):
            Recommender.load(folder)
    assert not executed.exists()


@pytest.mark.parametrize(
    ("ranker", "said"),
    [
        (b"", "the model folder cannot be used"),
        (b"[" * 100_000, "the model folder cannot be used"),
        (b"[]", "the ranker cannot be read"),
        (b"{}", "the ranker cannot be read"),
        (b'{"kind": "os.system", "names": []}', "the ranker cannot be read"),
        (b'{"kind": ["boosted"], "names": []}', "the ranker cannot be read"),
        (b'{"kind": "boosted", "names": 5}', "the ranker cannot be read"),
    ],
)
def test_a_damaged_ranker_is_refused(folder: Path, ranker: bytes, said: str) -> None:
    exchange(folder, "ranker.json", ranker)
    with pytest.raises(ModelFormatError, match=said):
        Recommender.load(folder)


@pytest.mark.parametrize("trees", ["{}", "no trees", 5, None, '{"learner": {}, "version": [3, 0, 0]}'])
def test_damaged_trees_are_refused(learned: Path, trees: object) -> None:
    ranker = json.loads((learned / "ranker.json").read_bytes())
    ranker["own"]["trees"] = instead_of(ranker["own"]["trees"], trees)
    exchange(learned, "ranker.json", json.dumps(ranker).encode())
    with pytest.raises(ModelFormatError, match=r"(cannot be read|cannot be used) \(.*train the model again"):
        Recommender.load(learned)


def test_empty_trees_do_not_end_the_process(learned: Path) -> None:
    ranker = json.loads((learned / "ranker.json").read_bytes())
    ranker["own"]["trees"] = instead_of(ranker["own"]["trees"], "")
    exchange(learned, "ranker.json", json.dumps(ranker).encode())
    done = subprocess.run(
        [sys.executable, "-m", "recommender.cli.main", "suggest", str(NEWSROOM), "--model", str(learned)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("recommender: the ")


@pytest.mark.parametrize("slope", ["NaN", "Infinity", '"steep"', "null"])
def test_a_calibration_that_is_no_number_is_refused(learned: Path, slope: str) -> None:
    ranker = json.loads((learned / "ranker.json").read_bytes())
    ranker["calibration"]["intercept"] = 0.125
    text = json.dumps(ranker).replace('"intercept": 0.125', f'"intercept": {slope}')
    exchange(learned, "ranker.json", text.encode())
    with pytest.raises(ModelFormatError, match="train the model again"):
        Recommender.load(learned)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"id": "a"}',
        b'{"id": "", "title": "A"}',
        b'{"id": "a", "title": 5}',
        b'{"id": "a", "title": "\xff"}',
        b'{"id": "a", "title": "A", "published_at": "2025-01-01T00:00:00"}',
    ],
)
def test_damaged_articles_are_refused(folder: Path, line: bytes) -> None:
    exchange(folder, "articles.jsonl", line + b"\n")
    with pytest.raises(ModelFormatError, match="the model folder cannot be used"):
        Recommender.load(folder)


@pytest.mark.parametrize("content", ["a folder", "a file"])
def test_what_is_no_model_is_not_written_over(unlearned: Recommender, tmp_path: Path, content: str) -> None:
    thesis = tmp_path / "thesis"
    if content == "a folder":
        thesis.mkdir()
        (thesis / "chapter-1.txt").write_text("years of work", encoding="utf-8")
    else:
        thesis.write_text("years of work", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(ModelFormatError, match="thesis exists and is no model folder; name another place"):
        unlearned.save(thesis)
    assert contents(tmp_path) == before


def test_an_empty_folder_may_become_a_model(unlearned: Recommender, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    unlearned.save(tmp_path / "model")
    assert Recommender.load(tmp_path / "model").suggest("ferry-1") == unlearned.suggest("ferry-1")


def test_an_old_model_is_replaced_as_a_whole(unlearned: Recommender, fitted: Recommender, folder: Path) -> None:
    (folder / "left-over.npy").write_bytes(b"of an older version")
    fitted.save(folder)
    assert "left-over.npy" not in contents(folder)
    assert Recommender.load(folder).version == fitted.version
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("step", ["array", "manifest", "swap"])
def test_a_failure_in_the_middle_leaves_the_old_model(
    fitted: Recommender, folder: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    rename = Path.rename

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def fail_to_put_in_place(path: Path, target: Path) -> Path:
        return fail() if target == folder and len(contents(path)) != len(before) else rename(path, target)

    with monkeypatch.context() as broken:
        if step == "array":
            broken.setattr(np, "save", fail)
        elif step == "manifest":
            broken.setattr(Path, "write_text", fail)
        else:
            (folder / "left-over.npy").write_bytes(b"tells the old folder from the new one")
            before = contents(folder)
            broken.setattr(Path, "rename", fail_to_put_in_place)
        with pytest.raises(OSError, match="No space left"):
            fitted.save(folder)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert Recommender.load(folder).version.startswith("coast@")


def test_a_failure_at_the_first_save_leaves_nothing(
    unlearned: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="No space left"):
        unlearned.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_model_in_use_outlives_its_folder(folder: Path, unlearned: Recommender, fitted: Recommender) -> None:
    model = Recommender.load(folder)
    fitted.save(folder)
    shutil.rmtree(folder)
    assert model.suggest("ferry-1") == unlearned.suggest("ferry-1")


def test_secrets_of_the_site_are_not_in_it(learned: Path) -> None:
    """The example site has encrypted payloads; a model must not carry them off."""
    assert not [name for name, data in contents(learned).items() if b"secured" in data]
