"""Numbers from inside a model, on measures that are known."""

import math
from itertools import pairwise

import numpy as np
import pytest

from diagnose.evidence.inner import fading, gradients, grown, late, stride, thrown, weighted, worst
from diagnose.inside import MEASURES, Inside, Layer


def inside(parameters=(100, 100, 100, 100), kinds=None, steps=4.0, **rows):
    arrays = {name: np.array(values, dtype=float) for name, values in rows.items()}
    epochs = len(next(iter(arrays.values())))
    kinds = kinds or ["Dense"] * len(parameters)
    layers = tuple(
        Layer(str(at), kind, "relu", size, at == len(parameters) - 1)
        for at, (size, kind) in enumerate(zip(parameters, kinds, strict=True))
    )
    unknown = np.full((epochs, len(layers)), math.nan)
    measures = {name: arrays.get(name, unknown) for name in MEASURES}
    return Inside(np.arange(1, epochs + 1) * 10, np.full(epochs, steps), layers, **measures)


def test_fading_takes_the_milder_of_both_measures():
    even = inside(gradient=[[0.01, 0.1, 1.0, 9.0]], weight=[[1.0] * 4])
    assert fading(even).ratio == pytest.approx(0.01)  # per weight against the last hidden layer; 0.01 / 9 in effect
    assert (fading(even).first.name, fading(even).last.name) == ("0", "2")
    heavy = inside(gradient=[[0.01, 0.1, 1.0, 9.0]], weight=[[450.0, 1.0, 1.0, 1.0]])
    assert fading(heavy).ratio == pytest.approx(0.5)


def test_fading_does_not_depend_on_the_losss_scale():
    one = {"gradient": [[0.01, 0.1, 1.0, 9.0]], "weight": [[1.0, 2.0, 3.0, 4.0]]}
    scaled = {**one, "gradient": (1000 * np.array(one["gradient"])).tolist()}
    assert fading(inside(**one)).ratio == pytest.approx(fading(inside(**scaled)).ratio)


def test_fading_is_equal_in_a_relu_network_of_any_width():
    """Random ReLU networks without biases, gradients by hand: weights times gradient is one number in all layers."""
    rng = np.random.default_rng(0)
    for widths in ((20, 64, 64, 64, 1), (8, 512, 256, 32, 3)):
        weights = [rng.normal(0, math.sqrt(2 / a), (a, b)) for a, b in pairwise(widths)]
        signals = [rng.normal(0, 1, (32, widths[0]))]
        for weight in weights[:-1]:
            signals.append(np.maximum(signals[-1] @ weight, 0))
        error = rng.normal(0, 1, (32, widths[-1]))
        found = []
        for at in range(len(weights) - 1, -1, -1):
            found.insert(0, signals[at].T @ error / 32)
            error = (error @ weights[at].T) * (signals[at] > 0)
        inner = [float((weight * one).sum()) for weight, one in zip(weights, found, strict=True)]
        assert inner == pytest.approx([inner[0]] * len(inner))
        one = inside(
            tuple(weight.size for weight in weights),
            gradient=[[np.linalg.norm(each) for each in found]],
            weight=[[np.linalg.norm(each) for each in weights]],
        )
        assert fading(one).ratio > 0.2


@pytest.mark.parametrize(
    "rows",
    [
        {"gradient": [[1.0, 1.0]], "weight": [[1.0, 1.0]], "parameters": (5, 5)},
        {"gradient": [[1.0, 1.0, 0.0, 1.0]], "weight": [[1.0] * 4]},
        {"gradient": [[math.nan, 1.0, 1.0, 1.0]], "weight": [[1.0] * 4]},
    ],
)
def test_no_fading_to_tell(rows):
    assert fading(inside(**rows)) is None


def test_tables_of_words_and_layers_without_kernels_are_not_compared():
    one = inside((100, 0, 100), ["Embedding", "BatchNormalization", "Dense"], weight=[[1.0] * 3])
    assert weighted(one) == [2]


def test_the_sample_goes_before_the_optimizer():
    both = inside(gradient=[[1.0] * 4], moment=[[2.0] * 4])
    assert gradients(both)[0, 0] == 1
    assert gradients(inside(moment=[[2.0] * 4]))[0, 0] == 2


def test_late_is_the_median_of_the_last_three():
    assert late(np.array([[9.0], [1.0], [5.0], [3.0]])).tolist() == [3.0]
    assert np.isnan(late(np.empty((0, 2)))).all()


def test_thrown_and_stride():
    rows = [[0.1, 0.1, 0.1, 0.1], [math.inf, 6.0, 8.0, 10.0], [1.0] * 4]
    assert thrown(inside(update=rows)) == (8.0, 20)
    assert stride(inside(update=rows, steps=16.0)) == (2.0, 20)
    assert thrown(inside(weight=rows)) == (0.0, 1)


def test_grown():
    rows = [[1.0, 2.0, 0.0, 1.0], [50.0, 100.0, 7.0, 50.0]]
    assert grown(inside(gradient=rows)) == (50.0, 20)


def test_worst_leaves_the_output_out():
    found = worst(inside(dead=[[0.1, 0.4, math.nan, 1.0]]), np.array([[0.1, 0.4, math.nan, 1.0]]))
    assert found[0] == 0.4 and found[1].name == "1"
    assert worst(inside(weight=[[1.0] * 4]), np.full((1, 4), math.nan)) is None


@pytest.mark.parametrize("layers", [1, 2, 5, 6])
def test_the_farthest_move_is_the_highest_of_the_medians_of_what_is_finite(layers):
    """Against np.median, row by row, with gaps, infinities and rows of nothing in them."""
    rng = np.random.default_rng(layers)
    for share in (0.0, 0.3, 0.7, 1.0):
        moved = rng.exponential(1.0, (12, layers))
        moved[rng.random(moved.shape) < share] = math.nan
        moved[rng.random(moved.shape) < share / 3] = math.inf
        medians = [float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else 0.0 for row in moved]
        best = max(medians)
        assert thrown(inside((100,) * layers, update=moved)) == (best, 10 * (medians.index(best) + 1) if best else 1)
