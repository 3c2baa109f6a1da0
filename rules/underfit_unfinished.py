"""underfit-unfinished: training was stopped while it was still gaining.

What it means
    Nothing is wrong but the number of epochs: with more of them the model becomes better on new data too.

What the curves show
    Both losses are still falling at the end.

How it is decided
    Simple decays (exponentials, power laws, a logarithm, a line) are fitted to the last 70% of the validation loss
    and carried on to twice the epochs. Five measures speak for or against the claim: the expected further fall,
    relative to the level at the end (either way at {GAIN:%}, because a curve that slows down is forecast to fall
    less than it will; {STEADY_GAIN:%} where it does not slow down); the same in units of the scatter between epochs
    ({NOISES:x}); how far the validation loss has turned, that is risen above its best by more than the {SLACK}
    deviations of its noise that are chance ({TURNED:%}); the fall of the training loss over the last third
    ({TRAIN:%}); and, where it was logged, what is left of the learning rate ({RATE:%} of its highest: a schedule
    that has run out has no more to give). Where the accuracy has reached {PERFECT:%} and the training loss
    {VANISHED:%} of its start, only the last digits of the loss are left to gain, and the claim is hardly made (a
    factor of {HARDLY}).

    The interval that is told is measured: of the labelled runs that were told so, four in five gained between {LOW} and
    {HIGH} times the forecast when they were gone on with.

What else looks like it
    A learning rate too small for the problem (then more epochs help too, only slowly): see slow-learning. A
    learning rate that is scheduled to fall further will change the course of the curve.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    Domhan, Springenberg, Hutter, Speeding up automatic hyperparameter optimization by extrapolation of learning curves (2015).
"""

import math

import numpy as np

from diagnose.curves import FloatArray
from diagnose.evidence.belief import Model, Term
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

GAIN = 0.055  # forecast relative gain within twice the epochs at which a true 10% is as likely as not: forecasts fall short
STEADY_GAIN = 0.10  # the same where the second half fell as far as the first: there they do not
PERFECT = 0.9995  # accuracy: nothing is left to gain but the last digits of the loss
VANISHED = 1e-3  # end over start of the training loss, below which the loss is all but gone
RATE = 0.3  # last learning rate over the highest: at a rate that has run out little more is learnt
TRAIN = 0.01  # relative fall of the training loss over the last third
NOISES = 2.0  # forecast gain in units of the validation loss's scatter between epochs
SLACK = 1.5  # deviations of the noise that the end of a level curve lies above its best by chance
HARDLY = 0.2  # what is left of the confidence where nothing but digits is to be gained
# Of the labelled runs told so, four in five gained between these multiples of the forecast when they were gone on with.
LOW = 0.2
HIGH = 2.2
TURNED = 0.012  # relative rise of the validation loss from its best, beyond its noise

WEIGHTS = {
    "constant": 0.12,
    "gain_to_needed": 0.63,
    "gain_in_noise": 1.28,
    "rate_left": 0.91,
    "turned": 0.47,
    "train_fell_last_third": 0.51,
}
MODEL = Model(
    {
        "gain_to_needed": Term(1.0, 0.35, high=3, prior=1.0),
        "gain_in_noise": Term(NOISES, 1.2, high=0, prior=1.5),
        "rate_left": Term(RATE, 0.35, -5, 0, prior=1.0),
        "turned": Term(TURNED, 0.3, high=0, against=True),
        "train_fell_last_third": Term(TRAIN, 0.35, high=0),
    },
    WEIGHTS,
    prior=0.0,
)

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
    evidence = {
        "end": val.told(val.end),
        "gain_twice": gain,
        "gain_to_needed": gain / _needed(val),
        "gain_thrice": (ahead.now - ahead.thrice) / scale,
        "gain_low": LOW * gain,
        "gain_high": min(HIGH * gain, 1.0),
        "gain_in_noise": gain * scale / max(val.half_scatter, 1e-9 * scale),
        "turned": max(0.0, val.rise - SLACK * val.noise) / scale,
        "train_fell_last_third": train.late_fall / train.scale(train.end),
    }
    rates = run.curves.learning_rate
    if rates is not None:
        evidence["rate_left"] = _rate_left(rates)
    confidence = MODEL(evidence)
    held = run.accuracy(run.val_score)
    if held is not None and float(held[-1]) >= PERFECT and abs(train.end) < VANISHED * abs(train.start):
        confidence *= HARDLY
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(1, run.length),
        harm=gain,
        evidence=evidence,
        names={"curve": val.name},
        say="{curve} was still improving at the end (level {end}): about {gain_twice:%} more is to be had within twice the "
        "epochs ({gain_low:%} to {gain_high:%}), {gain_thrice:%} within three times",
        looks_like="a learning rate too small for the problem",
    )


def _needed(val: Shape) -> float:
    """The forecast gain that speaks neither way, by how much of its pace the descent has kept."""
    first, second = val.halves
    steady = min(max(2 * second / first - 1, 0.0), 1.0) if first > 0 else 1.0  # 0 where it slowed down to a half
    return GAIN + steady * (STEADY_GAIN - GAIN)


def _rate_left(rates: FloatArray) -> float:
    """The last learning rate over the highest, shape (n,) -> share; NaN where it was never logged."""
    known = rates[np.isfinite(rates)]
    return float(known[-1] / known.max()) if known.size and known.max() > 0 else math.nan
