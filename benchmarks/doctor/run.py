"""Seeded illnesses: precision and recall of the doctor; ``--write`` puts them into DOCTOR.md."""

from __future__ import annotations

import argparse
import datetime
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from judge import Judged, judge_half
from repair import repair_half, repair_section
from tables import half_section

from common import HERE, machine, note, versions

TITLES = {"held": "Held-out half", "tune": "Tuning half"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write benchmarks/DOCTOR.md")
    parser.add_argument("--half", choices=TITLES, action="append", help="only this half")
    parser.add_argument(
        "--repair", type=int, metavar="N", default=0, help="treat N curable cases of each finding"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps trainings between runs")
    asked = parser.parse_args()
    halves = asked.half or list(TITLES)
    with ProcessPoolExecutor(len(halves), get_context("spawn")) as pool:
        judged = dict(
            zip(halves, pool.map(_judge, halves, [asked.cache] * len(halves)), strict=True)
        )
    sections = [_preface()] + [half_section(TITLES[half], judged[half]) for half in halves]
    if asked.repair:
        sections += [
            repair_section(TITLES[half], repair_half(half, asked.cache, asked.repair, note))
            for half in halves
        ]
    text = "\n".join(sections)
    if asked.write:
        (HERE / "DOCTOR.md").write_text(text, encoding="utf-8")
    else:
        print(text)


def _judge(half: str, cache: Path | None) -> list[Judged]:
    return judge_half(half, cache, note)


def _preface() -> str:
    command = " ".join(["python benchmarks/doctor/run.py", *sys.argv[1:]])
    method = (Path(__file__).parent / "METHOD.md").read_text(encoding="utf-8")
    return (
        f"# The doctor, measured\n\nWritten by `{command}` on {datetime.date.today()}.\n\n"
        f"- Machine: {machine()}\n- Versions: {versions()}\n\n{method}"
    )


if __name__ == "__main__":
    main()
