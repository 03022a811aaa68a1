"""Reads a site's topic tree: one YAML file a topic, with its name and its parent's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.core.errors import ArticleError
from recommender.core.safe_yaml import YamlError, parse_yaml
from recommender.sources.markdown import decoded, read_bytes
from recommender.sources.records.values import UnusableValueError, name_of


def read_topic_tree(site: Path) -> tuple[dict[str, str], list[str]]:
    """Return the parent of each topic, and warnings.

    The files lie in ``_data/topics`` of the site's folder or of the one above; without such a folder there is no tree.
    A parent may be given by its name or by its ``_id``. A file that cannot be read and a parent that would close a
    circle are left out with a warning.
    """
    folders = (site / "_data" / "topics", site.absolute().parent / "_data" / "topics")
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return {}, []
    warnings: list[str] = []
    topics = list(_topics(folder, warnings))
    name_of_id = {str(topic["_id"]): name for name, topic in topics if topic.get("_id")}
    name_of_id.update({name: name for name, _ in topics})
    parents: dict[str, str] = {}
    for name, topic in topics:
        parent = topic.get("parent")
        if parent is None or parent == "":
            continue
        parent = name_of_id.get(str(parent), str(parent))
        if _reaches(parent, name, parents):
            warnings.append(f"{folder}: topic {name!r} is above its own parent {parent!r}; the parent is left out")
        else:
            parents[name] = parent
    return parents, warnings


def _topics(folder: Path, warnings: list[str]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in {".yaml", ".yml"}:
            continue
        try:
            if not path.resolve().is_relative_to(folder.parents[1].resolve()):
                raise ArticleError("leads out of the site; it is not read", path)
            yield _topic(path)
        except ArticleError as error:
            warnings.append(f"{error}; the topic is left out of the tree")


def _topic(path: Path) -> tuple[str, Mapping[Any, Any]]:
    try:
        topic = parse_yaml(decoded(read_bytes(path), path))
    except YamlError as error:
        raise ArticleError(f"the file {error}", path, error.line) from error
    if not isinstance(topic, Mapping) or topic.get("name") is None:
        raise ArticleError("has no name", path)
    try:
        return name_of(topic["name"]), topic
    except UnusableValueError as error:
        raise ArticleError(f"name {error}", path) from error


def _reaches(start: str, wanted: str, parents: Mapping[str, str]) -> bool:
    """Return whether `wanted` is `start` or above it; the tree so far has no circles."""
    current: str | None = start
    while current is not None and current != wanted:
        current = parents.get(current)
    return current == wanted
