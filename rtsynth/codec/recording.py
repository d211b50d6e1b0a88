"""Read one recorded note from a sound file, and refuse in one line what is not one."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.ndimage
import scipy.signal
import soundfile

from rtsynth.codec.analysis import SilentNoteError
from rtsynth.codec.course import Course, find_course
from rtsynth.codec.detection import Heard, listen
from rtsynth.errors import RtsynthError, one_line

SAMPLE_RATE: Final = 48_000
MIN_RATE_HZ: Final = 16_000
MAX_RATE_HZ: Final = 384_000
MAX_CHANNELS: Final = 8
LOWEST_HZ: Final = 12.0  # the lowest note is at 27.5
MAX_S: Final = 60.0
MIN_S: Final = 0.05  # of sound
SILENT_DB: Final = -66.0  # peak, dBFS
CLIPPED_AT: Final = 0.989  # of full scale: only a peak there can be a cut one
CLIPPED_WITHIN: Final = 2e-5  # of the peak: samples that a limit has made equal
CLIPPED_RUN: Final = 4  # samples in a row
CLIPPED_LOOK_S: Final = 0.25
CLIPPED_SHARE: Final = 0.02  # of the worst quarter second: more is refused
NOISY_DB: Final = 15.0  # a note must stand so far above the noise before it
NOISE_HEARD_DB: Final = 35.0  # below this the noise is mentioned
TONAL_MIN_DB: Final = 1.0  # power of the partials over the rest
SURE: Final = 0.3  # certainty at which a pitch is believed
NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

Audio = npt.NDArray[np.float32]  # (samples, channels)


class RecordingError(RtsynthError):
    """The recording cannot be used; the message is one line and begins with the file's name."""


class FoundPitch(NamedTuple):
    """A detected pitch."""

    key: int
    cents: float  # from the key
    certainty: float  # 0..1; below SURE it is a guess


@dataclass(frozen=True)
class Recording:
    """One recorded note."""

    path: Path
    audio: Audio  # (samples, 2), 48 kHz, from the onset to the end of the sound
    off_sample: int  # where the key was let go
    course: Course  # in samples of the whole file at 48 kHz
    top_hz: float  # the file holds nothing above
    warnings: tuple[str, ...]  # one line each, without the file's name

    @property
    def held(self) -> Audio:
        """The note until the key is let go, (samples, 2)."""
        return self.audio[: self.off_sample]

    @property
    def released(self) -> Audio:
        """What sounds after, (samples, 2); empty if the recording does not hold it."""
        return self.audio[self.off_sample :]


def key_name(key: int) -> str:
    """A key's name, 60 is C4."""
    return f"{NAMES[key % 12]}{key // 12 - 1}"


def load(path: str | Path) -> Recording:
    """Read a sound file that holds one note.

    Raises:
        RecordingError: it cannot be read, is silent, too long, too short, clipped or noisy.
    """
    path = Path(path)
    whole, rate_hz, warnings = _read(path)
    centred = _without_offset(whole, rate_hz)
    if float(np.abs(centred).max()) < 10.0 ** (SILENT_DB / 20.0):
        raise RecordingError(f"{path}: silent")
    clipped = _flat_share(whole, rate_hz)
    if clipped > CLIPPED_SHARE:
        raise RecordingError(f"{path}: clipped, its loudest part is cut off at full scale")
    if clipped > 0.0:
        warnings.append("a few samples are clipped")
    audio = _resample(centred, rate_hz)
    try:
        course = find_course(audio)
    except SilentNoteError:
        raise RecordingError(f"{path}: silent") from None
    if course.end - course.onset < MIN_S * SAMPLE_RATE:
        raise RecordingError(f"{path}: sounds for less than {1000 * MIN_S:.0f} ms")
    if course.noise_db > -NOISY_DB:
        raise RecordingError(
            f"{path}: noisy, the note is {-course.noise_db:.0f} dB above the noise"
        )
    if course.noise_db > -NOISE_HEARD_DB:
        warnings.append(f"noise {-course.noise_db:.0f} dB below the note will be part of it")
    return Recording(
        path=path,
        audio=np.ascontiguousarray(audio[course.onset : course.end]),
        off_sample=course.off - course.onset,
        course=course,
        top_hz=rate_hz / 2.0,
        warnings=tuple(warnings),
    )


def detect_pitch(audio: Audio) -> FoundPitch:
    """Detect the key of 48 kHz audio that begins at a note's onset."""
    heard = listen(audio)
    return FoundPitch(heard.key, heard.cents, heard.certainty)


def check(recording: Recording, key: int | None = None, bar: bool = False) -> FoundPitch:
    """Find the pitch of a recording, and see that it is one note and the one it is said to be.

    `key` is what the file's name says, if it says something; `bar` that the sound is a bar's or
    a bell's, whose partials may be anywhere: then the key is believed, and no second note looked
    for.

    Raises:
        RecordingError: no clear pitch, two notes at once, or another note than `key`.
    """
    heard = listen_to(recording, key, bar)
    if key is not None and not bar:
        compare(recording.path, heard, key)
    return FoundPitch(heard.key, heard.cents, heard.certainty)


