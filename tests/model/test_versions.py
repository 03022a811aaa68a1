"""Two generations of a model: kept by a training, changed places by a rollback, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from recommender import Article, ModelFormatError, Recommender
from recommender.cli.main import main
from recommender.model.versions import previous_folder, roll_back, save_keeping_previous


def model(name: str, articles: tuple[Article, ...]) -> Recommender:
    return Recommender(name=name).fit(articles)


def name_of(folder: Path) -> str:
    return Recommender.load(folder).name


def test_a_training_keeps_the_model_before_and_a_rollback_brings_it_back(
    tmp_path: Path, articles: tuple[Article, ...]
) -> None:
    folder = tmp_path / "site"
    assert save_keeping_previous(model("one", articles), folder) is False
    assert not previous_folder(folder).exists()
    assert save_keeping_previous(model("two", articles), folder) is True
    assert save_keeping_previous(model("three", articles), folder) is True
    assert (name_of(folder), name_of(previous_folder(folder))) == ("three", "two")
    assert roll_back(folder) == "two@2025-03-12T06:00:00Z"
    assert (name_of(folder), name_of(previous_folder(folder))) == ("two", "three")
    roll_back(folder)
    assert (name_of(folder), name_of(previous_folder(folder))) == ("three", "two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site", "site.previous"]


def test_a_damaged_model_never_becomes_the_previous_one(tmp_path: Path, articles: tuple[Article, ...]) -> None:
    folder = tmp_path / "site"
    save_keeping_previous(model("one", articles), folder)
    save_keeping_previous(model("two", articles), folder)
    (folder / "articles.jsonl").write_bytes(b"damaged")
    assert save_keeping_previous(model("three", articles), folder) is True
    assert (name_of(folder), name_of(previous_folder(folder))) == ("three", "one")


def test_a_damaged_previous_model_does_not_come_back(tmp_path: Path, articles: tuple[Article, ...]) -> None:
    folder = tmp_path / "site"
    save_keeping_previous(model("one", articles), folder)
    save_keeping_previous(model("two", articles), folder)
    (previous_folder(folder) / "articles.jsonl").write_bytes(b"damaged")
    with pytest.raises(ModelFormatError, match="sha256 differs"):
        roll_back(folder)
    assert name_of(folder) == "two"


def test_without_a_previous_model_there_is_no_way_back(tmp_path: Path, articles: tuple[Article, ...]) -> None:
    folder = tmp_path / "site"
    save_keeping_previous(model("one", articles), folder)
    with pytest.raises(ModelFormatError, match="has no previous model"):
        roll_back(folder)
    assert name_of(folder) == "one"


def test_a_lost_present_model_is_stood_in_for(tmp_path: Path, articles: tuple[Article, ...]) -> None:
    folder = tmp_path / "site"
    save_keeping_previous(model("one", articles), folder)
    folder.rename(previous_folder(folder))  # as a kill between two renames leaves it
    assert roll_back(folder) == "one@2025-03-12T06:00:00Z"
    assert name_of(folder) == "one"
    assert not previous_folder(folder).exists()


def test_something_else_is_never_replaced(tmp_path: Path, articles: tuple[Article, ...]) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelFormatError, match="exists and is no model folder"):
        save_keeping_previous(model("one", articles), tmp_path)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_the_verbs_do_the_same(tmp_path: Path) -> None:
    site = str(Path(__file__).resolve().parents[2] / "examples" / "newsroom")
    folder = str(tmp_path / "model")
    (tmp_path / "few.yaml").write_text("ranker: {trees: 3, most_sources: 50}\n", encoding="utf-8")
    train = ["train", site, "--model", folder, "--settings", str(tmp_path / "few.yaml")]
    assert "recommender rollback" not in CliRunner().invoke(main, train).stderr
    assert "the one before is kept for recommender rollback" in CliRunner().invoke(main, train).stderr
    result = CliRunner().invoke(main, ["rollback", folder])
    assert result.exit_code == 0
    assert result.stderr == f"{folder} is newsroom@2025-12-28T00:00:00Z again\n"
    assert CliRunner().invoke(main, ["rollback", str(tmp_path / "none")]).exit_code == 2
