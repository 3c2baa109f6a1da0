"""chance-level: the loss came down, to what guessing costs."""

import math

import numpy as np
import pytest

SHARE = [0.2, 0.3, 0.25, 0.24, 0.26, *[0.25] * 15]


def down_to(end, points=20):
    return [7.0, 3.0, *[end] * (points - 2)]


@pytest.mark.parametrize("classes", [2, 3, 4, 10, 100])
def test_a_clear_case(judge, told, classes):
    verdict = judge("chance-level", loss=down_to(math.log(classes)), accuracy=[1 / classes] * 20)
    assert verdict.confidence > 0.9
    assert verdict.evidence["classes"] == classes
    assert verdict.curve == "loss"
    assert verdict.epochs in [(3, 20), (4, 20)]  # smoothing may carry the fall on by an epoch
    assert f"guessing among {classes} classes costs (ln {classes} = " in told(verdict)


def test_threshold(judge, constant):
    half = constant("chance-level", "NEAR")

    def sure(off):
        return judge("chance-level", loss=down_to(math.log(4) * (1 + off)), accuracy=SHARE).confidence

    assert sure(half / 2) > 0.8
    assert sure(half) == pytest.approx(0.5, abs=0.03)
    assert sure(half * 2) < 0.2
    assert sure(-half) == pytest.approx(0.5, abs=0.03)


def test_a_loss_of_ln2_can_be_a_good_one(judge):
    """Among 100 classes, 0.693 is far from guessing, as the accuracy tells."""
    assert judge("chance-level", loss=down_to(math.log(2)), accuracy=[0.01, *np.linspace(0.3, 0.8, 19)]).confidence == 0


def test_a_loss_that_never_moved_did_not_come_down(judge):
    assert judge("chance-level", loss=[math.log(2)] * 20, accuracy=[0.5] * 20).confidence < 0.1


def test_an_accuracy_above_guessing(judge):
    assert judge("chance-level", loss=down_to(math.log(4)), accuracy=[0.25, *[0.45] * 19]).confidence < 0.1


def test_an_accuracy_of_more_or_less_than_a_class_s_share(judge):
    """Of two classes: 0.58 has learnt a little, 0.42 is still nearer to guessing than to knowing the opposite."""
    above, below = ([0.5, *[share] * 19] for share in (0.58, 0.42))
    assert judge("chance-level", loss=down_to(math.log(2)), accuracy=above).confidence < 0.1
    assert 0.5 < judge("chance-level", loss=down_to(math.log(2)), accuracy=below).confidence < 0.8


def test_the_validation_accuracy_will_do(judge):
    assert judge("chance-level", loss=down_to(math.log(4)), val_accuracy=[0.25] * 20).confidence > 0.9


def test_what_cannot_be_judged(refusal):
    assert refusal("chance-level", loss=down_to(1.0)) == "needs a training loss and an accuracy"
    assert "mae has no known level of guessing" in refusal("chance-level", mae=down_to(1.0), accuracy=SHARE)
    few = {"loss": [7.0, 1.386], "accuracy": [0.25] * 20}
    assert refusal("chance-level", **few) == "fewer than five points"
