"""What a parameter is sent as comes back as the same value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtsynth.controllers import Followed, messages_of, parameter_of
from rtsynth.parameters import PARAMETERS

SENT = [name for name, p in PARAMETERS.items() if p.home in ("cc", "rpn", "turn") or name == "mono"]
STEP = {"bend_range": 0.011, "fine_tune": 0.013, "transpose": 0.0}  # as fine as data bytes are


@given(st.sampled_from(SENT), st.floats(0.0, 1.0, allow_subnormal=False), st.integers(0, 15))
def test_there_and_back(name: str, part: float, channel: int) -> None:
    known = PARAMETERS[name]
    value = known.clamped(known.at(part))
    followed, found = Followed(), {}
    for message in messages_of(known, value, channel):
        assert message[0] == 0xB0 | channel
        assert all(0 <= byte < 128 for byte in message[1:])
        found.update(followed.follow(message))
    assert set(found) == {name}
    step = STEP.get(name, 0.0 if known.switch else (known.high - known.low) / 126)
    assert found[name] == pytest.approx(value, abs=step + 1e-9)


def test_every_controller_moves_one_parameter() -> None:
    numbers = [p.number for p in PARAMETERS.values() if p.home == "cc"]
    assert len(set(numbers)) == len(numbers)
    assert parameter_of(7) is PARAMETERS["volume"]
    assert parameter_of(71) is PARAMETERS["breathy"]
    assert parameter_of(20) is None
