"""The study as a function of its results: rounds, who wins, and that nothing shown means nothing changed."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from diagnose.experiments import candidates, racing, study, summing
from diagnose.experiments.store import Entry
from diagnose.experiments.study import Settings, plan
from diagnose.experiments.trial import Outcome

FACTS = {
    "task": "classification",
    "classes": 2,
    "rows": 500,
    "validation_rows": 500,
    "shape": [2],
    "epochs": 20,
    "best_epoch": 20,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "loss": "binary_crossentropy",
    "layers": ["Dense", "Dense"],
    "activations": ["sigmoid"],
    "output": "sigmoid",
    "scaled": False,
}
# Overfit: the training loss falls on, the validation loss turns at epoch 10 and ends at three times its best.
CURVES = {
    "loss": [0.7 * 0.88**at for at in range(30)],
    "val_loss": [0.7 * 0.9**at if at < 10 else 0.27 + 0.04 * (at - 10) for at in range(30)],
}
NOISE = [0.01, -0.01, 0.0, 0.02, -0.02]
TWO = ("batch-normalization", "data-scaling")


def settings(**changes):
    return Settings(**{"metric": "accuracy", "direction": "max", "named": TWO, **changes})


def outcome(score, verdict=None, loss=None, verdict_loss=None):
    loss = 1 - score if loss is None else loss
    return Outcome(
        choice={"accuracy": score, "loss": loss},
        verdict={
            "accuracy": score if verdict is None else verdict,
            "loss": loss if verdict_loss is None else verdict_loss,
        },
        facts=FACTS,
        run={"columns": CURVES},
    )


def carried_out(asked, score, *, order=None):
    """Train whatever is planned until nothing is; ``score(steps, seed)`` gives each outcome. All plans on the way."""
    found, plans = {}, []
    while True:
        now = plan(found, asked)
        plans.append(now)
        missing = [entry for entry in now.entries if entry.key not in found]
        if not missing:
            return plans, found
        entry = missing[0] if order is None else order.choice(missing)
        found[entry.key] = (entry, score([slug for slug, _ in entry.steps], entry.seed))


def better(*slugs, by=0.2):
    """A world in which these techniques help, each on its own and together."""
    return lambda steps, seed: outcome(0.6 + by * len(set(steps) & set(slugs)) + NOISE[seed % 5] * (1 + len(steps)))


def test_the_baseline_is_trained_first_and_alone():
    now = plan({}, settings(seeds=3))
    assert now.entries == tuple(Entry((), seed) for seed in range(3))
    assert not now.over and now.rounds == () and now.ahead > 0


def test_the_winner_is_who_helped():
    last = carried_out(settings(), better("data-scaling"))[0][-1]
    assert last.over and last.ahead == 0 and len(last.rounds) == 1
    assert last.rounds[0].winner.technique == "data-scaling"
    told = {one.candidate.technique: one.helped for one in last.rounds[0].compared}
    assert told["data-scaling"] and not told["batch-normalization"]


def test_without_a_difference_the_baseline_is_kept():
    last = carried_out(settings(), lambda steps, seed: outcome(0.6 + NOISE[(seed + len(steps)) % 5]))[0][-1]
    assert last.over and last.rounds[0].winner is None
    assert last.rounds[0].race.finalists and not any(one.helped or one.loss_helped for one in last.rounds[0].compared)


def test_a_gain_on_the_choice_rows_alone_is_none():
    """Chosen by what chose it, anything looks good: the verdict is on rows that chose nothing."""

    def world(steps, seed):
        return outcome(0.9 if steps else 0.6, verdict=0.6 + NOISE[(seed + len(steps)) % 5], verdict_loss=0.4)

    one = carried_out(settings(), world)[0][-1].rounds[0]
    assert one.race.finalists and one.winner is None


def test_of_two_that_helped_the_one_wins_that_the_choice_rows_prefer():
    """The verdict's rows don't choose, not even between two that helped."""

    def world(steps, seed):
        if not steps:
            return outcome(0.6 + NOISE[seed % 5] / 10)
        first = "batch-normalization" in steps
        return outcome(0.9 if first else 0.8, verdict=(0.8 if first else 0.9) + NOISE[seed % 5] / 10)

    one = carried_out(settings(), world)[0][-1].rounds[0]
    assert all(each.helped for each in one.compared if each.finalist) and one.winner.technique == "batch-normalization"


def test_a_lower_loss_wins_where_no_score_moved():
    def world(steps, seed):
        return outcome(0.6 + NOISE[seed % 5], loss=0.3 if "data-scaling" in steps else 0.6)

    one = carried_out(settings(), world)[0][-1].rounds[0]
    assert one.winner.technique == "data-scaling"
    won = next(each for each in one.compared if each.candidate == one.winner)
    assert won.loss_helped and not won.helped


def test_a_lower_loss_does_not_win_with_a_worse_score():
    def world(steps, seed):
        worse = 0.1 if "data-scaling" in steps else 0.0
        return outcome(0.6 + NOISE[seed % 5], verdict=0.6 + NOISE[seed % 5] - worse, loss=0.3 if steps else 0.6)

    asked = settings(named=("data-scaling",))
    one = carried_out(asked, world)[0][-1].rounds[0]
    assert one.compared[0].loss_helped and one.compared[0].finalist and one.winner is None


def rising(seed, by=0.1):
    """Differences with t = 3.4 on the first five seeds, and none on further ones."""
    return by * (1 + 0.66 * NOISE[seed] / 0.0158) if seed < 5 else 0.0


def test_the_interval_is_corrected_for_the_finalists():
    """Shown to help alone (97.06%, t of 4 degrees: 3.32), not as one of two (98.53%: 4.11), and so looked at again."""

    def world(steps, seed):
        return outcome(0.6 + (rising(seed) if steps else 0.0))

    def helped(asked):
        found = carried_out(asked, world)[0][-1].rounds[0].compared
        return [(one.helped, one.difference.count) for one in found if one.finalist]

    assert helped(settings(named=("data-scaling",))) == [(True, 5)]
    assert helped(settings()) == [(False, 10), (False, 10)]
    assert helped(settings(named=("data-scaling",), rounds=3)) == [(True, 5)]  # what was shown stays shown


@pytest.mark.parametrize(("name", "helped"), [("accuracy", True), ("loss", False)])
def test_a_loss_beside_the_score_is_a_second_chance_and_has_a_stricter_level(name, helped):
    """t = 3.4 is enough for the score (3.32), not for the loss beside it (99.4%: 5.3)."""

    def world(steps, seed):
        better = rising(seed) if steps else 0.0
        return outcome(
            0.6,
            loss=0.5,
            **{"verdict" if name == "accuracy" else "verdict_loss": 0.5 + (better if name == "accuracy" else -better)},
        )

    one = carried_out(settings(named=("data-scaling",)), world)[0][-1].rounds[0].compared[0]
    assert one.finalist and (one.helped if name == "accuracy" else one.loss_helped) == helped
    by_loss = carried_out(settings(named=("data-scaling",), metric="loss", direction="min"), world)[0][-1]
    assert by_loss.rounds[0].compared[0].helped == (name == "loss")  # where it decides there is no other


@pytest.mark.parametrize(("by", "again", "helped"), [(0.1, False, True), (0.06, True, True), (0.01, False, False)])
def test_who_is_ahead_but_not_shown_to_be_gets_as_many_seeds_again(by, again, helped):
    """A deviation of 0.048: five seeds show a mean of 0.07 or more, ten one of 0.04; hardly a mean of 0.01."""

    def world(steps, seed):
        return outcome(0.6 + (by + 0.048 * NOISE[seed % 5] / 0.0158 if steps else 0.0))

    last = carried_out(settings(named=("data-scaling",)), world)[0][-1]
    one = last.rounds[0].compared[0]
    assert (one.difference.count, one.helped) == (10 if again else 5, helped)
    assert {entry.seed for entry in last.entries if not entry.steps} == set(range(10 if again else 5))


def test_finalists_are_judged_on_trainings_that_chose_nothing():
    """Lucky in the race: the best of many on its seeds is no better on others."""

    def world(steps, seed):
        lucky = steps and seed < 3
        return outcome(0.6 + (0.2 if lucky else 0.0) + NOISE[(seed + len(steps)) % 5])

    last = carried_out(settings(named=()), world)[0][-1]
    one = last.rounds[0]
    assert len(one.field.candidates) > 2 and one.race.judged == range(3, 8)
    assert one.race.finalists and one.winner is None
    assert all(each.difference.count == 5 for each in one.compared if each.finalist)
    assert all(each.difference.mean < 0.1 for each in one.compared if each.finalist)


def test_later_rounds_choose_settings_by_what_the_winner_is():
    facts = {"adaptive-optimizer": {**FACTS, "optimizer": "adam", "learning_rate": 0.5}}

    def world(steps, seed):
        made = better("adaptive-optimizer")(steps, seed)
        return replace(made, facts=facts.get(steps[-1] if steps else "", FACTS) if seed == 0 or not steps else {})

    asked = settings(named=("adaptive-optimizer",), rounds=2)
    start = replace(diagnosed := candidates.judged([outcome(0.6)]), findings=diagnosed.findings)
    last = carried_out(replace(asked, diagnosed=start), world)[0][-1]
    assert last.rounds[1].base and last.rounds[1].field.candidates
    second = study.facts_of_base(last.rounds[1].base, carried_out(asked, world)[1])
    assert second.learning_rate == 0.5


def test_the_next_round_goes_on_from_the_winner():
    asked = settings(named=("data-scaling",), rounds=2)
    last = carried_out(asked, better("data-scaling", "batch-normalization"))[0]
    first, second = last[-1].rounds
    assert first.winner.technique == "data-scaling" and second.base == first.winner.steps
    assert second.field.candidates and second.report.diagnosis == "overfit"
    assert all(one.steps[: len(second.base)] == second.base for one in second.field.candidates)
    assert "data-scaling" not in {one.technique for one in second.field.candidates}


def test_a_round_without_a_winner_is_not_repeated_with_the_same_techniques():
    asked = settings(rounds=2)
    last = carried_out(asked, lambda steps, seed: outcome(0.6 + NOISE[(seed + len(steps)) % 5]))[0][-1]
    first, second = ({one.technique for one in at.field.candidates} for at in last.rounds)
    assert last.over and second and not first & second and last.rounds[1].base == ()


@pytest.mark.parametrize("seed", range(5))
def test_results_only_ever_add_to_the_plan_whatever_order_they_come_in(seed):
    asked = settings(rounds=2)
    world = better("data-scaling", "batch-normalization", by=0.1)
    straight, found = carried_out(asked, world)
    mixed, again = carried_out(asked, world, order=random.Random(seed))
    for plans in (straight, mixed):
        keys = [{entry.key for entry in now.entries} for now in plans]
        assert all(before <= after for before, after in pairwise(keys))
    assert set(found) == set(again)
    items = list(found.items())
    random.Random(seed).shuffle(items)
    assert plan(dict(items), asked) == plan(found, asked) == straight[-1]


def test_failed_trainings_leave_a_study_that_ends():
    def world(steps, seed):
        return Outcome(failed="broke off") if steps else outcome(0.6 + NOISE[seed % 5])

    last = carried_out(settings(), world)[0]
    assert last[-1].over and last[-1].rounds[0].winner is None and last[-1].rounds[0].race.finalists == ()
    assert all(one.difference.mean is None and not one.helped for one in last[-1].rounds[0].compared)


def test_a_diagnosis_is_made_once_for_the_same_runs():
    runs = [outcome(0.6), outcome(0.61)]
    assert candidates.judged(runs) is candidates.judged(list(runs))
    assert candidates.judged([Outcome()]) is None
    assert study.outcomes({}, ()) == []


@pytest.mark.parametrize(("level", "helps"), [(1.06, False), (1.0445, False), (0.9, True)])
def test_a_guess_that_is_a_little_less_wrong_is_no_help(level, helps):
    """Guessing has a loss of 1.05. The loss falls from 1.1 in every pair, to the guess's level or below it."""

    def world(steps, seed):
        loss = (1.1 if not steps else level) + NOISE[seed % 5] / 10
        return replace(outcome(0.3, loss=loss), no_skill={} if steps else {"loss": 1.05})

    last = carried_out(settings(), world)[0][-1]
    assert all(one.loss_helped == helps for one in last.rounds[0].compared if one.finalist)
    assert (last.rounds[0].winner is not None) == helps and last.rounds[0].race.finalists


