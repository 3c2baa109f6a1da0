"""Gradients and weights of layers below the curves: what is drawn of odd numbers, of many layers, of none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diagnose.curves import Curves
from diagnose.inside import MEASURES, Inside, Layer
from diagnose.renderers.figure import draw, picture
from diagnose.report import Report

NAN, INF = np.nan, np.inf


def inside(layers=2, epochs=(1, 2, 3, 4), steps=25.0, names="layer_{}", **measured):
    """Layers with ten weights each; nothing was measured but what is given, (k, L) or broadcast to it."""
    shape = (len(epochs), layers)
    arrays = {name: np.full(shape, NAN) for name in MEASURES}
    arrays |= {name: np.broadcast_to(np.array(values, dtype=float), shape) for name, values in measured.items()}
    described = tuple(Layer(names.format(at), "Dense", "relu", 10) for at in range(layers))
    return Inside(np.array(epochs, dtype=np.int64), np.full(len(epochs), steps), described, **arrays)


@pytest.fixture
def drawn(unvalidated):
    """The figure of 30 epochs of loss with this inside."""

    def make(found):
        report = unvalidated()
        return draw(Report("x", replace(report.curves, inside=found), "unjudged", None, 0.0, None))

    return make


def named(figure):
    return {ax.get_ylabel(): ax for ax in figure.axes}


def shown(ax):
    """The legend's labels without their last values."""
    return [text.get_text().split("  ")[0] for text in ax.get_legend().get_texts()]


def layer_lines(ax):
    return [line for line in ax.lines if line.get_label().startswith("layer")]


def triangles(ax):
    return sorted(tuple(place) for one in ax.collections for place in one.get_offsets().tolist())


@pytest.mark.parametrize(
    "nothing",
    [inside(layers=0), inside(epochs=()), inside(), inside(dead=0.5)],
    ids=["layers", "epochs", "any", "norm"],
)
def test_an_inside_without_norms_changes_no_pixel(drawn, nothing):
    assert picture(drawn(nothing), "png") == picture(drawn(None), "png")


def test_layers_without_weights_have_no_line(drawn):
    found = inside(layers=2, weight=[1.0, NAN])
    bare = replace(found.layers[1], parameters=0)
    found = replace(found, layers=(found.layers[0], bare))
    assert shown(named(drawn(found))["weight norm"]) == ["layer_0"]
    assert list(named(drawn(replace(found, layers=(bare, bare))))) == ["loss"]


def test_the_sample_s_gradient_comes_before_the_optimizer_s(drawn):
    both, running = inside(gradient=0.5, moment=0.25), inside(moment=0.25)
    assert layer_lines(named(drawn(both))["gradient norm"])[0].get_ydata().tolist() == [0.5] * 4
    assert (
        layer_lines(named(drawn(running))["gradient norm\n(optimizer's average)"])[0].get_ydata().tolist() == [0.25] * 4
    )


def test_lines_stand_at_the_inspected_epochs_below_the_curves(drawn):
    figure = drawn(inside(epochs=(2, 5, 9), gradient=[[1, 2], [3, 4], [5, 6]]))
    curve, ax = figure.axes
    assert [line.get_xydata().tolist() for line in layer_lines(ax)] == [
        [[2, 1], [5, 3], [9, 5]],
        [[2, 2], [5, 4], [9, 6]],
    ]
    assert ax.get_xlim() == curve.get_xlim()
    assert (curve.get_xlabel(), ax.get_xlabel()) == ("", "epoch")
    assert ax.get_yscale() == "log"


def test_zero_is_a_gap_with_a_triangle_where_it_begins(drawn):
    ax = named(drawn(inside(gradient=[[1, 1], [0, 1], [0, 0], [2, 1]])))["gradient norm"]
    np.testing.assert_array_equal(layer_lines(ax)[0].get_ydata(), [1, NAN, NAN, 2])
    assert triangles(ax) == [(2, 0), (3, 0)]
    assert shown(ax)[2:] == ["zero from here"]


