"""What ``nbkit.images.diffusers`` is made of: devices and their models, one generation, previews.

torch and diffusers are imported by name when they are needed, in a device's thread: importing
them takes seconds, and neither is there for a type checker.
"""
