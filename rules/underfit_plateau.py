"""underfit-plateau: it learnt something, then stopped at a poor level.

What it means
    The model has used what it can: too few nodes or layers for the problem, too strong a regularization, or inputs
    that don't hold the answer.

What the curves show
    Both losses improve, then settle together, well above what would be good.

How it is decided
    The training loss must have fallen clearly (half sure at {FALL:%}) and settled (half sure when the forecast
    within twice the epochs is below {SETTLED:%}), at a level that is still most of where it started (half sure at
    {POOR:%} of its start, {POOR_TOLD:%} with an accuracy), and not swing. A training accuracy must have gained
    little of what there was to gain (half sure at {SCORE:%}). The validation loss must lie close to it (half sure
    at a gap of {GAP:%}). Its scatter between epochs must be small (half sure at {SWING:%} of its level). The
    confidence never exceeds {LIMIT:%}.

What else looks like it
    A problem that cannot be done better: noisy labels or noisy targets. A curve alone cannot tell these apart, so
    this finding is never very sure: only a larger model can show it.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 5.2, capacity and underfitting.
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

FALL = 0.10  # relative fall that shows that something was learnt
SETTLED = 0.04  # forecast relative gain within twice the epochs
POOR = 0.62  # end over start of the training loss
POOR_TOLD = 0.5  # the same where an accuracy tells as well
SWING = 0.08  # epoch-to-epoch scatter of the training loss over its level: one that swings has not settled
SCORE = 0.33  # share of what there was to gain that the training accuracy gained
GAP = 0.25  # validation above training loss
LIMIT = 0.85  # a curve cannot rule out a problem that can't be done better

TECHNIQUES = ("capacity", "learning-rate", "activation", "data-audit", "batch-normalization")


@rule(area="learning", techniques=TECHNIQUES)
def underfit_plateau(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train, val = run.train, run.val
    if train is None:
        return CannotJudge("no training loss")
    if run.resumed:
        return CannotJudge("it goes on from an earlier run: its start is not where learning began")
    ahead = train.forecast
    if ahead is None:
        return CannotJudge("fewer than five points")
    scale = train.scale(train.end)
    further = (ahead.now - ahead.twice) / scale
    left = train.end / train.start if train.start > 0 else 0.0
    gained = run.accuracy_gained
    confidence = LIMIT * above(run.learnt, FALL, 0.02) * (1 - beyond(further, SETTLED))
    confidence *= above(left, POOR if gained is None else POOR_TOLD, 0.06)
    confidence *= 1 - beyond(train.half_scatter / scale, SWING, 0.2)
    evidence = {"start": train.told(train.start), "end": train.told(train.end), "left": left, "gain_twice": further}
    say = "{curve} settled at {end}, {left:%} of where it started"
    if gained is not None:
        confidence *= 1 - above(gained, SCORE, 0.06)
        evidence["accuracy_gained"] = gained
        say += "; the accuracy gained {accuracy_gained:%} of what guessing leaves to gain"
    if val is not None and run.paired:
        confidence *= 1 - above((val.end - train.end) / scale, GAP, 0.05)
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(train.position(train.settled_index), run.length),
        harm=None,
        evidence=evidence,
        names={"curve": train.name},
        say=say,
        looks_like="a problem that cannot be done better: noisy labels or targets",
    )
