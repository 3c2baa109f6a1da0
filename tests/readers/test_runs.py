"""Several runs in one history."""

import numpy as np

from diagnose.readers import delimited
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content
from diagnose.readers.runs import choose
from diagnose.readers.table import Table


def table(**columns: list[float]) -> Table:
    return Table({name: np.array(values, dtype=float) for name, values in columns.items()})


def test_append_restarts_the_count() -> None:
    runs = assemble(table(epoch=[0, 1, 0, 1, 3, 4], loss=[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]))
    assert [run.length for run in runs] == [2, 4]
    assert [run.series[0].values.tolist() for run in runs] == [[6.0, 5.0], [4.0, 3.0, 2.0, 1.0]]
    assert [(run.run, run.runs) for run in runs] == [(1, 2), (2, 2)]
    assert runs[1].axis_range == "epoch 0...4"


def test_a_fold_column_tells_runs_apart() -> None:
    runs = assemble(table(fold=[1, 1, 2, 2], train_loss=[4.0, 3.0, 2.0, 1.0], val_loss=[4.0, 3.0, 2.0, 1.0]))
    assert [run.series[0].values.tolist() for run in runs] == [[4.0, 3.0], [2.0, 1.0]]


def test_runs_that_alternate_are_brought_together() -> None:
    runs = assemble(table(seed=[7, 3, 7, 3], epoch=[1, 1, 2, 2], loss=[4.0, 40.0, 3.0, 30.0]))
    assert [run.series[0].values.tolist() for run in runs] == [[4.0, 3.0], [40.0, 30.0]]


def test_runs_named_by_words() -> None:
    rows = "run,epoch,loss\na,1,4\nb,1,40\na,2,3\nb,2,30\n"
    (found,) = delimited.tables(Content("x", "x", rows.encode(), rows))
    assert [run.series[0].values.tolist() for run in assemble(found)] == [[4.0, 3.0], [40.0, 30.0]]
    rows = "model,loss\nvgg,4\nvgg,3\nresnet,2\nresnet,1\n"
    (found,) = delimited.tables(Content("x", "x", rows.encode(), rows))
    assert [run.series[0].values.tolist() for run in assemble(found)] == [[4.0, 3.0], [2.0, 1.0]]


def test_settings_that_are_constant_within_each_run_are_no_curves() -> None:
    settings = {"vgg": [1.0, 1.0, 2.0, 2.0], "batch_size": [16.0, 16.0, 32.0, 32.0]}
    runs = assemble(table(epoch=[1, 2, 1, 2], loss=[4.0, 3.0, 2.0, 1.0], **settings))
    assert [[one.name for one in run.series] for run in runs] == [["loss"], ["loss"]]


def test_a_resume_that_counts_on_is_one_run() -> None:
    assert len(assemble(table(epoch=[0, 1, 2, 3], loss=[4.0, 3.0, 9.0, 8.0]))) == 1


def test_the_last_run_of_at_least_half_the_longest_is_chosen() -> None:
    epochs = [*range(6), *range(3), *range(2)]
    runs = assemble(table(epoch=epochs, loss=[float(value) for value in range(11)]))
    assert [run.length for run in runs] == [6, 3, 2]
    assert choose(runs).run == 2
    assert choose(runs[:1]).run == 1
