"""All routes and layers put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nbkit._serve import (
    a1111,
    admin,
    chat_completions,
    comfyui,
    image_generations,
    messages,
    ollama,
    responses,
)
from nbkit._serve.comfy_queue import ComfyQueue
from nbkit._serve.encoding import Json
from nbkit._serve.faults import Faults
from nbkit._serve.faultspec import FaultQueue
from nbkit._serve.forms import Refusal, error_body, form_of
from nbkit._serve.gate import Gate
from nbkit._serve.record import Record
from nbkit._serve.state import Settings, State
from nbkit.errors import explain


def build(settings: Settings) -> Starlette:
    """Make the app of one server."""
    state = State(settings)
    faults = FaultQueue()
    comfy = ComfyQueue(state)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await comfy.aclose()

    return Starlette(
        routes=[
            Route("/", _about, methods=["GET"]),
            *admin.routes(state, faults),
            *chat_completions.routes(state),
            *responses.routes(state),
            *messages.routes(state),
            *ollama.routes(state),
            *image_generations.routes(state),
            *a1111.routes(state),
            *comfyui.routes(state, comfy),
        ],
        # The outermost first.
        middleware=[
            Middleware(Record, state=state),
            Middleware(Faults, queue=faults),
            Middleware(Gate, key=settings.key),
        ],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _no_route,
            RecursionError: _too_deep,
            Exception: _failed,
        },
        lifespan=lifespan,
    )


async def _about(_: Request) -> Response:
    return PlainTextResponse("nbkit is serving: see /v1/models and /admin/requests\n")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette's signature is wider than ours
    return _error(request, error.status, error.message)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    told = f"{error.detail}: {request.method} {request.url.path}"
    return _error(request, error.status_code, told)


async def _too_deep(request: Request, _: Exception) -> Response:
    # JSON is read with less of the stack in use than it is handled and written with.
    return _error(request, 400, "the body is nested too deeply")


async def _failed(request: Request, error: Exception) -> Response:
    return _error(request, 500, f"a fault that nobody asked for: {explain(error)}")


def _error(request: Request, status: int, message: str) -> Response:
    return Json(error_body(form_of(request.url.path), status, message), status)
