"""What the tests of the journal have in common: images, and logs that write them."""

import threading

from nbkit.models import EncodedImage
from nbkit.store import SessionLog

ONE = EncodedImage(b"the bytes of one image", "image/png", 8, 6)
TWO = EncodedImage(b"those of another", "image/webp", 4, 4)


def log(folder, session="s", errors=None):
    return SessionLog(folder, session, on_error=[].append if errors is None else errors.append)


def begun(folder, session="s", message_id="m", **about):
    one = log(folder, session, about.pop("errors", None))
    one.begin(message_id, options={"seed": 3}, backend={"spec": "sketch"}, source="str")
    return one


def keep(one, key=(0, 0), image=ONE, *, display=None, request=None):
    done = threading.Event()
    one.task(key, "a fox", {}, replaces=False)
    one.transition(key, "running", attempt=1)
    one.image(key, image, display, seconds=1.5, request=request, done=done.set)
    assert done.wait(60)


def ended(one):
    one.status("completed")
    assert one.flush(10)


CHILD = """
    import os, sys, threading
    from pathlib import Path
    from nbkit.models import EncodedImage
    from nbkit.store import SessionLog

    one = SessionLog(Path(sys.argv[1]), "s", on_error=print)
    one.begin("m", options={}, backend={"spec": "sketch"}, source="str")
    for number in range(30):
        one.text(f"part {number:02} ")
        one.task((number, 0), "a fox", {}, replaces=False)
        safe = threading.Event()
        image = EncodedImage(b"image %d" % number * 50, "image/png", 1, 1)
        one.image((number, 0), image, None, seconds=1.0, request=None, done=safe.set)
        safe.wait()
    print("ready", flush=True)
    os.kill(os.getpid(), 9)
"""
