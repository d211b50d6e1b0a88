"""Scala's files: what they say, and what is wrong with broken ones, by file and line."""

import contextlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import tuning_library
from hypothesis import given
from hypothesis import strategies as st
from tuning_data import BOHLEN_PIERCE, EDO_31, MEANTONE, PYTHAGOREAN, WHITE_KEYS

from rtsynth.errors import RtsynthError
from rtsynth.tuning.scala import KeyboardMap, Scale, pitches, read_map, read_scale

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str | bytes, name: str = "tuning.scl") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


def test_ratios_and_cents(write: Write) -> None:
    scale = read_scale(write(MEANTONE))
    assert scale.name == "1/4-comma meantone scale. Pietro Aaron's temperament (1523)"
    assert len(scale.cents) == 12
    assert scale.cents[0] == 76.049
    assert scale.cents[3] == pytest.approx(386.3137, abs=1e-4)
    assert scale.cents[11] == 1200.0


def test_a_third_of_pythagoras_is_a_comma_too_wide(write: Write) -> None:
    found = pitches(read_scale(write(PYTHAGOREAN)), KeyboardMap())
    assert found[60] == pytest.approx(60.0, abs=1e-9)
    assert found[64] == pytest.approx(64.0 + 0.0782, abs=1e-4)
    assert found[69] == pytest.approx(69.0 + 0.0587, abs=1e-4)
    assert found[48] == pytest.approx(48.0, abs=1e-9)
    assert found[52] == pytest.approx(52.0 + 0.0782, abs=1e-4)


def test_a_scale_without_octaves_goes_on_by_its_own_interval(write: Write) -> None:
    found = pitches(read_scale(write(BOHLEN_PIERCE)), KeyboardMap())
    assert found[73] == pytest.approx(60.0 + 12.0 * math.log2(3.0), abs=1e-6)
    assert found[47] == pytest.approx(60.0 - 12.0 * math.log2(3.0), abs=1e-6)
    thirty_one = pitches(read_scale(write(EDO_31)), KeyboardMap())
    assert thirty_one[91] == pytest.approx(72.0, abs=1e-6)
    assert thirty_one[61] == pytest.approx(60.0 + 12.0 / 31, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "\n2\n3/2\n2/1\n",  # no description
        "! a\r\n\r\n 2\r\n 3/2\r\n 2/1\r\n",
        "name\n2\n3/2 a fifth\n2\n",
        "name\n\t2 \n \t701.955000865 cents\n1200.\n",
        "name\n2\n! between\n3/2\n!\n2/1\n\n\n",
        b"Temp\xe9rament \xe9gal\n2\n3/2\n2/1",  # Latin-1
        "\ufeffname\n2\n3/2\n2/1\nand some words that belong to nothing\n",
    ],
)
def test_what_the_format_allows(write: Write, text: str | bytes) -> None:
    scale = read_scale(write(text))
    assert scale.cents == pytest.approx((701.955, 1200.0), abs=1e-3)
    assert scale.name in ("name", "tuning", "Tempérament égal")


def test_steps_that_go_down(write: Write) -> None:
    scale = read_scale(write("down\n3\n-5.0\n100.0\n1200.0\n"))
    assert scale.at(1) == -5.0
    assert scale.at(-2) == -1205.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\ntwelve\n", "line 2: 'twelve' is not a number of notes"),
        ("name\n0\n", "line 2: 0 is not a number of notes from 1"),
        ("name\n-3\n", "line 2: '-3' is not a number of notes"),
        ("! c\nname\n2\n3/2\nhello\n", "line 5: 'hello' is no interval"),
        ("name\n2\n3/2\n\n2/1\n", "line 4: '' is no interval"),
        ("name\n2\n3/0\n2/1\n", "line 3: the ratio 3/0 is no interval"),
        ("name\n2\n-3/2\n2/1\n", "line 3: '-3/2' is no interval"),
        ("name\n2\n3/2/1\n2/1\n", "line 3: '3/2/1' is no interval"),
        ("name\n2\n3/\n2/1\n", "line 3: '3/' is no interval"),
        ("name\n2\n1.2.3\n2/1\n", "line 3: '1.2.3' is not an interval in cents"),
        ("name\n2\n1.e999\n2/1\n", "line 3: '1.e999' is not an interval in cents"),
        ("name\n2\n99999.0\n2/1\n", "line 3: 99999 cents are beyond all hearing"),
        ("name\n3\n3/2\n2/1\n", "ends before note 3 of 3"),
        ("name\n1\n3/2\n2/1\n", "line 4: one more note than line 2 announces (1)"),
        ("name\n1\n0.0\n", "by which it repeats, is 0 cents"),
        ("name\n", "ends before the number of notes"),
        ("", "ends before the number of notes"),
        (b"RIFF\0\0\0\0", "no text file of Scala's"),
        ("!" * (2 << 20), "no text file of Scala's"),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(write: Write, text: str, said: str) -> None:
    path = write(text)
    with pytest.raises(RtsynthError) as caught:
        read_scale(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RtsynthError, match="No such file"):
        read_scale(tmp_path / "none.scl")
    with pytest.raises(RtsynthError, match="directory"):
        read_map(tmp_path)


