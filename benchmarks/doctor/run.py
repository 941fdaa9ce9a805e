"""Seeded illnesses: precision and recall of the doctor; ``--write`` puts them into DOCTOR.md."""

from __future__ import annotations

import argparse
import datetime
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))

from judge import Judged, judge_part
from repair import repair_part, repair_section
from tables import part_section

from common import HERE, machine, note, versions

TITLES = {
    "held": "Held-out part",
    "seen": "Seen part (held out in the first round)",
    "tune": "Tuning part",
}
WORKERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write benchmarks/DOCTOR.md")
    parser.add_argument("--part", choices=TITLES, action="append", help="only this part")
    parser.add_argument(
        "--repair",
        type=int,
        metavar="N",
        default=0,
        help="treat N curable cases of each finding of the held-out part",
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps trainings between runs")
    asked = parser.parse_args()
    parts = asked.part or list(TITLES)
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        found = pool.map(_judge, parts, [asked.cache] * len(parts))
        repaired = repair_part("held", asked.cache, asked.repair, note) if asked.repair else []
        judged = dict(zip(parts, found, strict=True))
    sections = [_preface()] + [part_section(TITLES[part], judged[part]) for part in parts]
    if repaired:
        sections.append(repair_section(TITLES["held"], repaired))
    text = "\n".join(sections)
    if asked.write:
        (HERE / "DOCTOR.md").write_text(text, encoding="utf-8")
    else:
        print(text)


def _judge(part: str, cache: Path | None) -> list[Judged]:
    return judge_part(part, cache, note)


def _preface() -> str:
    command = " ".join(["python benchmarks/doctor/run.py", *sys.argv[1:]])
    method = (Path(__file__).parent / "METHOD.md").read_text(encoding="utf-8")
    return (
        f"# The doctor, measured\n\nWritten by `{command}` on {datetime.date.today()}.\n\n"
        f"- Machine: {machine()}\n- Versions: {versions()}\n\n{method}"
    )


if __name__ == "__main__":
    main()
