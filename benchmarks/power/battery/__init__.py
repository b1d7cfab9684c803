"""Small servers that each break one promise, as real implementations do, and conformant ones that
each use one freedom which the contract leaves.

What a server breaks was decided from the contract, without a look at what the suite says of it.
"""

from __future__ import annotations

from benchmarks.power.battery.around import AROUND
from benchmarks.power.battery.authentication import AUTHENTICATION
from benchmarks.power.battery.conditions import CONDITIONS
from benchmarks.power.battery.conversions import CONVERSIONS
from benchmarks.power.battery.crashes import CRASHES
from benchmarks.power.battery.credentials import CREDENTIALS
from benchmarks.power.battery.errors import ERRORS
from benchmarks.power.battery.errors_leaks import LEAKS
from benchmarks.power.battery.everyday import EVERYDAY
from benchmarks.power.battery.freedoms_answers import ANSWERS
from benchmarks.power.battery.freedoms_http import HTTP
from benchmarks.power.battery.freedoms_identity import IDENTITIES
from benchmarks.power.battery.freedoms_more import MORE
from benchmarks.power.battery.freedoms_odd import ODDITIES
from benchmarks.power.battery.freedoms_requests import REQUESTS
from benchmarks.power.battery.freedoms_wire import WIRES
from benchmarks.power.battery.gateways import GATEWAYS
from benchmarks.power.battery.languages import LANGUAGES
from benchmarks.power.battery.leniency_fields import FIELDS
from benchmarks.power.battery.leniency_reading import READING
from benchmarks.power.battery.meaning import MEANING
from benchmarks.power.battery.mixed import PLAIN, mixed
from benchmarks.power.battery.responses_members import MEMBERS
from benchmarks.power.battery.responses_parts import PARTS
from benchmarks.power.battery.responses_whole import WHOLE
from benchmarks.power.battery.server import Server
from benchmarks.power.battery.state import STATE
from benchmarks.power.battery.storage import STORAGE
from benchmarks.power.battery.strictness import STRICTNESS
from benchmarks.power.battery.wrong_reason import WRONG_REASON

__all__ = ["SERVERS", "Server"]

_FAULTY = (
    *MEMBERS, *WHOLE, *PARTS, *ERRORS, *LEAKS, *AUTHENTICATION, *FIELDS, *READING, *STRICTNESS,
    *CRASHES, *MEANING, *STATE, *WRONG_REASON, *CONDITIONS, *LANGUAGES, *CONVERSIONS,
    *STORAGE, *CREDENTIALS, *GATEWAYS, *AROUND, *EVERYDAY,
)  # fmt: skip
_CONFORMANT = (*ANSWERS, *WIRES, *REQUESTS, *IDENTITIES, *MORE, *HTTP, *ODDITIES)
_MIXED = mixed(_CONFORMANT[1:], [each for each in _FAULTY if each.name in PLAIN])
_ALL = (*_FAULTY, *_MIXED, *_CONFORMANT)

SERVERS: dict[str, Server] = {each.name: each for each in _ALL}

if len(SERVERS) < len(_ALL):
    names = [each.name for each in _ALL]
    raise ValueError(f"two servers are called {next(n for n in names if names.count(n) > 1)}")