@pytest.mark.parametrize("order", [None, random.Random(3)])
def test_another_technique_takes_the_place_of_one_that_turns_out_not_to_fit(order):
    asked = settings(named=(), seeds=3)
    first = list(dict.fromkeys(one.technique for one in plan_after_the_baseline(asked)))

    def world(steps, seed):
        if steps and steps[-1] == first[0]:
            return Outcome(failed="no layer for it", unfit=True)
        return outcome(0.6 + NOISE[(seed + len(steps)) % 5])

    last = carried_out(asked, world, order=order)[0][-1]
    then = list(dict.fromkeys(one.technique for one in last.rounds[0].field.candidates))
    assert last.over and len(then) == len(first) and then[:-1] == first[1:] and then[-1] not in first
    assert (first[0], "no layer for it") in last.rounds[0].field.left_out
    assert first[0] not in {one.candidate.technique for one in last.rounds[0].compared}


def plan_after_the_baseline(asked):
    known = {Entry((), seed).key: (Entry((), seed), outcome(0.6)) for seed in range(asked.seeds)}
    return plan(known, asked).rounds[0].field.candidates


def test_runs_that_overfit_and_end_far_apart_are_told_the_first_of_it_first():
    """Five runs that all turn, and climb to ends between 0.9 and 2.1; one that climbs alone is no repeat."""
    ends = [0.9, 1.2, 1.5, 1.8, 2.1]
    curves = [{**CURVES, "val_loss": [*CURVES["val_loss"][:10], *np.linspace(0.3, end, 20)]} for end in ends]
    runs = [replace(outcome(0.6), run={"columns": one}) for one in curves]
    report = candidates.judged(runs)
    told = [one.rule for one in report.findings]
    assert told[-1] == "run-variance" and told[0] == report.diagnosis == "overfit"
    assert (report.area, report.confidence) == ("generalization", report.findings[0].confidence)
    assert report.recommendations[0].treats[0] == "overfit"


