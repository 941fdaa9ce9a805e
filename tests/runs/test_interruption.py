"""Ctrl-C at the worst moment: while an epoch is being written down."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.progress import EpochReport
from jaram.runs import store
from jaram.runs.interruption import held_back

RECIPE = jr.Recipe(network=(jr.Dense(2, "tanh"),), batch_size=16, epochs=5, stop=None)
DATA = jr.Data(np.linspace(-1, 1, 40, dtype=np.float32)[:, None], np.arange(40) % 2)


def test_the_block_is_done_whole() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("the rest")
    assert done == ["the rest"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_holds_nothing_back() -> None:
    done = []

    def work() -> None:
        with held_back():
            done.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_the_state_saved_is_the_one_that_the_history_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = store.append

    def interrupted(*given: Any) -> None:
        append(*given)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            jr.train(RECIPE, DATA, out=tmp_path / "run")
    trained = len((tmp_path / "run" / "history.jsonl").read_text().splitlines())
    resumed = jr.train(data=DATA, resume=tmp_path / "run", budget=1e-6)
    assert resumed.chronicle.epochs > trained


def test_pressing_it_twice_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = store.Checkpoints.write

    def interrupted(*given: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        write(*given)

    class Watcher:
        def __call__(self, report: EpochReport) -> None:
            signal.raise_signal(signal.SIGINT)

        def close(self) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(store.Checkpoints, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            jr.train(RECIPE, DATA, out=tmp_path / "run", progress=Watcher())
    assert store.read_card(tmp_path / "run")["status"] == "interrupted"
    assert (tmp_path / "run" / "checkpoint.safetensors").is_file()
