"""The image server of AUTOMATIC1111's web UI, whose interface Forge and SD.Next offer as well.

Protocol facts are from ``modules/api/api.py``, ``modules/api/models.py`` and
``modules/progress.py`` of AUTOMATIC1111/stable-diffusion-webui, and what lllyasviel's Forge and
vladmandic's SD.Next have in their place. SD.Next names no ``current_task``, and takes no id.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Self

from nbkit.errors import BackendError, ServerTimeoutError
from nbkit.http import Client
from nbkit.images._a1111_job import Job
from nbkit.images._last_act import ended, stop_work
from nbkit.images._options import read_options
from nbkit.images._server import asked, decoded, said
from nbkit.keys import Key
from nbkit.models import Deadlines, EncodedImage, ImageRequest, Preview

DEFAULT_URL = "http://127.0.0.1:7860"

_TXT2IMG = "/sdapi/v1/txt2img"

# Nothing comes before the picture is done, and how long that takes the queue's timeout bounds.
_MAKING = Deadlines(between=None)
_SENDING = 120.0  # seconds from the head of the answer to its end
_ASIDE = Deadlines(connect=5.0, between=10.0, total=10.0)


def flag(text: str) -> bool:
    """Read an option that is on or off."""
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return text.lower() in ("true", "1")


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "steps": int,
    "sampler_name": str,
    "negative_prompt": str,
    "poll_interval": float,
    "scheduler": str,
    "cfg_scale": float,
    "distilled_cfg_scale": float,
    "width": int,
    "height": int,
    "subseed": int,
    "subseed_strength": float,
    "restore_faces": flag,
    "tiling": flag,
    "enable_hr": flag,
    "hr_scale": float,
    "hr_upscaler": str,
    "hr_second_pass_steps": int,
    "denoising_strength": float,
    "save_images": flag,
}


class A1111Backend:
    """Makes images by the txt2img of an A1111, Forge or SD.Next server (started with ``--api``).

    Progress and previews are polled while it works. A cancelled image is interrupted on the
    server if it is the one at work there; one that still waits behind another client's image
    cannot be taken back, since the server has no way to.

    Parameters
    ----------
    base_url
        The server's address. ``http://USER:PASSWORD@HOST`` for one started with ``--api-auth``.
    key
        ``USER:PASSWORD``, instead of in the address.
    poll_interval
        Seconds between two looks at the progress.
    steps, sampler_name, negative_prompt
        For every image; ``None`` is the server's own. A request's negative prompt goes first.
    **payload
        Other fields of the txt2img request, as ``cfg_scale=5``. What is in a request's ``params``
        goes before them.

    Raises
    ------
    ValueError
        If the address is none, the key has no colon, or the interval is not above 0.
    """

    checks_images = True
    """What it gives back has been checked already."""

    max_concurrency = 1
    """The server makes one image at a time."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        key: str | Key | None = None,
        poll_interval: float = 0.5,
        steps: int | None = None,
        sampler_name: str | None = None,
        negative_prompt: str = "",
        **payload: Any,
    ) -> None:
        if not (math.isfinite(poll_interval) and poll_interval > 0):
            raise ValueError(f"poll_interval is a number of seconds above 0, not {poll_interval}")
        key = Key(key) if isinstance(key, str) else key
        if key is not None and ":" not in key.plain:
            raise ValueError("the key of an A1111 server is 'user:password'")
        address = Client(base_url)
        self.base_url = address.base_url
        self._key = key or address.key
        self._poll_interval = poll_interval
        self._negative_prompt = negative_prompt
        own = {"steps": steps, "sampler_name": sampler_name}
        self._payload = {**payload, **{name: each for name, each in own.items() if each}}

    def __repr__(self) -> str:
        return f"A1111Backend({self.base_url!r})"

    @classmethod
    def from_spec(cls, target: str, options: Mapping[str, str]) -> Self:
        """Make one from a spec string's parts: an address, or ``""``, and options as text.

        Raises
        ------
        ValueError
            For an option that there is not, or a value of the wrong kind.
        """
        if target and "://" not in target:
            target = f"http://{target}"
        return cls(target or DEFAULT_URL, **read_options("a1111", options, _OPTIONS))

    async def generate(
        self, request: ImageRequest, *, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        """Make one image.

        Raises
        ------
        BackendError
            If the server cannot be asked, refuses, was interrupted, or sends no image.
        """
        return await asked(request, self._made(request, on_preview), key=self._key)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _made(
        self, request: ImageRequest, on_preview: Callable[[Preview], None]
    ) -> EncodedImage:
        async with self._client(_MAKING) as maker, self._client(_ASIDE) as aside:
            job = Job(aside, on_preview)
            body = self._body(request) | {"force_task_id": job.id}
            making = asyncio.create_task(_asked(maker, body))
            watching = asyncio.create_task(job.watch(self._poll_interval))
            try:
                await asyncio.wait({making, watching}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    watching.result()  # a mistake in on_preview
                answer = making.result()
            except (asyncio.CancelledError, Exception):
                if not making.done():
                    await stop_work(job.stop())
                raise
            finally:
                await ended(making, watching)
            image = _image(answer)
            if await job.was_interrupted():
                raise BackendError("the image was interrupted on the server")
            return await decoded(image)

    def _client(self, deadlines: Deadlines) -> Client:
        return Client(self.base_url, key=self._key, auth="basic", deadlines=deadlines)

    def _body(self, request: ImageRequest) -> dict[str, Any]:
        sizes = {"width": request.width, "height": request.height}
        return {
            **self._payload,
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or self._negative_prompt,
            "seed": -1 if request.seed is None else request.seed,
            **{name: size for name, size in sizes.items() if size is not None},
            **request.params,
        }


async def _asked(client: Client, body: Mapping[str, Any]) -> Any:
    async with await client.send("POST", _TXT2IMG, body=body) as answer:
        try:
            async with asyncio.timeout(_SENDING):
                return await answer.json()
        except TimeoutError:
            text = f"{answer.url} did not send its image within {_SENDING:g} s of having made it"
            failure = ServerTimeoutError(text, url=answer.url, retryable=True)
    raise failure


def _image(answer: Any) -> object:
    """Find the image in an answer; of several the first that is no grid of the others."""
    if not isinstance(answer, Mapping):
        raise BackendError(f"the server answered with {type(answer).__name__}, not with images")
    images = answer.get("images")
    if not isinstance(images, list) or not images:
        reasons = [answer.get(name) for name in ("error", "errors", "detail")]
        why = "; ".join(said(each) for each in reasons if each)
        raise BackendError(f"the server sent no image{f': {why}' if why else ''}")
    try:
        first = int(json.loads(answer["info"])["index_of_first_image"])
    except (KeyError, OverflowError, TypeError, ValueError, RecursionError):
        first = 0
    return images[first] if 0 <= first < len(images) else images[0]
