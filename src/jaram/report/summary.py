"""What the report tells of the data: the summary in ``data.json``, arranged for reading."""

from __future__ import annotations

from jaram.report.evidence import Evidence, Table, finite, rows, table
from jaram.report.wording import in_both

MOST_COLUMNS = 200
"""Tables with more columns than this are shown by their first ones."""


def arrange_summary(evidence: Evidence) -> Table:
    """Facts, counts of classes, notices and columns of the data.

    ``source``, ``encoding``, ``rows``: as known, else None; ``parts``: rows by part;
    ``classes``: ``[label, rows]`` pairs; ``notices``: sentences by language;
    ``columns``: the first MOST_COLUMNS of ``column_count``; ``kind``: what an example is;
    ``intake``: how files became examples, empty for tables.
    """
    summary = table(evidence.data.get("summary"))
    source = table(summary.get("source"))
    target = table(summary.get("target"))
    counted = table(target.get("classes") or summary.get("class_counts"))
    parts = table(summary.get("parts") or summary.get("split"))
    columns = [column for column in rows(summary.get("columns")) if column.get("role") != "target"]
    return {
        "source": source.get("path") or summary.get("path") or summary.get("name"),
        "encoding": source.get("encoding") or summary.get("encoding"),
        "rows": summary.get("rows"),
        "parts": {name: count for name, count in parts.items() if finite(count) and name != "seed"},
        "classes": [[label, count] for label, count in counted.items() if finite(count)],
        "notices": [
            in_both(str(notice.get("key", "")), table(notice.get("values")))
            for notice in rows(summary.get("notices"))
        ],
        "columns": columns[:MOST_COLUMNS],
        "column_count": len(columns),
        "kind": summary.get("kind"),
        "intake": table(summary.get("intake")),
    }
