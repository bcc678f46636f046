"""A painter that draws a prompt from its words: read, compose, paint."""

from nbkit.images.painter.compose import compose
from nbkit.images.painter.picture import LAYERS, paint
from nbkit.images.painter.scene import Box, Figure, Scene

__all__ = ["LAYERS", "Box", "Figure", "Scene", "compose", "paint"]
