"""chance-level: the loss fell, but only to what guessing costs.

What it means
    A model that says "each class is equally likely" to every input scores a cross-entropy of ln K. Yours came down
    to that and stayed: it learnt to be unsure, and nothing about the inputs.

What the curves show
    A cross-entropy that settles at ln K (2 classes 0.693, 3 classes 1.099, 10 classes 2.303, 100 classes 4.605),
    and an accuracy that settles at 1/K.

How it is decided
    This rule reads absolute levels. The training loss must end within {NEAR:%} (half sure) of ln K of the K that
    the training accuracy names, and that accuracy must have ended within {SPARE:%} (half sure) of what guessing
    leaves to gain, or below. Without an accuracy it is not judged: 0.693 can be a good loss for another problem.
    The loss must have come down to it (half sure at a fall of {FELL:%}): one that was there from the start is flat.

What else looks like it
    NaN in the inputs in front of a ReLU: the loss rests at ln 2 and the accuracy flips between the two classes'
    shares. Labels that don't belong to their inputs (shuffled apart). A learning rate so high that every unit died.

Sources
    Karpathy, CS231n, Setting up the data and the loss: "Look for correct loss at chance performance".
    ai.stackexchange.com/questions/12878 (loss from 7 to 1.386 = ln 4, accuracy 25%).
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.guess import entropy_of_guessing
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

NEAR = 0.025  # distance of the loss from ln K, relative
SPARE = 0.06  # accuracy above 1/K, as a share of 1 - 1/K
FELL = 0.05  # relative fall of the loss from its start: it came down to the level of guessing

TECHNIQUES = ("data-audit", "loss-function", "learning-rate", "data-scaling", "activation")


@rule(area="learning", techniques=TECHNIQUES, before=("underfit-flat", "underfit-plateau"))
def chance_level(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train = run.train
    score = run.train_score if run.accuracy(run.train_score) is not None else run.val_score or run.val
    accuracy = run.accuracy(score)
    if train is None or score is None or accuracy is None:
        return CannotJudge("needs a training loss and an accuracy")
    if train.series.metric != "loss" and "crossentropy" not in train.series.metric:
        return CannotJudge(f"{train.series.metric} has no known level of guessing")
    if min(train.n, accuracy.size) < 5:
        return CannotJudge("fewer than five points")
    late = float(accuracy[-max(3, accuracy.size // 5) :].mean())
    guess = entropy_of_guessing(late)
    if guess is None:
        return Verdict(0.0)
    classes, entropy = guess
    start, end = train.told(train.start), train.told(train.end)
    off = abs(end - entropy) / entropy
    spare = (late - 1 / classes) / (1 - 1 / classes)
    fell = (start - end) / entropy
    confidence = (1 - beyond(off, NEAR)) * (1 - above(max(spare, -spare / 3), SPARE, 0.015)) * above(fell, FELL, 0.02)
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(train.position(train.settled_index), run.length),
        harm=None,
        evidence={
            "start": start,
            "end": end,
            "classes": float(classes),
            "entropy": entropy,
            "accuracy": late,
        },
        names={"curve": train.name, "score": score.name},
        say="{curve} fell from {start} to {end}, which is what guessing among {classes:d} classes costs (ln {classes:d} = "
        "{entropy}), and {score} is {accuracy}",
        looks_like="NaN in the inputs, labels that don't belong to their inputs, or units that all died",
    )
