"""Load and check an instrument, one .onnx file with its metadata inside; generate with it."""

import base64
import binascii
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rtsynth import contract
from rtsynth.errors import RtsynthError, one_line, quiet_stderr
from rtsynth.metadata import Floats, Metadata, Timbre, read_metadata
from rtsynth.sessions import CPU, open_session

__all__ = ["Floats", "Instrument", "Metadata", "Timbre", "bundled", "find", "load"]

DEFAULT_NAME: Final = "bundled"
SELF_TEST_TOLERANCE: Final = 0.2  # dB: one last bit in float32 can turn a rounding to 8 bits
ACCELERATORS: Final = ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider")
PROVIDER_OPTIONS: Final = {"CUDAExecutionProvider": {"use_tf32": "0"}}

# Rank and the sizes that are fixed; None is free (batch, steps).
INPUT_SHAPES: Final[dict[str, tuple[int | None, ...]]] = {
    contract.INPUT_KEY: (None,),
    contract.INPUT_VELOCITY: (None,),
    contract.INPUT_LATENT: (None, contract.LATENT_SIZE),
    contract.INPUT_STEP: (None,),
    contract.INPUT_NOISE: (None, None, contract.STEP_NOISE_SIZE),
}
OUTPUT_SHAPES: Final[dict[str, tuple[int | None, ...]]] = {
    contract.OUTPUT_FRAMES: (None, None, contract.FRAME_VALUES),
    contract.OUTPUT_NOTE: (None, contract.NOTE_VALUES),
}


