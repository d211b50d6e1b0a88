"""Write a WAV file that can be read at any moment: its header is kept up to date as it grows.

libsndfile writes the header when it closes, and puts the time of day into float files; a
recording should survive a crash, and the same song should give the same bytes.
"""

import os
import struct
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Bits = Literal[16, 24, 32]  # 32: float

CHANNELS: Final = 2
HEADER_BYTES: Final = 44
MAX_DATA_BYTES: Final = 0xFFFFFFFF - HEADER_BYTES - 3  # what the format can count, less padding
FORMAT_PCM: Final = 1
FORMAT_FLOAT: Final = 3


class WavWriter:
    """A stereo WAV file that grows. One thread at a time.

    Raises (from any method):
        OSError: the disk is full, the folder is not there, ... Everything written before is kept.
    """

    def __init__(self, path: Path, rate_hz: int, bits: Bits = 24) -> None:
        self.path = path
        self._rate_hz = rate_hz
        self._bits = bits
        self._data_bytes = 0
        self._file = path.open("wb", buffering=0)
        try:
            self._write_header()
        except OSError:
            self._file.close()
            raise

    @property
    def frames(self) -> int:
        """Frames written so far."""
        return self._data_bytes // (CHANNELS * self._bits // 8)

    def has_room(self, frames: int) -> bool:
        """Whether so many frames still fit what the format can count (4 GiB)."""
        return self._data_bytes + frames * CHANNELS * self._bits // 8 <= MAX_DATA_BYTES

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples (frames, 2), linear, -1..1; more is clipped (not in float files)."""
        view = memoryview(pack(samples, self._bits))
        try:
            while view:
                written = self._file.write(view)
                view = view[written:]
                self._data_bytes += written
        except OSError:
            self._cut_to_frames()
            raise

    def flush(self) -> None:
        """Bring the header up to date and hand everything to the disk."""
        end = self._file.tell()
        self._write_header()
        self._file.seek(end)

    def close(self) -> None:
        """Finish the file; it is readable even where this raises."""
        try:
            self._write_header()
        finally:
            self._file.close()

    def _cut_to_frames(self) -> None:
        frame = CHANNELS * self._bits // 8
        self._data_bytes -= self._data_bytes % frame
        try:
            os.ftruncate(self._file.fileno(), HEADER_BYTES + self._data_bytes)
        except OSError:
            return  # a device: nothing to cut

    def _write_header(self) -> None:
        kind = FORMAT_FLOAT if self._bits == 32 else FORMAT_PCM
        frame = CHANNELS * self._bits // 8
        header = struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF", HEADER_BYTES - 8 + self._data_bytes, b"WAVE",
            b"fmt ", 16, kind, CHANNELS, self._rate_hz, self._rate_hz * frame, frame, self._bits,
            b"data", self._data_bytes,
        )  # fmt: skip
        if self._file.seekable():
            self._file.seek(0)
        self._file.write(header)


def pack(samples: NDArray[np.float32], bits: Bits) -> bytes:
    """Samples (frames, 2) as the bytes of a WAV file."""
    if bits == 32:
        return samples.astype("<f4").tobytes()
    scale = float(1 << (bits - 1))
    whole = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1.0)
    if bits == 16:
        return whole.astype("<i2").tobytes()
    octets = whole.astype("<i4").view(np.uint8).reshape(-1, 4)  # (values, bytes)
    return octets[:, :3].tobytes()


def extent(path: Path) -> tuple[int, int]:
    """Sample rate and frames of a file of WavWriter's; it may be growing still, or cut short.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
        size = file.seek(0, os.SEEK_END)
    if len(header) < HEADER_BYTES:
        return 0, 0
    rate_hz, _, frame_bytes = struct.unpack_from("<IIH", header, 24)
    return rate_hz, (size - HEADER_BYTES) // frame_bytes


def read_24(path: Path) -> NDArray[np.float32]:
    """The samples (frames, 2) of a 24-bit file of WavWriter's; it may be growing, or cut short.

    Raises:
        OSError: it cannot be read.
    """
    octets = np.frombuffer(path.read_bytes()[HEADER_BYTES:], np.uint8)
    octets = octets[: len(octets) // 6 * 6].reshape(-1, 3)  # (values, bytes)
    whole = np.zeros((len(octets), 4), np.uint8)
    whole[:, 1:] = octets  # 24 bits, 8 to the left
    return (whole.view("<i4").reshape(-1, CHANNELS) / np.float64(1 << 31)).astype(np.float32)
