"""One plain fault in a server that also uses a freedom: only the fault may be told, by its name.

Each freedom gets one of the faults, in turn; both lists are those of the battery.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from benchmarks.power.battery.server import Server

# One of each kind; none whose answers a freedom would change.
PLAIN = (
    "leniency-gender-near-capitals",
    "responses-segment-hash-missing",
    "strictness-email-null",
    "authentication-takes-more-behind",
    "crashes-text-astral",
    "errors-field-without-status",
    "leniency-custom-attributes-item-key-near-one-more",
    "meaning-timestamp-seconds",
    "strictness-custom-attributes-thirty",
    "errors-401-source-as-number",
    "leniency-birthday-near-iso",
    "state-every-20th-500",
    "responses-profile-id-without-dashes",
    "meaning-attributes-falsy-dropped",
    "errors-nested-code-null",
    "leniency-custom-attributes-maxitems-ignored",
    "leniency-store-account-token-near-length",
)


def mixed(freedoms: Sequence[Server], faults: Sequence[Server]) -> tuple[Server, ...]:
    """A server for each freedom, with one of the faults in it."""
    return tuple(_with(free, fault) for free, fault in zip(freedoms, cycle(faults), strict=False))


def _with(free: Server, fault: Server) -> Server:
    used = free.name.removeprefix("freedoms-")
    return Server(
        f"mixed-{used}-with-{fault.name}",
        "mixed",
        f"{fault.about} And: {free.about}",
        fault.breaks,
        free.changes + fault.changes,
        free.wire,
        fault.several,
    )
