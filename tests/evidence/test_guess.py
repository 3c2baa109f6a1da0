"""What guessing scores."""

import math

import pytest

from diagnose.evidence.guess import CLASSES, entropy_of_guessing


@pytest.mark.parametrize("classes", CLASSES)
def test_the_share_of_a_class_names_the_number_of_classes(classes):
    assert entropy_of_guessing(1 / classes) == (classes, math.log(classes))


@pytest.mark.parametrize(
    ("accuracy", "classes"), [(0.49, 2), (0.52, 2), (0.34, 3), (0.26, 4), (0.098, 10), (0.0102, 100)]
)
def test_near_a_share(accuracy, classes):
    assert entropy_of_guessing(accuracy)[0] == classes


@pytest.mark.parametrize("accuracy", [0.0, -0.1, 0.61, 0.9, 1.0, 0.0015, 1e-5, math.nan])
def test_no_share_of_any(accuracy):
    """0.0015 lies far from both 1/365 and 1/1000."""
    assert entropy_of_guessing(accuracy) is None