@pytest.mark.parametrize(("stuck", "first"), [(0, "good-fit"), (1, "run-variance"), (2, "underfit-flat")])
def test_what_strikes_some_of_the_runs_is_treated_before_their_spread(stuck, first):
    """Runs that learn well, and some that don't learn at all; one alone may be that seed's accident."""
    rng = np.random.default_rng(0)
    runs = []
    for seed in range(5):
        fall = np.zeros(60) if seed < stuck else np.exp(-np.arange(60) / 8)
        end = 1.1 if seed < stuck else 0.3
        loss, val_loss = (end + gap + fall + rng.normal(0, 0.004, 60) for gap in (0.0, 0.02))
        runs.append(replace(outcome(0.6), run={"columns": {"loss": [*loss], "val_loss": [*val_loss]}}))
    report = candidates.judged(runs)
    assert report.diagnosis == first and report.healthy == (not stuck)
    if stuck == 2:
        assert report.findings[0].summary.endswith("(found in 2 of 5 runs)")
        assert report.recommendations[0].treats[0] == "underfit-flat"
        assert "run-variance" in [one.rule for one in report.findings]


@pytest.mark.parametrize(
    ("by", "seeds"),
    [
        # Five differences of mean 0.016 and deviation 0.0158, an interval that reaches 0.0291 (two finalists, t 4.11):
        # its root-of-n falls to the mean at 5 * (0.0291 / 0.016) ** 2 = 16.5 seeds.
        (0.016, 17),
        (0.002, None),  # it would take a thousand
        (-0.02, None),
    ],
)
def test_how_many_seeds_would_show_it_is_said_where_it_is_worth_it(by, seeds):
    spread = [0.0, 0.02, -0.02, 0.01, -0.01]

    def world(steps, seed):
        if not steps:
            return outcome(0.6, loss=0.5)
        mean = by if "data-scaling" in steps else -0.01
        return outcome(0.6 + mean + spread[seed % 5], loss=0.5)

    plans, found = carried_out(settings(), world)
    told = summing.report_of(plans[-1], found, settings()).next_step
    assert told.startswith("no technique was shown to help: keep the training as it is")
    wanted = f"--seeds {seeds} whether what data-scaling shows so far holds"
    assert wanted in told if seeds else "--seeds" not in told


