"""Serve one server of the battery until the process ends, or list them all.

    python -m benchmarks.power.battery NAME

prints its base URL once it listens on a free loopback port; `ADAPTY_API_KEY` is the key it takes.
"""

from __future__ import annotations

import contextlib
import os
import sys

from benchmarks.power.battery import SERVERS
from benchmarks.power.battery.serving import serve


def main(arguments: list[str]) -> int:
    if not arguments:
        for server in SERVERS.values():
            print(f"{server.name:56}  {server.about}")
        return 0
    name, key = arguments[0], os.environ.get("ADAPTY_API_KEY", "")
    if name not in SERVERS or not key:
        print("an unknown name, or no ADAPTY_API_KEY in the environment", file=sys.stderr)
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        serve(SERVERS[name], key, lambda url: print(url, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
