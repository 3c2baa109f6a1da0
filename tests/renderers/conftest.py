"""Reports built by hand, one of each kind, for every renderer's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diagnose.curves import Curves, Note, Series
from diagnose.report import Finding, Point, Recommendation, Report, Unjudged

Make = Callable[..., Report]


def series(name: str, split: str, values: Any, metric: str = "loss", direction: str | None = "min") -> Series:
    array = np.array(values, dtype=np.float64)
    return Series(name, split, metric, direction, np.arange(1, len(array) + 1), array)  # type: ignore[arg-type]


def curves(*shown: Series, source: str = "history.csv", **more: Any) -> Curves:
    length = max(int(one.epochs[-1]) for one in shown)
    return Curves(shown, length, source=source, producer="Keras CSVLogger", **more)


def built(
    run: Curves, diagnosis: str, *, advice: tuple[Recommendation, ...] = (), notes: tuple[Note, ...] = (), **more: Any
) -> Report:
    findings = more.get("findings", ())
    known: dict[str, Any] = {
        "area": findings[0].area if findings else None,
        "confidence": findings[0].confidence if findings else 0.0,
        "healthy": False if findings else None,
    }
    report = Report(run.source, run, diagnosis, noticed=lambda: notes, **(known | more))
    report.__dict__["recommendations"] = advice  # what the cached property would hold
    return report


EARLY = Recommendation(
    "early-stopping",
    "generalization",
    ("overfit",),
    'EarlyStopping("val_loss", patience=5, restore_best_weights=True)',
    "val_loss was best at epoch 19; later weights are worse.",
    "stop = keras.callbacks.EarlyStopping('val_loss', patience=5)\nmodel.fit(x, y, callbacks=[stop])",
    "Prechelt, Early Stopping, But When? (1998)",
)
DROPOUT = Recommendation(
    "dropout", "generalization", ("overfit",), "Dropout(0.5)", "It hinders co-adaptation.", "Dropout(0.5)", "Srivastava"
)


def overfit_finding(**more: Any) -> Finding:
    known: dict[str, Any] = {
        "rule": "overfit",
        "area": "generalization",
        "confidence": 0.97,
        "curve": "val_loss",
        "epochs": (20, 50),
        "harm": 0.51,
        "evidence": {"best": 0.37, "best_epoch": 19, "end": 0.558, "rise": 0.51},
        "techniques": ("early-stopping", "dropout"),
        "template": "val_loss ends {rise:%} above its best ({best}, {best_epoch})",
        "looks_like": "a noisy validation curve that happens to end high",
    }
    return Finding(**(known | more))


@pytest.fixture
def overfit() -> Make:
    """50 epochs: val_loss falls to 0.370 at epoch 19 and rises to 0.558, loss falls on to 0.05."""

    def make(source: str = "history.csv", name: str = "val_loss", **more: Any) -> Report:
        epochs = np.arange(50)
        validation = np.where(epochs < 19, 0.37 + 0.81 * ((18 - epochs) / 18.0) ** 2, 0.37 + 0.188 * (epochs - 18) / 31)
        run = curves(
            series("loss", "train", 1.18 * 0.9376**epochs + 0.002),
            series(name, "validation", validation),
            source=source,
        )
        known: dict[str, Any] = {
            "findings": (overfit_finding(curve=name),),
            "fine": ("diverging", "underfit-flat", "high-variance"),
            "best": Point(name, 19, 0.37),
            "last": Point(name, 50, 0.558),
            "advice": (EARLY, DROPOUT),
        }
        return built(run, "overfit", **(known | more))

    return make


@pytest.fixture
def healthy() -> Make:
    """60 epochs, both losses fall and settle close together; val_loss is best, 0.371, at epoch 55."""

    def make(source: str = "good.csv", **more: Any) -> Report:
        fall = 0.9 ** np.arange(60)
        validation = 0.375 + fall
        validation[54] = 0.371
        run = curves(series("loss", "train", 0.35 + fall), series("val_loss", "validation", validation), source=source)
        known: dict[str, Any] = {
            "healthy": True,
            "confidence": 0.93,
            "fine": ("diverging", "overfit"),
            "best": Point("val_loss", 55, 0.371),
            "last": Point("val_loss", 60, 0.377),
        }
        return built(run, "good-fit", **(known | more))

    return make


@pytest.fixture
def diverging() -> Make:
    """Loss explodes from 0.9 to 3e8 over 12 epochs and is NaN from epoch 11 on."""

    def make(source: str = "nan.csv", **more: Any) -> Report:
        values = [*(0.9 * 9.0 ** np.arange(10)), np.nan, np.nan]
        finding = Finding(
            rule="diverging",
            area="learning",
            confidence=0.99,
            curve="loss",
            epochs=(2, 12),
            harm=None,
            evidence={"first_epoch": 11},
            techniques=("learning-rate",),
            template="loss is NaN since {first_epoch}",
        )
        run = curves(series("loss", "train", values), source=source)
        return built(run, "diverging", **({"findings": (finding,)} | more))

    return make


@pytest.fixture
def short() -> Make:
    """Three epochs."""

    def make(source: str = "short.csv", **more: Any) -> Report:
        run = curves(
            series("loss", "train", [3.0, 2.0, 1.5]), series("val_loss", "validation", [3.1, 2.2, 1.7]), source=source
        )
        return built(run, "too-short", **({"unjudged": (Unjudged("overfit", "fewer than five points"),)} | more))

    return make


@pytest.fixture
def unvalidated() -> Make:
    """30 epochs of training loss alone."""

    def make(source: str = "train.csv", **more: Any) -> Report:
        run = curves(series("loss", "train", 0.3 + 0.9 ** np.arange(30)), source=source)
        known = {
            "unjudged": (Unjudged("overfit", "no validation curve"), Unjudged("high-variance", "no validation curve")),
            "fine": ("diverging",),
            "notes": (Note("resumed", "the run was resumed at epoch 10", (10, 10)),),
            "best": Point("loss", 30, 0.347),
            "last": Point("loss", 30, 0.347),
        }
        return built(run, "unjudged", **(known | more))

    return make
