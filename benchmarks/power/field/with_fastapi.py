"""Create profile in FastAPI: Pydantic models, header dependencies, profiles in memory.

uvicorn benchmarks.power.field.with_fastapi:app
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, EmailStr, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

API_KEY = os.environ["ADAPTY_API_KEY"]
APP_ID = UUID("14c3d623-2f3a-455a-aa86-ef83dff6913b")


class CustomAttribute(BaseModel):
    key: str = Field(max_length=30, pattern=r"^[A-Za-z0-9._-]+$")
    value: Annotated[str, Field(max_length=50)] | float


class InstallationMeta(BaseModel):
    device_id: UUID
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


class ProfileRequest(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    gender: Literal["f", "m", "o"] | None = None
    email: EmailStr | None = None
    phone_number: str | None = None
    birthday: date | None = None
    ip_country: str | None = None
    ip_v4_address: str | None = None
    store_country: str | None = None
    store: Literal["app_store", "play_store", "stripe", "adapty", "paddle"] | None = None
    store_account_token: UUID | None = None
    att_status: Literal[0, 1, 2, 3] | None = None
    analytics_disabled: bool | None = None
    custom_attributes: list[CustomAttribute] = Field(default=[], max_length=30)
    installation_meta: InstallationMeta


class Profile(BaseModel):
    app_id: UUID = APP_ID
    profile_id: UUID
    customer_user_id: str | None
    total_revenue_usd: float = 0
    segment_hash: str
    timestamp: int
    custom_attributes: list[CustomAttribute]
    access_levels: list[dict[str, Any]] = []
    subscriptions: list[dict[str, Any]] = []
    non_subscriptions: list[dict[str, Any]] = []


class ProfileResponse(BaseModel):
    data: Profile


class Stored(BaseModel):
    profile_id: UUID
    customer_user_id: str | None
    custom_attributes: dict[str, CustomAttribute] = {}


app = FastAPI(title="Adapty server-side API")
api_key_header = APIKeyHeader(name="Authorization", auto_error=False)
by_customer: dict[str, Stored] = {}
by_id: dict[UUID, Stored] = {}


def authenticated(authorization: Annotated[str | None, Depends(api_key_header)]) -> None:
    if authorization is None:
        raise HTTPException(401, "Authentication credentials were not provided.")
    if not secrets.compare_digest(authorization.encode(), f"Api-Key {API_KEY}".encode()):
        raise HTTPException(401, "Invalid API key.")


def identified(
    adapty_customer_user_id: Annotated[str | None, Header()] = None,
    adapty_profile_id: Annotated[UUID | None, Header()] = None,
) -> Stored:
    """The profile that the headers speak of, created if there is none yet."""
    if adapty_customer_user_id:
        found = by_customer.get(adapty_customer_user_id)
        if found is None:
            found = Stored(profile_id=uuid4(), customer_user_id=adapty_customer_user_id)
            by_customer[adapty_customer_user_id] = by_id[found.profile_id] = found
        return found
    if adapty_profile_id:
        found = by_id.get(adapty_profile_id)
        if found is None:
            found = Stored(profile_id=adapty_profile_id, customer_user_id=None)
            by_id[adapty_profile_id] = found
        return found
    raise HTTPException(400, "adapty-customer-user-id or adapty-profile-id is required.")


@app.post("/api/v2/server-side-api/profile/", dependencies=[Depends(authenticated)])
def create_profile(
    body: ProfileRequest, stored: Annotated[Stored, Depends(identified)]
) -> ProfileResponse:
    stored.custom_attributes.update({each.key: each for each in body.custom_attributes})
    return ProfileResponse(
        data=Profile(
            profile_id=stored.profile_id,
            customer_user_id=stored.customer_user_id,
            segment_hash="8f45947bad31ab0c",
            timestamp=int(time.time() * 1000),
            custom_attributes=list(stored.custom_attributes.values()),
        )
    )


def error(status: int, code: str, errors: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse({"errors": errors, "error_code": code, "status_code": status}, status)


@app.exception_handler(RequestValidationError)
def invalid(_request: Request, failed: RequestValidationError) -> JSONResponse:
    problems = [
        {"source": ".".join(map(str, each["loc"])), "errors": [each["msg"]]}
        for each in failed.errors()
    ]
    return error(422, "validation_error", problems)


@app.exception_handler(StarletteHTTPException)
def refused(_request: Request, failed: StarletteHTTPException) -> JSONResponse:
    code = {400: "bad_request", 401: "not_authenticated", 404: "not_found"}
    problem = {"source": "non_field_errors", "errors": [failed.detail]}
    return error(failed.status_code, code.get(failed.status_code, "error"), [problem])
