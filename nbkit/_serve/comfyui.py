"""ComfyUI's routes, as they are and under ``/api``, and its websocket.

Source: ComfyUI's ``server.py``. ``/api/chat`` and its like are Ollama's.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from nbkit._serve import bodies
from nbkit._serve.comfy_nodes import NODES, check
from nbkit._serve.comfy_queue import Client, ComfyQueue
from nbkit._serve.encoding import Json
from nbkit._serve.forms import Refusal
from nbkit._serve.state import State

_FEATURES = {"supports_preview_metadata": True, "max_upload_size": 104_857_600}


def routes(state: State, queue: ComfyQueue) -> list[BaseRoute]:
    """Make the routes."""
    handlers = _Handlers(state, queue)
    found: list[BaseRoute] = []
    for prefix in ("", "/api"):
        found += [
            Route(f"{prefix}/prompt", handlers.post_prompt, methods=["POST"]),
            Route(f"{prefix}/prompt", handlers.get_prompt, methods=["GET"]),
            Route(f"{prefix}/queue", handlers.get_queue, methods=["GET"]),
            Route(f"{prefix}/queue", handlers.post_queue, methods=["POST"]),
            Route(f"{prefix}/interrupt", handlers.interrupt, methods=["POST"]),
            Route(f"{prefix}/history", handlers.history, methods=["GET"]),
            Route(f"{prefix}/history", handlers.post_history, methods=["POST"]),
            Route(f"{prefix}/history/{{prompt_id}}", handlers.history_of, methods=["GET"]),
            Route(f"{prefix}/view", handlers.view, methods=["GET"]),
            Route(f"{prefix}/object_info", handlers.object_info, methods=["GET"]),
            Route(f"{prefix}/object_info/{{name}}", handlers.object_info, methods=["GET"]),
            Route(f"{prefix}/system_stats", handlers.system_stats, methods=["GET"]),
            Route(f"{prefix}/features", handlers.features, methods=["GET"]),
            WebSocketRoute(f"{prefix}/ws", handlers.socket),
        ]
    return found


class _Handlers:
    def __init__(self, state: State, queue: ComfyQueue) -> None:
        self._state = state
        self._queue = queue

    async def post_prompt(self, request: Request) -> Response:
        body = await bodies.read(request)
        workflow = body.get("prompt")
        if workflow is None:
            error = {
                "type": "no_prompt",
                "message": "No prompt provided",
                "details": "No prompt provided",
                "extra_info": {},
            }
            return Json({"error": error, "node_errors": {}}, 400)
        bodies.entry_of(request).describe(None, _texts(workflow))
        number = self._queue.number
        self._queue.number += 1
        if body.get("front"):
            number = -number
        if "number" in body:
            number = float(bodies.integer(body, "number", 0, -(2**53), 2**53))
        prompt_id = bodies.string(body, "prompt_id", str(uuid.uuid4()))
        verdict = check(workflow)
        if verdict.error is not None:
            told = {"error": verdict.error, "node_errors": verdict.node_errors}
            return Json(told, 400)
        extra = dict(bodies.mapping(body, "extra_data"))
        client_id = bodies.string(body, "client_id", bodies.string(extra, "client_id", ""))
        if client_id:
            extra["client_id"] = client_id
        self._queue.put((number, prompt_id, workflow, extra, verdict.outputs))
        return Json({"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors})

    async def get_prompt(self, _: Request) -> Response:
        return Json(self._queue.status())

    async def get_queue(self, _: Request) -> Response:
        running = [] if self._queue.running is None else [self._queue.running]
        return Json({"queue_running": running, "queue_pending": self._queue.pending})

    async def post_queue(self, request: Request) -> Response:
        body = await bodies.read(request)
        if body.get("clear"):
            self._queue.delete([each[1] for each in self._queue.pending])
        self._queue.delete(_ids(body))
        return Response()

    async def interrupt(self, request: Request) -> Response:
        body = await bodies.read(request) if await request.body() else {}
        self._queue.interrupt(body.get("prompt_id") or None)
        return Response()

    async def history(self, request: Request) -> Response:
        most = request.query_params.get("max_items", "")
        entries = list(self._queue.history.items())
        if most.isdecimal():
            entries = entries[max(len(entries) - int(most), 0) :]
        return Json(dict(entries))

    async def history_of(self, request: Request) -> Response:
        prompt_id = request.path_params["prompt_id"]
        entry = self._queue.history.get(prompt_id)
        return Json({} if entry is None else {prompt_id: entry})

    async def post_history(self, request: Request) -> Response:
        body = await bodies.read(request)
        if body.get("clear"):
            self._queue.history.clear()
        for each in _ids(body):
            self._queue.history.pop(each, None)
        return Response()

    async def view(self, request: Request) -> Response:
        query = request.query_params
        filename = query.get("filename", "")
        where = f"{query.get('type', 'output')}/{query.get('subfolder', '')}/{filename}"
        if where not in self._state.files:
            return Response(status_code=404)
        data, media_type = self._state.files[where]
        headers = {"content-disposition": f'filename="{filename}"'}
        return Response(data, media_type=media_type, headers=headers)

    async def object_info(self, request: Request) -> Response:
        name = request.path_params.get("name")
        names = NODES if name is None else [each for each in NODES if each == name]
        return Json({each: NODES[each].told(each) for each in names})

    async def system_stats(self, _: Request) -> Response:
        system = {
            "os": sys.platform,
            "comfyui_version": "0.0.0-nbkit",
            "python_version": sys.version,
            "embedded_python": False,
            "argv": [],
        }
        device = {"name": "cpu", "type": "cpu", "index": None, "vram_total": 0, "vram_free": 0}
        return Json({"system": system, "devices": [device]})

    async def features(self, _: Request) -> Response:
        return Json(_FEATURES)

    async def socket(self, socket: WebSocket) -> None:
        name = socket.query_params.get("clientId") or uuid.uuid4().hex
        client = self._queue.clients[name] = Client()
        await socket.accept()
        client.put("status", {"status": self._queue.status(), "sid": name})
        sending = asyncio.ensure_future(_send(socket, client))
        listening = asyncio.ensure_future(_listen(socket, client))
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._queue.clients.get(name) is client:
                del self._queue.clients[name]
            for each in (sending, listening):
                each.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(socket: WebSocket, client: Client) -> None:
    while True:
        message = await client.outgoing.get()
        if isinstance(message, str):
            await socket.send_text(message)
        else:
            await socket.send_bytes(message)


async def _listen(socket: WebSocket, client: Client) -> None:
    first = True
    while True:
        try:
            text = await socket.receive_text()
            message = json.loads(text)
        except WebSocketDisconnect:
            return
        except (ValueError, KeyError, RecursionError):
            message = None
        if first and isinstance(message, dict) and message.get("type") == "feature_flags":
            flags = message.get("data")
            client.flags = flags if isinstance(flags, dict) else {}
            client.put("feature_flags", _FEATURES)
        first = False


def _ids(body: bodies.Body) -> list[str]:
    ids = body.get("delete") or []
    if not isinstance(ids, list):
        raise Refusal("delete is a list of prompt ids")
    return [each for each in ids if isinstance(each, str)]


def _texts(workflow: Any) -> str:
    """Join the texts of a workflow, for the list of requests."""
    nodes = workflow.values() if isinstance(workflow, dict) else ()
    inputs = (each.get("inputs") for each in nodes if isinstance(each, dict))
    texts = (each.get("text") for each in inputs if isinstance(each, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
