"""underfit-flat: the training set is not learnt at all.

What it means
    The weights move, if at all, without finding what the labels have to do with the inputs. Everything else on the
    curves is meaningless until this is mended.

What the curves show
    A training loss that stays flat, or noisy around one high level. A cross-entropy near ln K (0.693, 1.099, 2.303,
    4.605, 6.908) is a model that guesses among K classes.

How it is decided
    The fall of the training loss from its start to its end, relative to its start: half sure at {FALL:%}. A
    training accuracy that gained over {SCORE:%} of what guessing leaves to gain speaks against it, and so does a
    forecast that still falls. An accuracy that gained under {STUCK:%} speaks for it, even where the loss came down
    from an explosion to the level of guessing. Such a way down ends within {EXPLOSION:%} of the run. Still falling
    means a forecast gain of {AHEAD:%} within twice the epochs (half sure). A loss that ends above its start (half
    sure at {WORSE:%}) has another problem. A trend that had come down by {ONCE:%} once (half sure) was not flat,
    wherever it ends.

What else looks like it
    A model that starts from trained weights and has little left to learn; a loss with a large constant part (a
    penalty, an offset), whose moving part looks small.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.4.1 on the learning rate.
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

FALL = 0.12  # relative fall of the training loss below which it has learnt nothing: 10% by definition, noise included
SCORE = 0.35  # share of what there was to gain that the training accuracy gained
STUCK = 0.12  # the same share below which a fall of the loss was only the way down to guessing
EXPLOSION = 0.15  # share of the run that such a way down takes at most
ONCE = 0.4  # relative fall to the best of the trend, from which on something was learnt once
WORSE = -0.15  # relative fall: a loss that rises has another problem
AHEAD = 0.10  # forecast further gain within twice the epochs

TECHNIQUES = (
    "learning-rate",
    "data-audit",
    "data-scaling",
    "activation",
    "weight-initialization",
    "capacity",
    "layer-wise-pretraining",
)


@rule(area="learning", techniques=TECHNIQUES, excludes=("underfit-unfinished", "slow-learning", "underfit-plateau"))
def underfit_flat(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train = run.train
    if train is None:
        return CannotJudge("no training loss")
    if run.resumed:
        return CannotJudge("it goes on from an earlier run: its start is not where learning began")
    if train.n < 5:
        return CannotJudge("fewer than five points")
    if train.start == train.end == 0:
        return Verdict(0.0)  # nothing is left to learn, or nothing was logged
    gained = run.accuracy_gained
    # with an accuracy to tell learning apart, the start is the lower first value: bad first weights are no progress
    fall = run.learnt if gained is None else (train.origin - train.end) / train.scale(train.origin)
    confidence = _unlearnt(train, fall, gained) * above(fall, WORSE, 0.03)
    if gained is None or gained > STUCK:  # one bad epoch at the end does not undo what was learnt
        confidence *= 1 - above((train.origin - train.best) / train.scale(train.origin), ONCE, 0.05)
    evidence = {"start": train.told(train.start), "end": train.told(train.end), "fall": fall}
    names = {"curve": train.name}
    say = "{curve} went from {start} to {end}: an improvement of {fall:%} {in_all}"
    if gained is not None and fall > FALL:
        say = "{curve} fell from {start} to {end}, but the accuracy gained only {accuracy_gained:%} of what guessing "
        say += "leaves to gain"
    if gained is not None:
        evidence["accuracy_gained"] = gained
    ahead = train.forecast
    if ahead is not None:
        further = (ahead.now - ahead.twice) / train.scale(train.end)
        confidence *= 1 - beyond(further, AHEAD)
        evidence["gain_twice"] = further
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(1, run.length),
        harm=None,
        evidence=evidence,
        names=names,
        say=say,
        looks_like="a model that starts from trained weights, or a loss with a large constant part",
    )


def _unlearnt(train: Shape, fall: float, gained: float | None) -> float:
    """How sure it is that nothing was learnt, by the loss, and by the accuracy where there is one."""
    flat = 1 - above(fall, FALL, 0.03)
    if gained is None:
        return flat
    # unscaled inputs: the loss falls from an explosion to the level of guessing, and stays there
    early = float(train.trend[max(1, round(EXPLOSION * train.n))])
    stayed = 1 - above((early - train.end) / train.scale(early), FALL, 0.03)
    return max(flat, (1 - above(gained, STUCK, 0.02)) * stayed) * (1 - above(gained, SCORE, 0.05))
