"""Convolutional and recurrent networks: time of an epoch, side by side, and memory.

``--only NAME ...`` races some of them. Pictures are those of MNIST's test part (random numbers
where they are not at hand), texts are Korean film reviews.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import HERE, Entry, Target, Worker, markdown, note, race, report, section
from mnist import pictures
from peers import Arrays, Jaram, Keras, Networks, Torch, Work

REVIEWS = HERE.parent.parent / "shared" / "data" / "nsmc" / "train.tsv"
TEXTS = 8_000


def as_pictures() -> Arrays:
    """The first 4,096, ``(4096, 28, 28, 1)``."""
    x, y = pictures()
    return x[:4096].reshape(-1, 28, 28, 1), y[:4096]


def as_colours() -> Arrays:
    """2,048 of them on 32×32 in three colours, each brighter than the one before."""
    x, y = as_pictures()
    large = np.pad(x[:2048], ((0, 0), (2, 2), (2, 2), (0, 0)))
    return large * np.array([0.5, 0.75, 1.0], np.float32), y[:2048]


def as_series() -> Arrays:
    """4,096 of them as series of 56 half rows."""
    x, y = pictures()
    return x[:4096].reshape(-1, 56, 14), y[:4096]


def small_digits() -> Arrays:
    """The 1,797 pictures of 8×8 that scikit-learn brings."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x.reshape(-1, 8, 8, 1) / 16).astype(np.float32), y.astype(np.int32)


@cache
def reviews() -> Any:
    """As Jaram prepares them: ids of characters, padded behind."""
    from jaram.data.prepare import PrepareOptions, prepare

    return prepare(loaded_reviews(), PrepareOptions(validation=0.0))


def loaded_reviews() -> Any:
    import jaram as jr

    lines = REVIEWS.read_text(encoding="utf-8").splitlines()[1 : TEXTS + 1]
    texts, labels = zip(*(line.rsplit("\t", 1) for line in lines), strict=True)
    columns = {"review": list(texts), "positive": list(labels)}
    return jr.load(columns, target="positive", text="review")


def as_texts() -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    train = reviews().train
    return np.asarray(train.x, np.int64), np.asarray(train.y, np.int32)


def torch_lenet(side: int, filters: int, dense: int) -> Any:
    from torch import nn

    flat = 2 * filters * (side // 4) ** 2
    return nn.Sequential(
        *(nn.Conv2d(1, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(filters, 2 * filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(flat, dense), nn.ReLU(), nn.Linear(dense, 10)),
    )


def keras_lenet() -> list[Any]:
    from keras import layers

    return [
        *(layers.Conv2D(32, 3, padding="same", activation="relu"), layers.MaxPooling2D()),
        *(layers.Conv2D(64, 3, padding="same", activation="relu"), layers.MaxPooling2D()),
        *(layers.Flatten(), layers.Dense(128, activation="relu")),
    ]


def torch_resnet20() -> Any:
    from torch import nn

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, before: int, width: int) -> None:
            super().__init__()
            stride = width // before
            self.inside = nn.Sequential(
                *(nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)),
                *(nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1, bias=False)),
                nn.BatchNorm2d(width),
            )
            is_same = before == width
            self.beside = nn.Identity() if is_same else nn.Conv2d(before, width, 1, 2, bias=False)

        def forward(self, x: Any) -> Any:
            return (self.inside(x) + self.beside(x)).relu()

    widths = [(16, 16)] * 3 + [(16, 32)] + [(32, 32)] * 2 + [(32, 64)] + [(64, 64)] * 2
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
        *(Block(before, width) for before, width in widths),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)),
    )


