"""A picture of latents, cheap enough to be made at each step.

Each latent pixel becomes one pixel by a linear map from its channels to red, green and blue. The
factors are measured facts of the autoencoders, as ComfyUI's ``latent_formats.py`` has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

PREVIEW_SIDE = 192
"""The longer side of a preview at most, in pixels."""

_SPREAD = 4.0  # standard deviations from dark to light where the channels are not known


@dataclass(frozen=True, slots=True)
class LatentSpace:
    """What the channels of an autoencoder's latents add to red, green and blue (-1 to 1)."""

    factors: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)


# fmt: off
_SD = LatentSpace((
    (0.3512, 0.2297, 0.3227), (0.3250, 0.4974, 0.2350),
    (-0.2829, 0.1762, 0.2721), (-0.2120, -0.2616, -0.7177),
))
_SDXL = LatentSpace((
    (0.3651, 0.4232, 0.4341), (-0.2533, -0.0042, 0.1068),
    (0.1076, 0.1111, -0.0362), (-0.3165, -0.2492, -0.2188),
), (0.1084, -0.0175, -0.0011))
_SD3 = LatentSpace((
    (-0.0922, -0.0175, 0.0749), (0.0311, 0.0633, 0.0954),
    (0.1994, 0.0927, 0.0458), (0.0856, 0.0339, 0.0902),
    (0.0587, 0.0272, -0.0496), (-0.0006, 0.1104, 0.0309),
    (0.0978, 0.0306, 0.0427), (-0.0042, 0.1038, 0.1358),
    (-0.0194, 0.0020, 0.0669), (-0.0488, 0.0130, -0.0268),
    (0.0922, 0.0988, 0.0951), (-0.0278, 0.0524, -0.0542),
    (0.0332, 0.0456, 0.0895), (-0.0069, -0.0030, -0.0810),
    (-0.0596, -0.0465, -0.0293), (-0.1448, -0.1463, -0.1189),
), (0.2394, 0.2135, 0.1925))
_FLUX = LatentSpace((
    (-0.0346, 0.0244, 0.0681), (0.0034, 0.0210, 0.0687),
    (0.0275, -0.0668, -0.0433), (-0.0174, 0.0160, 0.0617),
    (0.0859, 0.0721, 0.0329), (0.0004, 0.0383, 0.0115),
    (0.0405, 0.0861, 0.0915), (-0.0236, -0.0185, -0.0259),
    (-0.0245, 0.0250, 0.1180), (0.1008, 0.0755, -0.0421),
    (-0.0515, 0.0201, 0.0011), (0.0428, -0.0012, -0.0036),
    (0.0817, 0.0765, 0.0749), (-0.1264, -0.0522, -0.1103),
    (-0.0280, -0.0881, -0.0499), (-0.1262, -0.0982, -0.0778),
), (-0.0329, -0.0718, -0.0851))
# fmt: on

# An autoencoder tells its kind by its channels and the factor that its latents are scaled by.
_SPACES = {(4, 0.18215): _SD, (4, 0.13025): _SDXL, (16, 1.5305): _SD3, (16, 0.3611): _FLUX}


def space_of(pipeline: Any) -> LatentSpace | None:
    """Find the latent space of a pipeline's autoencoder; ``None`` for one that is not known."""
    config = getattr(getattr(pipeline, "vae", None), "config", None)
    channels = getattr(config, "latent_channels", None)
    scale = getattr(config, "scaling_factor", None)
    if not isinstance(channels, int) or not isinstance(scale, float):
        return None
    return _SPACES.get((channels, scale))


def picture(latents: Any, space: LatentSpace | None, ratio: float = 1.0) -> Image.Image:
    """Draw the first of a batch of latents, at most :data:`PREVIEW_SIDE` pixels a side.

    Parameters
    ----------
    latents
        A tensor (batch, channels, height, width), with frames before the height for a video, or
        packed as Flux does it (batch, patches of 2 x 2, 4 x channels).
    space
        What its channels mean; without it the first three are shown as they are.
    ratio
        Width by height, which packed latents do not tell.

    Raises
    ------
    ValueError
        For a tensor of another shape.
    """
    from PIL import Image

    tensor = latents.detach()[0].float()
    if tensor.dim() == 2:
        tensor = _unpacked(tensor, ratio)
    if tensor.dim() == 4:
        tensor = tensor[:, 0]
    if tensor.dim() != 3:
        raise ValueError(f"latents of the shape {tuple(latents.shape)} are not known")
    if space is not None and len(space.factors) == tensor.shape[0]:
        # Noise is wider than what the factors were measured on.
        tensor = tensor / tensor.std().clamp(min=1.0)
        factors = tensor.new_tensor(space.factors).T
        rgb = (factors @ tensor.flatten(1)).unflatten(1, tensor.shape[1:])
        rgb = (rgb + tensor.new_tensor(space.bias)[:, None, None] + 1) / 2
    else:
        tensor = tensor[:3] if tensor.shape[0] >= 3 else tensor[:1].expand(3, -1, -1)
        mean = tensor.mean((1, 2), keepdim=True)
        rgb = (tensor - mean) / (tensor.std().clamp(min=1e-6) * _SPREAD) + 0.5
    values = rgb.nan_to_num().clamp(0, 1).mul(255).byte().permute(1, 2, 0).contiguous().cpu()
    height, width = values.shape[:2]
    small = Image.frombytes("RGB", (width, height), values.numpy().tobytes())
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return small


def _unpacked(tensor: Any, ratio: float) -> Any:
    """Put patches back in their places: (h * w, 4 * channels) becomes (channels, 2 h, 2 w)."""
    count, depth = tensor.shape
    if depth % 4:
        raise ValueError(f"latents of {count} x {depth} are not packed in patches of 2 x 2")
    heights = [height for height in range(1, count + 1) if count % height == 0]
    height = min(heights, key=lambda each: abs(math.log(count / each / each / ratio)))
    width = count // height
    patches = tensor.reshape(height, width, depth // 4, 2, 2)
    return patches.permute(2, 0, 3, 1, 4).reshape(depth // 4, 2 * height, 2 * width)
