"""Where a run is written: never over something, never twice to the same place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jaram.cli import folders
from jaram.errors import UsageError


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_numbers_go_on() -> None:
    assert folders.new_folder("data/my table.csv") == Path("runs/my-table-1")
    assert folders.new_folder("my table.csv") == Path("runs/my-table-2")
    Path("runs/my-table-10").mkdir()
    assert folders.new_folder("my table.csv") == Path("runs/my-table-11")


@pytest.mark.parametrize(
    ("name", "folder"), [("", "data-1"), ("...", "data-1"), ("표.csv", "표-1")]
)
def test_any_name_makes_a_folder(name: str, folder: str) -> None:
    assert folders.new_folder(name) == Path("runs") / folder


def test_two_at_once_get_two_folders() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(folders.new_folder, ["table"] * 32))
    assert len(set(made)) == 32


def test_what_exists_is_not_overwritten() -> None:
    assert folders.given_folder("new/deep") == Path("new/deep")
    assert not Path("new").exists()
    Path("new/deep").mkdir(parents=True)
    assert folders.given_folder("new/deep") == Path("new/deep")  # empty: nothing is lost
    Path("new/deep/file").write_text("mine")
    with pytest.raises(UsageError, match="deep-2"):
        folders.given_folder("new/deep")
    with pytest.raises(UsageError):
        folders.given_folder("new/deep/file")


def test_an_empty_folder_is_taken_back() -> None:
    folders.remove_if_empty(folders.new_folder("table"))
    assert not Path("runs").exists()
    kept = folders.new_folder("table")
    (kept / "run.json").write_text("{}")
    folders.remove_if_empty(kept)
    assert kept.exists()
