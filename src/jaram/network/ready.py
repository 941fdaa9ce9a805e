"""Well-known networks as data: tuples of layers without the output layer.

``Recipe(network="resnet20")`` and ``--network resnet20`` take them by name; the functions make
variants. Text networks begin behind the embedding, which is put before them from the data.
"""

from __future__ import annotations

from collections.abc import Callable

from jaram.network.activation import Activation
from jaram.network.activations import ReLU, Tanh
from jaram.network.attention import AttentionPool
from jaram.network.bidirectional import Bidirectional
from jaram.network.composition import Parallel, Residual, Sequential
from jaram.network.convolution import Conv
from jaram.network.dense import Dense
from jaram.network.layer import Layer
from jaram.network.network import Network
from jaram.network.normalization import BatchNorm
from jaram.network.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from jaram.network.recurrent import GRU, LSTM
from jaram.network.regularization import Dropout, SpatialDropout
from jaram.network.resizing import Repeat
from jaram.network.shape import Flatten


def _normalised(filters: int, kernel: int = 3, stride: int = 1) -> Network:
    """Convolution without bias, which the batch normalisation behind it would take away."""
    return Conv(filters, kernel, stride=stride, bias=False), BatchNorm()


def lenet5() -> Network:
    """LeNet-5 for 28×28 pictures of one channel (LeCun et al., 1998), with plain average pooling
    and all connections between the feature maps: 61,706 parameters with ten outputs."""
    return (
        Conv(6, 5, Tanh()),
        AvgPool(2),
        Conv(16, 5, Tanh(), padding="valid"),
        AvgPool(2),
        Flatten(),
        Dense(120, Tanh()),
        Dense(84, Tanh()),
    )


def small_vgg(filters: int = 32, stages: int = 3) -> Network:
    """Pairs of 3×3 convolutions between poolings, twice as many filters after each (Simonyan &
    Zisserman, 2015), with batch normalisation and dropout."""
    layers: list[Layer] = []
    for stage in range(stages):
        for _ in range(2):
            layers += [*_normalised(filters * 2**stage), Activation(ReLU())]
        layers += [MaxPool(2), Dropout(0.2)]
    return (*layers, Flatten(), Dense(filters * 2**stages, ReLU()), Dropout(0.5))


def resnet20(filters: int = 16, blocks: int = 3) -> Network:
    """The residual network for 32×32 pictures, 6 ``blocks`` + 2 layers deep (He et al., 2016).

    Where the picture shrinks the shortcut takes every second place and widens by a linear map, as
    their option B, without batch normalisation on it.
    """
    layers: list[Layer] = [*_normalised(filters), Activation(ReLU())]
    for stage in range(3):
        for block in range(blocks):
            width, stride = filters * 2**stage, 2 if stage and not block else 1
            inside = (*_normalised(width, 3, stride), Activation(ReLU()), *_normalised(width))
            layers.append(Residual(inside, ReLU()))
    return (*layers, GlobalAvgPool())


def resnet18() -> Network:
    """The residual network of 18 layers for pictures of 224×224 (He et al., 2016), as torchvision
    has it: 11,689,512 parameters with a thousand outputs."""
    layers: list[Layer] = [*_normalised(64, 7, 2), Activation(ReLU()), MaxPool(3, 2, 1)]
    for stage in range(4):
        for block in range(2):
            width, stride = 64 * 2**stage, 2 if stage and not block else 1
            inside = (*_normalised(width, 3, stride), Activation(ReLU()), *_normalised(width))
            beside = _normalised(width, 1, stride) if stride > 1 else ()
            layers.append(Residual(inside, ReLU(), beside))
    return (*layers, GlobalAvgPool())


def text_cnn(filters: int = 100, widths: tuple[int, ...] = (2, 3, 4, 5)) -> Network:
    """Convolutions of several widths over the embedded units, the strongest answer of each filter,
    and dropout (Kim, 2014)."""
    branches = tuple(
        Sequential((Conv(filters, width, ReLU()), GlobalMaxPool())) for width in widths
    )
    return SpatialDropout(0.2), Parallel(branches), Dropout(0.5)


def bilstm(units: int = 64) -> Network:
    """A bidirectional LSTM over all steps, pooled by attention."""
    reads = Bidirectional(LSTM(units, return_sequences=True))
    return SpatialDropout(0.2), reads, AttentionPool(), Dropout(0.5)


def tagger(units: int = 64) -> Network:
    """A bidirectional LSTM that answers at every step: each step is told by what stands before and
    behind it (Graves & Schmidhuber, 2005)."""
    return Bidirectional(LSTM(units, return_sequences=True)), Dropout(0.3)


def char_lm(units: int = 128) -> Network:
    """A language model: a GRU whose every state foretells what comes next (Mikolov et al., 2010;
    Graves, 2013). It reads forward only, so that it can also write."""
    return GRU(units, return_sequences=True), Dropout(0.2)


def series_cnn(filters: int = 64) -> Network:
    """The fully convolutional network for series (Wang, Yan & Oates, 2017), at half its width."""
    layers: list[Layer] = []
    for width, kernel in ((filters, 8), (2 * filters, 5), (filters, 3)):
        layers += [*_normalised(width, kernel), Activation(ReLU())]
    return (*layers, GlobalAvgPool())


def seq2value(units: int = 64) -> Network:
    """A GRU that reads a window of a series and gives one vector to foretell from."""
    return (GRU(units),)


def seq2seq(steps: int = 12, units: int = 64) -> Network:
    """An encoder that reads the window, and a decoder that writes ``steps`` vectors, one for each
    step ahead (Cho et al., 2014, without feeding answers back)."""
    decoder = GRU(units, return_sequences=True)
    return GRU(units), Repeat(steps), decoder, Dense(8, ReLU()), Flatten()


READY: dict[str, Callable[[], Network]] = {
    one.__name__: one
    for one in (
        lenet5,
        small_vgg,
        resnet20,
        resnet18,
        text_cnn,
        bilstm,
        tagger,
        char_lm,
        series_cnn,
        seq2value,
        seq2seq,
    )
}
"""By the name that a recipe and the command line know it by."""
