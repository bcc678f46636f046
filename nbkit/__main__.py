"""``python -m nbkit``: the command line."""

import sys

from nbkit.cli import main

sys.exit(main())
