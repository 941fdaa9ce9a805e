"""The data room: sources, kinds of columns, tasks, splits and preparation. Knows no JAX."""

from jaram.data.data import Data
from jaram.data.from_table import load_for, load_frame
from jaram.data.kinds import Column
from jaram.data.load import load
from jaram.data.notices import DataWarning, Notice
from jaram.data.options import PrepareOptions
from jaram.data.preparation import Preparation
from jaram.data.prepare import Part, Prepared, prepare
from jaram.data.splitting import kfold
from jaram.data.table import Source, Table
from jaram.data.task import Task

__all__ = [
    "Column",
    "Data",
    "DataWarning",
    "Notice",
    "Part",
    "Preparation",
    "PrepareOptions",
    "Prepared",
    "Source",
    "Table",
    "Task",
    "kfold",
    "load",
    "load_for",
    "load_frame",
    "prepare",
]