def test_white_keys_play_a_scale_and_black_ones_nothing(write: Write) -> None:
    keyboard = read_map(write(WHITE_KEYS, "white.kbm"))
    assert keyboard.degrees == (0, None, 1, None, 2, 3, None, 4, None, 5, None, 6)
    seven = Scale("seven equal steps", tuple(1200.0 * step / 7 for step in range(1, 8)))
    found = pitches(seven, keyboard)
    assert [key for key in range(60, 72) if found[key] is None] == [61, 63, 66, 68, 70]
    assert found[69] == pytest.approx(69.0)
    assert found[67] == pytest.approx(69.0 - 12.0 / 7)
    assert found[81] == pytest.approx(81.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0\n0\n127\n60\n69\n440\n0\n", KeyboardMap((), 0, 127, 60, 69, 440.0, 0)),
        (
            "! c\r\n3\r\n10\r\n20\r\n12\r\n12\r\n16.5\r\n2\r\n0\r\n1\r\n",
            KeyboardMap((0, 1, None), 10, 20, 12, 12, 16.5, 2),
        ),
        (
            "1 size\n0\n127\n60\n60\n261.6 Hz\n1\nX\n",
            KeyboardMap((None,), 0, 127, 60, 60, 261.6, 1),
        ),
    ],
)
def test_maps(write: Write, text: str, expected: KeyboardMap) -> None:
    assert read_map(write(text, "keys.kbm")) == expected


def test_patterns_are_a_formal_octave_apart() -> None:
    """It "determines the difference in pitch between adjacent mapping patterns" (Scala's help)."""
    two_octaves = Scale("24 steps", tuple(100.0 * step for step in range(1, 25)))
    found = pitches(two_octaves, KeyboardMap((0, 4, 7), middle=60, reference_hz=440.0, period=12))
    assert found[60:67] == pytest.approx((69.0, 73.0, 76.0, 81.0, 85.0, 88.0, 93.0))


def test_keys_outside_a_maps_range_keep_equal_temperament(write: Write) -> None:
    keyboard = read_map(write("0\n60\n71\n60\n60\n300\n0\n", "keys.kbm"))
    found = pitches(read_scale(write(MEANTONE)), keyboard)
    assert found[59] == 59.0
    assert found[72] == 72.0
    assert found[60] == pytest.approx(69.0 + 12.0 * math.log2(300 / 440))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("129\n", "line 1: 129 is not a size of the map from 0 to 128"),
        ("0\n0\n128\n", "line 3: 128 is not a key from 0 to 127"),
        ("0\n0\n127\n60\n69\nA4\n", "line 6: 'A4' is not a frequency in Hz"),
        ("0\n0\n127\n60\n69\n-440\n", "line 6: -440 Hz is no frequency"),
        ("0\n0\n127\n60\n69\nnan\n", "line 6: 'nan' is not a frequency"),
        ("2\n0\n127\n60\n69\n440\n2\n0\ny\n", "line 9: 'y' is not a degree of the scale, or x"),
        ("2\n0\n127\n60\n69\n440\n", "ends before the degree of the formal octave"),
        ("", "ends before the size of the map"),
    ],
)
def test_what_is_wrong_with_a_map(write: Write, text: str, said: str) -> None:
    path = write(text, "keys.kbm")
    with pytest.raises(RtsynthError) as caught:
        read_map(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_map_that_gives_the_frequency_of_a_key_it_leaves_out() -> None:
    keyboard = KeyboardMap((None, 0), middle=60, reference_key=60)
    with pytest.raises(RtsynthError, match="frequency of key 60, which it leaves unmapped"):
        pitches(Scale("octaves", (1200.0,)), keyboard)


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_in_words(tmp_path_factory: pytest.TempPathFactory,
                                           data: bytes) -> None:  # fmt: skip
    path = tmp_path_factory.getbasetemp() / "random.scl"
    path.write_bytes(data)
    for read in (read_scale, read_map):
        with contextlib.suppress(RtsynthError):
            read(path)


@st.composite
def tunings(draw: st.DrawFn) -> tuple[list[float], KeyboardMap]:
    steps = draw(st.lists(st.floats(1.0, 300.0), min_size=1, max_size=40))
    cents = [round(sum(steps[: i + 1]), 6) for i in range(len(steps))]
    size = draw(st.integers(0, 20))
    degree = st.one_of(st.none(), st.integers(0, len(cents) - 1))
    degrees = draw(st.lists(degree, min_size=size, max_size=size))
    middle = draw(st.integers(0, 127 - size))
    # Theirs passes over the formal octave where the reference key is in another pattern.
    reference = middle + draw(st.integers(0, size - 1)) if size else draw(st.integers(0, 127))
    if degrees:
        degrees[reference - middle] = draw(st.integers(0, len(cents) - 1))
    hz = round(draw(st.floats(20.0, 2000.0)), 3)
    return cents, KeyboardMap(tuple(degrees), 0, 127, middle, reference, hz, len(cents))


def kbm(keyboard: KeyboardMap) -> str:
    rows = [len(keyboard.degrees), keyboard.low, keyboard.high, keyboard.middle,
            keyboard.reference_key, keyboard.reference_hz, keyboard.period]  # fmt: skip
    names = ["x" if degree is None else degree for degree in keyboard.degrees]
    return "".join(f"{row}\n" for row in [*rows, *names])


@given(tunings())
def test_another_reader_finds_the_same_pitches(
    tmp_path_factory: pytest.TempPathFactory, tuning: tuple[list[float], KeyboardMap]
) -> None:
    cents, keyboard = tuning
    scl = f"random\n{len(cents)}\n" + "".join(f"{each:.6f}\n" for each in cents)
    folder = tmp_path_factory.getbasetemp()
    (folder / "a.scl").write_text(scl)
    (folder / "a.kbm").write_text(kbm(keyboard))
    found = pitches(read_scale(folder / "a.scl"), read_map(folder / "a.kbm"))
    theirs = tuning_library.Tuning(
        tuning_library.parse_scl_data(scl), tuning_library.parse_kbm_data(kbm(keyboard)), False
    )
    for key, pitch in enumerate(found):
        assert theirs.is_midi_note_mapped(key) == (pitch is not None)
        if pitch is not None:
            hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
            assert theirs.frequency_for_midi_note(key) == pytest.approx(hz, rel=1e-6)
