"""The parts of a run: steps, cycles and warm-ups of the learning rate; jumps that a loss makes good."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diagnose.evidence.phases import Step, rate_steps, rate_turns, recovered_jumps, warm_up_end

NAN = math.nan


def rates(*values):
    return np.array(values, dtype=np.float64)


def test_a_step_is_where_the_new_rate_is_in_force():
    assert rate_steps(rates(0.1, 0.1, 0.1, 0.01, 0.01)) == [Step(3, 0.1, 0.01)]


def test_two_steps_up_and_down():
    assert rate_steps(rates(0.1, 0.01, 0.01, 0.1)) == [Step(1, 0.1, 0.01), Step(3, 0.01, 0.1)]


def test_small_changes_and_gaps_are_no_steps():
    assert rate_steps(rates(0.1, 0.09, 0.08, 0.07)) == []
    assert rate_steps(rates(0.1, NAN, NAN, 0.1)) == []
    assert rate_steps(rates(NAN, 0.1, NAN, 0.01)) == [Step(3, 0.1, 0.01)]
    assert rate_steps(rates(0.0, -1.0, 0.1, math.inf)) == []
    assert rate_steps(rates()) == rate_steps(rates(0.1)) == []


def test_turns_of_cycles():
    assert rate_turns(rates(1, 2, 3, 2, 1, 2, 3, 2, 1)) == (1, 2)
    assert rate_turns(rates(3, 2, 1, 3, 2, 1, 3, 2, 1)) == (2, 2)
    assert rate_turns(rates(1, 1, 1)) == rate_turns(rates(3, 2, 2, 1)) == (0, 0)
    assert rate_turns(rates(1, NAN, 2, NAN, 1)) == (0, 1)


@pytest.mark.parametrize("cycles", [1, 3, 7])
def test_turns_of_a_sine(cycles):
    """A cosine that starts at its top has a valley in each cycle, and a peak between each two."""
    at = np.linspace(0, 1, 40 * cycles + 1)
    assert rate_turns(1.5 + np.cos(2 * np.pi * cycles * at)) == (cycles, cycles - 1)


def test_warm_up():
    assert warm_up_end(rates(1, 2, 3, 4, 3, 2)) == 3
    assert warm_up_end(rates(1, 2, 4, 4, 4)) == 2  # the first of the peak
    assert warm_up_end(rates(1, 2, 3)) == 2
    assert warm_up_end(rates(4, 3, 2)) == 0
    assert warm_up_end(rates(1, 1, 2, 3)) == 0  # it doesn't rise from its first value on
    assert warm_up_end(rates(1, 2)) == 0
    assert warm_up_end(rates(1, NAN, 3)) == 0


def test_a_jump_that_is_made_good():
    loss = np.array([1.0, 0.8, 0.6, 0.5, 2.0, 1.0, 0.7, 0.45, 0.4])
    assert recovered_jumps(loss, 0.01) == [(4, 7)]


def test_a_spike_is_back_at_once():
    assert recovered_jumps(np.array([1.0, 0.5, 3.0, 0.4, 0.3]), 0.01) == [(2, 3)]


def test_two_jumps():
    assert recovered_jumps(np.array([1.0, 3.0, 0.9, 0.8, 3.0, 2.0, 0.7]), 0.01) == [(1, 2), (4, 6)]


def test_a_jump_within_a_jump_is_told_once():
    assert recovered_jumps(np.array([1.0, 3.0, 2.0, 5.0, 0.9]), 0.01) == [(1, 4)]


def test_no_jumps():
    assert recovered_jumps(np.array([1.0, 0.5, 3.0, 3.0, 3.0]), 0.01) == []  # never made good
    assert recovered_jumps(np.array([1.0, 0.5, 0.6, 0.4]), 0.05) == []  # within the noise
    assert recovered_jumps(np.array([10.0, 10.5, 9.0]), 0.001) == []  # under a tenth of the level
    assert recovered_jumps(np.array([1.0]), 0.0) == []


def slow_jumps(values, noise):
    found, back = [], 0
    for at in range(len(values) - 1):
        if at < back or not values[at + 1] - values[at] > max(10 * noise, 0.1 * abs(values[at])):
            continue
        later = [one for one in range(at + 1, len(values)) if values[one] <= values[at]]
        if later:
            back = later[0]
            found.append((at + 1, back))
    return found


@given(arrays(np.float64, st.integers(1, 300), elements=st.integers(-5, 5).map(float)), st.floats(0, 0.3))
def test_jumps_as_the_definition_has_them(values, noise):
    assert recovered_jumps(values, noise) == slow_jumps(values.tolist(), noise)


def test_many_jumps_of_a_long_run_are_found_in_one_pass():
    """Looking through the rest of the run for each jump would take minutes."""
    values = np.linspace(1000, 1, 400_000)
    values[::20] *= 10
    began = time.monotonic()
    assert len(recovered_jumps(values, 1e-3)) == 19_999
    assert time.monotonic() - began < 5
