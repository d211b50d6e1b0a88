"""Instruments of all instances, each loaded once."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from rtsynth import contract
from rtsynth import instrument as instruments
from rtsynth.errors import RtsynthError
from rtsynth.instrument import Instrument
from rtsynth.serve.onsets import SharedOnsets
from rtsynth.warm import WarmCache

DIGEST_BYTES: Final = 16
FRAME_BITS: Final = 16  # of a plugin's takes
Say = Callable[[str], None]


class Reference(NamedTuple):
    """What a project writes down of its instrument."""

    name: str  # of a bundled one, or the path of a file
    hash: str  # of the file, hexadecimal


class Wanted(NamedTuple):
    """The instrument of a project, or what is played in its place."""

    instrument: Instrument
    line: str = ""  # what is to be said of it
    missing: Reference | None = None  # what cannot be had


class Library:
    """Thread: any. An instrument is played by the generator's thread alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._onsets: dict[bytes, SharedOnsets] = {}  # by origin
        self._loaded: dict[tuple[Path, int, int], tuple[Instrument, str]] = {}

    def load(self, name: str | None = None) -> Instrument:
        """An instrument by its path or name; None: the default one. A file that changed is loaded
        anew.

        Raises:
            RtsynthError: it is not there, or cannot be played.
        """
        return self._find(name)[0]

    def wanted(self, reference: Reference | None) -> Wanted:
        """The instrument of a project (None: the default one), or what is played in its place.

        Raises:
            RtsynthError: there is not even a default one.
        """
        if reference is None:
            return Wanted(self._find(None)[0])
        try:
            found, digest = self._find(reference.name)
        except RtsynthError:
            other = self._find(None)[0]
            line = f"the instrument {reference.name} is missing: {other.metadata.name} is played"
            return Wanted(other, f"{line} instead", reference)
        if digest != reference.hash:
            return Wanted(found, f"the instrument {reference.name} is not the one that was saved")
        return Wanted(found)

    def reference(self, instrument: Instrument) -> Reference:
        """How a project names an instrument that was loaded here."""
        bundled = instruments.bundled()
        path = instrument.path
        name = path.stem if bundled.get(path.stem) == path else str(path.absolute())
        with self._lock:
            digest = next(digest for found, digest in self._loaded.values() if found is instrument)
        return Reference(name, digest)

    def origin(self, instrument: Instrument, seed: int) -> bytes:
        """A digest (32 bytes) of what takes are made of beside their timbres."""
        said = f"{self.reference(instrument).hash} {contract.CONTRACT_VERSION} {seed}"
        return hashlib.blake2b(said.encode(), digest_size=32).digest()

    def onsets(self, instrument: Instrument, seed: int, say: Say) -> SharedOnsets:
        """Those that instances of an instrument share; `say` hears of damaged files."""
        origin = self.origin(instrument, seed)
        with self._lock:
            if origin not in self._onsets:
                warm = WarmCache(instrument.path, seed, FRAME_BITS, say)
                self._onsets[origin] = SharedOnsets(origin, warm)
            return self._onsets[origin]

    def _find(self, name: str | None) -> tuple[Instrument, str]:
        path = instruments.find(name)
        with self._lock:
            try:
                about = path.stat()
                key = path, about.st_mtime_ns, about.st_size
                if key not in self._loaded:
                    digest = hashlib.blake2b(path.read_bytes(), digest_size=DIGEST_BYTES)
                    self._loaded[key] = instruments.load(path), digest.hexdigest()
                return self._loaded[key]
            except OSError as error:
                raise RtsynthError(f"cannot read {path}: {error.strerror}") from error
