"""The timbres of the bundled bank: which preset of which soundfont, and its natural range.

FluidR3_GM is recorded in stereo and not compressed. MuseScore_General, its descendant, is mono and
compressed, but has new recordings (piano, strings) and synthesizers, and more of its presets change
their timbre with velocity: those come from there.
"""

from typing import Final

from training.notes import SoundFont, TimbreSpec

MUSESCORE: Final = SoundFont(
    "MuseScore_General",
    ("MuseScore_General_Full.sf3", "MuseScore_General.sf3"),
    "musescore-general-soundfont",
)
FLUID: Final = SoundFont("FluidR3_GM", ("FluidR3_GM.sf2",), "fluid-soundfont-gm", gain_db=-3.7)


def _held(name: str, font: SoundFont, program: int, low: int, high: int, up: int = 0) -> TimbreSpec:
    """Blown, bowed, sung, or an organ."""
    return TimbreSpec(name, font, program, low, high, sustained=True, transpose=up)


def _string(
    name: str, font: SoundFont, program: int, low: int, high: int, stiffness: float = 5e-5
) -> TimbreSpec:
    """Plucked, or struck, and left to decay."""
    return TimbreSpec(name, font, program, low, high, sustained=False, stiffness=stiffness)


def _bar(name: str, program: int, low: int, high: int, decay_s: float) -> TimbreSpec:
    """Bars, bells and tines: partials that are no multiples of the pitch."""
    return TimbreSpec(name, FLUID, program, low, high, sustained=False, kind="bar", decay_s=decay_s)


TIMBRES: Final = (
    TimbreSpec("piano", MUSESCORE, 0, 21, 108, sustained=False, stiffness=1.2e-4,
               stiffness_growth=3.2, decay_s=12.0, more_notes=40),
    TimbreSpec("rhodes", FLUID, 4, 28, 100, sustained=False, decay_s=12.0),
    TimbreSpec("dx", MUSESCORE, 5, 28, 100, sustained=False),
    _string("harpsichord", FLUID, 6, 29, 89, 2e-5),
    _string("clavinet", FLUID, 7, 29, 88),
    _bar("celesta", 8, 60, 108, 6.0),
    _bar("glockenspiel", 9, 80, 108, 8.0),
    _bar("music-box", 10, 60, 96, 6.0),
    _bar("vibraphone", 11, 53, 89, 10.0),
    _bar("marimba", 12, 45, 96, 6.0),
    _bar("xylophone", 13, 65, 103, 5.0),
    _bar("bells", 14, 60, 79, 10.0),
    _held("organ", FLUID, 18, 36, 94, up=12),  # its 16' stop sounds as the pitch
    _held("church-organ", FLUID, 19, 36, 69),  # above there is a stop a fifth off
    _held("reed-organ", FLUID, 20, 36, 96),
    _held("accordion", FLUID, 21, 53, 89),
    _held("harmonica", MUSESCORE, 22, 60, 96),
    _string("guitar", MUSESCORE, 24, 40, 83),
    _string("steel-guitar", MUSESCORE, 25, 40, 86),
    _string("jazz-guitar", FLUID, 26, 40, 86),
    _string("overdrive", FLUID, 29, 40, 86),
    _string("acoustic-bass", FLUID, 32, 28, 67),
    _string("bass", FLUID, 33, 28, 67),
    _string("slap-bass", MUSESCORE, 36, 28, 67),
    TimbreSpec("synth-bass", MUSESCORE, 38, 28, 72, sustained=False),
    _held("violin", FLUID, 40, 55, 99),
    _held("viola", FLUID, 41, 48, 88),
    _held("cello", FLUID, 42, 36, 81),
    _held("contrabass", MUSESCORE, 43, 28, 60),
    TimbreSpec("pizzicato", MUSESCORE, 45, 28, 96, sustained=False, decay_s=4.0),
    _string("harp", FLUID, 46, 24, 103, 2e-5),
    _held("strings", MUSESCORE, 48, 28, 96),
    _held("synth-strings", MUSESCORE, 50, 36, 96),
    _held("choir", FLUID, 52, 41, 84),
    _held("voice", FLUID, 53, 41, 84),
    _held("trumpet", MUSESCORE, 56, 54, 87),
    _held("muted-trumpet", MUSESCORE, 59, 54, 87),
    _held("trombone", MUSESCORE, 57, 40, 77),
    _held("tuba", FLUID, 58, 28, 60),
    _held("horn", MUSESCORE, 60, 34, 77),
    _held("brass", MUSESCORE, 61, 36, 84),
    _held("alto-sax", MUSESCORE, 65, 49, 81),
    _held("tenor-sax", MUSESCORE, 66, 44, 76),
    _held("oboe", FLUID, 68, 58, 91),
    _held("english-horn", FLUID, 69, 52, 81),
    _held("bassoon", FLUID, 70, 34, 75),
    _held("clarinet", MUSESCORE, 71, 50, 91),
    _held("piccolo", FLUID, 72, 74, 105),
    _held("flute", FLUID, 73, 59, 96),
    _held("recorder", FLUID, 74, 60, 95),
    _held("pan-flute", FLUID, 75, 55, 96),
    _held("square", MUSESCORE, 80, 36, 96),
    _held("saw", MUSESCORE, 81, 36, 96),
    _held("pad", MUSESCORE, 89, 36, 96),
)  # fmt: skip
