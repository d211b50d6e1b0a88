"""What a project keeps of an instance: read whole, with distrust, and written the same way."""

import json
import random
from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.serve import state
from rtsynth.serve.library import Reference
from rtsynth.serve.state import Saved, Substitutes

BUNDLED = Reference("bundled", "00ff")
DESK = {
    "parameters": {"reverb_time": 4.0},
    "channels": {"1": {"layers": [{"timbre": "glass"}, {"timbre": "piano", "low": 60}]},
                 "2": {"parameters": {"bright": 0.5}}},
}  # fmt: skip


def test_what_is_written_is_read() -> None:
    saved = Saved(BUNDLED, "piano", (0.25, 0.75), DESK)
    assert state.read(state.write(saved)) == saved
    assert state.write(saved) == state.write(state.read(state.write(saved)))


def test_no_bytes_mean_the_start() -> None:
    assert state.read(b"") == Saved()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "not rtsynth's"),
        (b'{"desk": {}}', "not rtsynth's"),
        (b'{"format": "1", "desk": {}}', "not rtsynth's"),
        (b'{"format": true, "desk": {}}', "not rtsynth's"),
        (b'{"format": 1, "desk": []}', "damaged"),
        (b'{"format": 1, "desk": {"parameters": {"gain": NaN}}}', "damaged"),
        (b'{"format": 2, "rtsynth": "9.1", "desk": {}}', "saved by rtsynth 9.1: upgrade"),
    ],
)
def test_what_is_none_is_refused_in_a_line(data: bytes, why: str) -> None:
    with pytest.raises(RtsynthError, match=why) as refused:
        state.read(data)
    assert "\n" not in str(refused.value)


def test_damaged_states_raise_nothing_else() -> None:
    chance = random.Random(1)
    whole = state.write(Saved(BUNDLED, "piano", (0.5, 0.5), DESK))
    for _ in range(2000):
        data = bytearray(whole[: chance.randrange(len(whole) + 1)])
        for _ in range(chance.randrange(4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            saved = state.read(bytes(data))
            Substitutes().fit(saved, "piano", lambda text: True)
        except RtsynthError:
            continue


def layers(data: bytes, channel: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(data)["desk"]["channels"][channel]["layers"]
    return found


def test_a_timbre_that_is_not_there_stays_in_the_state_until_it_is_changed() -> None:
    kept = Substitutes()
    saved = Saved(BUNDLED, "piano", None, DESK)
    desk, lacking, unknown = kept.fit(saved, "piano", lambda text: text != "glass")
    assert (lacking, unknown) == (["glass"], [])
    assert [each["timbre"] for each in desk["channels"]["1"]["layers"]] == ["piano", "piano"]
    assert DESK["channels"]["1"]["layers"][0]["timbre"] == "glass"  # type: ignore[index]

    desk["channels"]["1"]["layers"][0]["gain_db"] = -3.0  # moved by hand, the timbre was not
    again = kept.write(Saved(BUNDLED, "piano", None, desk))
    assert layers(again, "1") == [{"timbre": "glass", "gain_db": -3.0},
                                  {"timbre": "piano", "low": 60}]  # fmt: skip

    desk["channels"]["1"]["layers"][0]["timbre"] = "flute"
    chosen = kept.write(Saved(BUNDLED, "piano", None, desk))
    assert layers(chosen, "1")[0]["timbre"] == "flute"


def test_a_missing_timbre_of_all_channels_is_kept_where_the_desk_names_none() -> None:
    kept = Substitutes()
    desk, lacking, _ = kept.fit(Saved(BUNDLED, "glass"), "piano", lambda text: text != "glass")
    assert lacking == ["glass"]
    assert len(desk["channels"]) == 16
    again = kept.write(Saved(BUNDLED, "piano", None, {}))  # all channels play what they did
    assert layers(again, "16") == [{"timbre": "glass"}]


def test_channels_play_what_they_did_where_the_instrument_begins_with_another_timbre() -> None:
    desk, _, _ = Substitutes().fit(Saved(BUNDLED, "piano", None, {}), "organ", lambda text: True)
    assert desk["channels"]["7"]["layers"] == [{"timbre": "piano"}]


def test_parameters_of_a_later_version_are_passed_over_and_named() -> None:
    desk, _, lacking = Substitutes().fit(
        Saved(None, None, None, {"parameters": {"warp": 1.0, "reverb_time": 2.0},
                                 "channels": {"1": {"parameters": {"swirl": 0.1}}}}),
        "piano", lambda text: True,
    )  # fmt: skip
    assert sorted(lacking) == ["swirl", "warp"]
    assert desk["parameters"] == {"reverb_time": 2.0}
    assert desk["channels"]["1"]["parameters"] == {}
