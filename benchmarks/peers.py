"""The contenders: one class a library, each in its best plain setting, found before the race.

All train the same network (a multilayer perceptron with ReLU, if the work does not bring its own)
by Adam at the same learning rate on the same examples, from fresh weights, with a new order of the
examples each epoch and the last, smaller minibatch included.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import fastest

Arrays = tuple[NDArray[Any], NDArray[np.int32]]


@dataclasses.dataclass(frozen=True)
class Networks:
    """One network in each library, without its output layer where Jaram and Keras put it.

    jaram: as in a recipe. torch: makes a module that gives logits. keras: makes layers.
    """

    jaram: str
    torch: Callable[[], Any]
    keras: Callable[[], list[Any]] | None = None


@dataclasses.dataclass(frozen=True)
class Work:
    """What is trained.

    data: makes x ``(rows, columns)``, pictures ``(rows, height, width, channels)``, series ``(rows,
    steps, channels)`` or ids of texts ``(rows, steps)``, 0 behind their ends, and y, class numbers.
    loaded: the same as Jaram reads it, where it is not arrays to Jaram. tries: how often each of a
    rival's settings is tried before the race.
    """

    data: Callable[[], Arrays]
    hidden: tuple[int, ...] = (64, 32)
    classes: int = 2
    batch: int = 32
    learning_rate: float = 1e-3
    networks: Networks | None = None
    loaded: Callable[[], Any] | None = None
    tries: int = 3

    @property
    def outputs(self) -> int:
        return 1 if self.classes == 2 else self.classes


class Jaram:
    """``jr.train`` as delivered: evaluation of every epoch, probe, history, best weights.

    validation: the share of the rows set aside. rates: one model each, a population if several.
    """

    def __init__(
        self,
        work: Work,
        validation: float = 0.0,
        rates: tuple[float, ...] = (),
        vitals: bool = True,
    ) -> None:
        import jaram as jr

        self._work, self._vitals = work, vitals
        self._data = work.loaded() if work.loaded else jr.Data(*work.data())
        self._rates = rates or (work.learning_rate,)
        self._validation = validation
        self.setting = f"validation={validation:g}"
        if not vitals:
            self.setting += ", no probe"

    def train(self, epochs: int) -> None:
        import jaram as jr

        layers: Any = tuple(jr.Dense(size, "relu") for size in self._work.hidden)
        if self._work.networks:
            layers = self._work.networks.jaram
        recipes = [
            jr.Recipe(
                network=layers,
                optimizer=jr.Adam(learning_rate=rate),
                batch_size=self._work.batch,
                epochs=epochs,
                penalties=(),
                averaging=None,
                augment=(),
                stop=None,
                validation=self._validation,
            )
            for rate in self._rates
        ]
        self._runs = jr.train(recipes, self._data, vitals=self._vitals)

    def accuracy(self) -> float:
        """Of the best member."""
        return max(float(run.metrics["train/accuracy"]) for run in self._runs)


class BareScan:
    """JAX and Optax by hand: all epochs' examples laid out in order and scanned, nothing else."""

    setting = "one compiled call an epoch"

    def __init__(self, work: Work) -> None:
        import jax
        import jax.numpy as jnp
        import optax

        self._work = work
        x, y = work.data()
        self._x, self._y = jnp.asarray(x), jnp.asarray(y, jnp.float32)
        sizes = (x.shape[1], *work.hidden, work.outputs)
        self._sizes = sizes
        rule = optax.adam(work.learning_rate)
        self._rule = rule

        def forward(params: Any, rows: Any) -> Any:
            for weight, bias in params[:-1]:
                rows = jax.nn.relu(rows @ weight + bias)
            weight, bias = params[-1]
            return rows @ weight + bias

        def objective(params: Any, rows: Any, wanted: Any) -> Any:
            z = forward(params, rows)
            if work.outputs == 1:
                return optax.sigmoid_binary_cross_entropy(z[:, 0], wanted).mean()
            labels = wanted.astype(jnp.int32)
            return optax.softmax_cross_entropy_with_integer_labels(z, labels).mean()

        def step(carry: Any, batch: Any) -> Any:
            params, moments = carry
            loss, gradients = jax.value_and_grad(objective)(params, *batch)
            updates, moments = rule.update(gradients, moments)
            return (optax.apply_updates(params, updates), moments), loss

        def epoch(carry: Any, rows: Any, wanted: Any, order: Any) -> Any:
            flat = order.reshape(-1)
            laid_out = rows[flat].reshape(*order.shape, -1), wanted[flat].reshape(order.shape)
            return jax.lax.scan(step, carry, laid_out)

        self._epoch = jax.jit(epoch, donate_argnums=0)
        self._forward = jax.jit(forward)

    def train(self, epochs: int) -> None:
        random = np.random.default_rng(0)
        params = [
            (
                (random.standard_normal((n, m)) * (2 / n) ** 0.5).astype(np.float32),
                np.zeros(m, np.float32),
            )
            for n, m in zip(self._sizes, self._sizes[1:], strict=False)
        ]
        carry: Any = (params, self._rule.init(params))
        rows, batch = len(self._x), self._work.batch
        losses = []
        for _ in range(epochs):
            order = np.resize(random.permutation(rows).astype(np.int32), (-(-rows // batch), batch))
            carry, loss = self._epoch(carry, self._x, self._y, order)
            losses.append(loss)
        losses[-1].block_until_ready()
        self._params = carry[0]

    def accuracy(self) -> float:
        return _accuracy(self._forward(self._params, self._x), self._y)


class Torch:
    """A plain PyTorch loop over tensors in memory, indexed by a permutation: no DataLoader.

    The number of threads, the fused or the plain Adam, and for pictures whether channels come last
    in memory, are those that are fastest here. Minibatches of texts end with their longest.
    """

    def __init__(self, work: Work) -> None:
        import torch

        self._work = work
        x, y = work.data()
        self._x = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x)
        self._length = torch.from_numpy((x != 0).sum(axis=1)) if x.dtype == np.int64 else None
        self._y = torch.from_numpy(y.astype(np.float32 if work.outputs == 1 else np.int64))
        tries = {
            f"{threads} threads, {kind} Adam{', channels last' * is_last}": partial(
                self._try, threads, kind == "fused", is_last
            )
            for threads in sorted({1, os.cpu_count() or 1})
            for kind in ("plain", "fused")
            for is_last in ((False, True) if x.ndim == 4 else (False,))
        }
        self.setting = fastest(tries, work.tries)
        tries[self.setting]()

    def _try(self, threads: int, is_fused: bool, is_last: bool) -> None:
        import torch

        torch.set_num_threads(threads)
        self._is_fused = is_fused
        if self._x.ndim == 4:
            self._format = torch.channels_last if is_last else torch.contiguous_format
            self._x = self._x.contiguous(memory_format=self._format)
        self.train(1)

    def _network(self) -> Any:
        model = torch_network(self._work, self._x.shape[1])
        return model.to(memory_format=self._format) if self._x.ndim == 4 else model

    def _inputs(self, rows: Any) -> Any:
        x = self._x[rows]
        return x if self._length is None else x[:, : int(self._length[rows].max())]

    def train(self, epochs: int) -> None:
        import torch

        model, loss = self._network(), torch_loss(self._work)
        rule = torch.optim.Adam(model.parameters(), self._work.learning_rate, fused=self._is_fused)
        for _ in range(epochs):
            for rows in torch.randperm(len(self._x)).split(self._work.batch):
                rule.zero_grad()
                loss(model(self._inputs(rows)), self._y[rows]).backward()
                rule.step()
        self._model = model

    def accuracy(self) -> float:
        import torch

        self._model.eval()
        rows = torch.arange(len(self._x)).split(1000)
        with torch.no_grad():
            z = torch.cat([self._model(self._inputs(part)) for part in rows])
        return _accuracy(z.numpy(), self._y.numpy())


class TorchLoader(Torch):
    """The same with ``DataLoader(TensorDataset(x, y))``, as tutorials write it."""

    def train(self, epochs: int) -> None:
        import torch
        from torch.utils.data import DataLoader, TensorDataset

        model, loss = torch_network(self._work, self._x.shape[1]), torch_loss(self._work)
        rule = torch.optim.Adam(model.parameters(), self._work.learning_rate, fused=self._is_fused)
        loader = DataLoader(TensorDataset(self._x, self._y), self._work.batch, shuffle=True)
        for _ in range(epochs):
            for x, y in loader:
                rule.zero_grad()
                loss(model(x), y).backward()
                rule.step()
        self._model = model


class ScikitLearn:
    """``MLPClassifier`` without penalty and without stopping early."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._x, self._y = work.data()
        tries = {
            f"{threads} threads": partial(self._try, threads)
            for threads in sorted({1, os.cpu_count() or 1})
        }
        self._limit: Any = None
        self.setting = fastest(tries)
        tries[self.setting]()

    def _try(self, threads: int) -> None:
        import sklearn.neural_network  # noqa: F401  (loads the libraries whose threads are limited)
        from threadpoolctl import threadpool_limits

        self._limit = threadpool_limits(threads)
        self.train(1)

    def train(self, epochs: int) -> None:
        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore")  # that it has not converged is meant
        self._model = MLPClassifier(
            self._work.hidden,
            alpha=0.0,
            batch_size=self._work.batch,
            learning_rate_init=self._work.learning_rate,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=10**9,
        ).fit(self._x, self._y)

    def accuracy(self) -> float:
        return float(self._model.score(self._x, self._y))


class Skorch(Torch):
    """skorch without callbacks or validation split, over a loader that indexes tensors."""

    def train(self, epochs: int) -> None:
        import torch
        from skorch import NeuralNet

        self._net = NeuralNet(
            partial(torch_network, self._work, self._x.shape[1]),
            criterion=partial(torch_loss, self._work),
            optimizer=torch.optim.Adam,
            optimizer__fused=self._is_fused,
            lr=self._work.learning_rate,
            max_epochs=epochs,
            batch_size=self._work.batch,
            iterator_train=_loader_for_skorch,
            train_split=None,
            callbacks="disable",
            verbose=0,
        )
        self._net.fit(self._x, self._y)
        self._model = self._net.module_


class Lightning(Torch):
    """Lightning's ``Trainer(barebones=True)``, made for the least overhead, same loader."""

    def train(self, epochs: int) -> None:
        import lightning
        import torch

        for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        work, is_fused = self._work, self._is_fused
        model, loss = torch_network(work, self._x.shape[1]), torch_loss(work)

        class Module(lightning.LightningModule):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def training_step(self, batch: Any, _: int) -> Any:
                return loss(self.model(batch[0]), batch[1])

            def configure_optimizers(self) -> Any:
                return torch.optim.Adam(self.parameters(), work.learning_rate, fused=is_fused)

        trainer = lightning.Trainer(max_epochs=epochs, barebones=True, accelerator="cpu")
        trainer.fit(Module(), TensorLoader(self._x, self._y, work.batch))
        self._model = model


class Keras:
    """Keras on JAX, compiled as by default, with the fastest number of steps an execution.

    The model is built once and its first weights are put back, because building one anew compiles
    anew.
    """

    def __init__(self, work: Work) -> None:
        os.environ["KERAS_BACKEND"] = "jax"
        self._work = work
        self._x, self._y = work.data()
        steps = -(-len(self._x) // work.batch)
        models = {f"{each} steps an execution": self._built(each) for each in (1, 32, steps)}
        for model in models.values():
            self._fit(model, 1)
        fits = {name: partial(self._fit, model, 1) for name, model in models.items()}
        self.setting = fastest(fits, work.tries)
        self._model = models[self.setting]

    def _built(self, steps: int) -> Any:
        import keras

        outputs = self._work.outputs
        layers = [keras.layers.Dense(size, activation="relu") for size in self._work.hidden]
        if self._work.networks:
            assert self._work.networks.keras is not None
            layers = self._work.networks.keras()
        model = keras.Sequential([*layers, keras.layers.Dense(outputs)])
        losses = keras.losses
        kind = losses.BinaryCrossentropy if outputs == 1 else losses.SparseCategoricalCrossentropy
        model.compile(
            keras.optimizers.Adam(self._work.learning_rate),
            kind(from_logits=True),
            steps_per_execution=steps,
        )
        model.build((None, *self._x.shape[1:]))
        model.optimizer.build(model.trainable_variables)
        model.first = [np.array(v) for v in (*model.variables, *model.optimizer.variables)]
        return model

    def _fit(self, model: Any, epochs: int) -> None:
        for variable, first in zip(
            (*model.variables, *model.optimizer.variables), model.first, strict=False
        ):
            variable.assign(first)
        y = self._y.astype(np.float32)[:, None] if self._work.outputs == 1 else self._y
        model.fit(self._x, y, batch_size=self._work.batch, epochs=epochs, verbose=0)

    def train(self, epochs: int) -> None:
        self._fit(self._model, epochs)

    def accuracy(self) -> float:
        return _accuracy(self._model.predict(self._x, batch_size=1000, verbose=0), self._y)


class TensorLoader:
    """Minibatches of tensors in memory, in a new order each time they are asked for."""

    def __init__(self, x: Any, y: Any, batch: int) -> None:
        self._x, self._y, self._batch = x, y, batch

    def __len__(self) -> int:
        return -(-len(self._x) // self._batch)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        import torch

        for rows in torch.randperm(len(self._x)).split(self._batch):
            yield self._x[rows], self._y[rows]


def _loader_for_skorch(dataset: Any, batch_size: int) -> TensorLoader:
    return TensorLoader(dataset.X, dataset.y, batch_size)


def torch_network(work: Work, columns: int) -> Any:
    """The network in PyTorch; one output's axis is dropped."""
    from torch import nn

    if work.networks:
        return work.networks.torch()
    sizes, layers = (columns, *work.hidden), []
    for n, m in itertools.pairwise(sizes):
        layers += [nn.Linear(n, m), nn.ReLU()]
    tail = [nn.Flatten(0)] if work.outputs == 1 else []
    return nn.Sequential(*layers, nn.Linear(sizes[-1], work.outputs), *tail)


def torch_loss(work: Work) -> Any:
    from torch import nn

    return nn.BCEWithLogitsLoss() if work.outputs == 1 else nn.CrossEntropyLoss()


def _accuracy(z: Any, y: Any) -> float:
    z = np.asarray(z).reshape(len(y), -1)
    answers = z[:, 0] > 0 if z.shape[1] == 1 else z.argmax(axis=1)
    return float((answers == np.asarray(y)).mean())
