"""The race, on made-up outcomes: its plan is a function of the results, and only ever grows."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.experiments import racing
from diagnose.experiments.candidates import Candidate
from diagnose.experiments.store import Entry
from diagnose.experiments.trial import Outcome

NAMES = [f"technique-{at}" for at in range(8)]
SEEDS = 5
ALL = SEEDS + racing.CHOOSING


def candidate(name):
    return Candidate(((name, {}),), ("overfit",))


def outcome(score, loss=0.0):
    return Outcome(choice={"accuracy": score, "loss": loss}, verdict={"accuracy": score, "loss": loss})


def race(found, candidates, seeds=SEEDS, direction="max", each=False):
    return racing.run(candidates, (), found, seeds=seeds, metric="accuracy", direction=direction, each=each)


def baseline(score=0.5, seeds=SEEDS):
    return {Entry((), seed).key: (Entry((), seed), outcome(score)) for seed in range(seeds)}


def carried_out(table, candidates, *, seeds=SEEDS, shuffle=None, direction="max", each=False):
    """Race to the end; every plan on the way. ``table``: (name, seed) -> outcome."""
    found, plans = baseline(seeds=seeds), []
    while True:
        now = race(found, candidates, seeds, direction, each)
        plans.append(now)
        missing = [entry for entry in now.entries if entry.key not in found]
        if not missing:
            return plans, found
        entry = missing[0] if shuffle is None else shuffle.choice(missing)
        found[entry.key] = (entry, table[entry.steps[0][0], entry.seed] if entry.steps else outcome(0.5))


# None: could not be scored; "failed": could not be trained
SCORES = st.one_of(st.floats(0, 1), st.sampled_from([None, float("nan"), "failed", 0.5, 0.25]))


@st.composite
def tables(draw):
    count = draw(st.integers(1, len(NAMES)))
    table = {}
    for name in NAMES[:count]:
        for seed in range(ALL):
            score = draw(SCORES)
            table[name, seed] = Outcome(failed="broke off") if score == "failed" else outcome(score)
    return table, [candidate(name) for name in NAMES[:count]]


@given(tables(), st.integers(0, 2**32), st.sampled_from(["min", "max"]), st.booleans())
@settings(max_examples=60)
def test_results_only_ever_add_to_the_plan_whatever_order_they_come_in(drawn, seed, direction, each):
    table, candidates = drawn
    straight, found = carried_out(table, candidates, direction=direction, each=each)
    mixed, again = carried_out(table, candidates, shuffle=random.Random(seed), direction=direction, each=each)
    for plans in (straight, mixed):
        for before, after in pairwise(plans):
            assert set(map(key, before.entries)) <= set(map(key, after.entries))
            assert [one for one in before.dropped if one not in after.dropped] == []
    assert set(found) == set(again)
    assert straight[-1] == mixed[-1]


def key(entry):
    return entry.key


@given(tables(), st.integers(0, 2**32))
@settings(max_examples=60)
def test_the_plan_knows_nothing_of_the_order_in_which_results_are_kept(drawn, seed):
    table, candidates = drawn
    _, found = carried_out(table, candidates)
    items = list(found.items())
    random.Random(seed).shuffle(items)
    assert race(dict(items), candidates) == race(found, candidates)


@given(tables())
@settings(max_examples=60)
def test_everybody_is_a_finalist_or_dropped_and_finalists_have_every_seed(drawn):
    table, candidates = drawn
    plans, found = carried_out(table, candidates)
    last = plans[-1]
    assert last.over and sorted(map(str, [*last.finalists, *last.dropped])) == sorted(map(str, candidates))
    for one in last.finalists:
        assert list(racing.scores(found, one.steps, "accuracy", seeds=last.judged)) == list(last.judged)
    assert len(last.finalists) <= racing.KEEP[3]


def test_the_first_seed_of_everybody_is_wanted_first():
    candidates = [candidate(name) for name in NAMES[:3]]
    now = race(baseline(), candidates)
    assert [(one.steps[0][0], one.seed) for one in now.entries] == [(name, 0) for name in NAMES[:3]]
    assert not now.over


def test_the_leader_is_not_dropped_and_the_hopeless_are():
    table = {(name, seed): outcome(0.9 - 0.1 * at) for at, name in enumerate(NAMES) for seed in range(ALL)}
    plans, found = carried_out(table, [candidate(name) for name in NAMES])
    last = plans[-1]
    assert [one.technique for one in last.finalists] == NAMES[:1]
    trained = {name: sum(key.startswith(name) for key in found) for name in NAMES}
    assert trained == {NAMES[0]: ALL, **dict.fromkeys(NAMES[1:6], 2), **dict.fromkeys(NAMES[6:], 1)}


def test_a_leader_that_changes_between_seeds_stays_in_the_race():
    """One candidate wins the even seeds, the other the odd ones: neither is behind in every pair."""
    table = {(NAMES[0], seed): outcome(0.9 if seed % 2 else 0.6) for seed in range(ALL)}
    table |= {(NAMES[1], seed): outcome(0.6 if seed % 2 else 0.9) for seed in range(ALL)}
    last = carried_out(table, [candidate(name) for name in NAMES[:2]])[0][-1]
    assert [one.technique for one in last.finalists] == NAMES[:2]


def test_whoever_is_hopelessly_behind_the_baseline_is_dropped_even_as_the_best():
    table = {(NAMES[0], seed): outcome(0.3) for seed in range(ALL)}
    plans, found = carried_out(table, [candidate(NAMES[0])])
    assert plans[-1].over and plans[-1].finalists == () and len(found) == SEEDS + 2


@pytest.mark.parametrize(("loss", "stays"), [(0.4, True), (0.5, False), (0.6, False)])
def test_behind_the_leader_in_every_score_a_lower_loss_keeps_one_in_the_race(loss, stays):
    """Whose predictions are the same but better calibrated wins by the loss, where no score is shown to rise."""
    table = {}
    for seed in range(SEEDS):
        table[NAMES[0], seed] = outcome(0.6 + 0.01 * seed, 0.5)
        table[NAMES[1], seed] = outcome(0.59 + 0.01 * seed, loss)
    ground = {Entry((), seed).key: (Entry((), seed), outcome(0.59 + 0.01 * seed)) for seed in range(ALL)}
    found = dict(ground)
    while missing := [e for e in race(found, [candidate(name) for name in NAMES[:2]]).entries if e.key not in found]:
        found[missing[0].key] = (missing[0], table[missing[0].steps[0][0], missing[0].seed])
    finalists = [one.technique for one in race(found, [candidate(name) for name in NAMES[:2]]).finalists]
    assert NAMES[0] in finalists and (NAMES[1] in finalists) == stays


def test_of_three_the_worst_counts_as_it_is():
    """Two of the same score: the one whose loss is the worst is not taken for the one in the middle."""
    found = baseline()
    for name, score, loss in zip(NAMES, (0.59, 0.59, 0.57), (1.85, 1.08, 0.93), strict=False):
        entry = Entry(((name, {}),), 0)
        found[entry.key] = (entry, outcome(score, loss))
    ranked = racing.ranking([candidate(name) for name in NAMES[:3]], found, "accuracy", "max")
    assert [NAMES.index(one.technique) for one in ranked] == [1, 2, 0]


def test_ties_go_to_the_lower_loss_then_to_the_recommendation():
    table = {(name, 0): outcome(0.7, loss) for name, loss in zip(NAMES, [3, 3, 1, 2, 3, 3, 3, 3], strict=True)}
    found = baseline()
    for (name, seed), one in table.items():
        entry = Entry(((name, {}),), seed)
        found[entry.key] = (entry, one)
    ranked = racing.ranking([candidate(name) for name in NAMES], found, "accuracy", "max")
    assert [NAMES.index(one.technique) for one in ranked] == [2, 3, 0, 1, 4, 5, 6, 7]
    now = race(found, [candidate(name) for name in NAMES])  # six stay after one seed
    assert {one.technique for one in now.dropped} == set(NAMES[6:])


@pytest.mark.parametrize("broken", [None, float("nan"), float("inf"), "failed"])
def test_without_a_score_there_is_no_second_seed(broken):
    lost = Outcome(failed="broke off") if broken == "failed" else outcome(broken)
    table = {(NAMES[0], seed): lost for seed in range(ALL)}
    table |= {(NAMES[1], seed): outcome(0.6) for seed in range(ALL)}
    plans, found = carried_out(table, [candidate(NAMES[0]), candidate(NAMES[1])])
    assert [one.technique for one in plans[-1].finalists] == [NAMES[1]]
    assert sum(key.startswith(NAMES[0]) for key in found) == 1


def test_one_failure_among_the_seeds_is_no_finalist():
    table = {(NAMES[0], seed): outcome(0.9) if seed < 4 else Outcome(failed="out of memory") for seed in range(ALL)}
    last = carried_out(table, [candidate(NAMES[0])])[0][-1]
    assert last.over and last.finalists == () and [one.technique for one in last.dropped] == [NAMES[0]]


def test_one_seed_is_a_race_too():
    table = {(name, 0): outcome(0.6) for name in NAMES}
    plans, found = carried_out(table, [candidate(name) for name in NAMES], seeds=1)
    assert plans[-1].over and len(found) == 1 + len(NAMES)


def test_a_technique_asked_for_by_name_gets_its_verdict_however_it_does():
    settings = [Candidate(((name, {"rate": rate}),), ()) for name in NAMES[:2] for rate in (1, 2, 3)]
    table = {
        Entry(one.steps, seed).key: outcome(0.1 * one.settings["rate"]) for one in settings for seed in range(SEEDS)
    }
    found = baseline(0.9)
    while missing := [entry for entry in race(found, settings, each=True).entries if entry.key not in found]:
        found |= {entry.key: (entry, table.get(entry.key) or outcome(0.9)) for entry in missing}
    last = race(found, settings, each=True)
    assert [(one.technique, one.settings["rate"]) for one in last.finalists] == [(NAMES[0], 3), (NAMES[1], 3)]


def test_nobody_races():
    assert race(baseline(), []).over


def test_racing_costs_a_fraction_of_trying_everything():
    noise = random.Random(1)
    table = {
        (name, seed): outcome(0.9 - 0.05 * at + noise.gauss(0, 0.02))
        for at, name in enumerate(NAMES)
        for seed in range(13)
    }
    _, found = carried_out(table, [candidate(name) for name in NAMES], seeds=10)
    assert len(found) - 10 <= 0.5 * 10 * len(NAMES)


def test_two_settings_that_do_the_same_take_nobody_elses_place():
    """The second best technique goes on, though two settings of the best one are ahead of it."""
    alike = [Candidate((("early-stopping", {"patience": at}),), ("overfit",)) for at in (5, 10, 20)]
    other = Candidate((("dropout", {"rate": 0.5}),), ("overfit",))
    found = baseline()
    for seed in range(ALL):
        odd = seed % 2
        found[Entry((), seed).key] = Entry((), seed), outcome(0.5)
        for one, score in (*((one, 0.8 if odd else 0.9) for one in alike), (other, 0.82 if odd else 0.85)):
            entry = Entry(one.steps, seed)
            found[entry.key] = entry, outcome(score)
    assert [one.technique for one in race(found, [*alike, other]).finalists] == ["early-stopping", "dropout"]


def test_the_loss_tells_apart_what_the_score_of_few_rows_cannot():
    """The first two are right about as many rows; the third is ahead of the first by its loss only."""
    rivals = [candidate(name) for name in NAMES[:3]]
    found = {}
    for one, (score, loss) in zip(rivals, ((0.93, 0.9), (0.93, 0.3), (0.87, 0.5)), strict=True):
        entry = Entry(one.steps, 0)
        found[entry.key] = entry, outcome(score, loss)
    assert racing.ranking(rivals, found, "accuracy", "max") == [rivals[1], rivals[0], rivals[2]]


def test_a_candidate_that_went_astray_does_not_make_the_others_look_alike():
    rivals = [candidate(name) for name in NAMES[:5]]
    found = {}
    for one, (score, loss) in zip(
        rivals, ((0.80, 1.2), (0.79, 0.6), (0.5, 1e12), (0.78, 0.9), (0.1, None)), strict=True
    ):
        entry = Entry(one.steps, 0)
        found[entry.key] = entry, outcome(score, loss)
    assert racing.ranking(rivals, found, "accuracy", "max")[0] == rivals[1]


def test_scores_that_differ_by_rounding_only_are_the_same():
    """The mean of 0.58 and 0.52 is that of 0.55 and 0.55; the loss has the say."""
    smooth, cool = candidate(NAMES[0]), candidate(NAMES[1])
    found = {}
    for one, values in ((smooth, ((0.55, 1.2), (0.55, 1.0))), (cool, ((0.58, 1.0), (0.52 - 1e-9, 0.9)))):
        for seed, (score, loss) in enumerate(values):
            found[Entry(one.steps, seed).key] = Entry(one.steps, seed), outcome(score, loss)
    assert racing.ranking([smooth, cool], found, "accuracy", "max") == [cool, smooth]
