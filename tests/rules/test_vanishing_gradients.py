"""vanishing-gradients: the error does not reach the first layers."""

import pytest

FLAT = [0.7, 0.694, 0.693, 0.694, 0.693, 0.693, 0.694, 0.693]
GUESSING = [0.5, 0.49, 0.51, 0.5, 0.5, 0.51, 0.49, 0.5]
LEARNS = [0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.17]
RIGHT = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94]
ONES = [[1.0] * 4]


def fades(by, **more):
    """Gradients that shrink to one ``by``-th from the last hidden layer to the first."""
    return {"gradient": [[1 / by, by**-0.5, 1.0, 1.0]], "weight": ONES, **more}


def test_fades_and_nothing_is_learnt(judge, inside, told):
    verdict = judge("vanishing-gradients", loss=FLAT, accuracy=GUESSING, inside=inside(**fades(1000)))
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("loss", (1, 8))
    assert "does not fall" in told(verdict) and "in a it is over 1000 times smaller than in later layers (c)" in told(
        verdict
    )


def test_threshold(judge, inside, constant):
    half = constant("vanishing-gradients", "FADED")

    def sure(by):
        return judge("vanishing-gradients", loss=FLAT, accuracy=GUESSING, inside=inside(**fades(by))).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) > 0.8


def test_a_network_that_learns_all_the_same(judge, inside):
    assert judge("vanishing-gradients", loss=LEARNS, accuracy=RIGHT, inside=inside(**fades(1000))).confidence < 0.01


def test_threshold_of_what_was_learnt(judge, inside, constant):
    """Without an accuracy the loss tells."""
    half = constant("vanishing-gradients", "LEARNT")

    def sure(fall):
        loss = [1.0, *[1 - fall] * 30]
        return judge("vanishing-gradients", loss=loss, inside=inside(**fades(1000))).confidence

    assert sure(half - 0.2) > 0.9
    assert sure(half) == pytest.approx(0.5, abs=0.05)
    assert sure(half + 0.2) < 0.1


def test_gradients_of_one_size_beside_a_flat_loss(judge, inside):
    assert judge("vanishing-gradients", loss=FLAT, accuracy=GUESSING, inside=inside(**fades(1))).confidence < 0.05


def test_the_optimizer_tells_without_a_sample(judge, inside):
    found = inside(moment=fades(1000)["gradient"], weight=ONES)
    assert judge("vanishing-gradients", loss=FLAT, accuracy=GUESSING, inside=found).confidence > 0.95


def test_a_wide_layer_has_small_gradients_but_as_much_weight(judge, inside):
    """Per weight a thousandth, in all as much: what a relative change of the layer does to the loss decides."""
    found = inside(gradient=[[0.001, 1.0, 1.0, 1.0]], weight=[[1000.0, 1.0, 1.0, 1.0]])
    assert judge("vanishing-gradients", loss=FLAT, accuracy=GUESSING, inside=found).confidence < 0.05


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("vanishing-gradients", loss=FLAT)
    nothing = inside(gradient=[[0.0] * 4], weight=ONES)
    assert "needs gradients" in refusal("vanishing-gradients", loss=FLAT, inside=nothing)
    assert "no training loss" in refusal("vanishing-gradients", val_loss=FLAT, inside=inside(**fades(10)))


def test_two_layers_are_no_way_to_vanish_on(judge, inside):
    found = inside(gradient=[[1e-9, 1.0]], weight=[[1.0, 1.0]])
    assert judge("vanishing-gradients", loss=FLAT, inside=found).confidence == 0
