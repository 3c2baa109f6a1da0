"""unscaled-inputs: what arrives at the first layer."""

import numpy as np
import pytest

from diagnose.inside import Head

FLAT = [0.7, 0.694, 0.693, 0.694, 0.693, 0.693, 0.694, 0.693]
GUESSING = [0.5, 0.49, 0.51, 0.5, 0.5, 0.51, 0.49, 0.5]
LEARNS = [0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.17]
RIGHT = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94]


def arriving(scale):
    return {"arriving": [[scale, 1.0, 1.0]]}


def test_ten_thousand_times_too_large(judge, inside, told):
    verdict = judge("unscaled-inputs", loss=LEARNS, accuracy=RIGHT, inside=inside(**arriving(10_000.0)))
    assert verdict.confidence > 0.99
    assert told(verdict) == (
        "what arrives at the first layer (a) has a root mean square of 10,000; it should be near 1"
    )


@pytest.mark.parametrize(("measure", "name"), [("arriving", "LARGE"), ("implied", "ROUGHLY")])
def test_threshold(judge, inside, constant, measure, name):
    half = constant("unscaled-inputs", name)

    def sure(scale):
        return judge("unscaled-inputs", loss=LEARNS, inside=inside(**{measure: [[scale, 1.0, 1.0]]})).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) > 0.8


def test_tiny_inputs_count_when_nothing_is_learnt(judge, inside, constant):
    half = 1 / constant("unscaled-inputs", "SMALL")

    def sure(scale, **curves):
        return judge("unscaled-inputs", inside=inside(**arriving(scale)), **curves).confidence

    assert sure(half, loss=FLAT, accuracy=GUESSING) == pytest.approx(0.5, abs=0.01)
    assert sure(half / 10, loss=FLAT, accuracy=GUESSING) > 0.95
    assert sure(half / 10, loss=LEARNS, accuracy=RIGHT) < 0.01


def test_threshold_of_what_was_learnt(judge, inside, constant):
    half = constant("unscaled-inputs", "LEARNT")

    def sure(fall):
        return judge("unscaled-inputs", loss=[1.0, *[1 - fall] * 30], inside=inside(**arriving(1e-6))).confidence

    assert sure(half - 0.2) > 0.9
    assert sure(half) == pytest.approx(0.5, abs=0.05)
    assert sure(half + 0.2) < 0.1


def test_standardized_inputs(judge, inside):
    assert judge("unscaled-inputs", loss=FLAT, accuracy=GUESSING, inside=inside(**arriving(1.0))).confidence < 0.01


def test_two_epochs_are_enough(judge, inside):
    assert judge("unscaled-inputs", loss=[900.0, 80.0], inside=inside(**arriving(10_000.0))).confidence > 0.99


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("unscaled-inputs", loss=FLAT)
    assert "needs a sample" in refusal("unscaled-inputs", loss=FLAT, inside=inside(weight=[[1.0] * 3]))


def quantity(scale, spread, loss="mean_squared_error", activation="linear"):
    head = Head("out", 1, activation, loss, None, 1, 0.0, 2 * scale, False, False, scale, spread)
    return {"heads": (head,), "arriving": [[1.0, 1.0, 1.0]]}


def test_targets_in_the_hundred_thousands_of_which_nothing_is_learnt(judge, inside, told):
    """House prices: 200,000 on average, 100,000 apart; the loss is still that of a model that says zero."""
    verdict = judge("unscaled-inputs", loss=np.linspace(5.0e10, 4.8e10, 20), inside=inside(**quantity(224_000.0, 1e5)))
    assert verdict.confidence > 0.99 and verdict.evidence["left"] == pytest.approx(4.8, rel=0.01)
    assert told(verdict) == (
        "the targets have a root mean square of 224,000, and a new output layer gives about 1: the training loss ends at "
        "480% of what always predicting their mean costs"
    )


def test_tiny_targets_in_the_noise_of_the_output(judge, inside, told):
    verdict = judge("unscaled-inputs", loss=[1e-2, *[1e-5] * 20], inside=inside(**quantity(1.0, 0.001)))
    assert verdict.confidence > 0.95 and "a deviation of 0.001" in told(verdict)


def test_targets_that_are_learnt_whatever_their_scale(judge, inside):
    loss = [5e10, 2e10, 8e9, *[1e9] * 20]  # a tenth of the variance is left
    assert judge("unscaled-inputs", loss=loss, inside=inside(**quantity(224_000.0, 1e5))).confidence < 0.05


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error"])
def test_threshold_of_what_is_left(judge, inside, constant, loss):
    half = constant("unscaled-inputs", "LEFT")

    def sure(left):
        end = 1e10 * left if loss == "mean_squared_error" else 1e5 * np.sqrt(2 / np.pi * left)
        return judge("unscaled-inputs", loss=[end] * 20, inside=inside(**quantity(1e6, 1e5, loss))).confidence

    assert sure(half / 1.5) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 1.5) > 0.8


def test_threshold_of_the_targets_scale(judge, inside, constant):
    half = constant("unscaled-inputs", "LARGE")

    def sure(scale, spread):
        found = inside(**quantity(scale, spread))
        return judge("unscaled-inputs", loss=[100 * spread**2] * 20, inside=found).confidence

    for far in ((half, 1.0), (1.0, 1 / half)):
        assert sure(*far) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2, 1.0) > 0.8 > 0.2 > sure(half / 2, 1.0)


def test_a_loss_that_is_lost(judge, inside, told):
    found = inside(**quantity(1000.0, 1000.0))
    verdict = judge("unscaled-inputs", loss=[float("nan")] * 3, inside=found)
    assert verdict.confidence > 0.99 and told(verdict).endswith("the training loss is no number any more")


@pytest.mark.parametrize(
    ("loss", "activation"),
    [("sparse_categorical_crossentropy", "softmax"), ("mean_squared_error", "sigmoid"), (None, "linear")],
)
def test_other_targets_are_not_judged(judge, inside, loss, activation):
    found = inside(**quantity(300.0, 100.0, loss, activation))
    assert judge("unscaled-inputs", loss=[5e4] * 20, inside=found).confidence < 0.01
