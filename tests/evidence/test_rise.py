"""A rise of a validation loss: since when, by how much, and what that says."""

import pytest

from diagnose.evidence.rise import NOISES, RISE, SINCE, TERMS, rise_evidence, since_best

ROSE = [2.0, 1.0, 1.0, *[1.5] * 6]


def test_the_numbers_of_a_rise(shape):
    told = rise_evidence(shape(ROSE))
    assert (told["best"], told["best_epoch"], told["end"]) == (1.0, 2, 1.5)
    assert told["rise"] == told["rise_of_trend"] == pytest.approx(0.5)


def test_a_rise_is_counted_in_the_noise_between_epochs(shape):
    """Down to 10, up to 13, a quarter up and down all the way: each bend is 1/2 or -1/2, which is 1.4826 / sqrt(6) of noise."""
    noise = 1.4826 / 6**0.5
    level = [*[12.0] * 10, *[10.0] * 15, *[13.0] * 15]
    told = rise_evidence(shape([one + (0.25 if at % 2 else -0.25) for at, one in enumerate(level)]))
    assert told["rise_in_noise"] == pytest.approx(3.0 / noise, rel=0.1)  # the trend's best lies a little lower than 10


def test_what_has_gone_by_since_the_best(shape):
    """30 of 40 after the tenth, 10 after the thirtieth, the best epoch itself counted or not."""
    for best in (10, 30):
        turned = [1 + abs(at - best) / 40 for at in range(1, 41)]
        assert rise_evidence(shape(turned))["share_since_best"] == pytest.approx(1 - best / 40, abs=1.01 / 40)


def test_no_rise_speaks_against_it(shape):
    told = rise_evidence(shape([2.0, 1.5, 1.2, 1.1, 1.05, 1.02, 1.01, 1.005, 1.0]))
    assert told["rise_of_trend"] == told["rise_in_noise"] == 0
    assert TERMS["rise_of_trend"](0.0) < 0 and TERMS["rise_in_noise"](0.0) < 0


def test_the_terms_turn_at_their_thresholds():
    assert {name: term.half for name, term in TERMS.items()} == {
        "rise_of_trend": RISE,
        "rise_in_noise": NOISES,
        "share_since_best": SINCE,
    }


def test_the_terms_are_numbers_of_the_evidence(shape):
    assert set(TERMS) <= set(rise_evidence(shape(ROSE)))


def test_since_the_epoch_after_the_best(shape):
    assert since_best(shape(ROSE, epochs=[5, 10, 15, 20, 25, 30, 35, 40, 45]), 45) == (11, 45)
    assert since_best(shape([5.0, 4.0, 3.0, 2.0, 1.0]), 5) == (5, 5)
