"""collapse: a good model was found, and lost.

What it means
    One or a few bad steps threw the weights out of a good region, and they never found back. The best epoch's
    weights were the model you wanted.

What the curves show
    Both losses fall to a good level, then jump up within an epoch or three and stay there.

How it is decided
    The training loss must have fallen far before (half sure at {LEARNT:%}), and end having given back much of that
    (half sure at {LOST:%}). Most of the loss must come in one jump (half sure when {SUDDEN:%} of it within three
    epochs), and the loss must stay up until the end, for at least {LASTS:%} of the run. A loss that had jumped
    before by over {USUAL:%} of that is unsteady rather than collapsed. The jump must exceed the noise between
    epochs (half sure at {NOISES:x}). Staying up: at least {STAYS:%} of the later points (half sure) keep
    {STAYS_UP:%} of what was given back; less than {SMALL:%} of the fall is not looked at.

What else looks like it
    A resume with another data set or a fresh optimizer; a learning rate that was raised. A loss that climbs slowly
    is diverging rather than collapsing.

Sources
    datascience.stackexchange.com/questions/28481 (accuracy .99, then .5 for good).
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.2.4, cliffs.
"""

import numpy as np

from diagnose.curves import FloatArray
from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

LEARNT = 0.3  # relative fall of the training loss from its start to its best
LOST = 0.4  # share of that fall that was given back
SUDDEN = 0.6  # share of what was given back that came within three epochs
SMALL = 0.1  # share of the fall below which what was given back is not looked at
STAYS_UP = 0.5  # share of what was given back above which a later point is still up
STAYS = 0.8  # share of the later points that must be
NOISES = 6.0  # the jump in deviations of the noise
USUAL = 0.4  # the largest rise before the best epoch over the jump: what has happened before is no collapse
LASTS = 0.1  # share of the run for which the loss must stay up

TECHNIQUES = ("early-stopping", "gradient-clipping", "learning-rate", "learning-rate-schedule")


@rule(area="learning", techniques=TECHNIQUES, excludes=("oscillating",), before=("diverging",))
def collapse(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train = run.train
    if train is None:
        return CannotJudge("no training loss")
    if train.n < 8:
        return CannotJudge("fewer than eight points")
    if train.rise < SMALL * (train.start - train.best):
        return Verdict(0.0)
    level = train.clean
    best = int(level.argmin())
    fell = train.start - float(level[best])
    given_back = train.end - float(level[best])
    if fell <= 0 or given_back <= 0 or best >= train.n - 3:
        return Verdict(0.0)
    jump, since, before = _largest_jump(level, max(best - 1, 0))
    up = level[since + 1 :] > float(level[best]) + STAYS_UP * given_back
    stays = float(up.mean()) if up.size else 0.0
    lasts = (train.n - since) / train.n
    share, sudden = given_back / fell, jump / given_back
    quiet = 1 - beyond(before / max(jump, 1e-300), USUAL, 0.2)
    quiet *= above(jump / max(train.noise, 1e-9 * max(fell, 1e-300)), NOISES, 1.0)
    confidence = above(fell / train.scale(train.start), LEARNT, 0.05) * above(share, LOST, 0.06) * quiet
    confidence *= above(sudden, SUDDEN, 0.08) * above(stays, STAYS, 0.04) * above(lasts, LASTS, 0.02)
    there = train.position(min(since, train.n - 1))
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(there, run.length),
        harm=given_back / train.scale(float(level[best])),
        evidence={
            "best": train.told(float(level[best])),
            "best_epoch": float(train.position(best)),
            "end": train.told(train.end),
            "given_back": share,
            "jump_epoch": float(there),
            "sudden": sudden,
        },
        names={"curve": train.name},
        say="{curve} had come to {best} ({best_epoch}), jumped at {jump_epoch} and stays at {end}: {given_back:%} of what was "
        "learnt is lost",
        looks_like="a resume with other data or a fresh optimizer, or a learning rate that was raised",
    )


def _largest_jump(level: FloatArray, after: int) -> tuple[float, int, float]:
    """The largest rise within three epochs from ``after`` on, the index where it came, and the largest one before."""
    jumps = level[3:] - level[:-3]
    before = max(float(jumps[:after].max()), 0.0) if after else 0.0
    if not jumps[after:].size:
        return 0.0, after + 1, before
    first = after + int(jumps[after:].argmax())
    steps = np.diff(level[first : first + 4])  # of its three steps, the highest is where it came
    return float(jumps[first]), first + 1 + int(steps.argmax()), before
