"""high-variance: the epoch at which you stop decides the result.

What it means
    Late in the run the model is as good one epoch and clearly worse the next. The last epoch's score is a draw from
    a hat; so is a comparison of two such runs.

What the curves show
    A validation loss, or the metric, that varies strongly over the last part of the run.

How it is decided
    The scatter of the validation loss between epochs over the last fifth (of a short run at least eight points, or
    its last half), relative to its level: half sure at {WOBBLE:%}. For an accuracy, relative to its level: half sure
    at {WOBBLE_SCORE:%}, and by at least {POINTS:%}.

What else looks like it
    A validation set of few examples: then the model is steadier than it looks (see unrepresentative-validation).

Sources
    Brownlee, Framework for Better Deep Learning: reduce the variance of the final model with ensembles.
    Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization (2018).
"""

from diagnose.evidence.belief import beyond
from diagnose.evidence.noise import mean, scatter
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

WOBBLE = 0.085  # scatter of the loss relative to its level
WOBBLE_SCORE = 0.08  # scatter of an accuracy relative to its level
POINTS = 0.03  # scatter of an accuracy in points

TECHNIQUES = (
    "horizontal-ensemble",
    "weight-averaging",
    "learning-rate-schedule",
    "model-averaging",
    "snapshot-ensemble",
)


@rule(area="prediction", techniques=TECHNIQUES)
def high_variance(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val = run.val
    if val is None:
        return CannotJudge("no validation curve")
    if run.cycle_end is not None:
        return CannotJudge("the learning rate cycles: waves are expected")
    if val.n < 8:
        return CannotJudge("fewer than eight points")
    wobble = val.late_scatter / val.scale(val.late_level)
    by_loss = beyond(wobble, WOBBLE, 0.25)
    by_score, wobble_of_score, points = _by_score(run, run.val_score)
    shown = val
    if by_score > by_loss and run.val_score is not None:  # tell of the curve that decided
        shown, wobble = run.val_score, wobble_of_score
    late = shown.late
    return Verdict(
        confidence=max(by_loss, by_score),
        curve=shown.name,
        epochs=(shown.position(shown.n - late.size), run.length),
        harm=wobble,
        evidence={
            "wobble": wobble,
            "low": min(shown.told(float(late.min())), shown.told(float(late.max()))),
            "high": max(shown.told(float(late.min())), shown.told(float(late.max()))),
            "score_wobble": points,
            "points": float(late.size),
        },
        names={"curve": shown.name},
        say="{curve} still varies between {low} and {high} over its last {points:d} points: {wobble:%} of its level from "
        "one to the next",
        looks_like="a validation set of few examples",
    )


def _by_score(run: Run, score: Shape | None) -> tuple[float, float, float]:
    """The confidence, and the scatter of the accuracy relative to its level and in points."""
    values = run.accuracy(score)
    if score is None or values is None or score.n < 8:
        return 0.0, 0.0, 0.0
    late = values[-score.late.size :]
    points = scatter(late)
    relative = points / max(mean(late), 0.05)
    return beyond(relative, WOBBLE_SCORE, 0.25) * beyond(points, POINTS, 0.25), relative, points
