"""What the ``openai:`` image backend makes of odd events; tests/peers has it against a server."""

from __future__ import annotations

import pytest

from nbkit.images.openai import OpenAIImageBackend


@pytest.mark.parametrize(
    ("index", "fraction"),
    [(0, 0.5), (1, 1.0), (7, 1.0), (10**400, 1.0), (-5, 0.5), ("1", 0.5), (None, 0.5)],
)
async def test_a_partial_image_is_from_the_first_to_the_last_whatever_its_number(index, fraction):
    backend = OpenAIImageBackend(base_url="http://127.0.0.1:1/v1", partial_images=1)
    preview = await backend._preview({"partial_image_index": index})
    assert preview.fraction == fraction


def test_what_is_no_address_is_told_by_the_name_of_what_gave_it(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://there:port/v1")
    with pytest.raises(ValueError, match="OPENAI_BASE_URL is no address: Port"):
        OpenAIImageBackend()
    with pytest.raises(ValueError, match="base_url is no address: Port"):
        OpenAIImageBackend(base_url="http://there:port")
    with pytest.raises(TypeError, match="base_url is a str, not int"):
        OpenAIImageBackend(base_url=8000)
