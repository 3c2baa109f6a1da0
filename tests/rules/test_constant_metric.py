"""constant-metric: a training metric that does not move."""

import numpy as np
import pytest

FALLS = [1.0 - at / 20 for at in range(10)]


def test_never_moved(judge, told, constant):
    verdict = judge("constant-metric", loss=FALLS, accuracy=[0.884] * 10)
    assert verdict.confidence == constant("constant-metric", "SURE")
    assert (verdict.curve, verdict.epochs) == ("accuracy", (1, 10))
    assert verdict.evidence == {"value": 0.884, "still": 10, "first_epoch": 1}
    assert told(verdict).startswith("accuracy is exactly 0.884 in each of the last 10 epochs")


def test_stuck_later(judge, constant):
    verdict = judge("constant-metric", loss=FALLS, accuracy=[0.5, *[0.884] * 9])
    assert verdict.confidence == pytest.approx(constant("constant-metric", "UNSURE"), abs=0.01)
    assert verdict.epochs == (2, 10)


def climbed(steps, gained=0.4):
    """An accuracy of one half that gains by so many equal steps, then stands still for nine tenths of the run."""
    top = 0.5 + gained / 2  # of the half that guessing leaves
    return [top - gained / 2 * (1 - at / steps) for at in range(steps)] + [top] * 9 * steps


def test_one_that_climbed_by_many_steps_has_learnt(judge, constant):
    """Nobody takes that many epochs to name one class, if the loss fell meanwhile and the accuracy never was better."""
    steps, unsure = constant("constant-metric", "STEPS"), constant("constant-metric", "UNSURE")

    def sure(values, end=0.5):
        return judge("constant-metric", loss=np.linspace(1, end, len(values)), accuracy=values).confidence

    assert sure(climbed(steps)) < 0.05
    assert sure(climbed(steps - 1)) == pytest.approx(unsure, abs=0.01)
    assert sure(climbed(steps), end=1.0) == pytest.approx(unsure, abs=0.01)
    assert sure([0.9, *climbed(steps)]) == pytest.approx(unsure, abs=0.01)


def test_it_has_learnt_from_a_share_of_what_there_was(judge, constant):
    """Half sure at that share gained of the loss, when the accuracy gained more, and the other way round."""
    steps, fell, unsure = (constant("constant-metric", name) for name in ("STEPS", "FELL", "UNSURE"))

    def sure(end, gained):
        values = climbed(steps, gained)
        loss = [1.0, *[end] * (len(values) - 1)]
        return judge("constant-metric", loss=loss, accuracy=values).confidence

    assert sure(1 - fell, 0.4) == pytest.approx(unsure / 2, abs=0.01)
    assert sure(0.5, fell) == pytest.approx(unsure / 2, abs=0.01)


def test_threshold_of_the_share(judge, constant):
    """Of a hundred epochs the last 79, 80 and 81."""
    share = round(100 * constant("constant-metric", "STUCK"))

    def sure(still):
        moving = [0.5 + 0.001 * (at % 7) for at in range(100 - still)]
        return judge("constant-metric", loss=[1.0] * 100, accuracy=[*moving, *[0.884] * still]).confidence

    assert sure(share - 1) == 0
    assert sure(share) > 0.5
    assert sure(share + 1) > 0.5


def test_threshold_of_the_count(judge, constant):
    fewest = constant("constant-metric", "FEWEST")
    assert judge("constant-metric", loss=[1.0] * fewest, accuracy=[0.5] * fewest).confidence > 0.5
    assert judge("constant-metric", loss=[1.0] * (fewest - 1), accuracy=[0.5] * (fewest - 1)).confidence == 0


@pytest.mark.parametrize("value", [1.0, 100.0])
def test_everything_right_is_not_stuck(judge, value):
    assert judge("constant-metric", loss=FALLS, accuracy=[value] * 10).confidence == 0


def test_an_accuracy_of_zero_belongs_to_a_regression(judge):
    assert judge("constant-metric", loss=FALLS, accuracy=[0.0] * 10).confidence == 0


def test_a_score_that_moves_in_its_last_digit(judge):
    assert judge("constant-metric", loss=FALLS, accuracy=[0.884 + 1e-7 * at for at in range(10)]).confidence < 0.01


def test_an_accuracy_that_all_but_stands_still_beside_a_loss_that_does_too(judge, told, constant):
    hardly, unsure = constant("constant-metric", "HARDLY"), constant("constant-metric", "UNSURE")
    flat = [1.0] * 20

    def verdict(by, loss=flat):
        return judge("constant-metric", loss=loss, accuracy=[0.884, 0.884 + by] * 10)

    assert verdict(hardly * 2).confidence == 0
    still = verdict(hardly / 2)
    assert still.confidence == pytest.approx(unsure, abs=0.01)
    assert still.epochs == (5, 20)  # the last 80%
    assert told(still).startswith("accuracy stays at 0.885, within 0.1%, over the last 16 epochs")
    fell = constant("constant-metric", "FELL")
    assert verdict(hardly / 2, [1.0, *[1 - fell] * 19]).confidence == pytest.approx(unsure / 2, abs=0.01)
    assert verdict(hardly / 2, [1.0, *[1 - 2 * fell] * 19]).confidence < 0.1


def test_other_scores_too(judge):
    assert judge("constant-metric", loss=FALLS, auc=[0.5] * 10).confidence > 0.9


def test_what_cannot_be_judged(refusal):
    assert refusal("constant-metric", loss=FALLS) == "no training metric beside the loss"
    assert refusal("constant-metric", loss=FALLS, val_accuracy=[0.5] * 10) == "no training metric beside the loss"
