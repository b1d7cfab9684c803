"""Create profile with nothing but the standard library: ThreadingHTTPServer and SQLite.

python -m benchmarks.power.field.with_stdlib PORT
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn

API_KEY = os.environ["ADAPTY_API_KEY"]
APP_ID = "14c3d623-2f3a-455a-aa86-ef83dff6913b"
PATH = "/api/v2/server-side-api/profile/"

UUID_RE = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.I)
DATE_RE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
EMAIL_RE = re.compile(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")
KEY_RE = re.compile(r"^[A-Za-z0-9._-]{1,30}$")

db = sqlite3.connect(":memory:", check_same_thread=False)
db.execute("CREATE TABLE profile (id TEXT PRIMARY KEY, customer TEXT UNIQUE, attributes TEXT)")
lock = threading.Lock()


class ApiError(Exception):
    def __init__(
        self, status: int, code: str, message: str, source: str | None = "non_field_errors"
    ) -> None:
        self.status, self.code, self.message, self.source = status, code, message, source


def invalid(source: str | None, message: str) -> NoReturn:
    raise ApiError(400, "validation_error", message, source)


def check_type(data: dict[str, Any], names: list[str], types: type, prefix: str = "") -> None:
    for name in names:
        if data.get(name) is not None and not isinstance(data[name], types):
            invalid(prefix + name, f"{name} has a wrong type")


def check_enum(data: dict[str, Any], name: str, allowed: list[Any], prefix: str = "") -> None:
    if data.get(name) is not None and data[name] not in allowed:
        invalid(prefix + name, f"{name} must be one of {', '.join(map(str, allowed))}")


def check_pattern(
    data: dict[str, Any], name: str, pattern: re.Pattern[str], prefix: str = ""
) -> None:
    if data.get(name) is not None and not pattern.match(data[name]):
        invalid(prefix + name, f"{name} has a wrong format")


def validate(body: Any) -> None:
    if not isinstance(body, dict):
        invalid(None, "the body must be an object")
    check_type(
        body,
        [
            "first_name",
            "last_name",
            "gender",
            "email",
            "phone_number",
            "birthday",
            "ip_country",
            "ip_v4_address",
            "store_country",
            "store",
            "store_account_token",
        ],
        str,
    )
    check_type(body, ["att_status"], int)
    check_type(body, ["analytics_disabled"], bool)
    check_type(body, ["custom_attributes"], list)
    check_enum(body, "gender", ["f", "m", "o"])
    check_enum(body, "store", ["app_store", "play_store", "stripe", "adapty", "paddle"])
    check_enum(body, "att_status", [0, 1, 2, 3])
    check_pattern(body, "email", EMAIL_RE)
    check_pattern(body, "birthday", DATE_RE)
    check_pattern(body, "store_account_token", UUID_RE)
    attributes = body.get("custom_attributes") or []
    if len(attributes) > 30:
        invalid("custom_attributes", "no more than 30 attributes")
    for attribute in attributes:
        if not isinstance(attribute, dict) or "key" not in attribute or "value" not in attribute:
            invalid("custom_attributes", "key and value are required")
        if not isinstance(attribute["key"], str) or not KEY_RE.match(attribute["key"]):
            invalid("custom_attributes.key", "wrong key")
        if not isinstance(attribute["value"], (str, int, float)):
            invalid("custom_attributes.value", "only strings and floats are allowed")
        if len(str(attribute["value"])) > 50:
            invalid("custom_attributes.value", "no more than 50 characters")
    meta = body.get("installation_meta")
    if not isinstance(meta, dict):
        invalid("installation_meta", "installation_meta is required")
    if not meta.get("device_id"):
        invalid("installation_meta.device_id", "device_id is required")
    check_type(
        meta,
        [
            "device_id",
            "device",
            "locale",
            "os",
            "platform",
            "timezone",
            "user_agent",
            "app_build",
            "app_version",
            "adapty_sdk_version",
            "idfa",
            "idfv",
            "advertising_id",
            "android_id",
            "android_app_set_id",
        ],
        str,
        "installation_meta.",
    )
    check_pattern(meta, "device_id", UUID_RE, "installation_meta.")
    check_enum(
        meta,
        "platform",
        ["iOS", "macOS", "iPadOS", "Android", "visionOS", "web"],
        "installation_meta.",
    )


def save(
    customer: str | None, profile_id: str | None, attributes: list[dict[str, Any]]
) -> tuple[str, str | None, dict[str, Any]]:
    with lock:
        if customer:
            row = db.execute("SELECT * FROM profile WHERE customer = ?", [customer]).fetchone()
        else:
            row = db.execute("SELECT * FROM profile WHERE id = ?", [profile_id]).fetchone()
        if row is None:
            row = (str(uuid.uuid4()), customer, "{}")
        stored = json.loads(row[2])
        stored.update({each["key"]: each["value"] for each in attributes})
        row = (row[0], row[1], json.dumps(stored))
        db.execute("INSERT OR REPLACE INTO profile VALUES (?, ?, ?)", row)
        return row[0], row[1], stored


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        try:
            self.reply(200, self.create_profile())
        except ApiError as e:
            self.reply(
                e.status,
                {
                    "errors": [{"source": e.source, "errors": [e.message]}],
                    "error_code": e.code,
                    "status_code": e.status,
                },
            )

    def create_profile(self) -> dict[str, Any]:
        if self.path.split("?")[0] != PATH:
            raise ApiError(404, "not_found", "Not found.")
        if self.headers.get("Authorization") != f"Api-Key {API_KEY}":
            raise ApiError(
                401, "not_authenticated", "Authentication credentials were not provided."
            )
        if self.headers.get_content_type() != "application/json":
            raise ApiError(415, "unsupported_media_type", "Content-Type must be application/json.")
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(raw)
        except ValueError as e:
            raise ApiError(400, "parse_error", f"JSON parse error: {e}") from e
        validate(body)
        customer = self.headers.get("adapty-customer-user-id")
        profile_id = self.headers.get("adapty-profile-id")
        if not customer and not profile_id:
            raise ApiError(
                400,
                "identity_required",
                "adapty-customer-user-id or adapty-profile-id is required.",
            )
        profile_id, customer, attributes = save(
            customer, profile_id, body.get("custom_attributes") or []
        )
        return {
            "data": {
                "app_id": APP_ID,
                "profile_id": profile_id,
                "customer_user_id": customer,
                "total_revenue_usd": 0,
                "segment_hash": "8f45947bad31ab0c",
                "timestamp": int(time.time() * 1000),
                "custom_attributes": [{"key": k, "value": v} for k, v in attributes.items()],
                "access_levels": [],
                "subscriptions": [],
                "non_subscriptions": [],
            }
        }

    def reply(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
