"""The watcher of PyTorch loops: it sees what Jaram's probe sees, and changes nothing."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.doctor.evidence import Evidence, Vitals
from jaram.errors import RunError, UsageError
from jaram.interop.logs import read_curves
from jaram.network.network import initial_params

torch = pytest.importorskip("torch")

from jaram.interop.torch import SPACING, STALE, watch  # noqa: E402

nn, F = torch.nn, torch.nn.functional

ROWS = 96
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(np.int64)


class Functional(nn.Module):  # type: ignore[misc]
    """The same network with functions in place of modules."""

    def __init__(self, hidden: Any, answer: Any, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.answer, self.hidden, self.function = answer, hidden, function

    def forward(self, x: Any) -> Any:
        return torch.sigmoid(self.answer(self.function(self.hidden(x)))).squeeze(1)


def loop(
    module: Any,
    optimizer: Any,
    epochs: int = 4,
    batch: int = ROWS,
    watcher: Any = None,
    loss_of: Callable[[Any, Any], Any] = F.binary_cross_entropy,
) -> None:
    """A plain loop over the rows in their order."""
    x, y = torch.tensor(X), torch.tensor(Y, dtype=torch.float32)
    for _ in range(epochs):
        for start in range(0, ROWS, batch):
            rows = slice(start, start + batch)
            optimizer.zero_grad()
            loss = loss_of(module(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            if watcher is not None:
                watcher.step(loss)
        if watcher is not None:
            watcher.epoch(valid_loss=loss)


def small(*last: Any) -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1), *last, nn.Flatten(0))


def watched(module: Any = None, **loop_fields: Any) -> Evidence:
    module = small(nn.Sigmoid()) if module is None else module
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    watcher = watch(module, optimizer)
    loop(module, optimizer, watcher=watcher, **loop_fields)
    return watcher.evidence()


def vitals_of(evidence: Evidence) -> Vitals:
    assert evidence.vitals is not None
    return evidence.vitals


# --- the signs ----------------------------------------------------------------------------------

FUNCTIONS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "relu": (nn.ReLU, torch.relu),
    "tanh": (nn.Tanh, torch.tanh),
    "sigmoid": (nn.Sigmoid, F.sigmoid),
    "elu": (lambda: nn.ELU(0.5), lambda x: F.elu(x, alpha=0.5)),
    "softplus": (lambda: nn.Softplus(beta=2.0), lambda x: F.softplus(x, 2)),
    "leaky_relu": (nn.LeakyReLU, F.leaky_relu),
}
OURS = {"elu": jr.ELU(alpha=0.5), "softplus": jr.Softplus(sharpness=2.0)}


@pytest.mark.parametrize("is_functional", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_signs_are_those_of_our_probe(name: str, is_functional: bool) -> None:
    # With the training part as one minibatch, our probe after an epoch sees what the next step
    # sees, of which the watcher tells.
    recipe = jr.Recipe(
        network=(jr.Dense(8, OURS.get(name, name)),),
        optimizer=jr.SGD(learning_rate=0.5),
        batch_size="full",
        epochs=4,
        stop=None,
        penalties=(),
        validation=0.0,
        scale="none",
    )
    run = jr.train(recipe, jr.Data(X, Y))
    assert run.recipe.network is not None
    hidden, answer = nn.Linear(3, 8), nn.Linear(8, 1)
    first = initial_params(run.recipe.network, run.recipe.seed, run.input_shape)
    with torch.no_grad():
        for layer, params in zip((hidden, answer), first, strict=True):
            layer.weight.copy_(torch.tensor(np.asarray(params["weight"]).T))
            layer.bias.copy_(torch.tensor(np.asarray(params["bias"])))
    as_module, as_function = FUNCTIONS[name]
    if is_functional:
        module: Any = Functional(hidden, answer, as_function)
    else:
        module = nn.Sequential(hidden, as_module(), answer, nn.Sigmoid(), nn.Flatten(0))
    seen = vitals_of(watched(module, epochs=4))
    assert [layer.split(" (")[0] for layer in seen.layers] == [
        f"linear 8 {name}",
        "linear 1 sigmoid",
    ]
    # float32 in another order; changes are differences of near numbers.
    np.testing.assert_allclose(seen.signs[1:], run.chronicle.vitals[:-1], rtol=1e-4, atol=1e-6)


def test_the_norms_of_a_minibatch() -> None:
    """Against the plain computation, for the last minibatch but one."""
    module, steps = small(nn.Sigmoid()), []
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01, weight_decay=0.1)
    watcher = watch(module, optimizer, steps_per_epoch=3)

    def norm(tensors: Any) -> float:
        return float(torch.sqrt(sum((one.detach() ** 2).sum() for one in tensors)))

    def note(before: bool) -> None:
        layers = [list(module[place].parameters()) for place in (0, 2)]
        if before:
            steps.append([[p.detach().clone() for p in layer] for layer in layers])
            return
        steps[-1] = [
            (
                norm([p.grad for p in layer]),
                norm(old),
                norm([p - q for p, q in zip(layer, old, strict=True)]) / norm(old),
            )
            for layer, old in zip(layers, steps[-1], strict=True)
        ]

    optimizer.register_step_pre_hook(lambda *_: note(before=True))
    optimizer.register_step_post_hook(lambda *_: note(before=False))
    loop(module, optimizer, epochs=2, batch=32, watcher=watcher)
    signs = vitals_of(watcher.evidence()).signs
    for epoch in range(2):
        np.testing.assert_allclose(signs[epoch, :, :3], steps[3 * epoch + 1], rtol=1e-5)


def test_dead_units_are_judged_on_enough_rows() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid(), nn.Flatten(0)
    )
    with torch.no_grad():
        module[0].weight[:16], module[0].bias[:16], module[0].bias[16:] = 0, -1, 5
    for parameter in module[0].parameters():
        parameter.requires_grad = False
    dead = vitals_of(watched(module, epochs=60, batch=8))["dead"][:, 0]
    assert (dead == 0.25).all()
    # 8 rows at a time are not enough.
    assert np.isnan(vitals_of(watched(module, epochs=4, batch=8))["dead"]).all()


def test_channels_are_the_units_of_a_convolution() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Unflatten(1, (1, 3)),
        nn.Conv1d(1, 4, 2),
        nn.BatchNorm1d(4),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(8, 1),
        nn.Sigmoid(),
        nn.Flatten(0),
    )
    with torch.no_grad():
        module[2].weight[0], module[2].bias[0] = 0, -1
    seen = vitals_of(watched(module, epochs=1))
    assert seen.layers[:2] == ("conv1d 4 (1)", "batchnorm1d 4 relu (2)")
    assert seen.weighted == [0, 2]  # the convolution and the last layer
    assert seen["dead"][0, 1] == 0.25
    assert np.isnan(seen["dead"][0, 0])


# --- modules and optimizers of all kinds --------------------------------------------------------


class Odd(nn.Module):  # type: ignore[misc]
    """Layers that are declared in another order than called, called twice, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 1)
        self.unused = nn.Linear(2, 2)
        self.shared = nn.Linear(4, 4)
        self.memory = nn.LSTM(1, 4, batch_first=True)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Any) -> Any:
        y = self.memory(x.unsqueeze(2))[0][:, -1] + 1
        for _ in range(2):
            y = self.shared(y).clamp(min=0)
        return torch.sigmoid(self.last(y) * self.scale).squeeze(1)


