"""Create profile in Flask with marshmallow, profiles in memory.

waitress-serve benchmarks.power.field.with_flask:app
"""

from __future__ import annotations

import hmac
import os
import time
import uuid
from typing import Any

from flask import Flask, Response, jsonify, request
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.exceptions import HTTPException, Unauthorized, UnprocessableEntity

API_KEY = os.environ["ADAPTY_API_KEY"]
APP_ID = "14c3d623-2f3a-455a-aa86-ef83dff6913b"
STORES = ["app_store", "play_store", "stripe", "adapty", "paddle"]
PLATFORMS = ["iOS", "macOS", "iPadOS", "Android", "visionOS", "web"]


def attribute_value(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValidationError("Only strings and floats are allowed.")
    if isinstance(value, str) and len(value) > 50:
        raise ValidationError("Longer than maximum length 50.")


class CustomAttributeSchema(Schema):
    key = fields.String(
        required=True,
        validate=[validate.Length(max=30), validate.Regexp(r"^[A-Za-z0-9._-]+$")],
    )
    value = fields.Raw(required=True, validate=attribute_value)


class InstallationMetaSchema(Schema):
    device_id = fields.UUID(required=True)
    device = fields.String(allow_none=True)
    locale = fields.String(allow_none=True)
    os = fields.String(allow_none=True)
    platform = fields.String(allow_none=True, validate=validate.OneOf(PLATFORMS))
    timezone = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    app_build = fields.String(allow_none=True)
    app_version = fields.String(allow_none=True)
    adapty_sdk_version = fields.String(allow_none=True)
    idfa = fields.String(allow_none=True)
    idfv = fields.String(allow_none=True)
    advertising_id = fields.String(allow_none=True)
    android_id = fields.String(allow_none=True)
    android_app_set_id = fields.String(allow_none=True)


class ProfileSchema(Schema):
    first_name = fields.String(allow_none=True)
    last_name = fields.String(allow_none=True)
    gender = fields.String(allow_none=True, validate=validate.OneOf(["f", "m", "o"]))
    email = fields.Email(allow_none=True)
    phone_number = fields.String(allow_none=True)
    birthday = fields.Date(allow_none=True)
    ip_country = fields.String(allow_none=True)
    ip_v4_address = fields.String(allow_none=True)
    store_country = fields.String(allow_none=True)
    store = fields.String(allow_none=True, validate=validate.OneOf(STORES))
    store_account_token = fields.UUID(allow_none=True)
    att_status = fields.Integer(allow_none=True, validate=validate.OneOf([0, 1, 2, 3]))
    analytics_disabled = fields.Boolean(allow_none=True)
    custom_attributes = fields.List(
        fields.Nested(CustomAttributeSchema), validate=validate.Length(max=30)
    )
    installation_meta = fields.Nested(InstallationMetaSchema, required=True)


app = Flask(__name__)
profiles: dict[str, dict[str, Any]] = {}


@app.before_request
def authenticate() -> None:
    given = request.headers.get("Authorization")
    if given is None:
        raise Unauthorized("Authentication credentials were not provided.")
    if not hmac.compare_digest(given.encode(), f"Api-Key {API_KEY}".encode()):
        raise Unauthorized("Invalid API key.")


@app.post("/api/v2/server-side-api/profile/")
def create_profile() -> Response:
    body = ProfileSchema().load(request.get_json())
    customer = request.headers.get("adapty-customer-user-id")
    profile_id = request.headers.get("adapty-profile-id")
    if customer:
        identity = f"customer {customer}"
    elif profile_id:
        identity = f"profile {profile_id}"
    else:
        raise UnprocessableEntity("adapty-customer-user-id or adapty-profile-id is required.")
    profile = profiles.setdefault(
        identity,
        {"profile_id": str(uuid.uuid4()), "customer_user_id": customer, "attributes": {}},
    )
    # A profile can be spoken of by its own id from now on.
    profiles.setdefault(f"profile {profile['profile_id']}", profile)
    for attribute in body.get("custom_attributes", []):
        profile["attributes"][attribute["key"]] = attribute["value"]
    attributes = [{"key": key, "value": value} for key, value in profile["attributes"].items()]
    return jsonify(
        data={
            "app_id": APP_ID,
            "profile_id": profile["profile_id"],
            "customer_user_id": profile["customer_user_id"],
            "total_revenue_usd": 0.0,
            "segment_hash": "8f45947bad31ab0c",
            "timestamp": int(time.time() * 1000),
            "custom_attributes": attributes,
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
        }
    )


@app.errorhandler(ValidationError)
def invalid(error: ValidationError) -> tuple[Response, int]:
    problems = [{"source": field, "errors": said} for field, said in error.messages_dict.items()]
    return jsonify(errors=problems, error_code="validation_error", status_code=400), 400


@app.errorhandler(HTTPException)
def refused(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    problems = [{"source": "non_field_errors", "errors": [error.description]}]
    code = error.name.lower().replace(" ", "_")
    return jsonify(errors=problems, error_code=code, status_code=status), status
