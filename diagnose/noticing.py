"""What was seen and is no problem: notes, so that nobody takes it for one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diagnose.curves import Note
from diagnose.evidence import phases
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.wording import share

GAP = 0.15  # validation above training loss, relative, from which the gap is worth a word
LEVEL = 0.03  # relative distance, or rise, that is as good as none
LEARNT = 0.1  # relative fall of the training loss from which an early shift is steep enough to see
EARLY = 0.2  # the first part of a run, for transients
JUMPS = 2  # more of them are an unsteady training, not resumes
LISTED = 3  # so many learning-rate steps are told one by one
HUMP = 0.1  # relative height of a hump between two descents
HUMP_NOISES = 5.0  # the same in deviations of the noise
LASTING = 0.05  # share of the run that its rise must last
LAGGED = 2.0  # multiple of the second tenth's level that a validation loss starts from while averages settle


def notice(run: Run) -> tuple[Note, ...]:
    """The reader's notes, and what the curves and the learning rate show that is normal."""
    return (*run.curves.notes, *_seen(run))


def _seen(run: Run) -> Iterator[Note]:
    yield from _rate(run)
    if run.train is not None and not run.short:
        yield from _jumps(run, run.train)
    yield from _meaningless(run)
    if run.val is not None and not run.short:
        yield from _second_descent(run, run.val)
    if run.together is not None:
        yield from _gap(run)


def _rate(run: Run) -> Iterator[Note]:
    rates = run.curves.learning_rate
    if rates is None or rates.size < 3:
        return
    valleys, peaks = phases.rate_turns(rates)
    if valleys >= 2:
        yield Note(
            "learning-rate-cycle",
            f"the learning rate goes up and down ({valleys + 1} cycles): waves are expected",
            (1, run.length),
        )
        return
    top = phases.warm_up_end(rates)
    if 0 < top < rates.size - 1 and peaks <= 1:
        yield Note(
            "warm-up",
            f"the learning rate warms up until {run.curves.label(top + 1)}: a loss that rises first is expected",
            (1, top + 1),
        )
    steps = [one for one in phases.rate_steps(rates) if one.at > top]
    if len(steps) > phases.FEW:
        yield Note(
            "learning-rate-schedule",
            f"the learning rate changes all the time, {steps[0].before:.3g} to {steps[-1].after:.3g}",
        )
        return
    if len(steps) > LISTED:
        first, last = steps[0].at + 1, steps[-1].at + 1
        where = f"{run.curves.label(first)} to {run.curves.label(last)}"
        text = (
            f"the learning rate goes from {steps[0].before:.3g} to {steps[-1].after:.3g} in {len(steps)} steps, {where}"
        )
        yield Note("learning-rate-step", text, (first, last))
        return
    for step in steps:
        place = step.at + 1
        way = f"{'falls' if step.after < step.before else 'rises'} from {step.before:.3g} to {step.after:.3g}"
        text = f"the learning rate {way} at {run.curves.label(place)}: a step in the curves is expected"
        yield Note("learning-rate-step", text, (place, place))


def _jumps(run: Run, train: Shape) -> Iterator[Note]:
    jumps = phases.recovered_jumps(train.y, train.noise)
    for start, back in jumps if len(jumps) <= JUMPS else []:
        first, last = train.position(start), train.position(back)
        if back - start <= 1:
            yield Note(
                "spike",
                f"{train.name} spikes at {run.curves.label(first)} and recovers at once: harmless",
                (first, first),
            )
        else:
            where = f"jumps at {run.curves.label(first)} and is back below by {run.curves.label(last)}"
            text = f"{train.name} {where}: made good, as after a resume or an unfreezing"
            yield Note("resumed", text, (first, last))


def _meaningless(run: Run) -> Iterator[Note]:
    score = run.train_score or run.val_score
    if run.meaningless and score is not None:
        text = f"{score.name} is 0 in every epoch: an accuracy means nothing for a regression; watch the mean absolute error"
        yield Note("meaningless-metric", text, (1, run.length))


def _second_descent(run: Run, val: Shape) -> Iterator[Note]:
    lowest = np.minimum.accumulate(val.trend)
    above = val.trend - lowest
    peak = int(above.argmax())
    before = int(val.trend[: peak + 1].argmin())
    later = np.flatnonzero(val.trend[peak:] < lowest[peak])
    if not later.size or peak - before < LASTING * val.n:
        return
    if above[peak] < max(HUMP * val.scale(float(lowest[peak])), HUMP_NOISES * max(val.noise, val.half_scatter)):
        return
    first, last = val.position(before), val.position(peak + int(later[0]))
    where = f"rose after {run.curves.label(first)} and fell below it again by {run.curves.label(last)}"
    text = f"{val.name} {where}: a second descent"
    yield Note("double-descent", text, (first, last))


def _gap(run: Run) -> Iterator[Note]:
    train, val, both = run.train, run.val, run.together
    if train is None or val is None or both is None or run.short or not run.comparable:
        return
    early = max(1, round(EARLY * both[0].size))
    behind = both[1][:early] < both[0][:early]
    apart = (val.end - train.end) / val.scale(val.end)
    if behind.all() and apart > -LEVEL and run.learnt > LEARNT:
        text = (
            f"{val.name} starts below {train.name}: the training loss is an average over the epoch, half an epoch older"
        )
        yield Note("half-epoch-shift", text, (1, val.position(min(early, val.n) - 1)))
    if apart > GAP and val.relative_rise < LEVEL:
        text = f"{val.name} ends {share(apart)} of its level above {train.name} and does not rise: a gap alone is not overfitting"
        yield Note("generalization-gap", text)
    lead = max(1, val.n // 10)
    if (
        val.n >= 10
        and val.y[0] > 0
        and float(val.y[:lead].max()) > LAGGED * max(float(both[0][:lead].max()), float(val.trend[2 * lead]))
    ):
        text = f"{val.name} starts far above {train.name} and closes up: batch-normalization averages lag at first"
        yield Note("early-transient", text, (1, val.position(lead - 1)))
