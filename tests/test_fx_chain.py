"""How a chain of effects is read, and what is said of one that cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtsynth.errors import RtsynthError
from rtsynth.fx.chain import Effect, read_chain


def test_effects_stand_in_order_with_their_settings() -> None:
    chain = "Compressor(threshold_db=-20, ratio=4), Gain ,Reverb( freeze_mode = 0.5 )"
    assert read_chain(chain) == [
        Effect("Compressor", {"threshold_db": -20.0, "ratio": 4.0}),
        Effect("Gain", {}),
        Effect("Reverb", {"freeze_mode": 0.5}),
    ]


def test_values_are_numbers_words_and_texts() -> None:
    (effect,) = read_chain("X(a=1e-3, b=true, c=False, d=HPF24, e='two, (three)', f=\"4\")")
    assert effect.settings == {
        "a": 0.001, "b": True, "c": False, "d": "HPF24", "e": "two, (three)", "f": "4",
    }  # fmt: skip


def test_paths_may_have_spaces_and_quotes_keep_the_rest() -> None:
    chain = "/plugins/My Reverb.vst3(mix=1), \"C:\\p, q (x64).vst3\"(state='a b.vstpreset')"
    assert read_chain(chain) == [
        Effect("/plugins/My Reverb.vst3", {"mix": 1.0}),
        Effect("C:\\p, q (x64).vst3", {"state": "a b.vstpreset"}),
    ]


@pytest.mark.parametrize(
    ("chain", "complaint"),
    [
        ("", "no effect is named"),
        (" \n", "no effect is named"),
        (",", "cannot read ','"),
        ("Reverb((", r"cannot read 'Reverb\(\('"),
        ("Reverb(room_size=0.4", "write effects like"),
        ("Reverb(0.4)", r"cannot read '0.4': write settings like Reverb\(name=0.5"),
        ("Reverb(room_size=)", "cannot read 'room_size='"),
        ("Reverb(=1)", "cannot read '=1'"),
        ("Gain(), Reverb(a=1) Gain()", r"cannot read 'Reverb\(a=1\) Gain\(\)'"),
        ("Reverb(a=1, a=2)", "Reverb: a is set twice"),
        ("Reverb(a=nan)", "Reverb: a=nan is not a finite number"),
        ("Reverb(a=1e999)", "not a finite number"),
        ('"Reverb(a=1)', "cannot read"),
    ],
)
def test_what_is_written_otherwise_is_refused(chain: str, complaint: str) -> None:
    with pytest.raises(RtsynthError, match=complaint) as found:
        read_chain(chain)
    assert "\n" not in str(found.value)


@given(st.text(alphabet="aA1.-=(),'\" \n\\é", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    said = "--fx: nothing"
    try:
        assert all(effect.name for effect in read_chain(text))
    except RtsynthError as error:
        said = str(error)
    assert said.startswith("--fx: ")
    assert "\n" not in said
