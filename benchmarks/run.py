"""All benchmarks in a row; ``--write`` puts what they print into RESULTS.md."""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys

from common import HERE, machine, note, versions

TRAINING = ("epoch", "population", "process", "mnist", "networks")
BENCHMARKS = (
    *(*TRAINING, "startup", "large", "streaming", "memory", "probe", "doctor_cost", "ensemble"),
    *("search_cost", "search_quality", "cluster", "learning_rate_test", "floor"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    parser.add_argument("--repeats", type=int, help="rounds of each benchmark but memory's 300")
    asked = parser.parse_args()
    command = " ".join(["python benchmarks/run.py", *sys.argv[1:]])
    sections = [
        f"# Results\n\nWritten by `{command}` on {datetime.date.today()}. "
        "How: [README.md](README.md).\n\n"
        f"- Machine: {machine()}\n- Versions: {versions()}\n"
    ]
    for name in asked.only:
        note(f"== {name}")
        done = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), *_repeats(name, asked.repeats)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        failed = f"## {name}\n\nfailed with exit code {done.returncode}\n"
        sections.append(failed if done.returncode else done.stdout)
    text = "\n".join(section.rstrip("\n") + "\n" for section in sections)
    if asked.write:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    else:
        print(text)


def _repeats(name: str, asked: int | None) -> list[str]:
    return [] if asked is None or name == "memory" else ["--repeats", str(asked)]


if __name__ == "__main__":
    main()