class Instrument:
    """A generator of frames, checked against the contract. Any one thread at a time."""

    def __init__(self, path: Path, session: Any, metadata: Metadata) -> None:
        self.path = path
        self.metadata = metadata
        self._session = session

    @property
    def provider(self) -> str:
        """Who computes: "CPU", "CUDA", ..."""
        return str(self._session.get_providers()[0]).removesuffix("ExecutionProvider")

    def stored(self, key: str) -> str | None:
        """The text that the file holds under a metadata key."""
        found = self._session.get_modelmeta().custom_metadata_map.get(key)
        return None if found is None else str(found)

    def generate(
        self, keys: Floats, velocities: Floats, latents: Floats, steps: Floats, noise: Floats
    ) -> tuple[Floats, Floats]:
        """Frames in dB and note values of a batch of notes; the GIL is free meanwhile.

        Args:
            keys: (batch,) MIDI keys.
            velocities: (batch,) 1..127.
            latents: (batch, LATENT_SIZE).
            steps: (batch,) first coarse step, 0 at the onset.
            noise: (batch, CONTEXT_STEPS + n + CONTEXT_STEPS, STEP_NOISE_SIZE), Gaussian.

        Returns:
            frames (batch, n * FRAMES_PER_STEP, FRAME_VALUES) and note (batch, NOTE_VALUES).

        Raises:
            RtsynthError: the network fails, or gives other shapes.
        """
        inputs = {
            contract.INPUT_KEY: keys,
            contract.INPUT_VELOCITY: velocities,
            contract.INPUT_LATENT: latents,
            contract.INPUT_STEP: steps,
            contract.INPUT_NOISE: noise,
        }
        try:
            frames, note = self._run(inputs)
        except Exception as error:
            raise RtsynthError(
                f"{self.path} fails when it plays ({one_line(error)}): export it again"
            ) from error
        length = (noise.shape[1] - 2 * contract.CONTEXT_STEPS) * contract.FRAMES_PER_STEP
        wanted = (len(keys), length, contract.FRAME_VALUES), (len(keys), contract.NOTE_VALUES)
        if (frames.shape, note.shape) != wanted:
            raise RtsynthError(
                f"{self.path} makes frames {frames.shape} and notes {note.shape} where "
                f"{wanted[0]} and {wanted[1]} are due: export it again"
            )
        return frames, note

    def _run(self, inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
        outputs = [contract.OUTPUT_FRAMES, contract.OUTPUT_NOTE]
        try:
            frames, note = self._session.run(outputs, inputs)
        except Exception:
            if self.provider == "CPU":
                raise
            self._session = open_session(
                str(self.path), [CPU]
            )  # the GPU is gone or full: go on without
            frames, note = self._session.run(outputs, inputs)
        return frames, note

    def self_test(self) -> float:
        """Largest difference between the stored output and this machine's, in dB (or note units).

        Raises:
            RtsynthError: the stored pair is missing, unreadable, or of other shapes.
        """
        check = self.metadata.check
        try:
            noise = _packed(check["noise"], check["noise_shape"])
            frames = _packed(check["frames"], check["frames_shape"])
            note = np.asarray(check["note"], np.float32)
            key, velocity, latent, step = (
                np.asarray(check[name], np.float32)
                for name in ("key", "velocity", "latent", "step")
            )
            made_frames, made_note = self.generate(key, velocity, latent, step, noise)
            return max(
                float(np.abs(made_frames - frames).max()), float(np.abs(made_note - note).max())
            )
        except Exception as error:
            raise RtsynthError(
                f"{self.path}: its stored check cannot be run ({one_line(error)}): export it again"
            ) from error


def bundled() -> dict[str, Path]:
    """Instruments that came with the package, by name."""
    folder = Path(__file__).parent / "instruments"
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def find(name: str | None) -> Path:
    """The file of an instrument: a path, the name of a bundled one, or the default (None).

    Raises:
        RtsynthError: there is no such file.
    """
    known = bundled()
    if name is None:
        if not known:
            raise RtsynthError("no instrument is installed: give one with --instrument FILE.onnx")
        return known.get(DEFAULT_NAME, next(iter(known.values())))
    is_folder = False
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # no such user, or no name at all
        path = Path(name).expanduser()
        if path.is_file():
            return path
        is_folder = path.is_dir()
    if name in known:
        return known[name]
    if is_folder:
        raise RtsynthError(f"{name} is a folder: give the .onnx file in it")
    names = ", ".join(known) or "none"
    raise RtsynthError(f"no instrument file {name} (bundled: {names})")


def load(name: str | Path | None = None, accelerate: bool = True) -> Instrument:
    """Load an instrument and check that this rtsynth can play it.

    Args:
        name: a path, the name of a bundled instrument, or None for the default one.
        accelerate: try a GPU; it is used only where it gives the stored output. A network of
            8-bit integers stays on the CPU: ONNX Runtime has its products there alone.

    Raises:
        RtsynthError: missing, cut short, foreign, or made for another contract version.
    """
    path = find(str(name) if name is not None else None)
    plain = _open(path, [CPU])
    if plain.metadata.eight_bit and not _plays_what_it_stores(plain):
        plain = _open(path, [CPU], wide_sums=True)
    for provider in accelerators() if accelerate and not plain.metadata.eight_bit else []:
        found = _try_provider(path, provider)
        if found is not None:
            return found
    return plain


def _plays_what_it_stores(found: Instrument) -> bool:
    """Whether products of 8-bit integers come out right on this processor; takes 2 ms."""
    try:
        return found.self_test() <= SELF_TEST_TOLERANCE
    except RtsynthError:
        return True  # nothing to compare with: `rtsynth check` says so


def accelerators() -> list[str]:
    """GPU providers that the installed ONNX Runtime was built with, whether they work or not."""
    import onnxruntime as ort

    there = [provider for provider in ACCELERATORS if provider in ort.get_available_providers()]
    if "CUDAExecutionProvider" in there and hasattr(ort, "preload_dlls"):
        with quiet_stderr(), contextlib.redirect_stdout(None):  # it prints what it does not find
            ort.preload_dlls()
    return there


def _try_provider(path: Path, provider: str) -> Instrument | None:
    """The instrument on an accelerator, or None where that does not work on this machine."""
    try:
        with quiet_stderr(), contextlib.redirect_stdout(None):
            instrument = _open(path, [(provider, PROVIDER_OPTIONS.get(provider, {})), CPU])
            works = instrument.self_test() <= SELF_TEST_TOLERANCE
    except RtsynthError:
        return None
    return instrument if works and instrument.provider != "CPU" else None


def _open(path: Path, providers: Sequence[Any], wide_sums: bool = False) -> Instrument:
    try:
        session = open_session(str(path), providers, wide_sums)
        stored = session.get_modelmeta().custom_metadata_map.get(contract.METADATA_KEY)
        inputs, outputs = (
            {tensor.name: tuple(tensor.shape) for tensor in tensors}
            for tensors in (session.get_inputs(), session.get_outputs())
        )
    except Exception as error:
        raise RtsynthError(_why_unreadable(path, error)) from error
    if stored is None:
        raise RtsynthError(
            f"{path} is an ONNX network but not an rtsynth instrument (it has no "
            f"'{contract.METADATA_KEY}' metadata): make one with 'python -m export'"
        )
    metadata = read_metadata(path, stored)
    _check_tensors(path, "input", inputs, INPUT_SHAPES)
    _check_tensors(path, "output", outputs, OUTPUT_SHAPES)
    return Instrument(path, session, metadata)


def _why_unreadable(path: Path, error: Exception) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as problem:
        return f"cannot read {path}: {problem.strerror}"
    if size == 0:
        return f"{path} is empty: download or export it again"
    if start.startswith(b"version https://git-lfs"):
        return f"{path} is only a Git LFS pointer: run 'git lfs pull'"
    if "protobuf" in str(error).lower():
        return f"{path} is not an ONNX file, or only a part of one: download or export it again"
    return f"{path} cannot be loaded ({one_line(error)}): download or export it again"


def _check_tensors(
    path: Path,
    kind: str,
    shapes: dict[str, tuple[Any, ...]],
    wanted: dict[str, tuple[int | None, ...]],
) -> None:
    for name, shape in wanted.items():
        if name not in shapes:
            raise RtsynthError(f"{path} has no {kind} tensor '{name}': export it again")
        there = shapes[name]
        fits = len(there) == len(shape) and all(
            size is None or not isinstance(is_, int) or is_ == size
            for size, is_ in zip(shape, there, strict=True)
        )
        if not fits:
            raise RtsynthError(
                f"{path}: its {kind} tensor '{name}' has the shape {list(there)}, not "
                f"{[size if size is not None else 'any' for size in shape]}: export it again"
            )


def _packed(text: str, shape: Sequence[int]) -> Floats:
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.float32)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    return data.reshape(tuple(shape))
