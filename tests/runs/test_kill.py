"""Processes that are killed or interrupted at random moments, and the command that goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.runs import store

EPOCHS = 2500

TRAIN = """
import sys
from pathlib import Path
from jaram.runs import store
from jaram.runs.train import train
from jaram.training import engine

engine.CALL_SECONDS = 0.002  # a few epochs a call, so that there are hundreds of calls
store.CHECKPOINT_SECONDS = 0.0
folder = sys.argv[1]
sys.path.insert(0, sys.argv[2])
from test_kill import RECIPE, data
if Path(folder, "run.json").exists():
    train(data=data(), resume=folder)
else:
    train(RECIPE, data(), out=folder)
"""

RECIPE = jr.Recipe(
    network=(jr.Dense(4, "relu"), jr.BatchNorm(), jr.Dropout(0.2)),
    optimizer=jr.Adam(learning_rate=0.001),
    penalties=(),
    averaging=jr.ExponentialAverage(decay=0.9),
    batch_size=16,
    epochs=EPOCHS,
    stop=None,
)


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)).astype(np.float32)
    return jr.Data(x, (x[:, 0] + 0.5 * rng.normal(size=50) > 0).astype(int))


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONWARNINGS": "error", "JAX_NUM_CPU_DEVICES": "2"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> bool:
    """Look again and again; False if the process ended by itself."""
    while not reached():
        try:
            process.wait(timeout=0.001)
        except subprocess.TimeoutExpired:
            continue
        return False
    return True


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def has_trained(folder: Path, history_bytes: int) -> bool:
    size = size_of(folder / "history.jsonl")
    return size_of(folder / "run.json") > 0 and size >= history_bytes


def evidence(folder: Path) -> dict[str, Any]:
    """Hashes of all that the training left behind, but for the clock."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for row in history:
        del row["seconds"]
    names = ("weights.safetensors", "vitals.jsonl", "steps.f32")
    hashes = {name: store.fingerprint((folder / name).read_bytes()) for name in names}
    return hashes | {"history": store.fingerprint(repr(history).encode())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whole") / "run"
    jr.train(RECIPE, data(), out=folder)
    return evidence(folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kill_9_at_random_moments(seed: int, whole: dict[str, Any], tmp_path: Path) -> None:
    chance, folder = random.Random(seed), tmp_path / "run"
    arguments = ["-c", TRAIN, str(folder), str(Path(__file__).parent)]
    kills = 0
    for _ in range(3):
        # The history grows to about 700,000 bytes; a resumed one starts from where its checkpoint
        # was.
        more = chance.randrange(0, 200_000)
        enough = max(0, size_of(folder / "history.jsonl")) + more
        process = start(arguments)
        was_running = wait_until(process, partial(has_trained, folder, enough))
        process.kill()
        _, errors = process.communicate()
        assert was_running, errors.decode()
        kills += process.returncode == -signal.SIGKILL
    assert kills == 3
    process = start(arguments)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    assert evidence(folder) == whole
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_ctrl_c_on_the_command_line(tmp_path: Path) -> None:
    table, folder = tmp_path / "table.csv", tmp_path / "run"
    given = data()
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{y}" for (a, b, c), y in zip(given.x, given.y, strict=True)]
    table.write_text("\n".join(["a,b,c,answer", *rows]) + "\n")
    run_it = "import sys; from jaram.cli.main import main; sys.exit(main())"
    command = ["-c", run_it, "train", str(table), "--target", "answer", "--quiet"]
    asked = ["--network", "dense 4 tanh", "--epochs", "20000", "--set", "stop=none"]
    asked += ["--batch-size", "16"]
    process = start([*command, *asked, "--out", str(folder)])
    was_running = wait_until(process, lambda: size_of(folder / "history.jsonl") > 0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert was_running, errors.decode()
    assert process.returncode == 130, errors.decode()
    assert "Traceback" not in errors.decode()
    assert str(folder) in errors.decode()
    told = json.loads((folder / "run.json").read_text())
    assert told["status"] == "interrupted"
    trained = len((folder / "history.jsonl").read_text().splitlines())
    assert 0 < trained < 20000
    # It goes on from there; a budget ends it, because twenty thousand epochs are more than a test
    # wants.
    process = start([*command, "--resume", str(folder), "--budget", "0.01"])
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    run = jr.open(folder)
    assert run.result == "budget"
    assert run.chronicle.epochs > trained
    assert run.history["epoch"].to_list() == list(range(1, run.chronicle.epochs + 1))
