"""A rise of a validation loss: how sure, since when, by how much."""

import pytest

from diagnose.evidence.rise import NOISES, RISE, rise_evidence, risen, since_best


def test_one_half_at_the_rise(shape):
    """Without any noise, so that only the size is in doubt."""
    assert risen(shape([2.0, 1.0, 1.0, *[1 + RISE] * 6])) == pytest.approx(0.5, abs=0.001)


def test_one_half_at_the_noise(shape):
    """Far more than enough, were it not for a noise of half of it: each bend is 1 or -1, so the noise is 1.4826 / sqrt(1.5)."""
    noise = 1.4826 / 1.5**0.5
    zigzag = [0.25 if at % 2 else -0.25 for at in range(40)]
    one = shape([10.0 + 2 * by for by in zigzag])
    assert one.noise == pytest.approx(noise)
    one.__dict__["rise"] = NOISES * noise  # the measure itself is tested with the shapes
    assert risen(one) == pytest.approx(0.5, abs=0.06)


def test_the_numbers_of_a_rise(shape):
    told = rise_evidence(shape([2.0, 1.0, 1.0, *[1.5] * 6]))
    assert (told["best"], told["best_epoch"], told["end"]) == (1.0, 2, 1.5)
    assert told["rise"] == told["rise_of_trend"] == pytest.approx(0.5)


def test_since_the_epoch_after_the_best(shape):
    one = shape([2.0, 1.0, 1.0, *[1.5] * 6], epochs=[5, 10, 15, 20, 25, 30, 35, 40, 45])
    assert since_best(one, 45) == (11, 45)
    assert since_best(shape([5.0, 4.0, 3.0, 2.0, 1.0]), 5) == (5, 5)
