"""Which timbre plays a General MIDI program, and where on the keyboard it is at home."""

from __future__ import annotations

from typing import Any, Final

from rtsynth.contract import KEY_HIGH, KEY_LOW

PROGRAMS: Final = 128

# Timbres that fit each General MIDI program, the best first. What stands after the first also
# serves instruments that have only a few timbres.
_FITTING: Final[tuple[tuple[range, str], ...]] = (
    (range(0, 4), "piano"),
    (range(4, 5), "rhodes dx piano"),
    (range(5, 6), "dx rhodes piano"),
    (range(6, 7), "harpsichord clavinet guitar piano"),
    (range(7, 8), "clavinet harpsichord guitar piano"),
    (range(8, 9), "celesta music-box vibraphone marimba piano"),
    (range(9, 10), "glockenspiel celesta music-box marimba piano"),
    (range(10, 11), "music-box celesta glockenspiel marimba piano"),
    (range(11, 12), "vibraphone marimba piano"),
    (range(12, 13), "marimba xylophone vibraphone piano"),
    (range(13, 14), "xylophone marimba piano"),
    (range(14, 15), "bells vibraphone marimba piano"),
    (range(15, 16), "harpsichord steel-guitar guitar piano"),  # dulcimer
    (range(16, 19), "organ church-organ reed-organ"),
    (range(19, 20), "church-organ organ reed-organ"),
    (range(20, 21), "reed-organ harmonica accordion organ"),
    (range(21, 22), "accordion harmonica reed-organ organ"),
    (range(22, 23), "harmonica accordion reed-organ organ"),
    (range(23, 24), "accordion harmonica reed-organ organ"),  # bandoneon
    (range(24, 25), "guitar steel-guitar harp piano"),
    (range(25, 26), "steel-guitar guitar harp piano"),
    (range(26, 29), "jazz-guitar steel-guitar guitar piano"),  # jazz, clean, muted
    (range(29, 31), "overdrive jazz-guitar steel-guitar guitar piano"),
    (range(31, 32), "steel-guitar guitar harp piano"),  # guitar harmonics
    (range(32, 33), "acoustic-bass bass guitar piano"),
    (range(33, 36), "bass acoustic-bass guitar piano"),
    (range(36, 38), "slap-bass bass guitar piano"),
    (range(38, 40), "synth-bass bass guitar piano"),
    (range(40, 41), "violin strings"),
    (range(41, 42), "viola violin strings"),
    (range(42, 43), "cello strings"),
    (range(43, 44), "contrabass cello strings"),
    (range(44, 45), "strings"),  # tremolo
    (range(45, 46), "pizzicato harp guitar strings"),
    (range(46, 47), "harp guitar strings"),
    (range(47, 48), "pizzicato marimba strings"),  # timpani
    (range(48, 50), "strings synth-strings"),
    (range(50, 52), "synth-strings strings"),
    (range(52, 53), "choir voice strings"),
    (range(53, 55), "voice choir strings"),
    (range(55, 56), "brass strings trumpet"),  # orchestra hit
    (range(56, 57), "trumpet brass"),
    (range(57, 58), "trombone brass horn trumpet"),
    (range(58, 59), "tuba trombone horn trumpet"),
    (range(59, 60), "muted-trumpet trumpet"),
    (range(60, 61), "horn trombone brass trumpet"),
    (range(61, 64), "brass trumpet"),
    (range(64, 66), "alto-sax tenor-sax clarinet trumpet flute"),
    (range(66, 68), "tenor-sax alto-sax clarinet trumpet flute"),
    (range(68, 69), "oboe english-horn clarinet flute"),
    (range(69, 70), "english-horn oboe clarinet flute"),
    (range(70, 71), "bassoon english-horn clarinet flute"),
    (range(71, 72), "clarinet oboe flute"),
    (range(72, 73), "piccolo flute"),
    (range(73, 74), "flute recorder"),
    (range(74, 75), "recorder flute"),
    (range(75, 78), "pan-flute recorder flute"),  # pan flute, bottle, shakuhachi
    (range(78, 80), "recorder pan-flute flute"),  # whistle, ocarina
    (range(80, 81), "square clarinet organ"),
    (range(81, 82), "saw brass trumpet"),
    (range(82, 84), "pan-flute square flute organ"),  # calliope, chiff
    (range(84, 85), "overdrive saw trumpet"),  # charang
    (range(85, 86), "voice choir strings"),
    (range(86, 88), "saw brass trumpet"),  # fifths, bass and lead
    (range(88, 89), "dx pad synth-strings strings"),  # new age
    (range(89, 90), "pad synth-strings strings"),
    (range(90, 91), "saw synth-strings strings"),  # polysynth
    (range(91, 92), "choir voice strings"),
    (range(92, 96), "pad synth-strings strings"),
    (range(96, 97), "celesta dx vibraphone marimba"),  # ice rain
    (range(97, 98), "pad synth-strings strings"),  # soundtrack
    (range(98, 99), "celesta glockenspiel dx marimba"),  # crystal
    (range(99, 100), "guitar steel-guitar piano"),  # atmosphere
    (range(100, 104), "pad synth-strings choir strings"),  # brightness to star theme
    (range(104, 105), "steel-guitar guitar piano"),  # sitar
    (range(105, 107), "clavinet steel-guitar guitar piano"),  # banjo, shamisen
    (range(107, 108), "harp guitar piano"),  # koto
    (range(108, 109), "music-box marimba xylophone piano"),  # kalimba
    (range(109, 110), "reed-organ oboe organ"),  # bagpipe
    (range(110, 111), "violin strings"),  # fiddle
    (range(111, 112), "oboe english-horn trumpet"),  # shanai
    (range(112, 113), "glockenspiel celesta marimba"),  # tinkle bell
    (range(113, 114), "xylophone glockenspiel marimba"),  # agogo
    (range(114, 115), "vibraphone marimba"),  # steel drums
    (range(115, 116), "xylophone marimba"),  # woodblock
    (range(116, 120), "pizzicato marimba"),  # drums have no timbre here: something short
    (range(120, 128), "pad choir marimba"),  # sound effects have no pitch: anything soft
)


def range_of(about: dict[str, Any], timbre: str) -> tuple[int, int]:
    """Lowest and highest key of a timbre, by the data set's description."""
    low, high = about.get("ranges", {}).get(timbre, (KEY_LOW, KEY_HIGH))
    return int(low), int(high)


def programs_of(timbres: list[str]) -> dict[str, list[int]]:
    """Share out all 128 programs; what fits no timbre goes to the first."""
    shared: dict[str, list[int]] = {name: [] for name in timbres}
    for programs, fitting in _FITTING:
        name = next((name for name in fitting.split() if name in shared), timbres[0])
        shared[name] += list(programs)
    return shared


def sustained_of(about: dict[str, Any], timbre: str) -> bool:
    """Whether a timbre sounds for as long as its key is held, by the data set's description."""
    return bool(about.get("sustained", {}).get(timbre, False))