def torch_recurrent(kind: str, is_both_ways: bool) -> Any:
    import torch
    from torch import nn

    class Last(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.reads = getattr(nn, kind)(14, 128, batch_first=True, bidirectional=is_both_ways)
            self.answers = nn.Linear(256 if is_both_ways else 128, 10)

        def forward(self, x: Any) -> Any:
            found = self.reads(x)[1]
            last = found[0] if kind == "LSTM" else found
            return self.answers(torch.cat(list(last), dim=-1))

    return Last()


def keras_recurrent(kind: str, is_both_ways: bool) -> list[Any]:
    from keras import layers

    layer = getattr(layers, kind)(128)
    return [layers.Bidirectional(layer) if is_both_ways else layer]


def torch_text_cnn() -> Any:
    import torch
    from torch import nn

    class TextCNN(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.units = nn.Embedding(reviews().preparation.text.vocabulary.size, 64, 0)
            self.sees = nn.ModuleList(nn.Conv1d(64, 100, k, padding="same") for k in (2, 3, 4, 5))
            self.answers = nn.Sequential(nn.Dropout(0.5), nn.Linear(400, 1), nn.Flatten(0))

        def forward(self, ids: Any) -> Any:
            x = self.units(ids).transpose(1, 2)
            hidden = (ids == 0)[:, None]
            strongest = [
                torch.relu(sees(x)).masked_fill(hidden, 0.0).amax(dim=2) for sees in self.sees
            ]
            return self.answers(torch.cat(strongest, dim=1))

    return TextCNN()


def torch_bilstm() -> Any:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence

    class BiLSTM(nn.Module):  # type: ignore[misc]
        """The last states of both directions, over the real steps."""

        def __init__(self) -> None:
            super().__init__()
            self.units = nn.Embedding(reviews().preparation.text.vocabulary.size, 64, 0)
            self.reads = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
            self.answers = nn.Sequential(nn.Dropout(0.5), nn.Linear(128, 1), nn.Flatten(0))

        def forward(self, ids: Any) -> Any:
            lengths = (ids != 0).sum(dim=1).clamp(min=1)
            packed = pack_padded_sequence(
                self.units(ids), lengths, batch_first=True, enforce_sorted=False
            )
            return self.answers(torch.cat(list(self.reads(packed)[1][0]), dim=1))

    return BiLSTM()


LENET = Networks(
    "conv 32 3 relu, max_pool 2, conv 64 3 relu, max_pool 2, flatten, dense 128 relu",
    partial(torch_lenet, 28, 32, 128),
    keras_lenet,
)
SMALL = Networks(
    "conv 8 3 relu, max_pool 2, conv 16 3 relu, max_pool 2, flatten, dense 32 relu",
    partial(torch_lenet, 8, 8, 32),
)


def of_texts(network: str, torch: Callable[[], Any]) -> Work:
    networks = Networks(network, torch)
    return Work(as_texts, batch=128, tries=1, networks=networks, loaded=loaded_reviews)


def recurrent(kind: str, is_both_ways: bool = False) -> Work:
    layer = f"bidirectional ({kind.lower()} 128)" if is_both_ways else f"{kind.lower()} 128"
    networks = Networks(
        layer,
        partial(torch_recurrent, kind, is_both_ways),
        partial(keras_recurrent, kind, is_both_ways),
    )
    return Work(as_series, classes=10, batch=128, tries=1, networks=networks)


@dataclasses.dataclass(frozen=True)
class Asked:
    """A race: what is trained, the epochs that are compared, and what is aimed at."""

    title: str
    what: str
    work: Work
    short: int
    long: int
    over_torch: float
    over_keras: float | None = None
    models: int = 1


RACES = {
    "lenet": Asked(
        "A network like LeNet",
        "4,096 pictures of 28×28: convolutions of 32 and 64 filters, 128 units",
        Work(as_pictures, classes=10, batch=128, tries=1, networks=LENET),
        *(1, 4, 1.2, 3.0),
    ),
    "resnet20": Asked(
        "ResNet-20",
        "2,048 pictures of 32×32 in three colours",
        Work(
            as_colours,
            classes=10,
            batch=128,
            tries=1,
            networks=Networks("resnet20", torch_resnet20),
        ),
        *(1, 2, 1.0),
    ),
    "lstm": Asked("LSTM", "4,096 series of 56 steps, 128 units", recurrent("LSTM"), 1, 4, 1.0, 1.5),
    "gru": Asked("GRU", "4,096 series of 56 steps, 128 units", recurrent("GRU"), 1, 4, 1.0, 1.5),
    "bilstm": Asked(
        "BiLSTM",
        "4,096 series of 56 steps, 128 units each way",
        recurrent("LSTM", True),
        *(1, 4, 1.0, 1.5),
    ),
    "text_cnn": Asked(
        "Text CNN",
        f"{TEXTS:,} Korean film reviews by characters: 100 filters of each of four widths",
        of_texts("text_cnn", torch_text_cnn),
        *(1, 3, 1.0),
    ),
    "text_bilstm": Asked(
        "BiLSTM over texts",
        f"{TEXTS:,} Korean film reviews by characters: 64 units each way, the last states",
        of_texts("bidirectional (lstm 64), dropout 0.5", torch_bilstm),
        *(1, 3, 1.0),
    ),
    "population": Asked(
        "32 small convolutional networks",
        "1,797 pictures of 8×8: convolutions of 8 and 16 filters, 32 units; 32 learning rates "
        "at once, an epoch and network",
        Work(small_digits, classes=10, batch=32, networks=SMALL),
        *(1, 4, 5.0),
        models=32,
    ),
}


def raced(asked: Asked, repeats: int) -> None:
    """Race one work and print its section."""
    rates = tuple(np.geomspace(1e-4, 1e-2, asked.models).tolist()) if asked.models > 1 else ()
    ours = Entry(*("Jaram", Jaram, (asked.work, 0.0, rates)), short=asked.short, long=asked.long)
    entries = [
        dataclasses.replace(ours, models=asked.models),
        Entry("PyTorch loop", Torch, (asked.work,), asked.short, asked.long),
    ]
    targets = [Target("Jaram", "PyTorch loop", asked.over_torch)]
    if asked.over_keras:
        entries.append(Entry("Keras on JAX", Keras, (asked.work,), asked.short, asked.long))
        targets.append(Target("Jaram", "Keras on JAX", asked.over_keras))
    report(
        asked.title,
        f"{asked.what}; minibatches of {asked.work.batch}, Adam. Seconds an epoch after "
        "compilation.",
        race(entries, repeats),
        targets,
        against="Jaram",
        per="an epoch",
    )


@dataclasses.dataclass
class Resident:
    """A contender in whose process the most memory that was resident is asked for."""

    contender: type
    work: Work

    def __post_init__(self) -> None:
        self._made = self.contender(self.work)
        self.setting = self._made.setting

    def train(self, epochs: int) -> None:
        self._made.train(epochs)

    def accuracy(self) -> float:
        return float(self._made.accuracy())

    def most(self) -> float:
        """The process's peak resident memory in MiB."""
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


LIMIT_OF_MEMORY = 1.5


def memory() -> None:
    """Print the peak memory of whole processes."""
    rows, verdicts = [], []
    for name in ("lenet", "resnet20", "lstm"):
        found = {}
        for who, contender in (("Jaram", Jaram), ("PyTorch", Torch)):
            worker = Worker(Resident, contender, RACES[name].work)
            worker.ask("train", 2)
            found[who] = worker.ask("most")[1]
            worker.close()
            note(f"{name}, {who}: {found[who]:.0f} MiB")
        ratio = found["Jaram"] / found["PyTorch"]
        rows.append([name, *(f"{value:.0f} MiB" for value in found.values()), f"{ratio:.2f}"])
        kept = "met" if ratio <= LIMIT_OF_MEMORY else "**missed**"
        verdicts.append(f"- {name}: {ratio:.2f} of {LIMIT_OF_MEMORY:g}, {kept}")
    section(
        "Memory while training",
        "Peak resident memory of a process that trains for two epochs, libraries, data and "
        "compilation included.",
    )
    print(markdown(["network", "Jaram", "PyTorch loop", "Jaram / PyTorch"], rows))
    print("\n" + "\n".join(verdicts) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=[*RACES, "memory"], default=[*RACES, "memory"])
    given = parser.parse_args()
    for name in given.only:
        if name == "memory":
            memory()
        else:
            raced(RACES[name], given.repeats)
