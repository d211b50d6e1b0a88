"""What is typed behind options."""

import click
import pytest

from rtsynth.commands.kinds import Key, LayerKind, Number, key_number
from rtsynth.layers import Layer


@pytest.mark.parametrize(
    ("text", "key"),
    [("C4", 60), ("a3", 57), ("F#4", 66), ("Bb2", 46), ("C-1", 0), ("57", 57), (" 60 ", 60),
     ("H3", None), ("", None), ("C", None), ("-3", None), ("C10", None)],
)  # fmt: skip
def test_keys_by_name_and_number(text: str, key: int | None) -> None:
    assert key_number(text) == key


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("strings:C2-B3", Layer("strings", 36, 59)),
        ("bass:-B2", Layer("bass", 0, 47)),
        ("piano:48-", Layer("piano", 48, 127)),
        ("piano", Layer("piano")),
        ("piano:0.6+choir:0.4", Layer("piano:0.6+choir:0.4")),
        ("piano:0.6+choir:0.4:C2-B3", Layer("piano:0.6+choir:0.4", 36, 59)),
        ("random:7", Layer("random:7")),
        ("random:7:C-1-B2", Layer("random:7", 0, 47)),
        ("my-pad", Layer("my-pad")),
    ],
)
def test_layers(text: str, layer: Layer) -> None:
    assert LayerKind().convert(text, None, None) == layer


@pytest.mark.parametrize("text", ["strings:B3-C2", "strings:60-128", "strings:999-"])
def test_layers_on_no_keys(text: str) -> None:
    with pytest.raises(click.UsageError, match="write keys from low to high"):
        LayerKind().convert(text, None, None)


def test_keys_that_no_piano_has() -> None:
    assert Key().convert("A0", None, None) == 21
    for text in ("20", "G9", "x"):
        with pytest.raises(click.UsageError, match="is no key of a piano"):
            Key().convert(text, None, None)


def test_numbers_are_finite() -> None:
    assert Number(0.0).convert("1.5", None, None) == 1.5
    for text in ("nan", "inf"):
        with pytest.raises(click.UsageError, match="is not a finite number"):
            Number(0.0).convert(text, None, None)
