"""underfit-unfinished: training was stopped while it was still gaining.

What it means
    Nothing is wrong but the number of epochs: with more of them the model becomes better on new data too.

What the curves show
    Both losses are still falling at the end.

How it is decided
    Simple decays (exponentials, power laws, a logarithm, a line) are fitted to the last 70% of the validation loss
    and carried on to twice the epochs. The expected further fall, relative to the level at the end: half sure at
    {GAIN:%} where the descent slows down, because such curves are forecast too low (7% is a true 10% about as often
    as not), and at {STEADY_GAIN:%} where it does not. The training loss must be falling as well (half sure at
    {TRAIN:%} over the last third), and the validation loss must not have turned. Turned means a rise of {TURNED:%}
    above its best, beyond its noise (half sure). The gain must exceed the scatter between epochs (half sure at
    {NOISES:x}). Where the accuracy has reached {PERFECT:%} and the training loss {VANISHED:%} of its start, only
    the last digits of the loss are left to gain, and the claim is hardly made. (By chance a level curve ends
    {SLACK} deviations of its noise above its best; hardly is a factor of {HARDLY}.)

What else looks like it
    A learning rate too small for the problem (then more epochs help too, only slowly): see slow-learning. A
    learning rate that is scheduled to fall further will change the course of the curve.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    Domhan, Springenberg, Hutter, Speeding up automatic hyperparameter optimization by extrapolation of learning curves (2015).
"""

from diagnose.evidence.belief import beyond
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

GAIN = 0.07  # forecast relative gain within twice the epochs at which a true 10% is as likely as not
STEADY_GAIN = 0.105  # the same where the second half fell as far as the first
PERFECT = 0.9995  # accuracy: nothing is left to gain but the last digits of the loss
VANISHED = 1e-3  # end over start of the training loss, below which the loss is all but gone
TRAIN = 0.01  # relative fall of the training loss over the last third
SLACK = 1.5  # deviations of the noise that the end of a level curve lies above its best by chance
HARDLY = 0.2  # what is left of the confidence where nothing but digits is to be gained
TURNED = 0.012  # relative rise of the validation loss from its best, beyond its noise
NOISES = 2.0  # forecast gain in units of the validation loss's scatter between epochs

TECHNIQUES = ("more-epochs", "learning-rate", "adaptive-optimizer", "learning-rate-schedule")
EXCLUDES = ("underfit-flat", "slow-learning", "underfit-plateau")


@rule(area="learning", techniques=TECHNIQUES, excludes=EXCLUDES)
def underfit_unfinished(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val, train = run.val, run.train
    if val is None:
        return CannotJudge("no validation curve: more epochs may help, or overfit")
    if train is None:
        return CannotJudge("no training loss")
    if run.cycle_end is not None:
        return CannotJudge("the learning rate cycles: waves are expected")
    ahead = val.forecast
    if ahead is None:
        return CannotJudge("fewer than five points")
    scale = val.scale(val.end)
    gain = min((ahead.now - ahead.twice) / scale, 1.0)
    falling = train.late_fall / train.scale(train.end)
    confidence = _still_gaining(val, gain) * beyond(falling, TRAIN)
    held = run.accuracy(run.val_score)
    if held is not None and float(held[-1]) >= PERFECT and abs(train.end) < VANISHED * abs(train.start):
        confidence *= HARDLY
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(1, run.length),
        harm=gain,
        evidence={
            "end": val.told(val.end),
            "gain_twice": gain,
            "gain_thrice": (ahead.now - ahead.thrice) / scale,
            "gain_spread": ahead.spread / scale,
            "train_fell_last_third": falling,
        },
        names={"curve": val.name},
        say="{curve} was still improving at the end (level {end}): about {gain_twice:%} more is to be had within twice the "
        "epochs, {gain_thrice:%} within three times",
        looks_like="a learning rate too small for the problem",
    )


def _still_gaining(val: Shape, gain: float) -> float:
    """How sure the forecast gain is: large enough, beyond the scatter, of a curve that has not turned."""
    scale = val.scale(val.end)
    first, second = val.halves
    steady = min(max(2 * second / first - 1, 0.0), 1.0) if first > 0 else 1.0  # 0 where it slowed down to a half
    noises = gain * scale / max(val.half_scatter, 1e-9 * scale)
    turned = max(0.0, val.rise - SLACK * val.noise) / scale
    enough = beyond(gain, GAIN + steady * (STEADY_GAIN - GAIN))
    return enough * beyond(noises, NOISES, 0.4) * (1 - beyond(turned, TURNED, 0.3))
