"""A WAV file that can be read at any moment."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtsynth.wav import Bits, WavWriter, pack


def tone(frames: int) -> np.ndarray:
    left = 0.5 * np.sin(np.arange(frames) * 0.05)
    return np.stack([left, -left], axis=1).astype(np.float32)


@pytest.mark.parametrize(("bits", "subtype"), [(16, "PCM_16"), (24, "PCM_24"), (32, "FLOAT")])
def test_what_is_written_is_read(tmp_path: Path, bits: Bits, subtype: str) -> None:
    path = tmp_path / "tone.wav"
    writer = WavWriter(path, 44_100, bits)
    for piece in np.array_split(tone(1000), 7):
        writer.write(piece)
    writer.close()
    found, rate = soundfile.read(path, dtype="float32")
    assert rate == 44_100
    assert soundfile.info(path).subtype == subtype
    np.testing.assert_allclose(found, tone(1000), atol=2.0 ** -(min(bits, 24) - 1))


def test_it_is_readable_after_a_flush_without_a_close(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "tone.wav", 48_000)
    writer.write(tone(100))
    writer.flush()
    writer.write(tone(50))  # a crash here loses what came after the flush, no more
    with wave.open(io.BytesIO((tmp_path / "tone.wav").read_bytes())) as found:
        assert found.getnframes() == 100
    writer.close()
    assert soundfile.info(tmp_path / "tone.wav").frames == 150


def test_loud_samples_are_clipped_not_wrapped() -> None:
    loud = np.array([[2.0, -2.0]], np.float32)
    assert pack(loud, 16) == b"\xff\x7f\x00\x80"
    assert pack(loud, 24) == b"\xff\xff\x7f\x00\x00\x80"


def test_there_is_no_room_beyond_four_gibibytes(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "tone.wav", 48_000)
    assert writer.has_room(4 * 2**30 // 6 - 10)
    assert not writer.has_room(4 * 2**30 // 6)
    writer.close()
