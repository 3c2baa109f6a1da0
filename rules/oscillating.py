"""oscillating: the training loss swings up and down instead of descending.

What it means
    Each step overshoots: the learning rate is too high, or the batches too small to agree on a direction.

What the curves show
    A training loss that jumps between epochs by a good part of its level, and gets nowhere by it.

How it is decided
    The scatter of the training loss between epochs over its last half, relative to its level: half sure at
    {SWING:%}. The swings must be large beside the descent (half sure when they are {SHARE:%} of what the loss fell
    over the run's last two thirds). The validation loss must swing, too, if there is one (half sure at {QUIET:%} of
    the training loss's scatter), and the run must not end above its start (half sure at {CLIMB:%}): that is
    diverging.

What else looks like it
    Dropout on a small training set, whose loss is noisy although the weights are not (the validation loss is smooth
    then); a cyclic learning rate.

Sources
    Goodfellow, Bengio, Courville, Deep Learning (2016), figure 11.1.
    Bottou, Stochastic Gradient Descent Tricks (2012).
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.noise import turns
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

SWING = 0.10  # epoch-to-epoch scatter relative to the level
SHARE = 0.25  # scatter over the descent of the last two thirds
CLIMB = -0.25  # relative fall over the run: a loss that climbs away is diverging, not oscillating
QUIET = 0.25  # scatter of the validation loss, relative to the training loss's, below which only dropout speaks

TECHNIQUES = ("learning-rate", "batch-size", "learning-rate-schedule", "gradient-clipping", "shuffling")


@rule(area="learning", techniques=TECHNIQUES, excludes=("underfit-flat",))
def oscillating(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train, val = run.train, run.val
    if train is None:
        return CannotJudge("no training loss")
    if run.cycle_end is not None:
        return CannotJudge("the learning rate cycles: waves are expected")
    if train.n < 8:
        return CannotJudge("fewer than eight points")
    level = train.scale(train.half_level)
    swing = train.half_scatter / level
    descent = max(float(train.trend[train.n // 3]) - train.end, 0.0)
    share = train.half_scatter / max(descent, 1e-9 * level)
    confidence = beyond(swing, SWING, 0.15) * beyond(share, SHARE) * above(run.learnt, CLIMB, 0.05)
    evidence = {"swing": swing, "descent": descent / level, "turns": turns(train.half)}
    if val is not None and run.paired:
        evidence["validation_swing"] = val.half_scatter / level
        confidence *= beyond(val.half_scatter / max(train.half_scatter, 1e-300), QUIET)
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(train.position(train.n - train.half.size), run.length),
        harm=swing,
        evidence=evidence,
        names={"curve": train.name},
        say="{curve} swings by {swing:%} of its level from epoch to epoch over the last half; its "
        "descent over the last two thirds is {descent:%} of it",
        looks_like="dropout on a small training set, or a cyclic learning rate",
    )
