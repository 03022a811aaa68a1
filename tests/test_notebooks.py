"""The notebooks run as they are committed, draw what they promise, and hold nothing that belongs into the package."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from recommender import read_articles

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
PICTURES = {"01_look_at_a_site": 5, "02_train_and_evaluate": 9, "03_in_a_cms": 2}
WORDS = {
    "01_look_at_a_site": ["Corpus(118 articles, 171 relations, 17 to externals)", "transitive closure"],
    "02_train_and_evaluate": [
        "At publication, all targets: 20 articles",
        "without relations",
        "same story",
        "rank",
        "of the suggestions",
    ],
    "03_in_a_cms": ["notebook@2025-12-28", "not suggested: outranked by", "as before: True", "same answers: True"],
}


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code(notebook) for output in cell.outputs]


@pytest.fixture(autouse=True)
def quiet_kernels(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("SITE", raising=False)


def test_all_notebooks_are_known():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_it_runs_on_the_example_site(name):
    notebook = read(name)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    found = outputs(notebook)
    assert not [output for output in found if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in found) == PICTURES[name]
    text = "".join(output.get("text", "") for output in found if output.output_type == "stream")
    assert not [output for output in found if output.get("name") == "stderr"], (
        "a warning is for the reader to wonder at"
    )
    assert [words for words in WORDS[name] if words not in text] == []


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_committed_without_outputs(name):
    for cell in code(read(name)):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("name", PICTURES)
def test_it_defines_nothing(name):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for cell in code(read(name)):
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source


@pytest.mark.parametrize("name", PICTURES)
def test_the_reader_sets_the_site_in_the_first_cell_or_the_environment(name, monkeypatch):
    first = code(read(name))[0].source
    space = {}
    exec(first, space)  # noqa: S102 - it is the cell under test
    assert (FOLDER / space["SITE"]).resolve() == ROOT / "examples" / "newsroom"
    monkeypatch.setenv("SITE", "elsewhere")
    exec(first, space)  # noqa: S102
    assert space["SITE"] == "elsewhere"


def test_it_looks_at_any_site(tmp_path, monkeypatch):
    """Two articles of JSON Lines without a relation: nothing to learn from, and still a site to look at."""
    site = tmp_path / "articles.jsonl"
    site.write_text(
        '{"id": "a", "title": "Ferry strike begins", "publishedDateTime": "2025-03-01T06:00:00Z"}\n'
        '{"id": "b", "title": "Ferry strike ends", "publishedDateTime": "2025-03-02T06:00:00Z"}\n'
    )
    assert len(read_articles(site)) == 2
    monkeypatch.setenv("SITE", str(site))
    notebook = read("01_look_at_a_site")
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()
    assert sum("image/png" in output.get("data", {}) for output in outputs(notebook)) == 5
