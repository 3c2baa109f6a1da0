"""When a running training is spoken to, and what it is told."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from diagnose import NoHistory, UsageError, diagnose
from diagnose.live import Live, message
from diagnose.live.live import MIN_EPOCHS
from diagnose.live.news import AT_THE_END, SPEAK
from diagnose.readers import read

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
CASES = [case for case in sorted(EXPECTED) if not EXPECTED[case]["repeats"]]


def play(logs, **options):
    live = Live(**options)
    told = []
    for row in logs:
        live.append(row)
        told.append(live.news())
    return live, told


def falling(epochs):
    return [{"loss": 0.1 + 0.9 * 0.9**at, "val_loss": 0.12 + 0.9 * 0.9**at} for at in range(epochs)]


def turning(epochs):
    """It overfits from epoch 20 on."""
    return [{"loss": 0.9**at, "val_loss": 0.4 + 0.6 * 0.8**at + 0.02 * max(0, at - 20)} for at in range(epochs)]


@pytest.mark.parametrize("case", CASES)
def test_the_last_word_is_the_terminals(case, rows):
    """Epoch by epoch or from the file: the same verdict on the same numbers."""
    curves = read(FIXTURES / case)[0][-1]
    live, _ = play(rows(curves))
    whole = diagnose(curves)
    assert live.report().diagnosis == whole.diagnosis
    assert {(one.rule, one.epochs) for one in live.report().findings} == {
        (one.rule, one.epochs) for one in whole.findings
    }


def test_what_is_wrong_is_told_while_it_trains(rows):
    """All of which the end is as sure as what is told before it has to be; in moons_wide that comes too late to have held."""
    silent = {}
    for case in CASES:
        if case.startswith(("overfit/", "never-generalized/", "diverging/", "unrepresentative-", "underfit-flat/")):
            live, told = play(rows(read(FIXTURES / case)[0][-1]))
            named = {one.finding.rule for news in told for one in news if one.kind == "appears"}
            right = {EXPECTED[case]["diagnosis"], *EXPECTED[case]["alternatives"]}
            if not named & right:
                silent[case] = [one.confidence for one in live.report().findings if one.rule in right]
    assert {case for case, sure in silent.items() if max(sure) > SPEAK + 0.05} <= {"overfit/moons_wide.csv"}


def test_healthy_trainings_are_left_in_peace(rows):
    """Of the healthy fixtures one begins with ten epochs on which nothing is learnt, which is told and taken back."""
    spoken = {}
    for case in CASES:
        if case.startswith("healthy/"):
            _, told = play(rows(read(FIXTURES / case)[0][-1]))
            spoken[case] = [one.finding.rule for news in told for one in news]
    assert len(spoken) >= 15
    assert {case for case, rules in spoken.items() if rules} <= {"healthy/sine.json"}


def test_a_finding_appears_once_and_clears_once():
    logs = turning(60) + [{"loss": 0.9**at, "val_loss": 0.3 * 0.98 ** (at - 60)} for at in range(60, 140)]
    _, told = play(logs)
    kinds = [(one.kind, one.finding.rule) for news in told for one in news if one.finding.rule == "overfit"]
    assert kinds == [("appears", "overfit"), ("clears", "overfit")]


def test_one_bad_epoch_is_no_news():
    logs = falling(40)
    logs[20]["val_loss"] = 3.0
    assert not any(play(logs)[1])


def test_nothing_is_told_before_min_epochs():
    _, told = play(turning(80), min_epochs=60)
    assert not any(told[:59]) and any(told[59:])
    assert not any(play(turning(80)[20 : 20 + MIN_EPOCHS - 1])[1])


def test_nan_is_told_at_once():
    logs = [*falling(3), {"loss": math.nan, "val_loss": math.nan}]
    _, told = play(logs)
    assert [len(news) for news in told] == [0, 0, 0, 1]
    assert told[3][0].finding.rule == "diverging" and told[3][0].epoch == 4


def test_nan_is_seen_in_a_long_history_at_once():
    logs = [*falling(5000), {"loss": math.nan, "val_loss": 0.1}]
    _, told = play(logs)
    assert [one.finding.rule for one in told[-1]] == ["diverging"]
    assert told[-1][0].finding.epochs == (5001, 5001)


def test_what_more_epochs_cure_waits_for_the_end():
    logs = [{"loss": 1 - 0.01 * at, "val_loss": 1.02 - 0.01 * at} for at in range(60)]
    live, told = play(logs)
    assert "underfit-unfinished" in AT_THE_END and not any(told)
    assert live.report().diagnosis == "underfit-unfinished"


def test_a_long_history_is_judged_seldom_and_shortly():
    live = Live()
    judged = []
    judge = live._judge
    live._judge = lambda columns: (judged.append(len(columns[0]["loss"])), judge(columns))[1]
    for row in falling(3000):
        live.append(row)
        live.news()
    assert len(judged) < 256 + math.log(3000 / 256) / math.log(1.02) + 5
    assert max(judged) <= 256


def test_the_select_of_the_user_is_all_that_is_told():
    assert not any(play(turning(80), ignore=("overfit", "overconfident"))[1])
    _, told = play(turning(80), select=("overfit",))
    assert {one.finding.rule for news in told for one in news} == {"overfit"}


@pytest.mark.parametrize(
    "options", [{"select": "overfit"}, {"ignore": ["overfitt"]}, {"min_epochs": 0}, {"min_epochs": 2.5}]
)
def test_arguments_that_do_not_fit(options):
    with pytest.raises(UsageError):
        Live(**options)


def test_no_epoch_no_report():
    live = Live()
    assert live.news() == []
    with pytest.raises(NoHistory):
        live.report()


def test_a_training_that_goes_on_counts_as_it_does():
    live, told = play(turning(60), first=101)
    news = [one for news in told for one in news]
    assert live.epoch == 160 and news[0].epoch > 100
    assert "resumed" in {one.note for one in live.report().notes}


def test_a_message_is_one_or_two_lines_wrapped_to_the_screen():
    _, told = play(turning(80))
    news = next(one for one in told if one)
    whole = message(news)
    assert len(whole) == 2 and whole[0].startswith(f"diagnose: epoch {news[0].epoch}: overfit since epoch ")
    assert news[0].finding.so_far in whole[0] and "EarlyStopping(" in whole[1]
    assert "val_loss is now " in whole[0] and "val_loss ends " in news[0].finding.summary
    for width in (40, 80):
        lines = message(news, width)
        assert all(len(line) <= width for line in lines)
        assert all(line.startswith(("    ", "  do: ")) for line in lines[1:])
        assert " ".join(" ".join(lines).split()) == " ".join(" ".join(whole).split())
    assert all(line.isascii() for line in message(news, 60, ascii_only=True))


def test_escape_sequences_in_names_are_not_printed():
    logs = [{"loss\x1b[2J": one["loss"], "val_loss\x1b[2J": one["val_loss"]} for one in turning(80)]
    _, told = play(logs)
    assert not any("\x1b" in line for news in told if news for line in message(news))


def test_it_needs_no_framework():
    code = (
        "import json, sys\nfrom diagnose.live import Live\nlive = Live()\n"
        "for at in range(30): live.append({'loss': 0.9 ** at}); live.news()\nlive.report()\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules} & {'keras', 'tensorflow', 'pandas', 'scipy'})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == []
