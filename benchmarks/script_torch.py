"""What a person writes with PyTorch: ``python script_torch.py TABLE.csv FOLDER EPOCHS``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

from script_data import read

torch.set_num_threads(1)  # faster than two at this size
source, folder, epochs = sys.argv[1:]
(x, y), (x_valid, y_valid) = [[torch.from_numpy(a) for a in part] for part in read(source)]
network = nn.Sequential(
    nn.Linear(x.shape[1], 64),
    nn.ReLU(),
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 1),
    nn.Flatten(0),
)
rule = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
loss = nn.BCEWithLogitsLoss()
for _ in range(int(epochs)):
    for rows in torch.randperm(len(x)).split(32):
        rule.zero_grad()
        loss(network(x[rows]), y[rows]).backward()
        rule.step()
with torch.no_grad():
    for inputs, targets in ((x, y), (x_valid, y_valid)):
        print(float(((network(inputs) > 0) == targets).float().mean()))
Path(folder).mkdir()
torch.save(network.state_dict(), Path(folder) / "model.pt")
