"""The generator keeps the contract, and has no memory."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rtsynth import contract as c  # noqa: E402
from training import losses, step_noise  # noqa: E402
from training.config import Config  # noqa: E402
from training.features import partial_places, time_features  # noqa: E402
from training.layers import Up, bounded, rested  # noqa: E402
from training.model import Generator  # noqa: E402
from training.readers import (  # noqa: E402
    ENCODER_FRAMES,
    Discriminator,
    TimbreEncoder,
)

torch.set_num_threads(1)


def inputs(batch: int, steps: int, first: float = 0.0) -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [
        torch.linspace(30.0, 90.0, batch),
        torch.linspace(20.0, 120.0, batch),
        torch.randn(batch, c.LATENT_SIZE),
        torch.full((batch,), first),
        torch.from_numpy(
            step_noise.draw(
                np.random.default_rng(0),
                np.full(batch, first - c.CONTEXT_STEPS),
                steps + 2 * c.CONTEXT_STEPS,
            )
        ),
    ]


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(1)
    return Generator(Config()).eval().requires_grad_(False)


@pytest.mark.parametrize(("batch", "steps"), [(1, 1), (3, 4), (2, 17)])
def test_shapes_and_bounds(generator: Generator, batch: int, steps: int) -> None:
    frames, note = generator(*inputs(batch, steps))
    assert frames.shape == (batch, steps * c.FRAMES_PER_STEP, c.FRAME_VALUES)
    assert note.shape == (batch, c.NOTE_VALUES)
    assert float(frames[..., : c.FRAME_LEVELS].min()) >= c.FLOOR_DB
    assert float(frames[..., : c.FRAME_LEVELS].max()) <= 6.0
    assert float(frames[..., c.FRAME_PITCH].abs().max()) <= c.PITCH_RANGE_CENTS
    assert bool((note[:, 0] > -8.0).all() and (note[:, 0] < -2.0).all())
    assert bool((note[:, 2] <= 0.0).all() and (note[:, 3] < 0.0).all())
    assert bool((note[:, 4] >= 0.0).all() and (note[:, 4] <= 1.0).all())
    assert note[:, c.NOTE_DETUNE].tolist() == [0.0] * batch
    assert float(note[:, c.NOTE_DETUNE :].abs().max()) <= c.DETUNE_RANGE_CENTS


@pytest.mark.parametrize("first", [0.0, 40.0, 250.0])
def test_pages_meet_without_a_seam(generator: Generator, first: float) -> None:
    key, velocity, latent, step, noise = inputs(2, 12, first)
    whole, _ = generator(key, velocity, latent, step, noise)
    pages = []
    for at in (0, 4, 8):
        part = noise[:, at : at + 4 + 2 * c.CONTEXT_STEPS]
        pages.append(generator(key, velocity, latent, step + at, part)[0])
    np.testing.assert_allclose(torch.cat(pages, 1).numpy(), whole.numpy(), atol=1e-4)


def test_receptive_field_ends_within_the_context(generator: Generator) -> None:
    given = inputs(1, 9)
    base, _ = generator(*given)
    middle = c.CONTEXT_STEPS + 4
    given[4] = given[4].clone()
    given[4][:, middle] += 3.0
    moved = (generator(*given)[0] - base).abs().amax((0, 2)) > 0.0  # (frames,)
    touched = torch.nonzero(moved).flatten() // c.FRAMES_PER_STEP
    assert int(touched.min()) >= 4 - c.CONTEXT_STEPS
    assert int(touched.max()) <= 4 + c.CONTEXT_STEPS
    assert 4 in touched.tolist()


def test_no_partial_above_the_top(generator: Generator) -> None:
    given = inputs(1, 4)
    given[0] = torch.tensor([100.0])
    frames, _ = generator(*given)
    above = [k for k in range(1, c.PARTIALS + 1) if k * c.key_hz(100.0) >= c.NOISE_TOP_HZ]
    assert float(frames[0, :, [k - 1 for k in above]].max()) == c.FLOOR_DB


def test_time_stands_still_when_held() -> None:
    late = time_features(torch.tensor([8.0, 9.0, 1000.0]))
    np.testing.assert_array_equal(late[0].numpy(), late[2].numpy())
    before = time_features(torch.tensor([-0.5, -0.1, 0.0]))
    np.testing.assert_array_equal(before[0].numpy(), before[1].numpy())
    assert not torch.equal(before[1], before[2])


def test_up_is_a_transposed_convolution() -> None:
    torch.manual_seed(2)
    up = Up(5, 3, 4)
    x = torch.randn(2, 6, 5)
    weight = up.map.weight.reshape(4, 3, 2, 5)  # (place, out, tap, in)
    # tap 0 is the earlier input, whose second half of the kernel falls between the two
    kernel = torch.cat([weight[:, :, 1], weight[:, :, 0]])  # (8, out, in)
    bias = up.map.bias.reshape(4, 3)
    whole = torch.nn.functional.conv_transpose1d(
        x.transpose(1, 2), kernel.permute(2, 1, 0), stride=4
    ).transpose(1, 2)
    expected = whole[:, 4:-4].reshape(2, 5, 4, 3) + bias
    np.testing.assert_allclose(
        up(x).detach().numpy(), expected.reshape(2, 20, 3).detach().numpy(), atol=1e-5
    )


def test_envelope_places_are_triangles() -> None:
    weights, there = partial_places(torch.tensor([21.0, 60.0, 108.0]), 48)
    assert weights.shape == (3, 48, c.PARTIALS)
    np.testing.assert_allclose(weights.sum(1).numpy(), 1.0, atol=1e-4)
    expected = [sum(k * c.key_hz(key) < c.NOISE_TOP_HZ for k in range(1, 129)) for key in (60, 108)]
    assert there.sum((1, 2)).tolist()[1:] == expected


def test_readers_and_losses_are_finite() -> None:
    config = Config()
    key, velocity, latent, step, _ = inputs(4, 8)
    real = torch.rand(4, 64, c.FRAME_VALUES) * 100.0 - 100.0
    judge = Discriminator(config)
    assert judge(real, key, velocity, latent, step).score.shape == (4, 2)
    long = judge(real.repeat(1, 4, 1), key, velocity, latent, step)
    assert long.score.shape == (4, 3)
    assert losses.feature_distance(long.features, long.features).item() == 0.0
    mean, spread = TimbreEncoder(config)(real.repeat(1, 2, 1)[:, :ENCODER_FRAMES], key, velocity)
    assert mean.shape == spread.shape == (4, c.LATENT_SIZE)
    none = real[:0]
    terms = losses.spectral_terms(real, none, real, step, config)
    assert float(losses.spectral_loss(terms, config)) == 0.0
    worse = losses.spectral_terms(real + 1.0, none, real, step, config)
    assert float(worse.partials) == pytest.approx(1.0, abs=1e-4)


def lively_loss(size: float, pattern: float) -> float:
    """The loss behind the onset when real notes flicker by 3 dB and made ones by `size`."""
    torch.manual_seed(3)
    shape = (24, 64, c.FRAME_VALUES)
    comb = pattern * (torch.arange(64) % 8 == 0).float()[:, None]
    made, twin = (size * torch.randn(shape) + comb - 20.0 for _ in range(2))
    real = 3.0 * torch.randn(shape) - 20.0
    terms = losses.spectral_terms(made, twin, real, torch.full((24,), 9.0), Config())
    return float(terms.partials)


def test_the_right_amount_of_chance_is_best() -> None:
    found = {size: lively_loss(size, 0.0) for size in (0.0, 1.0, 2.0, 4.0, 6.0)}
    assert min(found, key=lambda size: found[size]) == 2.0  # near 3, on the quiet side


def test_a_pattern_in_every_step_is_no_liveliness() -> None:
    assert lively_loss(1.0, 4.0) > lively_loss(1.0, 0.0)


def test_parameters_leave_room_for_the_encoder_in_16_megabytes() -> None:
    bytes_ = 4 * sum(p.numel() for p in Generator(Config()).parameters())
    encoder = 4 * sum(p.numel() for p in TimbreEncoder(Config()).parameters()) * 4 // 3  # base64
    assert bytes_ + encoder < 15_700_000


def test_config_refuses_unknown_keys() -> None:
    config = Config(width=64)
    assert Config.from_json(config.to_json()) == config
    with pytest.raises(ValueError, match="colour"):
        Config.from_dict({"colour": 1})


def test_behind_a_bound_only_the_way_back_is_open() -> None:
    x = torch.tensor([-120.0, -120.0, -50.0, 9.0], requires_grad=True)
    held = bounded(x)
    held.backward(torch.tensor([1.0, -1.0, 1.0, -1.0]))
    assert held.tolist() == [-100.0, -100.0, -50.0, 6.0]
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, -1.0, 1.0, 0.0]


def test_small_deviations_are_none_but_can_grow() -> None:
    x = torch.tensor([-5.0, -0.3, 0.0, 0.4, 2.0], requires_grad=True)
    at_rest = rested(x, 0.5, training=True)
    assert at_rest.tolist() == [-4.5, 0.0, 0.0, 0.0, 1.5]
    torch.autograd.backward(at_rest.sum())
    assert x.grad is not None
    assert x.grad.tolist() == [1.0] * 5
    torch.testing.assert_close(rested(x, 0.5, training=False), at_rest)


def test_where_a_partial_lies_matters_as_far_as_it_is_heard() -> None:
    config = Config()
    frames = torch.full((2, 32, c.FRAME_VALUES), -20.0)
    frames[:, :, 5] = c.FLOOR_DB
    note = torch.zeros(2, c.NOTE_VALUES)
    silent, heard = note.clone(), note.clone()
    silent[:, c.NOTE_DETUNE + 5] = 100.0
    heard[:, c.NOTE_DETUNE + 6] = 100.0
    assert losses.note_loss(silent, note, frames, config).item() == 0.0
    assert losses.note_loss(heard, note, frames, config).item() > 0.05


def test_a_wrong_pitch_costs_where_the_note_is_loud() -> None:
    real = torch.full((1, 64, c.FRAME_VALUES), -10.0)
    real[:, 32:] = c.FLOOR_DB  # the second half is silent: nobody hears its pitch
    real[..., c.FRAME_PITCH] = 0.0
    early, late = real.clone(), real.clone()
    early[:, 8:24, c.FRAME_PITCH] = 20.0
    late[:, 44:60, c.FRAME_PITCH] = 20.0
    step = torch.zeros(1)
    terms = [losses.spectral_terms(x, x[:0], real, step, Config()) for x in (early, late)]
    assert terms[0].pitch.item() > 1.0
    assert terms[1].pitch.item() == 0.0
    assert terms[0].partials.item() == 0.0
