"""What MIDI has set: a few messages that bring a fresh instrument to the same state."""

import numpy as np

from rtsynth.stage.midi_state import MidiState

GM_RESET = bytes((0xF0, 0x7E, 0x7F, 9, 1, 0xF7))


def followed(*messages: tuple[int, int, int] | bytes) -> MidiState:
    state = MidiState()
    for message in messages:
        state.follow(message)
    return state


def test_the_last_of_each_counts_and_banks_stand_before_programs() -> None:
    state = followed(
        (0xC1, 5, 0), (0xB1, 7, 90), (0xB1, 0, 1), (0xC1, 6, 0), (0xB1, 7, 80), (0xE1, 3, 70),
        (0xD1, 44, 0), (0x91, 60, 100), (0x91, 64, 90), (0x81, 60, 0),
    )  # fmt: skip
    assert list(state.messages()) == [
        (0xB1, 0, 1), (0xC1, 6, 0), (0xB1, 7, 80), (0xE1, 3, 70), (0xD1, 44, 0), (0x91, 64, 90),
    ]  # fmt: skip


def test_registered_parameters_are_whole_and_zones_come_first() -> None:
    state = followed(
        (0xB1, 101, 0), (0xB1, 100, 0), (0xB1, 6, 24), (0xB1, 38, 5), (0xB1, 101, 127),
        (0xB1, 100, 127), (0xB1, 6, 99), (0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 7),
        (0xB0, 99, 1), (0xB0, 98, 1), (0xB0, 6, 3),
    )  # fmt: skip
    assert list(state.messages()) == [
        (0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 7), (0xB0, 38, 0), (0xB0, 101, 127),
        (0xB0, 100, 127), (0xB1, 101, 0), (0xB1, 100, 0), (0xB1, 6, 24), (0xB1, 38, 5),
        (0xB1, 101, 127), (0xB1, 100, 127),
    ]  # fmt: skip


def test_resets_take_back_what_they_do() -> None:
    before = ((0xC0, 5, 0), (0xB0, 7, 90), (0xB0, 1, 90), (0xE0, 0, 70), (0x90, 60, 100))
    assert list(followed(*before, (0xB0, 121, 0)).messages()) == [
        (0xC0, 5, 0), (0xB0, 7, 90), (0x90, 60, 100)
    ]  # fmt: skip
    assert list(followed(*before, GM_RESET).messages()) == []
    assert (0x90, 60, 100) not in followed(*before, (0xB0, 123, 0)).messages()
    assert list(followed((0xB0, 126, 1), (0xB0, 127, 0)).messages()) == [(0xB0, 127, 0)]


def test_what_is_held_is_let_go() -> None:
    state = followed(
        (0x90, 60, 100), (0x95, 61, 90), (0x90, 62, 80), (0x80, 62, 0), (0xB5, 64, 127)
    )
    assert list(state.releases()) == [(0xB5, 64, 0), (0x80, 60, 64), (0x85, 61, 64)]


def test_the_messages_lead_to_the_same_state() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        rows = zip(*rng.integers((0x80, 0, 0), (0xF0, 128, 128), (2000, 3)).T.tolist(), strict=True)
        state = followed(*rows)
        wanted = list(state.messages())
        assert sorted(followed(*wanted).messages()) == sorted(wanted)
        assert len(wanted) < 16 * (128 + 256)
