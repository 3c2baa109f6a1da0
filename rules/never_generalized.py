"""never-generalized: the training set is learnt, and new data never see any of it.

What it means
    What the model learns has no value outside the training set: labels that don't belong to their inputs, a
    validation set of another kind (rows sorted by class and split without shuffling), or inputs that don't hold the
    answer.

What the curves show
    The training loss falls, while the validation loss is never clearly better than at its start, and a validation
    accuracy never leaves the level of guessing.

How it is decided
    The training loss must have fallen (half sure at {FELL:%}); the best of the validation loss may lie at most
    {GAIN:%} (half sure) below the level of its start, or below what guessing costs, ln K, where the callback has
    seen how many classes K the output tells apart: coming down to that is no gain. With an accuracy, the best
    validation accuracy may have gained at most {SCORE:%} (half sure) of what the lowest value before it left to
    gain, while the training accuracy gained; without one, the claim is not made more than {BLIND:%} sure: a network
    that starts from trained weights looks the same. With accuracies the training accuracy must have gained (half
    sure at {TRAIN_SCORE:%}) and no validation accuracy may exceed what guessing could be (half sure at {CHANCE:%}).
    An accuracy that gained {CLEARLY:x} as much contradicts even a loss that never improved.

What else looks like it
    Fine-tuning, whose first epoch is already the best. Batch normalization whose moving averages never settled:
    then the training set itself scores badly in ``model.evaluate``.

Sources
    Zhang, Bengio, Hardt, Recht, Vinyals, Understanding deep learning requires rethinking generalization (2017).
    Keras FAQ on validation_split: the last rows are taken, before shuffling.
"""

from diagnose.evidence.belief import above
from diagnose.evidence.heads import guessing
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

FELL = 0.25  # relative fall of the training loss
GAIN = 0.04  # relative gain of the validation loss from its start to its best
SCORE = 0.12  # share of what there was to gain that the validation accuracy gained
CLEARLY = 2.5  # multiple of SCORE from which an accuracy contradicts even a loss that never improved
TRAIN_SCORE = 0.3  # the same of the training accuracy
CHANCE = 0.6  # a validation accuracy beyond it is not guessing
BLIND = 0.55  # without an accuracy

TECHNIQUES = ("resplit", "data-audit", "more-data", "transfer-learning", "comparable-evaluation")


@rule(area="generalization", techniques=TECHNIQUES, before=("overfit", "overconfident", "unrepresentative-training"))
def never_generalized(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    train, val = run.train, run.val
    if train is None or val is None:
        return CannotJudge("needs a training and a validation loss")
    if min(train.n, val.n) < 5:
        return CannotJudge("fewer than five points")
    start = min(val.origin, guessing(run) / val.unit)
    gain = (start - val.best) / val.scale(start)
    confidence = above(run.learnt, FELL, 0.04) * (1 - above(gain, GAIN, 0.015))
    evidence = {
        "train_start": train.told(train.start),
        "train_end": train.told(train.end),
        "best": val.told(val.best),
        "gain": gain,
    }
    say = "{train} went from {train_start} to {train_end}, yet {curve} was never "
    say += "more than {gain:%} better than at the start ({best})" if gain > 0 else "better than at the start ({best})"
    held, learnt = run.accuracy(run.val_score), run.accuracy(run.train_score)
    if held is None or learnt is None:
        confidence = min(confidence, BLIND)
    else:
        # what comes after the best is no level that it rose from: rows of a class that is not in the training set
        # are right by chance at first, and never again
        lowest = min(float(held[: int(held.argmax()) + 1].min()), float(learnt.min()))
        score = (float(held.max()) - lowest) / max(1 - lowest, 1e-9)
        trained = (float(learnt.max()) - lowest) / max(1 - lowest, 1e-9)
        by_score = (1 - above(score, SCORE, 0.03)) * above(trained, TRAIN_SCORE, 0.05)
        known = 1 - above(float(held.max()), CHANCE, 0.02)
        by_loss = confidence * above(trained, TRAIN_SCORE, 0.05) * (1 - above(score, CLEARLY * SCORE, 0.03))
        confidence = max(by_loss * known, by_score * known * above(run.learnt, FELL, 0.04))
        evidence["best_accuracy"] = float(held.max())
        say += "; the validation accuracy never exceeded {best_accuracy}"
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(1, run.length),
        harm=None,
        evidence=evidence,
        names={"curve": val.name, "train": train.name},
        say=say + ": labels don't match the inputs, or validation rows are of another kind",
        looks_like="fine-tuning whose first epoch is already the best, or batch-normalization averages that never settled",
    )