def test_an_odd_module() -> None:
    torch.manual_seed(0)
    module = Odd()
    nn.init.constant_(module.shared.bias, 1.0)  # so that it is not silent
    seen = vitals_of(watched(module, epochs=2))
    called = ("lstm 4 (memory)", "linear 4 relu (shared)", "linear 1 (last)")
    assert tuple(seen.layers[place] for place in seen.weighted) == called
    assert set(seen.layers) - set(called) == {"odd", "linear 2 (unused)"}
    unused = seen.layers.index("linear 2 (unused)")
    assert seen["gradient_norm"][:, unused].tolist() == [0, 0]
    assert seen["update_ratio"][:, unused].tolist() == [0, 0]
    assert np.isnan(seen["activation_mean"][:, unused]).all()
    assert (seen["gradient_norm"][:, seen.weighted] > 0).all()


def test_attention() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Unflatten(1, (3, 1)),
        nn.Linear(1, 4),
        nn.TransformerEncoderLayer(4, 1, 8, batch_first=True, dropout=0.0),
        nn.Flatten(),
        nn.Linear(12, 1),
        nn.Sigmoid(),
        nn.Flatten(0),
    )
    seen = vitals_of(watched(module, epochs=2))
    assert [seen.layers[place] for place in seen.weighted] == [
        "linear 4 (1)",
        "multiheadattention (2.self_attn)",
        "linear 4 (2.self_attn.out_proj)",  # is used without being called
        "linear 8 relu (2.linear1)",
        "linear 4 (2.linear2)",
        "linear 1 sigmoid (4)",
    ]


