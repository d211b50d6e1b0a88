"""Stretched octaves: the shape of Railsback's curve."""

import numpy as np
import pytest

from rtsynth.tuning.stretch import HIGH, LOW, inharmonicity, octave_cents, stretch_cents


def test_both_ends_are_stretched_and_the_middle_is_not() -> None:
    assert stretch_cents(69) == 0.0
    assert -30.0 < stretch_cents(LOW) < -15.0
    assert 25.0 < stretch_cents(HIGH) < 45.0
    assert all(abs(stretch_cents(key)) < 5.0 for key in range(48, 82))


def test_it_rises_everywhere_and_stays_as_it_is_beyond_the_keyboard() -> None:
    curve = np.array([stretch_cents(pitch) for pitch in np.arange(LOW, HIGH + 0.01, 0.25)])
    assert (np.diff(curve) > 0.0).all()
    assert stretch_cents(0.0) == stretch_cents(LOW)
    assert stretch_cents(200.0) == stretch_cents(HIGH)
    assert stretch_cents(60.5) == pytest.approx((stretch_cents(60) + stretch_cents(61)) / 2)


def test_an_octaves_partials_meet() -> None:
    """In the top octave, of type 2:1: the lower note's second partial is the upper note itself."""
    key = 96.0
    lower, upper = inharmonicity(key), inharmonicity(key + 12.0)
    second = 2.0 * ((1.0 + 4.0 * lower) / (1.0 + lower)) ** 0.5  # of the lower note's first
    assert octave_cents(key) == pytest.approx(1200.0 * np.log2(second / 2.0), abs=2.5)
    assert upper > lower
