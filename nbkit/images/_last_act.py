"""What a backend still does on a server for an image that nobody waits for any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from nbkit.errors import ServerError, explain

logger = logging.getLogger(__name__)

STOP_WITHIN = 1.8
"""Seconds that stopping the work on a server may take."""


async def stop_work(stopping: Coroutine[Any, Any, None]) -> None:
    """Await what stops the work on a server, for so long and no longer; its failure is logged.

    To be called when the cancellation has been caught: it runs in the cancelled task itself, so
    that nothing is left behind. Another cancellation ends it.
    """
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await stopping
    except (ServerError, TimeoutError) as error:
        logger.debug("the work on the server was not stopped: %s", explain(error))


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended; what they raise is not told."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
