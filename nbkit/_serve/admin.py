"""The admin routes: what the next reply says, what goes wrong next, and what was asked so far."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json
from nbkit._serve.faultspec import FaultQueue, Queued, parse
from nbkit._serve.state import State

_MOST = 1_000


def routes(state: State, faults: FaultQueue) -> list[Route]:
    """Make the routes."""

    async def add_reply(request: Request) -> Response:
        body = await bodies.read(request)
        state.replies.append(bodies.string(body, "text"))
        return Json({"replies": list(state.replies)}, 201)

    async def add_fault(request: Request) -> Response:
        body = await bodies.read(request)
        fault = parse(body.get("fault"))
        path = bodies.string(body, "path", "/")
        faults.waiting.append(Queued(fault, path, bodies.integer(body, "count", 1, 1, _MOST)))
        return Json(_faults(), 201)

    async def replies(request: Request) -> Response:
        if request.method == "DELETE":
            state.replies.clear()
        return Json({"replies": list(state.replies)})

    async def waiting(request: Request) -> Response:
        if request.method == "DELETE":
            faults.waiting.clear()
        return Json(_faults())

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            state.requests.clear()
        return Json({"requests": state.told(request.query_params.get("path", ""))})

    def _faults() -> dict[str, object]:
        return {"faults": [each.told() for each in faults.waiting]}

    return [
        Route("/admin/replies", add_reply, methods=["POST"]),
        Route("/admin/replies", replies, methods=["GET", "DELETE"]),
        Route("/admin/faults", add_fault, methods=["POST"]),
        Route("/admin/faults", waiting, methods=["GET", "DELETE"]),
        Route("/admin/requests", requests, methods=["GET", "DELETE"]),
    ]