def listen_to(recording: Recording, key: int | None = None, bar: bool = False) -> Heard:
    """Hear what a recording plays; `key` and `bar` as for `check`, but not compared.

    Raises:
        RecordingError: no clear pitch, or two notes at once.
    """
    heard = listen(recording.held)
    if bar and key is not None:
        return heard
    path = recording.path
    if heard.second_key is not None and heard.tonal_db >= TONAL_MIN_DB and not bar:
        names = sorted({heard.key, heard.second_key})
        raise RecordingError(f"{path}: two notes at once ({' and '.join(map(key_name, names))})")
    if heard.tonal_db < TONAL_MIN_DB or (key is None and heard.certainty < SURE):
        raise RecordingError(
            f"{path}: no clear pitch: too noisy, or a sound without one "
            f"({key_name(heard.key)} at best, certainty {heard.certainty:.2f})"
        )
    return heard


def compare(path: Path, heard: Heard, key: int) -> None:
    """See that what was heard is not clearly another note than `key`.

    Raises:
        RecordingError: it is another one.
    """
    if heard.certainty < SURE:
        return
    away = heard.key - key + heard.cents / 100.0
    if abs(away) <= 0.6:
        return
    octaves = round(away / 12.0)
    said = f"{path}: said to be {key_name(key)}, but sounds as {key_name(heard.key)}"
    if octaves != 0 and abs(away - 12.0 * octaves) <= 0.6:
        count = "an octave" if abs(octaves) == 1 else f"{abs(octaves)} octaves"
        raise RecordingError(f"{said}, {count} {'higher' if octaves > 0 else 'lower'}")
    raise RecordingError(f"{said} ({away:+.1f} semitones)")


def _read(path: Path) -> tuple[Audio, int, list[str]]:
    """Samples (samples, 2), the file's rate, warnings; looks at the header before it reads."""
    if not path.is_file():
        raise RecordingError(f"{path}: no such file")
    try:
        info = soundfile.info(str(path))
        _refuse_format(path, info)
        audio, _ = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, RuntimeError, ValueError, TypeError) as error:
        reason = getattr(error, "error_string", None) or one_line(error)
        raise RecordingError(f"{path}: cannot be read: {reason}") from error
    if len(audio) == 0:
        raise RecordingError(f"{path}: empty")
    if not np.isfinite(audio).all():
        raise RecordingError(f"{path}: holds values that are no numbers")
    warnings = []
    if len(audio) < info.frames:
        warnings.append(f"cut short: {len(audio)} of {info.frames} samples")
    if info.samplerate < 44_100:
        warnings.append(f"nothing above {info.samplerate / 2000:g} kHz in it")
    if audio.shape[1] > 2:
        warnings.append(f"{audio.shape[1]} channels, only the first two are used")
    stereo = np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else audio[:, :2]
    return stereo, int(info.samplerate), warnings


def _refuse_format(path: Path, info: Any) -> None:
    """Refuse by the header alone what must not be read."""
    if info.frames > MAX_S * info.samplerate:
        seconds = info.frames / info.samplerate
        long = f"{seconds / 60:.0f} minutes" if seconds > 120 else f"{seconds:.0f} s"
        raise RecordingError(
            f"{path}: {long} long; a single note of {MAX_S:.0f} s at most is expected"
        )
    if not MIN_RATE_HZ <= info.samplerate <= MAX_RATE_HZ:
        raise RecordingError(
            f"{path}: {info.samplerate / 1000:g} kHz; at least {MIN_RATE_HZ // 1000} kHz are "
            "needed, 48 kHz are best"
        )
    if info.channels > MAX_CHANNELS:
        raise RecordingError(f"{path}: {info.channels} channels; one or two are expected")


def _flat_share(audio: Audio, rate_hz: int) -> float:
    """Share of the worst quarter second that lies in runs of equal samples at full scale."""
    flat = np.zeros(len(audio), bool)
    for channel in audio.T:
        for side in (channel, -channel):
            limit = float(side.max())
            if limit >= CLIPPED_AT:
                flat |= _runs(side >= limit * (1.0 - CLIPPED_WITHIN))
    window = min(round(CLIPPED_LOOK_S * rate_hz), len(audio))
    sums = np.concatenate([[0], np.cumsum(flat)])
    return float((sums[window:] - sums[:-window]).max()) / window


def _runs(at: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Keep only what is true CLIPPED_RUN times in a row."""
    return np.asarray(scipy.ndimage.binary_opening(at, np.ones(CLIPPED_RUN)), bool)


def _without_offset(audio: Audio, rate_hz: int) -> Audio:
    """Take out what is below all notes; an offset may come and go with the note."""
    filters = scipy.signal.butter(2, LOWEST_HZ, "highpass", fs=rate_hz, output="sos")
    state = scipy.signal.sosfilt_zi(filters)[:, :, None] * audio[0]  # (sections, 2, channels)
    filtered, _ = scipy.signal.sosfilt(filters, audio, axis=0, zi=state)
    return np.asarray(filtered, np.float32)


def _resample(audio: Audio, rate_hz: int) -> Audio:
    if rate_hz == SAMPLE_RATE:
        return audio.astype(np.float32)
    ratio = Fraction(SAMPLE_RATE, rate_hz)
    resampled = scipy.signal.resample_poly(audio, ratio.numerator, ratio.denominator, axis=0)
    return np.asarray(resampled, np.float32)
