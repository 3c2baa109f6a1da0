"""underfit-unfinished: the validation loss was still going down when training stopped."""

import math

import numpy as np
import pytest

AT = np.arange(1, 41) / 40.0
FURTHER = math.exp(-2.5) - math.exp(-5)


def decay(gain):
    """A level plus exp(-t / 0.4 runs) that within twice the epochs falls by that share of where it ends."""
    return FURTHER / gain - math.exp(-2.5) + np.exp(-AT / 0.4)


def test_a_clear_case(judge, told):
    falls = np.exp(-AT / 1.2)
    verdict = judge("underfit-unfinished", loss=falls, val_loss=falls + 0.1)
    assert verdict.confidence > 0.7
    assert (verdict.curve, verdict.epochs) == ("val_loss", (1, 40))
    truth = (math.exp(-1 / 1.2) - math.exp(-2 / 1.2)) / (math.exp(-1 / 1.2) + 0.1)
    assert verdict.evidence["gain_twice"] == pytest.approx(truth, rel=0.15)
    assert verdict.evidence["gain_thrice"] > verdict.evidence["gain_twice"]
    assert "still improving at the end" in told(verdict)


def test_a_settled_run_is_finished(judge):
    settled = 0.3 + np.exp(-np.arange(60) / 5)
    assert judge("underfit-unfinished", loss=settled, val_loss=settled + 0.05).confidence < 0.2


def test_the_more_is_to_gain_the_surer(judge):
    """By definition 3% further is finished and 10% is not."""
    gains = (0.01, 0.03, 0.06, 0.10, 0.2)
    told = [judge("underfit-unfinished", loss=decay(gain), val_loss=decay(gain)).confidence for gain in gains]
    assert told == sorted(told)
    assert told[1] < 0.5 < told[3]


def test_what_is_needed_depends_on_whether_it_slows_down(judge, constant):
    """A line is as steep at its end as ever; of a decay the second half falls less, so that more will come than is forecast."""
    line = judge("underfit-unfinished", loss=1.1 - 0.1 * AT, val_loss=1.1 - 0.1 * AT).evidence
    slows = judge("underfit-unfinished", loss=decay(0.1), val_loss=decay(0.1)).evidence
    needed = [one["gain_twice"] / one["gain_to_needed"] for one in (line, slows)]
    assert needed[0] == pytest.approx(constant("underfit-unfinished", "STEADY_GAIN"), abs=0.01)
    assert needed[1] == pytest.approx(constant("underfit-unfinished", "GAIN"))


def test_a_straight_line(judge):
    def sure(gain):
        line = 1 + gain * (1 - AT)  # ends at 1, and falls by as much again in as many epochs
        return judge("underfit-unfinished", loss=line, val_loss=line).confidence

    assert sure(0.03) < 0.5 < sure(0.2)


def test_a_training_loss_that_has_settled_speaks_against_it(judge):
    going = judge("underfit-unfinished", loss=decay(0.1), val_loss=decay(0.1)).confidence
    settled = judge("underfit-unfinished", loss=[1.0, *[0.5] * 39], val_loss=decay(0.1))
    assert settled.evidence["train_fell_last_third"] == 0
    assert settled.confidence < min(0.5, going)


def test_a_validation_loss_that_has_turned(judge):
    val = np.concatenate([np.linspace(2, 1, 30), np.linspace(1, 1.3, 10)])
    verdict = judge("underfit-unfinished", loss=np.exp(-AT), val_loss=val)
    assert verdict.evidence["turned"] == pytest.approx(0.3 / 1.3, abs=0.05)
    assert verdict.confidence < 0.2


def test_the_gain_is_counted_in_the_scatter_between_epochs(judge):
    """Up and down by 0.05: each point lies 0.1 from the mean of its neighbours, which is 0.1 / sqrt(1.5) of scatter."""
    zigzag = 0.05 * np.where(np.arange(40) % 2, -1.0, 1.0)
    evidence = judge("underfit-unfinished", loss=decay(0.1), val_loss=decay(0.1) + zigzag).evidence
    gain = evidence["gain_twice"] * evidence["end"]
    assert evidence["gain_in_noise"] == pytest.approx(gain / (0.1 / math.sqrt(1.5)), rel=0.01)


def test_a_learning_rate_that_has_run_out(judge):
    """Its last value over its highest; epochs without one don't count, and without any it is not known."""

    def verdict(rates):
        return judge("underfit-unfinished", loss=decay(0.2), val_loss=decay(0.2), learning_rate=rates)

    spent, held = verdict(np.geomspace(0.1, 1e-4, 40)), verdict([0.1] * 40)
    assert spent.evidence["rate_left"] == pytest.approx(1e-3)
    assert held.evidence["rate_left"] == 1
    assert spent.confidence < 0.5 < held.confidence
    assert verdict([math.nan, *[0.1] * 20, *[0.05] * 15, *[math.nan] * 4]).evidence["rate_left"] == pytest.approx(0.5)
    never = judge("underfit-unfinished", loss=decay(0.2), val_loss=decay(0.2))
    assert verdict([math.nan] * 40).confidence == never.confidence == held.confidence


def test_only_the_last_digits_of_the_loss_are_left_to_gain(judge, constant):
    """Everything right, the training loss at a thousandth: more epochs make it smaller still, and nothing better."""
    digits, vanished = np.exp(-AT / 0.1), constant("underfit-unfinished", "VANISHED")
    assert digits[-1] < vanished * digits[0]

    def sure(accuracy):
        curves = {"loss": digits, "val_loss": digits, "val_accuracy": [0.5] * 20 + [accuracy] * 20}
        return judge("underfit-unfinished", **curves).confidence

    hardly = constant("underfit-unfinished", "HARDLY")
    assert sure(1.0) == pytest.approx(hardly * sure(0.9))
    assert sure(1.0) < 0.5


def test_what_cannot_be_judged(refusal):
    assert "no validation curve" in refusal("underfit-unfinished", loss=AT)
    assert refusal("underfit-unfinished", val_loss=AT) == "no training loss"
    rare = {"val_loss": [1.0, 0.5], "every": {"val_loss": 20}}
    assert refusal("underfit-unfinished", loss=AT, **rare) == "fewer than five points"
    waves = [0.01 + 0.1 * (1 + math.cos(2 * math.pi * at / 10)) for at in range(40)]
    assert "cycles" in refusal("underfit-unfinished", loss=decay(0.1), val_loss=decay(0.1), learning_rate=waves)


def test_the_forecast_is_told_with_what_such_forecasts_are_worth(judge, told):
    at = np.arange(40)
    verdict = judge("underfit-unfinished", loss=0.1 + np.exp(-at / 30), val_loss=0.12 + np.exp(-at / 30))
    low, gain, high = (verdict.evidence[name] for name in ("gain_low", "gain_twice", "gain_high"))
    true = 1 - (0.12 + np.exp(-79 / 30)) / (0.12 + np.exp(-39 / 30))
    assert 0 < low < gain < high <= 1 and low < true < high
    assert "% to " in told(verdict)
