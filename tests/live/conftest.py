"""What a callback would have seen of curves that are known."""

import pytest


@pytest.fixture(scope="session")
def rows():
    """A function: Curves -> one dict of logs an epoch."""

    def of(curves):
        found = [{} for _ in range(curves.length)]
        for one in curves.series:
            for epoch, value in zip(one.epochs.tolist(), one.values.tolist(), strict=True):
                found[epoch - 1][one.name] = value
        for row, rate in zip(found, curves.learning_rate if curves.learning_rate is not None else (), strict=False):
            row["learning_rate"] = float(rate)
        return found

    return of
