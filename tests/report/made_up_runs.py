"""Run folders made up for the report's tests: what a training writes, without a training."""

from __future__ import annotations

import json
import math
import random
from array import array
from pathlib import Path
from typing import Any

KINDS = ("binary", "multiclass", "regression")

HANGUL = (
    "고양이",
    "강아지",
    "코끼리",
    "호랑이",
    "다람쥐",
    "두루미",
    "거북이",
    "고래",
    "여우",
    "뻐꾸기",
)

_CLASSES = {"binary": ("no", "yes"), "multiclass": HANGUL, "regression": ()}
_TARGETS = {"binary": "survived", "multiclass": "동물", "regression": "price"}
_METRICS = {
    "binary": ("accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"),
    "multiclass": ("accuracy", "balanced_accuracy", "f1", "log_loss"),
    "regression": ("r2", "rmse", "mae"),
}
_LAYERS = ("dense 64 relu", "dropout 0.2", "dense 32 relu", "dense")

RECIPE = """[recipe]
network = ["dense 64 relu", "dropout 0.2", "dense 32 relu"]
optimizer = {type = "adam", learning_rate = 0.001}
batch_size = 32
epochs = 30
seed = 0
"""


def make_run(folder: Path, kind: str = "multiclass", epochs: int = 30) -> Path:
    """Write a finished run of ``kind`` into ``folder``, with every file that the report reads."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(7)
    history = [_epoch(kind, epoch, epochs, dice) for epoch in range(1, epochs + 1)]
    best = min(range(epochs), key=lambda index: history[index]["valid/loss"]) + 1
    outputs = max(1, len(_CLASSES[kind])) if kind == "multiclass" else 1
    write_json(folder / "run.json", _run(kind, epochs, best, outputs, history[best - 1]))
    write_json(folder / "data.json", _data(kind))
    write_json(folder / "evaluation.json", _evaluation(kind, dice))
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    write_lines(folder / "history.jsonl", history)
    write_lines(folder / "vitals.jsonl", _vitals(epochs, outputs, dice))
    steps = [2.2 * math.exp(-step / 90) + 0.3 + dice.gauss(0, 0.08) for step in range(9 * epochs)]
    (folder / "steps.f32").write_bytes(array("f", steps).tobytes())
    return folder


EXAMPLES = ("pictures", "text", "series", "forecast")


def make_examples(folder: Path, kind: str) -> Path:
    """Write what a run keeps of single examples beside the run in ``folder``."""
    pixels = {"height": 2, "width": 3, "channels": 1, "bytes": "AECA/yAQ"}
    colour = {"height": 1, "width": 2, "channels": 3, "bytes": "/wAAAP8A"}
    answers = [
        {"row": 7, "name": "고양이/7.png", "true": "고양이", "predicted": "여우"}
        | {"probability": 0.91, "is_right": False},
        {"row": 9, "true": "여우", "predicted": "여우", "probability": 0.6, "is_right": True},
    ]
    added: list[dict[str, Any]] = {
        "pictures": [
            {"picture": pixels, "saliency": pixels},
            {"picture": colour, "saliency": pixels},
        ],
        "text": [
            {"units": [["나쁜", -0.5], ["영화", 1.5], ["\ufffd", None]], "is_cut": True},
            {"units": [["좋은", 2], ["영화", 0.0]], "is_cut": False},
        ],
        "series": [{"lines": [[1, 2.5, 3], [0.5, None, 2]]}, {"lines": [[1, 2]]}],
        "forecast": [
            {"past": [1, 2, 3, 4], "true": [5, 6], "predicted": [5.5, 5], "naive": [4, 4]}
            | {"low": [4.5, 3], "high": [6.5, 7], "seasonal_naive": [3, 4]},
            {"past": [1, 2], "true": [5], "predicted": [5.5], "low": [None], "high": [None]},
        ],
    }[kind]
    told: dict[str, Any] = {"kind": kind, "examples": []}
    for answer, more in zip(answers, added, strict=True):
        told["examples"].append((answer if kind != "forecast" else {"row": answer["row"]}) | more)
    if kind == "pictures":
        told["filters"] = {"layer": "conv 2 3", "pictures": [pixels, colour]}
        told["maps"] = {"picture": pixels, "pictures": [pixels, pixels]}
        changed = [{"true": "여우", "picture": pixels, "changed": [pixels, pixels]}]
        augmented = {"augment": ["random_shift 0.1"], "pictures": changed}
        write_json(folder / "augmented.json", augmented)
    told |= {"unit": "word", "between": " "} if kind == "text" else {}
    told |= {"channels": ["왼쪽", "오른쪽"], "each": 2} if kind == "series" else {}
    if kind == "forecast":
        interval = {"share": 0.8, "windows": 22, "checked_on": "later_half", "covered": 0.85}
        told |= {"target": "판매", "interval": interval, "season": 2}
        told["errors"] = {"network": [0.5, 1.0], "naive": [1.0, 2], "seasonal_naive": [2, 2]}
    write_json(folder / "examples.json", told)
    return folder


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def _epoch(kind: str, epoch: int, epochs: int, dice: random.Random) -> dict[str, Any]:
    passed = epoch / epochs
    line: dict[str, Any] = {
        "epoch": epoch,
        "seconds": 0.04,
        "learning_rate": 0.001 * (0.5 + 0.5 * math.cos(math.pi * passed)),
    }
    for part, overfit in (("train", 0.0), ("valid", 0.35)):
        loss = 1.9 * math.exp(-5 * passed) + 0.18 + overfit * passed**2 + dice.gauss(0, 0.02)
        line[f"{part}/loss"] = loss
        for metric in _METRICS[kind]:
            better = 0.97 - 0.6 * math.exp(-6 * passed) - overfit * 0.15 + dice.gauss(0, 0.008)
            smaller = metric in ("rmse", "mae", "log_loss")
            line[f"{part}/{metric}"] = loss * 11.3 if smaller else min(1.0, better)
    return line


def _run(kind: str, epochs: int, best: int, outputs: int, kept: dict[str, Any]) -> dict[str, Any]:
    sizes = (12, 64, 64, 32, outputs)
    return {
        "format": 1,
        "status": "finished",
        "result": "stopped",
        "name": {"binary": "titanic", "multiclass": "동물-사진", "regression": "houses"}[kind],
        "metrics": {key: value for key, value in kept.items() if "/" in key},
        "best_epoch": best,
        "epochs": epochs,
        "findings": [
            {
                "name": "overfitting",
                "severity": "notable",
                "evidence": {"best_epoch": best, "valid_loss": 0.31, "train_loss": 0.18},
                "remedies": ["dropout", "more_data"],
            },
            {"name": "dying_relu", "severity": "grave", "evidence": {"layer": 1, "share": 0.62}},
            {"name": "unused_column", "severity": "minor", "evidence": {"column": "cabin"}},
        ],
        "choices": [
            {"field": "loss", "value": "categorical_cross_entropy", "key": "recipe.gone"},
            {"field": "batch_size", "value": 32, "key": "recipe.gone", "values": {"rows": 344}},
        ],
        "layers": [
            {
                "layer": layer,
                "input_shape": [before],
                "output_shape": [after],
                "parameters": 0 if "dropout" in layer else before * after + after,
                "operations": 0 if "dropout" in layer else before * after,
            }
            for layer, before, after in zip(
                (*_LAYERS[:3], f"dense {outputs}"), sizes, sizes[1:], strict=False
            )
        ],
        "created": "2025-03-01T09:30:12+09:00",
        "seconds": 1.84,
        "versions": {"jaram": "0.1.0", "jax": "0.10.0", "python": "3.12.3"},
        "device": "cpu, 2 cores",
    }


def _data(kind: str) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {"name": "age", "kind": "number", "missing": 17, "distinct": 88}
        | {"min": 0.42, "max": 80.0, "mean": 29.7, "std": 14.5},
        {"name": "fare", "kind": "number", "missing": 0, "distinct": 248}
        | {"min": 0.0, "max": 512.33, "mean": 32.2, "std": 49.7},
        {"name": "승선 항구", "kind": "category", "missing": 2, "distinct": 3}
        | {"top": [["Southampton", 644], ["Cherbourg", 168], ["Queenstown", 77]]},
        {"name": "cabin", "kind": "text", "role": "left out", "missing": 687, "distinct": 147},
    ]
    columns.append({"name": _TARGETS[kind], "kind": "category", "role": "target", "missing": 0})
    summary: dict[str, Any] = {
        "name": "passengers",
        "rows": 344,
        "source": {"kind": "csv", "path": "passengers.csv", "encoding": "cp949"},
        "split": {"kind": "stratified", "seed": 0},
        "parts": {"train": 275, "valid": 69},
        "columns": columns,
        "target": {"targets": [{"min": 1.0, "mean": 2.0, "max": 3.0}]},
        "notices": [{"key": "recipe.unreadable", "values": {"where": "cabin", "detail": "?"}}],
    }
    if kind != "regression":
        counts = {name: 40 - 3 * index for index, name in enumerate(_CLASSES[kind])}
        summary["target"] = {"classes": counts}
    task = {
        "kind": kind,
        "classes": list(_CLASSES[kind]),
        "outputs": len(_CLASSES[kind]) if kind == "multiclass" else 1,
        "target_names": [_TARGETS[kind]],
    }
    return {"task": task, "preparation": {}, "summary": summary}


def _evaluation(kind: str, dice: random.Random) -> dict[str, Any]:
    results: dict[str, Any] = {"metrics": {}}
    classes = _CLASSES[kind]
    if classes:
        results["confusion"] = {
            "classes": list(classes),
            "matrix": [
                [
                    dice.randint(14, 40) if truth == answer else max(0, dice.randint(-7, 4))
                    for answer in range(len(classes))
                ]
                for truth in range(len(classes))
            ],
        }
        results["mistakes"] = [
            {
                "row": dice.randint(0, 343),
                "true": classes[index % len(classes)],
                "predicted": classes[(index + 1) % len(classes)],
                "probability": 0.99 - 0.03 * index,
            }
            for index in range(8)
        ]
        results["calibration"] = [
            {"probability": at, "share": at**1.4, "count": 4 + round(60 * abs(at - 0.5))}
            for at in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
        ]
    else:
        true = [dice.lognormvariate(5, 0.5) for _ in range(300)]
        predicted = [value * 0.9 + 12 + dice.gauss(0, 0.1 * value) for value in true]
        results["residuals"] = {"true": true, "predicted": predicted}
    importance = [
        {"column": column, "drop": drop, "std": 0.012}
        for column, drop in (
            ("age", 0.121),
            ("승선 항구", 0.064),
            ("fare", 0.038),
            ("number of siblings aboard", 0.011),
            ("cabin", -0.004),
        )
    ]
    metric = "r2" if kind == "regression" else "accuracy"
    return {
        "valid": results,
        "importance": importance,
        "importance_metric": metric,
        "part": "valid",
    }


def _vitals(epochs: int, outputs: int, dice: random.Random) -> list[dict[str, Any]]:
    lines = []
    for epoch in range(1, epochs + 1):
        for layer, name in ((0, "dense 64 relu"), (2, "dense 32 relu"), (3, f"dense {outputs}")):
            noise = math.exp(dice.gauss(0, 0.08))
            lines.append(
                {
                    "epoch": epoch,
                    "layer": layer,
                    "name": name,
                    "gradient_norm": 0.02 * (layer + 1) ** 1.5 * math.exp(-epoch / 14) * noise,
                    "weight_norm": 5.0 + layer + 0.02 * epoch,
                    "update_ratio": 0.003 * math.exp(-epoch / 12) * noise * (1 + layer / 2),
                    "activation_mean": 0.3 - 0.1 * layer + dice.gauss(0, 0.01),
                    "activation_std": 0.9 / (1 + layer) * noise,
                    "dead": None if layer == 3 else min(1.0, 0.01 * layer * epoch),
                    "saturated": None,
                }
            )
    return lines
