"""What a person writes with skorch: ``python script_skorch.py TABLE.csv FOLDER EPOCHS``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from skorch import NeuralNetBinaryClassifier
from torch import nn

from script_data import read

torch.set_num_threads(1)  # faster than two at this size
source, folder, epochs = sys.argv[1:]
(x, y), (x_valid, y_valid) = read(source)
network = nn.Sequential(
    nn.Linear(x.shape[1], 64),
    nn.ReLU(),
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.Flatten(0),
)
model = NeuralNetBinaryClassifier(
    network,
    optimizer=torch.optim.Adam,
    optimizer__fused=True,
    lr=1e-3,
    max_epochs=int(epochs),
    batch_size=32,
    iterator_train__shuffle=True,
    train_split=None,
    callbacks="disable",
    verbose=0,
).fit(x, y)
print(model.score(x, y), model.score(x_valid, y_valid))
Path(folder).mkdir()
model.save_params(f_params=Path(folder) / "model.pt")
