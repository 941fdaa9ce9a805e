"""The tables of DOCTOR.md."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from judge import Judged
from suite import ILLNESSES


def share(part: int, whole: int) -> str:
    """``0.97``, or a dash of nothing."""
    return f"{part / whole:.2f}" if whole else "–"


def interval(part: int, whole: int) -> tuple[float, float]:
    """95% interval of a share (Wilson, 1927)."""
    if not whole:
        return 0.0, 1.0
    z, found = 1.96, part / whole
    middle = (found + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(found * (1 - found) / whole + z * z / (4 * whole * whole))
    half /= 1 + z * z / whole
    return max(0.0, middle - half), min(1.0, middle + half)


def part_section(title: str, judged: Sequence[Judged]) -> str:
    """Precision and recall by finding, false alarms on healthy trainings, misses, what was left
    out."""
    counted = [one for one in judged if one.counts]
    ill = [one for one in counted if one.illness]
    well = [one for one in counted if not one.illness]
    names = [*ILLNESSES, *sorted({n for one in counted for n in one.heads} - set(ILLNESSES))]
    lines = [
        f"## {title}",
        "",
        f"{len(ill)} ill trainings and {len(well)} healthy ones, of which "
        f"{sum(one.is_twin for one in well)} are twins of ill ones.",
        "",
        "| finding | trainings | recall | as symptom too | reported | precision | in healthy |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    total: Counter[str] = Counter()
    for name in names:
        row = _row(name, ill, counted)
        total.update(row)
        lines.append(
            f"| `{name}` | {row['cases']} | {share(row['found'], row['cases'])} "
            f"| {share(row['told'], row['cases'])} | {row['reported']} "
            f"| {share(row['true'], row['reported'])} | {row['alarms']} |"
        )
    lines += [
        f"| **all** | {total['cases']} | **{share(total['found'], total['cases'])}** "
        f"| {share(total['told'], total['cases'])} | {total['reported']} "
        f"| **{share(total['true'], total['reported'])}** | {total['alarms']} |",
        "",
        *_alarms(well),
        "",
        *_missed(ill),
        "",
        *_left_out(judged),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, ill: Sequence[Judged], counted: Sequence[Judged]) -> dict[str, int]:
    mine = [one for one in ill if one.illness == name]
    reported = [one for one in counted if name in one.heads]
    return {
        "cases": len(mine),
        "found": sum(bool(one.right & set(one.heads)) for one in mine),
        "told": sum(bool(one.right & {*one.heads, *one.symptoms}) for one in mine),
        "reported": len(reported),
        "true": sum(name in one.true for one in reported),
        "alarms": sum(not one.illness for one in reported),
    }


def _alarms(well: Sequence[Judged]) -> list[str]:
    lines = []
    for what, severities in (("grave", {"grave"}), ("grave or notable", {"grave", "notable"})):
        hit = sum(bool(severities & set(one.heads.values())) for one in well)
        low, high = interval(hit, len(well))
        lines.append(
            f"- Healthy trainings with a {what} finding: {hit} of {len(well)} "
            f"({100 * hit / max(1, len(well)):.1f} in 100; 95% interval {100 * low:.1f} to "
            f"{100 * high:.1f})."
        )
    lines += [
        f"- Alarm: {one.name.replace('_', ' ')}: "
        + ", ".join(f"`{name}` ({severity})" for name, severity in one.heads.items())
        for one in well
        if one.heads
    ]
    return lines


def _missed(ill: Sequence[Judged]) -> list[str]:
    missed = [one for one in ill if not one.right & set(one.heads)]
    if not missed:
        return ["Nothing was missed."]
    return [
        f"Missed ({len(missed)}):",
        "",
        *(
            f"- `{one.illness}`: {one.name.replace('_', ' ')}; said "
            f"{', '.join(one.heads) or 'nothing'}"
            for one in missed
        ),
    ]


def _left_out(judged: Sequence[Judged]) -> list[str]:
    out = Counter(one.illness or "healthy" for one in judged if not one.counts)
    if not out:
        return ["Every training counted."]
    told = ", ".join(f"{name} {count}" for name, count in sorted(out.items()))
    return [f"Left out because nothing shows ({sum(out.values())}): {told}."]
