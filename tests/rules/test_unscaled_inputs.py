"""unscaled-inputs: what arrives at the first layer."""

import pytest

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
