"""Rows of the MIDI chart: pedals, glides, one note at a time, and what ends notes."""

from chart_rows import CENTS, KEY, KEY_HZ, at, cc, note, played, row, song
from listening import Sound, listen

LOW = KEY - 5


@row("cc 5", "cc 65")
def portamento() -> None:
    def glide(time: int, on: int) -> float:
        """Where the pitch is 0.1 s after the next note began, in semitones below it."""
        before = at(0.0, cc(5, time), cc(65, on))
        sound = listen(song(before, note(0.0, 0.4, LOW), note(0.5, 1.2)), 1.2)
        course, rate_hz = sound.course(0.5, 1.2, KEY, reach=6.0)
        return KEY - float(course[round(0.1 * rate_hz)])

    assert abs(glide(70, 0)) < 0.2
    assert abs(glide(20, 127)) < 0.2  # it is over
    assert 1.0 < glide(70, 127) < 4.9
    assert glide(90, 127) > glide(70, 127) + 0.3


@row("cc 37")
def portamento_time_low_byte() -> None:
    def pitch(*messages: bytes) -> float:
        before = at(0.0, cc(65, 127), *messages)
        sound = listen(song(before, note(0.0, 0.4, LOW), note(0.5, 1.2)), 1.2)
        course, rate_hz = sound.course(0.5, 1.2, KEY, reach=6.0)
        return float(course[round(0.1 * rate_hz)])

    coarse, fine, next_one = (
        pitch(*each) for each in ((cc(5, 70),), (cc(5, 70), cc(37, 127)), (cc(5, 71),))
    )
    assert next_one < fine + 0.02
    assert fine < coarse - 0.02


@row("cc 84")
def portamento_control() -> None:
    before = at(0.0, cc(5, 70), cc(84, LOW))
    sound = listen(song(before, note(0.0, 0.7), note(0.8, 1.2)), 1.2)
    course, rate_hz = sound.course(0.0, 0.7, KEY, reach=6.0)
    assert course[round(0.08 * rate_hz)] < KEY - 1.0
    assert abs(sound.key(0.4, 0.7, KEY) - KEY) < CENTS
    assert abs(sound.key(0.86, 1.2, KEY) - KEY) < CENTS  # the next note only


def rings_db(sound: Sound) -> float:
    """What is left of a note that was let go at 0.3 s."""
    return sound.level_db(0.9, 1.0) - sound.level_db(0.2, 0.3)


@row("cc 64")
def sustain_pedal() -> None:
    up, half, down = (
        listen(song(at(0.0, cc(64, each)), note(0.0, 0.3)), 1.0) for each in (0, 64, 127)
    )
    assert rings_db(up) < -45.0
    assert -40.0 < rings_db(half) < -3.0
    assert rings_db(down) > -1.5
    lifted = listen(song(at(0.0, cc(64, 127)), note(0.0, 0.3), at(0.5, cc(64, 0))), 1.5)
    assert lifted.level_db(0.4, 0.5) > -45.0
    assert lifted.silent(1.3, 1.5)


@row("cc 66")
def sostenuto_pedal() -> None:
    """It holds the key that is down when it goes down, not the one after."""
    pedal = song(note(0.0, 0.3), at(0.2, cc(66, 127)), note(0.35, 0.5, KEY + 6))
    sound = listen(pedal, 1.5)
    assert abs(sound.key(1.1, 1.5, KEY) - KEY) < CENTS
    first_db, second_db = (sound.partial_db(1.1, 1.5, hz) for hz in (KEY_HZ, KEY_HZ * 2**0.5))
    assert second_db < first_db - 30.0
    assert listen(song(pedal, at(0.6, cc(66, 0))), 1.5).silent(1.3, 1.5)


@row("cc 67")
def soft_pedal() -> None:
    plain = played(timbre="piano", seconds=0.5)
    soft = played(cc(67, 127), timbre="piano", seconds=0.5)
    half = played(cc(67, 64), timbre="piano", seconds=0.5)
    assert soft.level_db(0.05, 0.5) < half.level_db(0.05, 0.5) < plain.level_db(0.05, 0.5) - 0.3
    assert soft.centroid_hz(0.05, 0.5) < 0.98 * plain.centroid_hz(0.05, 0.5)


@row("cc 68")
def legato() -> None:
    """Bound notes: one sounds, and it is not struck again."""
    tied = song(note(0.0, 0.5), note(0.3, 1.0, KEY + 4))
    sound = listen(song(at(0.0, cc(68, 127)), tied), 1.0, timbre="piano")
    struck = listen(tied, 1.0, timbre="piano")
    assert abs(sound.key(0.4, 0.9, KEY + 4) - KEY - 4) < 4 * CENTS
    assert sound.partial_db(0.35, 0.5, KEY_HZ) < struck.partial_db(0.35, 0.5, KEY_HZ) - 20.0
    assert struck.level_db(0.31, 0.36) > sound.level_db(0.31, 0.36) + 2.0


@row("cc 120")
def all_sound_off() -> None:
    held = song(at(0.0, cc(64, 127)), note(0.0, 0.2), note(0.1, 1.0, KEY + 4))
    sound = listen(song(held, at(0.3, cc(120, 0))), 0.8)
    assert sound.level_db(0.2, 0.3) > -45.0
    assert sound.silent(0.31, 0.8)


@row("cc 121")
def reset_controllers() -> None:
    """Bend, modulation, expression, pedal, pressure; not the volume, not the pan (RP-015)."""
    turned = [bytes((0xE0, 127, 127)), cc(1, 127), cc(11, 20), cc(64, 127), bytes((0xD0, 127))]
    kept = [cc(7, 50), cc(10, 0)]
    sound = listen(song(at(0.0, *turned, *kept, cc(121, 0)), note(0.0, 0.5)), 1.5)
    plain = listen(song(at(0.0, *kept), note(0.0, 0.5)), 1.5)
    assert abs(sound.key(0.1, 0.5, KEY) - KEY) < CENTS
    assert abs(sound.level_db(0.1, 0.5) - plain.level_db(0.1, 0.5)) < 0.1
    assert sound.level_db(0.1, 0.5, 0) > sound.level_db(0.1, 0.5, 1) + 20.0
    assert sound.silent(1.3, 1.5)


@row("cc 123", "cc 124", "cc 125")
def all_notes_off() -> None:
    chord = song(*(note(0.0, 2.0, key) for key in (KEY, KEY + 4)))
    for controller in (123, 124, 125):
        sound = listen(song(chord, at(0.3, cc(controller, 0))), 1.3)
        assert sound.level_db(0.2, 0.3) > -45.0
        assert sound.silent(1.1, 1.3)
        pedal = listen(song(at(0.0, cc(64, 127)), chord, at(0.3, cc(controller, 0))), 1.3)
        assert not pedal.silent(1.1, 1.3)


@row("cc 126", "cc 127")
def mono_and_poly() -> None:
    tied = song(note(0.1, 1.5, KEY), note(0.5, 1.5, KEY + 6))
    for modes, alone in (([cc(126, 1)], True), ([cc(126, 1), cc(127, 0)], False)):
        sound = listen(song(at(0.0, *modes), tied), 1.5)
        low, high = (sound.partial_db(1.0, 1.5, hz) for hz in (KEY_HZ, KEY_HZ * 2**0.5))
        assert high > -60.0
        assert (low < high - 30.0) == alone