def test_frozen_and_forgotten_layers() -> None:
    module = small(nn.Sigmoid())
    for parameter in module[0].parameters():
        parameter.requires_grad = False
    seen = vitals_of(watched(module, epochs=2))
    assert np.isnan(seen["weight_norm"][:, 0]).all()  # not among those that learn
    assert list(seen.trainable) == [1]
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module[2].parameters(), lr=0.5)  # the first layer is forgotten
    watcher = watch(module, optimizer)
    loop(module, optimizer, watcher=watcher, epochs=2)
    seen = vitals_of(watcher.evidence())
    assert (seen["gradient_norm"][:, 0] > 0).all()
    assert (seen["update_ratio"][:, 0] == 0).all()
    assert (seen["update_ratio"][:, 1] > 0).all()


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda p: torch.optim.SGD(p, lr=0.1), "sgd"),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), "momentum"),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), "nesterov"),
        (lambda p: torch.optim.Adam(p, lr=0.1), "adam"),
        (lambda p: torch.optim.Adam(p, lr=0.1, amsgrad=True), "amsgrad"),
        (lambda p: torch.optim.AdamW(p, lr=0.1), "adamw"),
        (lambda p: torch.optim.RMSprop(p, lr=0.1), "rmsprop"),
        (lambda p: torch.optim.Adagrad(p, lr=0.1), "adagrad"),
        (lambda p: torch.optim.Rprop(p, lr=0.1), None),
        (lambda p: torch.optim.Adam([{"params": list(p), "lr": torch.tensor(0.1)}], lr=9), "adam"),
    ],
)
def test_optimizers(make: Callable[[Any], Any], name: str | None) -> None:
    module = small(nn.Sigmoid())
    optimizer = make(module.parameters())
    watcher = watch(module, optimizer)
    loop(module, optimizer, watcher=watcher, epochs=2)
    evidence = watcher.evidence()
    assert evidence.optimizer == name
    assert evidence.learning_rate == pytest.approx(0.1)
    assert (vitals_of(evidence)["update_ratio"] > 0).all()


def test_a_closure() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.LBFGS(module.parameters(), lr=0.5, max_iter=4)
    watcher = watch(module, optimizer)
    x, y = torch.tensor(X), torch.tensor(Y, dtype=torch.float32)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy(module(x), y)
        loss.backward()
        return loss

    for _ in range(3):
        watcher.step(optimizer.step(closure))
        watcher.epoch()
    evidence = watcher.evidence()
    assert evidence.optimizer == "lbfgs"
    assert (vitals_of(evidence)["gradient_norm"] > 0).all()


def test_groups_and_schedules() -> None:
    module = small(nn.Sigmoid())
    groups = [
        {"params": module[0].parameters(), "lr": 0.1},
        {"params": module[2].parameters(), "lr": 0.9},
    ]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    watcher = watch(module, optimizer)
    for _ in range(4):
        loop(module, optimizer, epochs=1, watcher=watcher)
        schedule.step()
    evidence = watcher.evidence()
    np.testing.assert_allclose(evidence.curves.learning_rate, [0.1, 0.1, 0.01, 0.01])
    assert evidence.learning_rate == 0.1


def test_gradients_that_are_added_up() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer)
    x, y = torch.tensor(X), torch.tensor(Y, dtype=torch.float32)
    for _ in range(4):
        for i in range(8):
            loss = F.binary_cross_entropy(module(x[12 * i :][:12]), y[12 * i :][:12])
            loss.backward()
            watcher.step(loss)
            if i % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
        watcher.epoch()
    evidence = watcher.evidence()
    assert evidence.curves.epochs == 4
    assert (vitals_of(evidence)["update_ratio"] > 0).all()
    assert evidence.batch_size == 12


# --- harmlessness -------------------------------------------------------------------------------


def test_watching_changes_nothing() -> None:
    states = []
    for is_watched in (False, True):
        torch.manual_seed(1)
        module = nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1),
            nn.Sigmoid(), nn.Flatten(0),
        )  # fmt: skip
        optimizer = torch.optim.Adam(module.parameters(), lr=0.1)
        watcher = watch(module, optimizer) if is_watched else None
        loop(module, optimizer, batch=16, watcher=watcher)
        states.append(module.state_dict())
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name


def test_nothing_is_left_behind() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)

    def hooks() -> int:
        on_modules = sum(
            len(one._forward_hooks) + len(one._forward_pre_hooks) for one in module.modules()
        )
        return (
            on_modules
            + len(optimizer._optimizer_step_pre_hooks)
            + len(optimizer._optimizer_step_post_hooks)
        )

    with watch(module, optimizer) as watcher:
        assert hooks() > 0
        loop(module, optimizer, epochs=2, watcher=watcher)
    assert hooks() == 0
    assert watcher.evidence().ending == "completed"
    loop(module, optimizer, epochs=1)
    watcher = watch(module, optimizer)
    seen = weakref.ref(watcher)
    del watcher
    gc.collect()
    assert seen() is None
    loop(module, optimizer, epochs=1)