def test_techniques_that_do_nothing_are_not_made_to_look_as_if_they_did():
    """200 studies of twelve settings without effect; how well a training turned out shows on all rows alike."""
    rng = np.random.default_rng(0)
    rivals = [candidates.Candidate(((slug, {"setting": at}),), ()) for slug in ("a", "b", "c", "d") for at in (1, 2, 3)]
    asked, differences, winners = settings(named=()), [], 0
    for _ in range(200):
        found = {}

        def trained(entries, found=found):
            for entry in entries:
                luck = rng.normal()
                choice, verdict = (luck + 0.3 * rng.normal(size=2) for _ in range(2))
                made = outcome(choice[0], verdict[0], 10 - choice[1], 10 - verdict[1])
                found[entry.key] = found.get(entry.key, (entry, made))

        trained(Entry((), seed) for seed in range(5))
        while not (race := racing.run(rivals, (), found, seeds=5, metric="accuracy", direction="max")).over:
            trained(race.entries)
        one = study.Round(1, (), None, candidates.Field(tuple(rivals), ()), race)
        compared = [study.compare(each, one, found, asked) for each in rivals]
        differences += [each.difference.mean for each in compared if each.finalist]
        winners += study._winner(compared, race, found, asked) is not None
    assert abs(np.mean(differences)) < 0.1  # of the trainings' deviation; judged on those that chose them, it is 0.4
    assert winners <= 0.07 * 200  # 5% two-sided, half of it on the better side, and a fifth more for the loss
