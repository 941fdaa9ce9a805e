"""What README and CONTRIBUTING show works as written, and both languages show the same."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import jaram as jr
from jaram.cli.main import run

ROOT = Path(__file__).parents[1]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [code for named, code in found if named == language]


def without_comments(code: str) -> str:
    return re.sub(r"\s*#.*", "", code)


def test_both_languages_show_the_same_code() -> None:
    for language in ("python", ""):
        english, korean = blocks("README.md", language), blocks("README.ko.md", language)
        assert [without_comments(one) for one in english] == [
            without_comments(one) for one in korean
        ]


def test_both_languages_have_the_same_sections() -> None:
    shapes = [
        [
            line.count("|") if line.startswith("|") else line.split(" ")[0]
            for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
            if line.startswith(("#", "|"))
        ]
        for page in ("README.md", "README.ko.md")
    ]
    assert shapes[0] == shapes[1]


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("README.md", "python")
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec", dont_inherit=True), names)
    trained = names["run"]
    assert isinstance(trained, jr.Run)
    assert trained.metrics["valid/accuracy"] > 0.85


def test_the_command_line_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    penguins = Path(jr.__file__).parent / "data" / "sets" / "penguins.csv"
    header, *rows = penguins.read_text(encoding="utf-8").splitlines()
    for name in ("new.csv", "test.csv"):
        Path(name).write_text("\n".join([header, *rows[:20]]) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    prices = "".join(f"{a:.3f},{2 * a:.3f}\n" for a in rng.normal(size=60))
    Path("table.csv").write_text("size,price\n" + prices, encoding="utf-8")
    months = (f"{1990 + m // 12}-{m % 12 + 1:02d},{m % 12 + m / 50}\n" for m in range(120))
    Path("sales.csv").write_text("month,sales\n" + "".join(months), encoding="utf-8")
    Path("book.txt").write_text("Once upon a time there was a king.\n" * 40, encoding="utf-8")
    for number, pixels in enumerate(rng.integers(0, 256, (24, 8, 8), np.uint8)):
        path = Path("photos", "cat" if number % 2 else "dog", f"{number}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    commands = [
        line
        for block in blocks("README.md", "")
        for line in block.splitlines()
        if line.startswith("jaram ")
    ]
    assert len(commands) >= 8
    for command in commands:
        arguments = shlex.split(command)[1:]
        if arguments[0] == "train" and "--epochs" not in arguments:
            arguments += ["--epochs", "1" if "film_reviews" in arguments else "3"]
        assert run(arguments) == 0, command
    assert Path("predicted.csv").exists()
    assert Path("runs/slow/report.html").exists()
    for name in ("photos", "reviews", "sales"):
        assert Path("runs", name, "examples.json").exists()


def test_the_examples_of_contributing_train(tmp_path: Path) -> None:
    """In a process of its own, since what registers itself stays."""
    for count, example in enumerate(blocks("CONTRIBUTING.md", "python")):
        (tmp_path / f"contributed_{count}.py").write_text(example, encoding="utf-8")
    script = """
import contributed_0, contributed_1, numpy as np, jaram as jr
recipe = jr.Recipe(network="scale 3, dense 4 tanh", loss="log_cosh", epochs=2)
x = np.random.default_rng(0).normal(size=(60, 2))
run = jr.train(recipe, jr.Data(x, x.sum(1)))
assert np.isfinite(run.metrics["valid/loss"]), run
assert jr.Scale(3.0) == run.recipe.network[0]
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
