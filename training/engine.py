"""What Lightning Fabric does for a run: devices, processes, mixed precision, and shared gradients.

One process is the plain case and takes the same way. More are started by Fabric itself
(``--devices 4``) or by torchrun, on one machine or on several; each computes its own rows of every
batch, and the gradients are averaged before each update, so that all hold the same networks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn


def start(accelerator: str, devices: int, nodes: int, precision: str) -> Fabric:
    """Start the processes of a run; each goes on from here with its own rank.

    Args:
        accelerator: "cpu", "cuda" or "auto".
        devices: processes on each machine, one a GPU.
        nodes: machines.
        precision: "32-true", "bf16-mixed", or "auto": the second where the hardware has it.

    Raises:
        ValueError: the precision is another.
    """
    if precision not in ("auto", "32-true", "bf16-mixed"):
        raise ValueError(f"precision {precision!r} is neither auto nor 32-true nor bf16-mixed")
    if precision == "auto":
        precision = "bf16-mixed" if _has_bfloat16(accelerator) else "32-true"
    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=nodes,
        strategy="ddp" if devices * nodes > 1 else "auto",
        precision=precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    return fabric


def _has_bfloat16(accelerator: str) -> bool:
    """Whether matrix products of bfloat16 are faster than others."""
    if accelerator != "cpu" and torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def alone() -> Fabric:
    """One process on the CPU, full precision."""
    return start("cpu", 1, 1, "32-true")


def share_gradients(fabric: Fabric, parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its mean over all processes, in one exchange."""
    if fabric.world_size == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    mean = fabric.all_reduce(flat, reduce_op="mean")
    assert isinstance(mean, Tensor)
    parts = torch.split(mean, [g.numel() for g in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def total(fabric: Fabric, values: Tensor) -> Tensor:
    """The sum of a tensor over all processes."""
    if fabric.world_size == 1:
        return values
    summed = fabric.all_reduce(values, reduce_op="sum")
    assert isinstance(summed, Tensor)
    return summed


def mean_figures(fabric: Fabric, figures: dict[str, float]) -> dict[str, float]:
    """Figures of a step, averaged over all processes; all must have the same names."""
    if fabric.world_size == 1:
        return figures
    values = torch.tensor(list(figures.values()), device=fabric.device)
    mean = (total(fabric, values) / fabric.world_size).tolist()
    return dict(zip(figures, mean, strict=True))


def seed_of(*parts: int) -> int:
    """A seed for PyTorch that depends on all `parts` alike."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")
