"""Bytes to messages; and nothing that a port holds sticks."""

from hypothesis import given
from hypothesis import strategies as st

from rtsynth.parser import HeldNotes, Parser


def parse(*data: int) -> list[tuple[int, int, int] | bytes]:
    return list(Parser().feed(data))


def test_plain_messages() -> None:
    assert parse(0x90, 60, 100, 0xC3, 5, 0xE0, 0, 64) == [
        (0x90, 60, 100),
        (0xC3, 5, 0),
        (0xE0, 0, 64),
    ]


def test_running_status_with_real_time_bytes_inside() -> None:
    assert parse(0x90, 60, 0xF8, 100, 0xFE, 62, 90) == [(0x90, 60, 100), (0x90, 62, 90)]


def test_system_exclusive_comes_whole_with_real_time_bytes_taken_out() -> None:
    assert parse(0xF0, 1, 0xF8, 2, 0xF7, 60, 0x90, 60, 1, 0xF0, 0xF7) == [
        b"\xf0\x01\x02\xf7", (0x90, 60, 1), b"\xf0\xf7",
    ]  # fmt: skip


def test_system_exclusive_that_is_cut_is_none() -> None:
    assert parse(0xF0, 1, 2, 0x90, 60, 1, 0xF7, 61, 1) == [(0x90, 60, 1)]
    assert parse(0xF0, 1, 0xF0, 2, 0xF7) == [b"\xf0\x02\xf7"]
    assert parse(0xF0, 1, 0xF1, 2, 0xF7) == []


def test_system_exclusive_is_skipped_however_long() -> None:
    sysex = [0xF0, *([0x12] * 100_000), 0xF7]
    assert parse(0x90, 60, 1, *sysex, 61, 2, 0x80, 60, 0) == [(0x90, 60, 1), (0x80, 60, 0)]


def test_a_message_cut_short_does_not_disturb_the_next() -> None:
    assert parse(0x90, 60, 0x80, 61, 0) == [(0x80, 61, 0)]


def test_data_bytes_without_a_status_are_counted() -> None:
    parser = Parser()
    assert list(parser.feed([1, 2, 3])) == []
    assert parser.skipped == 3


@given(st.binary(max_size=300))
def test_random_bytes_give_valid_messages_only(data: bytes) -> None:
    for message in Parser().feed(data):
        if isinstance(message, bytes):
            assert (message[0], message[-1]) == (0xF0, 0xF7)
            assert max(message[1:-1], default=0) < 0x80
            continue
        status, data1, data2 = message
        assert 0x80 <= status < 0xF0
        assert 0 <= data1 < 128
        assert 0 <= data2 < 128


@given(st.lists(st.binary(max_size=40)))
def test_how_bytes_are_cut_does_not_matter(pieces: list[bytes]) -> None:
    parser = Parser()
    found = [message for piece in pieces for message in parser.feed(piece)]
    assert found == list(Parser().feed(b"".join(pieces)))


def test_held_notes_and_pedals_are_let_go() -> None:
    held = HeldNotes()
    for message in [(0x90, 60, 1), (0x91, 61, 1), (0x90, 62, 1), (0x90, 62, 0), (0xB1, 64, 127),
                    (0xB0, 64, 127), (0xB0, 64, 0), (0x80, 63, 0)]:  # fmt: skip
        held.note(message)
    sent: list[tuple[int, int, int]] = []

    def send(message: tuple[int, int, int]) -> bool:
        if len(sent) < 2:
            sent.append(message)
        return message in sent

    assert not held.release(send)
    assert sent == [(0xB1, 64, 0), (0x80, 60, 0)]
    sent.clear()
    assert held.release(send)
    assert sent == [(0x81, 61, 0)]
    assert held.release(send)
    assert sent == [(0x81, 61, 0)]


def test_pedals_that_hold_notes_half_way_or_by_themselves_are_let_go() -> None:
    held = HeldNotes()
    for message in [(0xB0, 64, 30), (0xB2, 66, 127), (0xB2, 67, 127), (0xB3, 66, 127),
                    (0xB3, 66, 0)]:  # fmt: skip
        held.note(message)
    sent: list[tuple[int, int, int]] = []

    def send(message: tuple[int, int, int]) -> bool:
        sent.append(message)
        return True

    assert held.release(send)
    assert sent == [(0xB0, 64, 0), (0xB2, 66, 0), (0xB2, 67, 0)]
