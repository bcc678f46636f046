"""The providers of models: where each is found, what it speaks, which key it wants."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbkit.http import AuthStyle, Client, origin
from nbkit.keys import Key, find_key, missing_key
from nbkit.llm import messages, ollama
from nbkit.llm.completions import Completions
from nbkit.llm.replay import transcripts
from nbkit.llm.reply import Reply
from nbkit.llm.responses import Responses
from nbkit.llm.wire import Conversation, Facts, WireFormat
from nbkit.models import Deadlines


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider is found, and what it speaks; the first format is the usual one."""

    formats: Mapping[str, Callable[[], WireFormat]]
    base_url: str
    base_name: str  # of the variable that says otherwise
    base_variable: Callable[[], str | None]
    key_variable: str
    needs_key: bool = True
    auth: AuthStyle = "bearer"
    headers: Mapping[str, str] | None = None
    trim: str = ""  # what users add to the address, and the paths have already


def _variable(name: str) -> Callable[[], str | None]:
    return lambda: os.environ.get(name, "").strip() or None


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        {"completions": Completions, "responses": Responses},
        "https://api.openai.com/v1",
        "OPENAI_BASE_URL",
        _variable("OPENAI_BASE_URL"),
        "OPENAI_API_KEY",
    ),
    "anthropic": Provider(
        {"messages": messages.Messages},
        "https://api.anthropic.com",
        "ANTHROPIC_BASE_URL",
        _variable("ANTHROPIC_BASE_URL"),
        "ANTHROPIC_API_KEY",
        auth="x-api-key",
        headers=messages.HEADERS,
        trim="/v1",
    ),
    "ollama": Provider(
        {"chat": ollama.OllamaChat},
        "http://127.0.0.1:11434",
        "OLLAMA_HOST",
        ollama.host,
        "OLLAMA_API_KEY",
        needs_key=False,
        trim="/api",
    ),
}


def ask(
    conversation: Callable[[], Conversation],
    facts: Facts,
    *,
    base_url: str | None,
    api_key: Key | None,
    api: str | None,
    timeout: float | Deadlines | None,
    params: Mapping[str, Any],
) -> Reply:
    """Check all that can be checked now, and return the reply, to be asked for when it is read.

    ``facts.model`` names the provider and the model; errors are those of :func:`nbkit.chat`.
    """
    name, _, model = facts.model.partition(":")
    provider = PROVIDERS.get(name)
    if provider is None or not model:
        raise ValueError(
            f"there is no model {facts.model!r}; there are "
            f"{', '.join(f'{each}:NAME' for each in PROVIDERS)}, and the recordings "
            f"{', '.join(f'replay:{each}' for each in transcripts())}"
        )
    wire = _wire(provider, api, name)
    body = wire.body(model, conversation(), params)
    return Reply(wire, _clients(provider, name, base_url, api_key, timeout), body, facts)


def _wire(provider: Provider, api: str | None, name: str) -> WireFormat:
    make = provider.formats.get(api) if api else next(iter(provider.formats.values()))
    if make is None:
        there_is = ", ".join(repr(each) for each in provider.formats)
        raise ValueError(f"{name} has no api {api!r}; it has {there_is}")
    return make()


def _clients(
    provider: Provider,
    name: str,
    base_url: str | None,
    api_key: Key | None,
    timeout: float | Deadlines | None,
) -> Callable[[], Client]:
    """Check where and how a provider is reached; returns what makes a client for it."""
    found = None if base_url else provider.base_variable()
    address = base_url or found or provider.base_url
    # What is no address is told now, and by the name of what gave it.
    Client(address, what=provider.base_name if found else "base_url")
    address = address.rstrip("/")
    if provider.trim:
        address = address.removesuffix(provider.trim)
    key = find_key(api_key, provider.key_variable)
    if key is None and provider.needs_key and origin(address) == origin(provider.base_url):
        raise missing_key(name, provider.key_variable)
    deadlines = timeout if isinstance(timeout, Deadlines) else Deadlines(total=timeout)

    def make() -> Client:
        return Client(
            address, key=key, auth=provider.auth, headers=provider.headers, deadlines=deadlines
        )

    return make
