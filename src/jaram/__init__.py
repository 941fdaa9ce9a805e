"""Jaram trains neural networks and can say why they learn or don't.

>>> import jaram as jr
>>> run = jr.train(data=jr.load("iris"))  # doctest: +SKIP

This is the front door: every public name is found here, and loaded when it is first used, so that
``import jaram`` costs milliseconds. Layers, activations, losses, optimizers and all other
specifications are found by the name of their class among those registered (:mod:`jaram.spec`): a
new one needs no line here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:  # what editors and type checkers see; at run time __getattr__ finds the same
    from jaram.augmentation import *
    from jaram.begin import *
    from jaram.data import Data as Data
    from jaram.data import Task as Task
    from jaram.data import kfold as kfold
    from jaram.data import load as load
    from jaram.doctor.care import train_with_care as train_with_care
    from jaram.doctor.diagnosis import Diagnosis as Diagnosis
    from jaram.doctor.diagnosis import diagnose as diagnose
    from jaram.doctor.finding import Finding as Finding
    from jaram.doctor.treatment import treat as treat
    from jaram.doctor.verdict import Treatment as Treatment
    from jaram.ensemble.team import Ensemble as Ensemble
    from jaram.errors import DataError as DataError
    from jaram.errors import JaramError as JaramError
    from jaram.errors import PreflightError as PreflightError
    from jaram.errors import RecipeError as RecipeError
    from jaram.errors import RunError as RunError
    from jaram.errors import UsageError as UsageError
    from jaram.growth.outcome import Growth as Growth
    from jaram.growth.scale import scale as scale
    from jaram.network import *
    from jaram.network.ready import bilstm as bilstm
    from jaram.network.ready import char_lm as char_lm
    from jaram.network.ready import lenet5 as lenet5
    from jaram.network.ready import resnet18 as resnet18
    from jaram.network.ready import resnet20 as resnet20
    from jaram.network.ready import seq2seq as seq2seq
    from jaram.network.ready import seq2value as seq2value
    from jaram.network.ready import series_cnn as series_cnn
    from jaram.network.ready import small_vgg as small_vgg
    from jaram.network.ready import tagger as tagger
    from jaram.network.ready import text_cnn as text_cnn
    from jaram.objective import *
    from jaram.opening import open_folder as open  # noqa: A004
    from jaram.optimizer import *
    from jaram.recipe import Recipe as Recipe
    from jaram.runs.fine_tuning import fine_tuning as fine_tuning
    from jaram.runs.generate import generate as generate
    from jaram.runs.run import Run as Run
    from jaram.runs.train import train as train
    from jaram.searches.distributions import Choice as Choice
    from jaram.searches.distributions import IntLogUniform as IntLogUniform
    from jaram.searches.distributions import IntUniform as IntUniform
    from jaram.searches.distributions import LogUniform as LogUniform
    from jaram.searches.distributions import Uniform as Uniform
    from jaram.searches.rate_test import RateTest as RateTest
    from jaram.searches.rate_test import learning_rate_test as learning_rate_test
    from jaram.searches.search import search as search
    from jaram.searches.space import Space as Space
    from jaram.searches.study import Study as Study

_NAMES = {
    "train": "jaram.runs.train:train",
    "fine_tuning": "jaram.runs.fine_tuning:fine_tuning",
    "open": "jaram.opening:open_folder",
    "generate": "jaram.runs.generate:generate",
    "load": "jaram.data:load",
    "kfold": "jaram.data:kfold",
    "Data": "jaram.data:Data",
    "Task": "jaram.data:Task",
    "Recipe": "jaram.recipe:Recipe",
    "Run": "jaram.runs.run:Run",
    "Ensemble": "jaram.ensemble.team:Ensemble",
    "Finding": "jaram.doctor.finding:Finding",
    "Diagnosis": "jaram.doctor.diagnosis:Diagnosis",
    "Treatment": "jaram.doctor.verdict:Treatment",
    "diagnose": "jaram.doctor.diagnosis:diagnose",
    "treat": "jaram.doctor.treatment:treat",
    "Uniform": "jaram.searches.distributions:Uniform",
    "LogUniform": "jaram.searches.distributions:LogUniform",
    "IntUniform": "jaram.searches.distributions:IntUniform",
    "IntLogUniform": "jaram.searches.distributions:IntLogUniform",
    "Choice": "jaram.searches.distributions:Choice",
    "search": "jaram.searches.search:search",
    "learning_rate_test": "jaram.searches.rate_test:learning_rate_test",
    "RateTest": "jaram.searches.rate_test:RateTest",
    "scale": "jaram.growth.scale:scale",
    "Growth": "jaram.growth.outcome:Growth",
    "Study": "jaram.searches.study:Study",
    "Space": "jaram.searches.space:Space",
    "lenet5": "jaram.network.ready:lenet5",
    "small_vgg": "jaram.network.ready:small_vgg",
    "resnet20": "jaram.network.ready:resnet20",
    "resnet18": "jaram.network.ready:resnet18",
    "text_cnn": "jaram.network.ready:text_cnn",
    "bilstm": "jaram.network.ready:bilstm",
    "tagger": "jaram.network.ready:tagger",
    "char_lm": "jaram.network.ready:char_lm",
    "series_cnn": "jaram.network.ready:series_cnn",
    "seq2value": "jaram.network.ready:seq2value",
    "seq2seq": "jaram.network.ready:seq2seq",
    "train_with_care": "jaram.doctor.care:train_with_care",
    "JaramError": "jaram.errors:JaramError",
    "RecipeError": "jaram.errors:RecipeError",
    "DataError": "jaram.errors:DataError",
    "PreflightError": "jaram.errors:PreflightError",
    "RunError": "jaram.errors:RunError",
    "UsageError": "jaram.errors:UsageError",
}
"""Public names that are not specifications: the module each is in, and its name there."""

_ROOMS = (
    "jaram.network",
    "jaram.augmentation",
    "jaram.objective",
    "jaram.optimizer",
    "jaram.recipe",
)
"""Importing these registers every specification there is."""


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        module, _, attribute = _NAMES[name].partition(":")
        value = getattr(importlib.import_module(module), attribute)
    elif name[:1].isupper() and name in (specifications := _specifications()):
        value = specifications[name]
    else:
        raise AttributeError(f"module 'jaram' has no attribute {name!r}{_hint(name)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_NAMES, *_specifications(), "__version__"})


def _specifications() -> dict[str, type]:
    """Every registered specification by the name of its class."""
    for room in _ROOMS:
        importlib.import_module(room)
    from jaram.spec import families, registered

    return {cls.__name__: cls for family in families() for cls in registered(family).values()}


def _hint(name: str) -> str:
    from jaram.messages.nearest import suggestion

    return f".{suggestion(name, __dir__())}" if not name.startswith("_") else ""