def test_infinite_is_a_triangle_at_the_top_and_nan_is_a_gap(drawn):
    ax = named(drawn(inside(gradient=[[1, NAN], [2, 1], [INF, 1], [INF, NAN]])))["gradient norm"]
    np.testing.assert_array_equal(layer_lines(ax)[0].get_ydata(), [1, 2, NAN, NAN])
    np.testing.assert_array_equal(layer_lines(ax)[1].get_ydata(), [NAN, 1, 1, NAN])
    assert triangles(ax) == [(3, 1)]
    assert shown(ax)[2:] == ["infinite from here"]


def test_zeros_alone_are_a_line_at_zero(drawn):
    ax = named(drawn(inside(gradient=0.0)))["gradient norm"]
    assert ax.get_yscale() == "linear"
    assert layer_lines(ax)[0].get_ydata().tolist() == [0] * 4
    assert triangles(ax) == []


@pytest.mark.parametrize("values", [INF, [[INF, 0.0]] * 4, 1e-310, [[1e-45, 3e38]] * 4, [[NAN, INF]] * 4])
def test_odd_numbers_are_drawn_without_a_warning(drawn, values, recwarn):
    figure = drawn(inside(gradient=values, weight=values, update=values))
    assert len(figure.axes) == 4
    assert len(picture(figure, "png")) > 1000
    assert [str(one.message) for one in recwarn] == []


def test_one_epoch_is_a_point_a_layer(drawn):
    ax = named(drawn(inside(epochs=(1,), gradient=[[1.0, 2.0]])))["gradient norm"]
    assert [(line.get_xydata().tolist(), line.get_marker()) for line in layer_lines(ax)] == [
        ([[1, 1]], "o"),
        ([[1, 2]], "o"),
    ]


def test_of_fifty_layers_eight_are_named_and_all_drawn_dark_to_light(drawn):
    ax = named(drawn(inside(layers=50, gradient=np.logspace(-9, 0, 50))))["gradient norm"]
    lines = layer_lines(ax)
    assert [line.get_ydata()[0] for line in lines] == np.logspace(-9, 0, 50).tolist()
    assert shown(ax) == [f"layer_{at}" for at in (0, 7, 14, 21, 28, 35, 42, 49)]
    assert ax.get_legend().get_title().get_text() == "8 of 50 layers, first to last"
    brightness = [np.dot(line.get_color()[:3], [0.2126, 0.7152, 0.0722]) for line in lines]
    assert (np.diff(brightness) > 0).all()


def test_layers_names_are_shown_as_they_are_and_cut(drawn):
    figure = drawn(inside(layers=1, names="_$\\frac{{\n" + "long" * 20, gradient=1.0))
    (name,) = shown(named(figure)["gradient norm"])
    assert len(name) == 24 and name.endswith("longlong")
    short = drawn(inside(layers=1, names="_$x_{{$", gradient=1.0))
    short.canvas.draw()
    assert shown(named(short)["gradient norm"]) == [" _$x_{$"]


def test_weights_are_on_a_log_axis_when_they_are_far_apart(drawn):
    assert named(drawn(inside(weight=[1.0, 3.0])))["weight norm"].get_yscale() == "linear"
    assert named(drawn(inside(weight=[1.0, 300.0])))["weight norm"].get_yscale() == "log"


def test_the_band_is_what_an_epoch_of_usual_steps_adds_up_to(drawn):
    known = named(drawn(inside(update=0.1, steps=25.0)))["relative weight change\nin an epoch"]
    (band,) = known.patches
    low, high = band.get_y(), band.get_y() + band.get_height()
    assert (low, high) == pytest.approx((0.001 * 5, 0.01 * 25))  # at random, and all in one direction
    assert "usual: 0.001 to 0.01 a step" in shown(known)
    unknown = named(drawn(inside(update=0.1, steps=NAN)))["relative weight change\nin an epoch"]
    assert len(unknown.patches) == 0


def test_ten_thousand_epochs_become_few_points_and_keep_the_spike(drawn):
    values = np.ones((10_000, 1))
    values[6_543] = 9.0
    run = Curves((), 10_000, inside=inside(layers=1, epochs=range(1, 10_001), gradient=values))
    (ax,) = draw(Report("x", run, "unjudged", None, 0.0, None)).axes  # and without a curve
    places = layer_lines(ax)[0].get_xydata().tolist()
    assert len(places) <= 1200
    assert [6_544.0, 9.0] in places
