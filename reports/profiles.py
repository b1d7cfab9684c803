"""profiles.csv: every profile that a run made, or may have made, so that they can be removed."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from conformance.journal import SENDING, Record
from conformance.profile import PROFILE, customer_of, made, member_of
from reports.text import one_line

HEAD = ("customer_user_id", "profile_id", "first", "made")
_LONGEST = 10_000  # characters of a cell
_FORMULA = ("=", "+", "-", "@", "\t")  # what a spreadsheet would work out

Row = tuple[str, str, float, str]
"""Customer, profile, when by the clock, and `yes` or `unknown`."""


def write_profiles(record: Record, ended: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write a line for each customer and profile; `ended` are the notes of what was not kept.

    The profile id is empty, and `made` unknown, where no answer tells whether there is a profile.
    """
    lines = csv.writer(file)
    lines.writerow(HEAD)
    seen: set[tuple[str, str]] = set()
    known = {""}  # profiles that stand there with their customer, or come without any
    for customer, profile, at, is_made in (*_recorded(record), *_counted(ended)):
        if (customer, profile) in seen or (not customer and profile in known):
            continue
        seen.add((customer, profile))
        known.add(profile)
        when = datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="seconds")
        lines.writerow([_cell(customer), _cell(profile), when, is_made])


def _recorded(record: Record) -> Iterator[Row]:
    for each in record.exchanges:
        if is_made := made(each):
            profile = member_of(each.response, PROFILE) if each.accepted else None
            yield customer_of(each.request.headers), profile or "", each.sent, is_made
    for note in record.notes.get(SENDING, ()):
        yield note["customer"], "", note["at"], "unknown"


def _counted(ended: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for note in ended:
        if "customer" in note:
            yield note["customer"], note.get("profile") or "", note["at"], note.get("made", "yes")


def _cell(text: str) -> str:
    shown = one_line(text, _LONGEST)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
