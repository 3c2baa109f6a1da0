"""slow-learning: it learns, but at a crawl.

What it means
    The steps are too small for the way that is still to go: most often a learning rate that is ten or a hundred
    times too low. More epochs would help, but far more of them than anybody wants to wait for.

What the curves show
    A training loss that falls steadily, almost on a straight line, and by little.

How it is decided
    The training loss must fall steadily: its second half still brings at least {STEADY:%} (half sure) of what its
    first half brought, well beyond the noise. The forecast within twice the epochs must stay small (half sure below
    {SOON:%} of the level), and the one within four times must be worth having (half sure above {LATER:%}). Well
    beyond the noise: half sure when the whole fall is {NOISES:x} the noise between epochs. A validation loss that
    rises (half sure at {RISEN:%}) speaks against it.

What else looks like it
    The long first shelf of a network that will suddenly begin to learn; the tail of a good fit that creeps on (but
    that has slowed down since its first half).

Sources
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012), section 3.1.1.
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.3.1.
"""

import math

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

STEADY = 0.4  # fall of the second half over the fall of the first
SOON = 0.12  # forecast gain within twice the epochs: under 10% by definition, and a forecast errs
LATER = 0.05  # forecast gain within four times the epochs
RISEN = 0.03  # relative rise of the validation loss above its best
NOISES = 4.0  # fall over the run in deviations of the noise

TECHNIQUES = ("learning-rate", "adaptive-optimizer", "data-scaling", "batch-normalization", "more-epochs")


@rule(area="learning", techniques=TECHNIQUES, excludes=("underfit-plateau",))
def slow_learning(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train, val = run.train, run.val
    if train is None:
        return CannotJudge("no training loss")
    if run.cycle_end is not None:
        return CannotJudge("the learning rate cycles: waves are expected")
    ahead = train.forecast
    if ahead is None or train.n < 8:
        return CannotJudge("fewer than eight points")
    first, second = train.halves
    scale = train.scale(train.end)
    steady = second / max(first, 1e-300) if first > 0 else 0.0
    soon, later = (ahead.now - ahead.twice) / scale, (ahead.now - ahead.fourfold) / scale
    noises = train.fall / max(train.noise, 1e-9 * scale)
    confidence = (
        beyond(steady, STEADY, 0.15)
        * (1 - beyond(soon, SOON, 0.15))
        * beyond(later, LATER, 0.25)
        * beyond(noises, NOISES)
    )
    if val is not None:
        confidence *= 1 - above(val.rise / val.scale(val.best), RISEN, 0.01)
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(1, run.length),
        harm=later,
        evidence={
            "fall": run.learnt,
            "steadiness": steady,
            "gain_twice": soon,
            "gain_fourfold": later,
            "multiple": _reach(soon),
        },
        names={"curve": train.name},
        say="{curve} improves steadily but by {fall:%} in the whole run: {gain_twice:%} more within twice the epochs, "
        "{gain_fourfold:%} within four times; at this pace halving it takes {multiple:x} the epochs",
        looks_like="the first shelf of a network that will suddenly begin to learn",
    )


def _reach(gain: float) -> float:
    """How many times the epochs it would take to halve the loss at this pace."""
    return 1 + 0.5 / gain if gain > 0 else math.inf
