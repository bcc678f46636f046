"""All targets there are."""

from fuzz import answers, backends, pages, pictures, serving, sockets, stores, streams, texts
from fuzz.target import TARGETS

MODULES = (answers, backends, pages, pictures, serving, sockets, stores, streams, texts)
"""Where they are made."""

__all__ = ["MODULES", "TARGETS"]
