"""Folders whose sub-folders are classes, with or without parts (train, valid, test) above them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jaram.data.causes import cause
from jaram.data.notices import shown
from jaram.errors import DataError

PARTS = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}
"""What a folder that holds a part of the data is called."""


@dataclass(frozen=True)
class ClassFolder:
    """Files in order of their paths, and the class each lies in; ``ignored`` counts the others."""

    root: Path
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    ignored: int
    empty: tuple[str, ...] = field(default=())


def parts_in(folder: Path) -> dict[str, Path]:
    """The sub-folders that hold parts, by the part's name; none unless there is a training part."""
    names = {path.name.lower(): path for path in sub_folders(folder)}
    found = {part: names[word] for part, words in PARTS.items() for word in words if word in names}
    return found if "train" in found else {}


def class_folder(folder: Path, is_wanted: Callable[[Path], bool]) -> ClassFolder:
    """The wanted files in the sub-folders of ``folder``, each of which is a class.

    Hidden files and folders are passed over. Raises DataError if there is no sub-folder.
    """
    paths: list[Path] = []
    labels: list[str] = []
    empty: list[str] = []
    ignored = 0
    for one in sub_folders(folder):
        inside = files_below(one)
        wanted = [path for path in inside if is_wanted(path)]
        ignored += len(inside) - len(wanted)
        paths += wanted
        labels += [one.name] * len(wanted)
        if not wanted:
            empty.append(one.name)
    return ClassFolder(folder, tuple(paths), tuple(labels), ignored, tuple(empty))


def sub_folders(folder: Path) -> list[Path]:
    """The folders in ``folder`` by name, the hidden ones left out."""
    return sorted(path for path in _entries(folder) if path.is_dir())


def files_below(folder: Path) -> list[Path]:
    """The files in ``folder`` and below by path, the hidden ones left out."""
    found: list[Path] = []
    for path in sorted(_entries(folder)):
        found += files_below(path) if path.is_dir() and not path.is_symlink() else []
        if path.is_file():
            found.append(path)
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        raise DataError("data.not_readable", path=shown(folder), fault=cause(error)) from None
