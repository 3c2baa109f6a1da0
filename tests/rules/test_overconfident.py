"""overconfident: the validation loss rises, the validation metric holds."""

import numpy as np
import pytest

from diagnose import diagnose

FALLING = [2.0, 1.6, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5]
ROSE = [2.0, 1.0, 1.0, *[2.0] * 6]
IMPROVED = [0.2, 0.7, 0.7, *[0.8] * 6]


def test_a_clear_case(judge, told):
    verdict = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=[0.2, 0.7, *[0.75] * 7])
    assert verdict.confidence > 0.7
    assert verdict.curve == "val_loss"
    assert verdict.epochs == (3, 9)
    assert verdict.evidence["score_end"] == pytest.approx(0.75)
    assert "val_accuracy went from" in told(verdict)


@pytest.mark.parametrize("percent", [1, 100])
def test_what_is_measured(judge, percent):
    """The lowest accuracy is 0.25, so 0.75 was to gain: of that 0.15 is a fifth."""
    held = [one * percent for one in (0.25, 0.6, 0.6, *[0.75] * 6)]
    evidence = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=held).evidence
    assert evidence["score_gained"] == pytest.approx(0.2)
    assert evidence["score_end"] == pytest.approx(0.75 * percent)
    assert evidence["rise_of_trend"] == pytest.approx(1.0)


def test_a_healthy_run(judge):
    settled = 0.3 + np.exp(-np.arange(40) / 5)
    healthy = {"loss": settled, "val_loss": settled + 0.03, "val_accuracy": 0.9 - 0.4 * np.exp(-np.arange(40) / 5)}
    assert judge("overconfident", **healthy).confidence < 0.2


def test_an_accuracy_that_falls_with_the_loss_is_plain_overfit(judge):
    lost = [0.2, 0.8, 0.8, *[0.6] * 6]
    assert judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=lost).confidence < 0.5


def test_the_more_the_accuracy_lost_the_less_sure(judge):
    """By definition one point is none; well beyond three the answers did not hold."""

    def sure(lost):
        held = [0.25, 0.75, 0.75, 0.75, *[0.75 - lost * 0.75] * 5]
        return judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=held).confidence

    told = [sure(lost) for lost in (0.2, 0.1, 0.03, 0.01, 0.0, -0.1)]
    assert told == sorted(told)
    assert told[1] < 0.5 < told[3]


def test_a_larger_rise_of_the_loss_is_surer(judge):
    """By definition 3% is none and 10% is one."""

    def sure(rise):
        val = [2.0, 1.0, 1.0, *[1 + rise] * 6]
        return judge("overconfident", loss=FALLING, val_loss=val, val_accuracy=IMPROVED).confidence

    told = [sure(rise) for rise in (0.0, 0.03, 0.055, 0.10, 0.3)]
    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[1] < 0.5 < told[3]


def test_answers_that_became_better_make_it_surer(judge):
    held = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=[0.2, *[0.7] * 8]).confidence
    improved = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=IMPROVED).confidence
    assert 0.5 < held < improved


def found(accuracy):
    report = diagnose({"loss": FALLING, "val_loss": ROSE, "val_accuracy": accuracy})
    return [one.rule for one in report.findings if one.rule in ("overfit", "overconfident")]


def test_answers_that_became_better_come_before_overfit():
    """Then stopping at the best loss would cost answers."""
    assert found(IMPROVED) == ["overconfident", "overfit"]


def test_answers_that_only_held_come_after_it():
    assert found([0.2, *[0.7] * 8]) == ["overfit", "overconfident"]


def test_what_cannot_be_judged(refusal):
    assert refusal("overconfident", loss=FALLING) == "no validation loss"
    assert refusal("overconfident", accuracy=FALLING, val_accuracy=FALLING) == "no validation loss"
    assert "no validation metric" in refusal("overconfident", loss=FALLING, val_loss=ROSE)
    short = {"val_loss": [1.0, 2.0], "val_accuracy": [0.5, 0.6], "every": {"val_loss": 4, "val_accuracy": 4}}
    assert refusal("overconfident", loss=FALLING, **short) == "fewer than five points"
