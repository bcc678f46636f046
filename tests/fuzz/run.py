"""Fuzz one target, guided by the coverage of nbkit: for Linux, by atheris.

    uv run --group fuzz python tests/fuzz/run.py event_stream --seconds 60

Without a target it lists them. What breaks one is kept in `build/fuzz/TARGET/`, where the corpus
grows too; once it is mended, a copy in `tests/fuzz/found/TARGET/` keeps it so.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "fuzz"
LONGEST = 2_000  # bytes of an input
SLOW = 20  # seconds that one input may take
MEMORY = 2_048  # MB


def main() -> None:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="?")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")

    import atheris

    with atheris.instrument_imports(include=["nbkit"]):
        from fuzz.all_targets import TARGETS

    if options.target not in TARGETS:
        sys.exit("the targets are:\n  " + "\n  ".join(TARGETS))
    target = TARGETS[options.target]
    corpus, broken = BUILD / target.name / "corpus", BUILD / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.corpus()):
        (corpus / f"seed-{number}").write_bytes(seed)
    found = HERE / "found" / target.name
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={options.seconds}",
            f"-max_len={LONGEST}",
            f"-timeout={SLOW}",
            f"-rss_limit_mb={MEMORY}",
            f"-artifact_prefix={broken}/",
            "-print_final_stats=1",
            str(corpus),
            *([str(found)] if found.is_dir() else []),
        ],
        target.check,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
