"""A preview is drawn of latents as real pipelines hand them to a step's callback."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderKL, FluxPipeline

from nbkit.images._diffusers import latents
from nbkit.images._diffusers.latents import picture, space_of

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def space(channels: int, scale: float) -> latents.LatentSpace | None:
    vae = AutoencoderKL(
        latent_channels=channels,
        scaling_factor=scale,
        block_out_channels=(32,),
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
    )
    return space_of(SimpleNamespace(vae=vae))


def test_the_known_autoencoders_are_told_by_their_configuration():
    spaces = [space(4, 0.18215), space(4, 0.13025), space(16, 1.5305), space(16, 0.3611)]

    assert [len(each.factors) for each in spaces] == [4, 4, 16, 16]
    assert len(set(spaces)) == 4
    assert space(4, 0.5) is None
    assert space(8, 0.18215) is None
    assert space_of(SimpleNamespace()) is None


def lit(channels: int, height: int, width: int) -> torch.Tensor:
    """Latents that are something in their upper left and nothing elsewhere."""
    tensor = torch.zeros(1, channels, height, width, device=DEVICE)
    tensor[:, 0, : height // 2, : width // 2] = 2.0
    return tensor


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_factors_of_the_space_make_the_colours(dtype):
    known = space(4, 0.18215)
    drawn = picture(lit(4, 8, 16).to(dtype), known)

    assert drawn.size == (16, 8)
    assert drawn.getpixel((12, 6)) == (127, 127, 127)
    expected = [int((factor * 2 + 1) / 2 * 255) for factor in known.factors[0]]
    assert drawn.getpixel((2, 2)) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (8, 32), (32, 8), (24, 16)])
@pytest.mark.parametrize("scale", [0.3611, 9.9])
def test_packed_latents_are_the_same_picture_as_unpacked_ones(height, width, scale):
    torch.manual_seed(1)
    whole = torch.randn(1, 16, height, width).to(DEVICE)
    packed = FluxPipeline._pack_latents(whole, 1, 16, height, width)
    known = space(16, scale)

    assert picture(packed, known, width / height).tobytes() == picture(whole, known).tobytes()


def test_channels_that_nobody_knows_are_shown_as_they_are():
    for channels in (1, 2, 3, 8, 128):
        drawn = picture(lit(channels, 8, 8), None)
        assert drawn.getpixel((1, 1)) > drawn.getpixel((6, 6))


def test_a_video_shows_its_first_frame():
    frames = torch.stack([lit(4, 8, 8), torch.zeros(1, 4, 8, 8, device=DEVICE)], dim=2)

    known = space(4, 0.18215)
    assert picture(frames, known).tobytes() == picture(lit(4, 8, 8), known).tobytes()


def test_noise_and_what_is_no_number_still_make_a_picture():
    torch.manual_seed(1)
    for tensor in (torch.randn(1, 4, 8, 8) * 900, torch.full((1, 4, 8, 8), torch.nan)):
        for known in (space(4, 0.18215), None):
            assert picture(tensor, known).size == (8, 8)


def test_a_preview_is_never_larger_than_its_bound():
    assert picture(lit(4, 512, 256), None).size == (96, 192)


@pytest.mark.parametrize("shape", [(1, 4), (1, 7, 9), (1, 2, 2, 2, 2, 2)])
def test_latents_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="latents of"):
        picture(torch.zeros(shape), None)
