"""What a person writes with Lightning: ``python script_lightning.py TABLE.csv FOLDER EPOCHS``."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import lightning
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from script_data import read

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
torch.set_num_threads(1)  # faster than two at this size
source, folder, epochs = sys.argv[1:]
(x, y), (x_valid, y_valid) = [[torch.from_numpy(a) for a in part] for part in read(source)]


class Classifier(lightning.LightningModule):
    """The network and its step."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(columns, 64),
            nn.ReLU(),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, 1),
            nn.Flatten(0),
        )
        self.loss = nn.BCEWithLogitsLoss()

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        return self.loss(self.network(batch[0]), batch[1])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 1e-3, fused=True)


model = Classifier(x.shape[1])
trainer = lightning.Trainer(max_epochs=int(epochs), barebones=True, accelerator="cpu")
trainer.fit(model, DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True))
with torch.no_grad():
    for inputs, targets in ((x, y), (x_valid, y_valid)):
        print(float(((model.network(inputs) > 0) == targets).float().mean()))
Path(folder).mkdir()
torch.save(model.state_dict(), Path(folder) / "model.pt")
