"""`python -m benchmarks.power.field NAME`: serve one of the field until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys

from benchmarks.power.field.servers import COMMANDS, serving
from benchmarks.power.field.starting import FieldError


def main(arguments: list[str]) -> int:
    """Serve the one that is named; the key is ADAPTY_API_KEY, or `secret_live_x` without it."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python -m benchmarks.power.field {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with serving(arguments[0], os.environ.get("ADAPTY_API_KEY", "secret_live_x")) as url:
            print(url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except FieldError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
