"""Velocity curves keep their ends and their order."""

import pytest

from rtsynth.velocity import velocity_curve


@pytest.mark.parametrize("touch", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_a_curve_rises_from_soft_to_loud(touch: float) -> None:
    curve = velocity_curve(touch)
    assert len(curve) == 127
    assert curve[-1] == pytest.approx(127.0)
    assert min(curve) >= 1.0
    assert sorted(curve) == curve


def test_a_light_touch_is_louder_and_a_heavy_one_softer() -> None:
    light, plain, heavy = (velocity_curve(touch)[63] for touch in (-1.0, 0.0, 1.0))
    assert plain == pytest.approx(64.0)
    assert light > 1.3 * plain > 1.3 * 1.3 * heavy


def test_fixed_is_the_same_for_all() -> None:
    assert set(velocity_curve(1.0, 90.0)) == {90.0}
    assert velocity_curve(0.5, 0.0) == velocity_curve(0.5)