def test_a_watched_module_can_be_copied_and_saved() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer)
    twins = [copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    for twin in twins:
        twin(torch.tensor(X)).sum().backward()
    loop(module, optimizer, epochs=1, watcher=watcher)
    assert vitals_of(watcher.evidence())["gradient_norm"].all()


def test_a_validation_in_between_is_not_seen() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer)
    with torch.no_grad():
        module(torch.full((7, 3), 100.0))
    loop(module, optimizer, epochs=1, watcher=watcher)
    evidence = watcher.evidence()
    assert evidence.batch_size == ROWS
    assert vitals_of(evidence)["activation_mean"][0, 0] < 10


def test_a_forward_that_fails_leaves_no_trace() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer)
    with pytest.raises(RuntimeError, match="mat1"):
        module(torch.ones(2, 5))
    assert torch.overrides._get_current_function_mode() is None
    loop(module, optimizer, epochs=2, watcher=watcher)
    assert vitals_of(watcher.evidence())["gradient_norm"].all()


def test_the_signs_are_taken_seldom_once_the_training_is_long() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer)
    loop(module, optimizer, epochs=300, batch=32, watcher=watcher)
    norms = vitals_of(watcher.evidence())["weight_norm"][:, 0]
    steps = 3 * (np.flatnonzero(np.diff(norms)) + 2) - 1  # of the epochs with signs of their own
    assert steps[:3].tolist() == [5, 8, 11]
    apart = np.diff(steps)
    assert (apart >= np.minimum(SPACING, steps[:-1] / STALE)).all()
    assert steps[-1] > 900 - SPACING


# --- the curves ---------------------------------------------------------------------------------


def test_curves() -> None:
    module = small(nn.Sigmoid())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    watcher = watch(module, optimizer, score_name="r2", chance=0.0)
    for epoch in range(4):
        for step in range(1500):  # more than are kept singly
            watcher.step(torch.tensor(float(epoch + step % 2), requires_grad=True))
        watcher.epoch(valid_loss=epoch / 2, valid_score=0.5, train_score=torch.tensor(0.75))
    evidence = watcher.evidence()
    curves = evidence.curves
    assert curves.train_loss is not None and curves.valid_loss is not None
    assert curves.train_loss.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert curves.valid_loss.tolist() == [0, 0.5, 1, 1.5]
    assert curves.valid_score is not None and curves.valid_score.tolist() == [0.5] * 4
    assert curves.train_score is not None and curves.train_score.tolist() == [0.75] * 4
    assert curves.score_name == "r2"
    assert curves.steps_per_epoch == 1500
    assert curves.steps is not None and curves.steps[:3].tolist() == [0, 1, 0]
    assert (evidence.chance, evidence.ending, evidence.vitals) == (0.0, None, None)
    assert read_curves(watcher).curves.epochs == 4


def test_validation_now_and_then() -> None:
    module = small(nn.Sigmoid())
    watcher = watch(module, torch.optim.SGD(module.parameters(), lr=0.1))
    for epoch in range(6):
        watcher.step(float(epoch))
        watcher.epoch(valid_loss=9.0 if epoch % 2 else None)
    curves = watcher.evidence().curves
    assert curves.train_loss is not None and curves.train_loss.tolist() == [1, 3, 5]


def test_a_training_that_diverged() -> None:
    module = small(nn.Sigmoid())
    watcher = watch(module, torch.optim.SGD(module.parameters(), lr=0.1))
    watcher.step(1.0)
    watcher.step(torch.tensor(float("nan")))
    evidence = watcher.evidence()  # in its first epoch
    assert evidence.ending == "diverged"
    assert evidence.curves.steps is not None and len(evidence.curves.steps) == 2
    watcher.epoch()
    assert watcher.evidence().ending == "diverged"


def test_what_is_refused() -> None:
    module = small()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    with pytest.raises(UsageError, match="given SGD, Sequential"):
        watch(optimizer, module)
    with pytest.raises(UsageError, match="not 'f1'"):
        watch(module, optimizer, score_name="f1")
    watcher = watch(module, optimizer)
    with pytest.raises(RunError, match="seen no loss"):
        watcher.evidence()
    with pytest.raises(UsageError, match="given a str"):
        watcher.step("0.5")
