"""Timbres that are asked for by name, as a morph, or at random; and turns along directions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import contract, instrument
from rtsynth.errors import RtsynthError
from rtsynth.metadata import DIRECTIONS, Metadata
from rtsynth.timbres import MOST_PARTS, NEUTRAL, choose, draw, nearness, turned


@pytest.fixture
def metadata(tiny: Path) -> Metadata:
    return instrument.load(tiny).metadata


def test_names_and_numbers_are_presets(metadata: Metadata) -> None:
    for text, slot in [("bell", 1), (" Bell ", 1), ("1", 0), ("org", 0), (None, 0)]:
        same, found = choose(metadata, text)
        assert (same, found) == (metadata, slot)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("organ:0.6+bell:0.4", (0.6, 0.4)),
        ("organ : 3 + bell : 1", (0.75, 0.25)),
        ("organ+bell", (0.5, 0.5)),
        ("bell:0+organ:2e-3", (1.0, 0.0)),
        ("organ+organ+bell:2", (0.5, 0.5)),
    ],
)
def test_a_morph_lies_between(metadata: Metadata, text: str, shares: tuple[float, ...]) -> None:
    with_it, slot = choose(metadata, text)
    assert slot == len(metadata.timbres)
    assert with_it.timbres[:slot] == metadata.timbres
    made = with_it.timbres[slot]
    np.testing.assert_allclose(made.latent[:2], shares, atol=1e-6)
    assert made.low == int(21 * shares[0] + 40 * shares[1] + 0.5)
    assert made.high == int(108 * shares[0] + 90 * shares[1] + 0.5)
    assert made.sustained == (shares[0] >= 0.5)
    assert made.programs == ()
    assert with_it.program_slots() == metadata.program_slots()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("organ:0.5+tuba:0.5", "no timbre named 'tuba'"),
        ("organ:loud+bell", "the weight 'loud' is not a number"),
        ("organ:-1+bell", "the weight '-1' is not a number of 0 or more"),
        ("organ:nan+bell", "the weight 'nan'"),
        ("organ:inf+bell", "the weight 'inf'"),
        ("organ:1e308+bell:1e308", "its weights add up to"),
        ("organ:0+bell:0", "its weights add up to 0"),
        ("organ:+bell", "the weight ''"),
        ("organ++bell", "a part is empty"),
        ("+", "a part is empty"),
        (":0.5+bell", "no timbre named ''"),
        ("+".join(["bell"] * (MOST_PARTS + 1)), "8 parts at most, not 9"),
        ("random", "like random:7"),
        ("random:", "like random:7"),
        ("random:-1", "like random:7"),
        ("random:1.5", "like random:7"),
        ("random:99999999999", "like random:7"),
        ("random:3+bell", "like random:7"),
        ("bell+random:3", "cannot be a part"),
        ("tuba", "no timbre named 'tuba'"),
        ("", "no timbre named ''"),
    ],
)
def test_what_cannot_be_made_is_said_in_one_line(
    metadata: Metadata, text: str, message: str
) -> None:
    with pytest.raises(RtsynthError, match=message) as caught:
        choose(metadata, text)
    assert "\n" not in str(caught.value)


def test_a_timbre_of_the_user_s_is_found_and_can_be_morphed(metadata: Metadata) -> None:
    correction = np.full((10, contract.FRAME_LEVELS), 2.0, np.float32)
    mine = replace(metadata.timbres[0], name="mine", programs=(), correction=correction)
    with_it, slot = choose(metadata, "Mine", [mine])
    assert (slot, with_it.timbres[slot]) == (2, mine)
    made = choose(metadata, "mine:1+bell:3", [mine])[0].timbres[2]
    assert made.name == "mine 25 % + bell 75 %"
    assert made.correction is not None
    np.testing.assert_allclose(made.correction, 0.5)
    assert choose(metadata, "organ", [mine]) == (metadata, 0)
    with pytest.raises(RtsynthError, match="no timbre named 'tuba': tiny has organ, bell, mine"):
        choose(metadata, "tuba", [mine])


def test_a_full_bank_has_no_room(metadata: Metadata) -> None:
    full = replace(metadata, timbres=metadata.timbres * (contract.TIMBRE_SLOTS // 2))
    with pytest.raises(RtsynthError, match="no room for another"):
        choose(full, "random:1")


def test_a_preset_may_have_a_plus_in_its_name(metadata: Metadata) -> None:
    lead = replace(metadata.timbres[1], name="bass + lead")
    assert choose(replace(metadata, timbres=(metadata.timbres[0], lead)), "bass + lead")[1] == 1


def test_the_same_seed_draws_the_same_timbre(metadata: Metadata) -> None:
    first, second = draw(metadata, 7), choose(metadata, "random:7")[0].timbres[-1]
    np.testing.assert_array_equal(first.latent, second.latent)
    assert (first.latent != draw(metadata, 8).latent).any()


def test_draws_follow_the_prior(metadata: Metadata) -> None:
    latents = np.stack([draw(metadata, seed).latent for seed in range(2000)])
    prior = metadata.prior
    np.testing.assert_allclose(latents.mean(0), prior.mean, atol=0.05)
    np.testing.assert_allclose(np.cov(latents.T), prior.factor @ prior.factor.T, atol=0.08)


def test_a_bundled_draw_is_pinned(bundled: Path) -> None:
    """Whoever writes down a seed gets the same standard normals again."""
    metadata = instrument.load(bundled).metadata
    prior = metadata.prior
    chance = np.linalg.solve(prior.factor, draw(metadata, 7).latent - prior.mean)
    np.testing.assert_allclose(chance[:3], [-0.457008, -1.032798, 0.387845], atol=1e-3)


def test_a_turn_on_a_preset_is_the_preset_s_own(tiny: Path) -> None:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    directions = metadata.directions
    assert directions is not None
    for i, timbre in enumerate(metadata.timbres):
        assert turned(metadata, timbre, NEUTRAL) is timbre
        for k, name in enumerate(directions.names):
            turns = tuple(0.5 if each == name else 0.0 for each in DIRECTIONS)
            up = turned(metadata, timbre, turns).latent - timbre.latent
            np.testing.assert_allclose(up, 0.5 * directions.up[k, i], atol=1e-4)
            down = turned(metadata, timbre, tuple(-t for t in turns)).latent - timbre.latent
            np.testing.assert_allclose(down, 0.5 * directions.down[k, i], atol=1e-4)


def test_between_presets_a_turn_is_between(tiny: Path) -> None:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    directions = metadata.directions
    assert directions is not None
    middle = choose(metadata, "organ+bell")[0].timbres[-1]
    moved = turned(metadata, middle, (1.0, 0.0, 0.0, 0.0)).latent - middle.latent
    np.testing.assert_allclose(moved, directions.up[0].mean(0), atol=1e-4)


def test_an_instrument_without_directions_does_not_turn(metadata: Metadata) -> None:
    timbre = metadata.timbres[0]
    assert turned(metadata, timbre, (1.0, 1.0, 1.0, 1.0)) is timbre


def test_nearness_is_a_share() -> None:
    anchors = np.random.default_rng(0).standard_normal((5, 16)).astype(np.float32)
    np.testing.assert_allclose(nearness(anchors[2], anchors), np.eye(5)[2], atol=1e-5)
    shares = nearness(anchors.mean(0), anchors)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares > 0.0).all()
