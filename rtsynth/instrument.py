"""Load and check an instrument, one .onnx file with its metadata inside; generate with it."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.errors import RtsynthError, one_line

Floats = NDArray[np.float32]

DEFAULT_NAME: Final = "bundled"
SELF_TEST_TOLERANCE: Final = 0.05  # dB, far below what can be heard
ACCELERATORS: Final = ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider")
PROVIDER_OPTIONS: Final = {"CUDAExecutionProvider": {"use_tf32": "0"}}
CPU: Final = "CPUExecutionProvider"

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


@dataclass(frozen=True)
class Timbre:
    """A place in the latent space with a name, a range of keys and General MIDI programs."""

    name: str
    latent: Floats  # (LATENT_SIZE,)
    low: int  # lowest MIDI key it was trained on
    high: int  # highest
    programs: tuple[int, ...]  # General MIDI programs 0..127 that select it
    sustained: bool


@dataclass(frozen=True)
class Metadata:
    """What an instrument says of itself."""

    name: str
    version: str
    license: str
    credits: tuple[str, ...]
    parameters: int
    level_db: float  # added to the output gain
    timbres: tuple[Timbre, ...]
    card: str  # markdown
    check: dict[str, Any]

    def timbre_slot(self, name: str) -> int:
        """Slot of a timbre by number (from 1) or part of its name.

        Raises:
            RtsynthError: there is none, or more than one.
        """
        names = [timbre.name for timbre in self.timbres]
        if name.isdigit() and 1 <= int(name) <= len(names):
            return int(name) - 1
        wanted = name.lower()
        exact = [i for i, each in enumerate(names) if each.lower() == wanted]
        found = exact or [i for i, each in enumerate(names) if wanted in each.lower()]
        if len(found) == 1:
            return found[0]
        what = f"no timbre named '{name}'" if not found else f"more than one timbre fits '{name}'"
        raise RtsynthError(f"{what}: {self.name} has {', '.join(names)}")

    def program_slots(self) -> dict[int, int]:
        """Timbre slot of each General MIDI program that a timbre claims."""
        return {p: i for i, timbre in enumerate(self.timbres) for p in timbre.programs}


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
        """
        frames, note = self._session.run(
            [contract.OUTPUT_FRAMES, contract.OUTPUT_NOTE],
            {
                contract.INPUT_KEY: keys,
                contract.INPUT_VELOCITY: velocities,
                contract.INPUT_LATENT: latents,
                contract.INPUT_STEP: steps,
                contract.INPUT_NOISE: noise,
            },
        )
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
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if name in known:
        return known[name]
    if path.is_dir():
        raise RtsynthError(f"{path} is a folder: give the .onnx file in it")
    names = ", ".join(known) or "none"
    raise RtsynthError(f"no instrument file {name} (bundled: {names})")


def load(name: str | Path | None = None, accelerate: bool = True) -> Instrument:
    """Load an instrument and check that this rtsynth can play it.

    Args:
        name: a path, the name of a bundled instrument, or None for the default one.
        accelerate: try a GPU first; it is used only where it gives the stored output.

    Raises:
        RtsynthError: missing, cut short, foreign, or made for another contract version.
    """
    path = find(str(name) if name is not None else None)
    import onnxruntime as ort  # here, not above: it takes a tenth of a second

    ort.set_default_logger_severity(4)
    if accelerate:
        for provider in ACCELERATORS:
            if provider in ort.get_available_providers():
                found = _try_provider(ort, path, provider)
                if found is not None:
                    return found
    return _open(ort, path, [CPU])


def _try_provider(ort: Any, path: Path, provider: str) -> Instrument | None:
    """The instrument on an accelerator, or None where that does not work on this machine."""
    try:
        instrument = _open(ort, path, [(provider, PROVIDER_OPTIONS.get(provider, {})), CPU])
        works = instrument.self_test() <= SELF_TEST_TOLERANCE
    except RtsynthError:
        return None
    return instrument if works and instrument.provider != "CPU" else None


def _open(ort: Any, path: Path, providers: Sequence[Any]) -> Instrument:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(str(path), options, providers=list(providers))
    except Exception as error:
        raise RtsynthError(_why_unreadable(path, error)) from error
    stored = session.get_modelmeta().custom_metadata_map.get(contract.METADATA_KEY)
    if stored is None:
        raise RtsynthError(
            f"{path} is an ONNX network but not an rtsynth instrument (it has no "
            f"'{contract.METADATA_KEY}' metadata): make one with 'python -m export'"
        )
    metadata = read_metadata(path, stored)
    _check_tensors(path, "input", session.get_inputs(), INPUT_SHAPES)
    _check_tensors(path, "output", session.get_outputs(), OUTPUT_SHAPES)
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


def read_metadata(path: Path, stored: str) -> Metadata:
    """Parse the JSON object an instrument carries.

    Raises:
        RtsynthError: another contract version, or a field is missing or wrong.
    """
    try:
        data = json.loads(stored)
        version = int(data["contract_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise RtsynthError(f"{path}: its metadata cannot be read: export it again") from error
    if version != contract.CONTRACT_VERSION:
        newer = version > contract.CONTRACT_VERSION
        advice = "update rtsynth" if newer else "export it again with this rtsynth"
        raise RtsynthError(
            f"{path} was made for contract version {version}, and this rtsynth plays version "
            f"{contract.CONTRACT_VERSION}: {advice}"
        )
    try:
        return _metadata(data)
    except (ValueError, KeyError, TypeError) as error:
        what = f"field {error}" if isinstance(error, KeyError) else one_line(error)
        raise RtsynthError(f"{path}: its metadata is wrong ({what}): export it again") from error


def _metadata(data: dict[str, Any]) -> Metadata:
    timbres = tuple(_timbre(each) for each in data["timbres"])
    if not 1 <= len(timbres) <= contract.TIMBRE_SLOTS:
        raise ValueError(f"{len(timbres)} timbres, 1 to {contract.TIMBRE_SLOTS} are possible")
    return Metadata(
        name=str(data["name"]),
        version=str(data.get("version", "")),
        license=str(data.get("license", "unknown")),
        credits=tuple(str(each) for each in data.get("credits", ())),
        parameters=int(data.get("parameters", 0)),
        level_db=float(data.get("level_db", 0.0)),
        timbres=timbres,
        card=str(data.get("card", "")),
        check=dict(data.get("check", {})),
    )


def _timbre(data: dict[str, Any]) -> Timbre:
    latent = np.asarray(data["latent"], np.float32)
    if latent.shape != (contract.LATENT_SIZE,) or not np.isfinite(latent).all():
        raise ValueError(f"timbre '{data['name']}' needs {contract.LATENT_SIZE} latent numbers")
    low, high = int(data["low"]), int(data["high"])
    if not 0 <= low <= high <= 127:
        raise ValueError(f"timbre '{data['name']}' has the range {low}-{high}")
    programs = tuple(int(p) for p in data.get("programs", ()))
    return Timbre(str(data["name"]), latent, low, high, programs, bool(data.get("sustained")))


def _check_tensors(
    path: Path, kind: str, tensors: Sequence[Any], wanted: dict[str, tuple[int | None, ...]]
) -> None:
    shapes = {tensor.name: tuple(tensor.shape) for tensor in tensors}
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
