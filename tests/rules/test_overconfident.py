"""overconfident: the validation loss rises, the validation metric holds."""

import pytest

FALLING = [2.0, 1.6, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5]
ROSE = [2.0, 1.0, 1.0, *[2.0] * 6]


def test_a_clear_case(judge, told):
    verdict = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=[0.2, 0.7, *[0.75] * 7])
    assert verdict.confidence > 0.9
    assert verdict.curve == "val_loss"
    assert verdict.epochs == (3, 9)
    assert verdict.evidence["score_end"] == pytest.approx(0.75)
    assert verdict.evidence["score_gained"] > 0 or verdict.evidence["score_gained"] == pytest.approx(0)
    assert "val_accuracy went from" in told(verdict)


def test_an_accuracy_that_falls_with_the_loss_is_plain_overfit(judge):
    lost = [0.2, 0.8, 0.8, *[0.6] * 6]
    assert judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=lost).confidence < 0.05


def test_answers_that_became_better_make_it_surer(judge):
    """Then stopping at the best loss would cost answers; otherwise it is overfit first."""
    held = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=[0.2, *[0.7] * 8]).confidence
    improved = judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=[0.2, 0.7, 0.7, *[0.8] * 6]).confidence
    assert 0.8 < held < improved


def test_no_rise_of_the_loss(judge):
    level = [2.0, *[1.0] * 8]
    assert judge("overconfident", loss=FALLING, val_loss=level, val_accuracy=[0.2, *[0.8] * 8]).confidence < 0.05


def test_threshold_of_the_loss(judge, constant):
    half = constant("overconfident", "RISE")
    held = [0.2, 0.7, 0.7, *[0.8] * 6]

    def sure(rise):
        val = [2.0, 1.0, 1.0, *[1 + rise] * 6]
        return judge("overconfident", loss=FALLING, val_loss=val, val_accuracy=held).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) > 0.8


@pytest.mark.parametrize("percent", [1, 100])
def test_threshold_of_the_metric(judge, constant, percent):
    """The lowest accuracy is 0.25, so 0.75 was to gain."""
    half = constant("overconfident", "LOST")

    def sure(lost):
        held = [0.25, 0.75, 0.75, 0.75, *[0.75 - lost * 0.75] * 5]
        held = [one * percent for one in held]
        return judge("overconfident", loss=FALLING, val_loss=ROSE, val_accuracy=held).confidence

    assert sure(half / 2) > 0.5
    assert sure(half) == pytest.approx(0.5, abs=0.03)
    assert sure(half * 2) < 0.2


def test_what_cannot_be_judged(refusal):
    assert refusal("overconfident", loss=FALLING) == "no validation loss"
    assert refusal("overconfident", accuracy=FALLING, val_accuracy=FALLING) == "no validation loss"
    assert "no validation metric" in refusal("overconfident", loss=FALLING, val_loss=ROSE)
    short = {"val_loss": [1.0, 2.0], "val_accuracy": [0.5, 0.6], "every": {"val_loss": 4, "val_accuracy": 4}}
    assert refusal("overconfident", loss=FALLING, **short) == "fewer than five points"
