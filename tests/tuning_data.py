"""Scales that tests tune by, as Scala's archive writes them, and MIDI's tuning messages."""

from collections.abc import Iterable, Sequence

PYTHAGOREAN = """! pyth_12.scl
!
12-tone Pythagorean scale
 12
!
 2187/2048
 9/8
 32/27
 81/64
 4/3
 729/512
 3/2
 6561/4096
 27/16
 16/9
 243/128
 2/1
"""

MEANTONE = """! meanquar.scl
!
1/4-comma meantone scale. Pietro Aaron's temperament (1523)
 12
!
 76.04900
 193.15686
 310.26471
 5/4
 503.42157
 579.47057
 696.57843
 25/16
 889.73529
 1006.84314
 1082.89214
 2/1
"""

EDO_31 = "! edo31.scl\n!\n31 equal divisions of the octave\n 31\n!\n" + "".join(
    f" {1200.0 * step / 31:.5f}\n" for step in range(1, 31)
) + " 2/1\n"  # fmt: skip

BOHLEN_PIERCE = "! bohlen-p_et.scl\n!\n13-tone equal division of 3/1\n 13\n!\n" + "".join(
    f" {1901.95500087 * step / 13:.6f}\n" for step in range(1, 13)
) + " 3/1\n"  # fmt: skip

WHITE_KEYS = """! white.kbm
! Size of map
12
! First and last key
0
127
! Middle key
60
! Reference key and frequency
69
440.0
! Formal octave
7
0
x
1
x
2
3
x
4
x
5
x
6
"""


def frequency(pitch: float) -> bytes:
    """A pitch in semitones as MIDI's tuning messages write it."""
    fine = round(pitch * 16384)
    return bytes([fine >> 14, fine >> 7 & 0x7F, fine & 0x7F])


def sysex(*body: int | Iterable[int]) -> bytes:
    """A whole message around its bytes."""
    flat = [byte for part in body for byte in ([part] if isinstance(part, int) else part)]
    return bytes([0xF0, *flat, 0xF7])


def bulk(pitches: Sequence[float], program: int = 0) -> bytes:
    """A bulk dump of all keys."""
    keys = b"".join(frequency(pitch) for pitch in pitches)
    body = bytes([0x7E, 0x7F, 0x08, 0x01, program]) + b"a tuning".ljust(16) + keys
    checksum = 0
    for byte in body:
        checksum ^= byte
    return sysex(body, checksum & 0x7F)
