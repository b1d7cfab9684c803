"""Create profile in FastAPI, written to keep every promise: strict models, profiles in memory.

Every error has one shape. The body is parsed here and not by FastAPI, because `json` reads NaN and
Infinity.

uvicorn benchmarks.power.field.with_fastapi_strict:app
"""

from __future__ import annotations

import hmac
import json
import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from starlette.exceptions import HTTPException as StarletteHTTPException

API_KEY = os.environ["ADAPTY_API_KEY"]
APP_ID = "14c3d623-2f3a-455a-aa86-ef83dff6913b"
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def a_uuid(text: str) -> str:
    if not UUID_TEXT.fullmatch(text):
        raise ValueError("not a UUID")
    return text


def a_date(text: str) -> str:
    if not DATE_TEXT.fullmatch(text):
        raise ValueError("not a date in the form YYYY-MM-DD")
    date.fromisoformat(text)
    return text


def an_email(text: str) -> str:
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return text


def finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


Uuid = Annotated[str, AfterValidator(a_uuid)]
AttributeText = Annotated[str, StringConstraints(max_length=50)]
AttributeValue = AttributeText | int | Annotated[float, AfterValidator(finite)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class CustomAttribute(Strict):
    key: Annotated[str, StringConstraints(max_length=30, pattern=r"^[A-Za-z0-9._-]+\z")]
    value: AttributeValue


class InstallationMeta(Strict):
    device_id: Uuid
    device: str | None = None
    locale: str | None = None
    os: str | None = None
    platform: Literal["iOS", "macOS", "iPadOS", "Android", "visionOS", "web"] | None = None
    timezone: str | None = None
    user_agent: str | None = None
    app_build: str | None = None
    app_version: str | None = None
    adapty_sdk_version: str | None = None
    idfa: str | None = None
    idfv: str | None = None
    advertising_id: str | None = None
    android_id: str | None = None
    android_app_set_id: str | None = None


class ProfileRequest(Strict):
    first_name: str | None = None
    last_name: str | None = None
    gender: Literal["f", "m", "o"] | None = None
    email: Annotated[str, AfterValidator(an_email)] | None = None
    phone_number: str | None = None
    birthday: Annotated[str, AfterValidator(a_date)] | None = None
    ip_country: str | None = None
    ip_v4_address: str | None = None
    store_country: str | None = None
    store: Literal["app_store", "play_store", "stripe", "adapty", "paddle"] | None = None
    store_account_token: Uuid | None = None
    att_status: Annotated[int, Field(ge=0, le=3)] | None = None  # Literal would take true for 1
    analytics_disabled: bool | None = None
    custom_attributes: Annotated[list[CustomAttribute], Field(max_length=30)] = []
    installation_meta: InstallationMeta


app = FastAPI(title="Adapty server-side API", redirect_slashes=False)
by_customer: dict[str, dict[str, Any]] = {}
by_id: dict[str, dict[str, Any]] = {}


def error(
    status: int,
    code: str,
    problems: Sequence[tuple[str | None, str]],
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    errors = [{"source": source, "errors": [message]} for source, message in problems]
    content = {"errors": errors, "error_code": code, "status_code": status}
    return JSONResponse(content, status, headers)


def invalid(failed: RequestValidationError | ValidationError) -> JSONResponse:
    problems = [(".".join(map(str, each["loc"])), each["msg"]) for each in failed.errors()]
    return error(422, "validation_error", problems)


@app.exception_handler(StarletteHTTPException)
async def http_error(_: Request, failed: StarletteHTTPException) -> JSONResponse:
    codes = {
        401: "not_authenticated",
        404: "not_found",
        405: "method_not_allowed",
        415: "unsupported_media_type",
    }
    code = codes.get(failed.status_code, "bad_request")
    problem = ("non_field_errors", str(failed.detail))
    return error(failed.status_code, code, [problem], failed.headers)


@app.exception_handler(RequestValidationError)
async def validation_error(_: Request, failed: RequestValidationError) -> JSONResponse:
    return invalid(failed)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def read_body(request: Request) -> ProfileRequest | JSONResponse:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Content-Type must be application/json.")
    try:
        text = (await request.body()).decode("utf-8")
        parsed = json.loads(text, parse_constant=refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")  # no lone surrogates
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not valid JSON.") from None
    try:
        return ProfileRequest.model_validate(parsed)
    except ValidationError as failed:
        return invalid(failed)


@app.post("/api/v2/server-side-api/profile/")
async def create_profile(request: Request) -> JSONResponse:
    given = request.headers.getlist("authorization")
    if not given:
        raise HTTPException(401, "Authentication credentials were not provided.")
    if len(given) > 1 or not hmac.compare_digest(given[0].encode(), f"Api-Key {API_KEY}".encode()):
        raise HTTPException(401, "Invalid API key.")
    body = await read_body(request)
    if isinstance(body, JSONResponse):
        return body
    customer = request.headers.get("adapty-customer-user-id")
    profile_id = request.headers.get("adapty-profile-id", "").lower()
    if customer:
        profile = by_customer.get(customer)
        if profile is None:
            profile = {"id": str(uuid4()), "customer": customer, "attributes": {}}
            by_customer[customer] = by_id[profile["id"]] = profile
    elif profile_id:
        if not UUID_TEXT.fullmatch(profile_id):
            raise HTTPException(400, "adapty-profile-id is not a UUID.")
        new: dict[str, Any] = {"id": str(UUID(profile_id)), "customer": None, "attributes": {}}
        profile = by_id.setdefault(profile_id, new)
    else:
        raise HTTPException(400, "adapty-customer-user-id or adapty-profile-id is required.")
    attributes = profile["attributes"] | {each.key: each.value for each in body.custom_attributes}
    if len(attributes) > 30:
        raise HTTPException(400, "A profile has at most 30 custom attributes.")
    profile["attributes"] = attributes
    return JSONResponse(
        {
            "data": {
                "app_id": APP_ID,
                "profile_id": profile["id"],
                "customer_user_id": profile["customer"],
                "total_revenue_usd": 0.0,
                "segment_hash": "8f45947bad31ab0c",
                "timestamp": time.time_ns() // 1_000_000,
                "custom_attributes": [{"key": k, "value": v} for k, v in attributes.items()],
                "access_levels": [],
                "subscriptions": [],
                "non_subscriptions": [],
            }
        }
    )
