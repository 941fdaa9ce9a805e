"""The front door: what ``import jaram`` costs, and that it leads to everything public."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from collections import Counter

import pytest

import jaram
from jaram.errors import DataError
from jaram.spec import families, registered

HEAVY = ("jax", "numpy", "polars", "pydantic", "pandas", "matplotlib", "sklearn", "optax", "rich")


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh process has loaded after ``code``."""
    script = f"{code}\nimport sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(eval(done.stdout.splitlines()[-1]))


def test_importing_jaram_loads_nothing_heavy() -> None:
    assert loaded_by("import jaram; jaram.__version__") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--help", "--lang", "ko"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"from jaram.cli.main import run; assert run({arguments!r}) == 0"
    assert loaded_by(code) <= {"pydantic"}  # typer checks options with it


def test_listing_runs_loads_nothing_heavy(tmp_path: object) -> None:
    code = f"from jaram.cli.main import run; assert run(['runs', {str(tmp_path)!r}]) == 0"
    assert loaded_by(code) <= {"pydantic"}


def test_every_registered_specification_is_at_the_front_door() -> None:
    names = dir(jaram)
    for family in families():
        for cls in registered(family).values():
            if cls.__module__.startswith("jaram."):
                assert cls.__name__ in names
                assert getattr(jaram, cls.__name__) is cls


def test_no_two_specifications_share_a_name() -> None:
    classes = {cls for family in families() for cls in registered(family).values()}
    count = Counter(cls.__name__ for cls in classes if cls.__module__.startswith("jaram."))
    assert [name for name, times in count.items() if times > 1] == []


def test_every_fixed_name_leads_somewhere() -> None:
    for name, place in jaram._NAMES.items():
        module, _, attribute = place.partition(":")
        assert getattr(jaram, name) is getattr(importlib.import_module(module), attribute)


def test_the_rooms_offer_what_the_front_door_does() -> None:
    """The star imports that editors follow hide no public specification of their rooms."""
    for room in ("network", "objective", "optimizer"):
        module = importlib.import_module(f"jaram.{room}")
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"'Dence'.*Dense"):
        jaram.Dence  # noqa: B018
    with pytest.raises(AttributeError):
        jaram._no_such_thing  # noqa: B018


def test_errors_cross_processes() -> None:
    error = pickle.loads(pickle.dumps(DataError("cli.no_runs_folder", folder="x")))
    assert type(error) is DataError
    assert str(error) == str(DataError("cli.no_runs_folder", folder="x"))
