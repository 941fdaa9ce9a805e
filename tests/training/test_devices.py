"""Where programs run and where they are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRAIN = (
    "import jaram as jr;"
    "jr.train(jr.Recipe(network='dense 4 relu', epochs=1, batch_size=32), jr.load('xor'))"
)


def train_with_cache(folder: Path) -> subprocess.CompletedProcess[str]:
    """A training in a process of its own that keeps its programs in ``folder``."""
    environment = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-c", TRAIN],
        env=environment | {"JARAM_CACHE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def kept(folder: Path) -> set[str]:
    """The names of the programs in ``folder``."""
    return {path.name for path in folder.rglob("*") if path.name.endswith("-cache")}


def test_compiled_programs_are_kept_and_used_again(tmp_path: Path) -> None:
    first = train_with_cache(tmp_path)
    assert first.returncode == 0, first.stderr
    programs = kept(tmp_path)
    assert any("run_epochs" in name for name in programs)
    assert train_with_cache(tmp_path).returncode == 0
    assert kept(tmp_path) == programs


def test_a_cache_that_can_not_be_made_is_done_without(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    done = train_with_cache(in_the_way / "programs")
    assert done.returncode == 0, done.stderr
