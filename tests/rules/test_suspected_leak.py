"""suspected-leak: every validation answer right from the first epochs on."""

import pytest

RIGHT = [1.0] * 10


def test_a_clear_case(judge, told, constant):
    verdict = judge("suspected-leak", accuracy=[0.97, *[0.999] * 9], val_accuracy=RIGHT)
    assert 0.7 < verdict.confidence <= constant("suspected-leak", "LIMIT")
    assert (verdict.curve, verdict.epochs) == ("val_accuracy", (1, 10))
    assert told(verdict).startswith("val_accuracy is 1.00 from epoch 1 on")


def test_without_a_training_accuracy(judge, constant):
    assert judge("suspected-leak", loss=[1.0] * 10, val_accuracy=RIGHT).confidence == constant(
        "suspected-leak", "LIMIT"
    )


def test_percent(judge):
    assert judge("suspected-leak", accuracy=[97.0, *[99.9] * 9], val_accuracy=[100.0] * 10).confidence > 0.7


def test_threshold_of_the_accuracy(judge, constant):
    perfect = constant("suspected-leak", "PERFECT")
    assert judge("suspected-leak", val_accuracy=[perfect - 1 / 4096] * 10).confidence == 0
    assert judge("suspected-leak", val_accuracy=[perfect] * 10).confidence > 0.5
    assert judge("suspected-leak", val_accuracy=[perfect + 1 / 4096] * 10).confidence > 0.5


def test_threshold_of_the_start(judge, constant):
    half, limit = constant("suspected-leak", "TRAINED"), constant("suspected-leak", "LIMIT")

    def sure(start):
        return judge("suspected-leak", accuracy=[start, *RIGHT[1:]], val_accuracy=RIGHT).confidence

    assert sure(half - 0.1) < 0.2 * limit
    assert sure(half) == pytest.approx(limit / 2)
    assert sure(half + 0.1) > 0.8 * limit


def test_soon_enough(judge, constant):
    soon = constant("suspected-leak", "SOON")
    late = [0.9] * soon + RIGHT
    assert judge("suspected-leak", val_accuracy=late).confidence == 0
    verdict = judge("suspected-leak", val_accuracy=late[1:])
    assert verdict.confidence > 0.5
    assert verdict.epochs[0] == soon


def test_one_wrong_answer_later_clears_it(judge):
    assert judge("suspected-leak", val_accuracy=[*RIGHT, 0.98, 1.0]).confidence == 0


def test_what_cannot_be_judged(refusal):
    assert refusal("suspected-leak", accuracy=RIGHT) == "no validation accuracy"
    rare = {"val_accuracy": [1.0], "every": {"val_accuracy": 10}}
    assert refusal("suspected-leak", accuracy=RIGHT, **rare) == "fewer than five points"
