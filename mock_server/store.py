"""Profiles, kept in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SEEDED_CUSTOMER = "customer-with-purchases"


@dataclass(frozen=True)
class Profile:
    """One end user: `customer` is None for an anonymous one."""

    id: str
    customer: str | None
    attributes: list[dict[str, Any]]


class Store:
    """Profiles by customer and by id, safe to use from several threads.

    `database` is a file, or `:memory:` for profiles that end with the store. The customer
    SEEDED_CUSTOMER is there from the start.
    """

    def __init__(self, database: str = ":memory:") -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        # An app has no end that it is told of, so the connection ends with whoever holds it.
        weakref.finalize(self, self._connection.close)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS profile ("
            "id TEXT PRIMARY KEY, customer TEXT UNIQUE, attributes TEXT NOT NULL DEFAULT '[]')"
        )
        self.of_customer(SEEDED_CUSTOMER, [])

    def of_customer(self, customer: str, attributes: Sequence[dict[str, Any]]) -> Profile:
        """The profile of a customer, made if there is none; `attributes`, if any, replace its."""
        return self._upsert(str(uuid.uuid4()), customer, "customer", customer, attributes)

    def of_id(self, profile_id: str, attributes: Sequence[dict[str, Any]]) -> Profile:
        """The profile with an id, made if there is none; `attributes`, if any, replace its."""
        return self._upsert(profile_id, None, "id", profile_id, attributes)

    def anonymous(self, attributes: Sequence[dict[str, Any]]) -> Profile:
        """A new profile of nobody."""
        return self.of_id(str(uuid.uuid4()), attributes)

    def _upsert(
        self,
        profile_id: str,
        customer: str | None,
        column: str,
        value: str,
        attributes: Sequence[dict[str, Any]],
    ) -> Profile:
        with self._lock:
            execute = self._connection.execute
            execute(
                "INSERT OR IGNORE INTO profile (id, customer) VALUES (?, ?)", (profile_id, customer)
            )
            if attributes:
                execute(
                    f"UPDATE profile SET attributes = ? WHERE {column} = ?",
                    (json.dumps(attributes), value),
                )
            row = execute(
                f"SELECT id, customer, attributes FROM profile WHERE {column} = ?", (value,)
            ).fetchone()
        return Profile(row[0], row[1], json.loads(row[2]))
