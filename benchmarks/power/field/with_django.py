"""Create profile in Django REST framework: serializers, an authentication class, SQLite.

gunicorn --threads 4 benchmarks.power.field.with_django:application
"""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=uuid.uuid4().hex,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "profiles.sqlite3"}},
    USE_TZ=True,
    REST_FRAMEWORK={
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "EXCEPTION_HANDLER": f"{__name__}.error_response",
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import exceptions, serializers  # noqa: E402
from rest_framework.authentication import BaseAuthentication, get_authorization_header  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView, exception_handler  # noqa: E402

API_KEY = os.environ["ADAPTY_API_KEY"]
APP_ID = "14c3d623-2f3a-455a-aa86-ef83dff6913b"


class Profile(models.Model):
    profile_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer_user_id = models.CharField(max_length=255, null=True, unique=True)
    custom_attributes = models.JSONField(default=dict)

    class Meta:
        app_label = "profiles"


class ApiKeyUser:
    is_authenticated = True


class ApiKeyAuthentication(BaseAuthentication):
    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[ApiKeyUser, None] | None:
        auth = get_authorization_header(request).split()
        if not auth or auth[0].lower() != self.keyword.lower().encode():
            return None
        if len(auth) != 2 or auth[1] != API_KEY.encode():
            raise exceptions.AuthenticationFailed("Invalid API key.")
        return ApiKeyUser(), None

    def authenticate_header(self, _request: Request) -> str:
        return self.keyword


class AttributeValueField(serializers.Field):
    def to_internal_value(self, data: Any) -> str | int | float:
        if isinstance(data, bool) or not isinstance(data, (str, int, float)):
            raise serializers.ValidationError("Only strings and floats are allowed.")
        if isinstance(data, str) and len(data) > 50:
            raise serializers.ValidationError("Ensure this value has at most 50 characters.")
        return data


class CustomAttributeSerializer(serializers.Serializer):
    key = serializers.RegexField(r"^[A-Za-z0-9._-]+$", max_length=30)
    value = AttributeValueField()


def text() -> serializers.CharField:
    return serializers.CharField(required=False, allow_null=True, allow_blank=True)


def choice(*choices: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices, required=False, allow_null=True)


class InstallationMetaSerializer(serializers.Serializer):
    device_id = serializers.UUIDField()
    device = text()
    locale = text()
    os = text()
    platform = choice("iOS", "macOS", "iPadOS", "Android", "visionOS", "web")
    timezone = text()
    user_agent = text()
    app_build = text()
    app_version = text()
    adapty_sdk_version = text()
    idfa = text()
    idfv = text()
    advertising_id = text()
    android_id = text()
    android_app_set_id = text()


class ProfileSerializer(serializers.Serializer):
    first_name = text()
    last_name = text()
    gender = choice("f", "m", "o")
    email = serializers.EmailField(required=False, allow_null=True)
    phone_number = text()
    birthday = serializers.DateField(required=False, allow_null=True)
    ip_country = text()
    ip_v4_address = text()
    store_country = text()
    store = choice("app_store", "play_store", "stripe", "adapty", "paddle")
    store_account_token = serializers.UUIDField(required=False, allow_null=True)
    att_status = choice(0, 1, 2, 3)
    analytics_disabled = serializers.BooleanField(required=False, allow_null=True)
    custom_attributes = CustomAttributeSerializer(many=True, required=False, max_length=30)
    installation_meta = InstallationMetaSerializer()


class CreateProfile(APIView):
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        serializer = ProfileSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        customer = request.headers.get("adapty-customer-user-id")
        profile_id = request.headers.get("adapty-profile-id")
        if not customer and not profile_id:
            raise exceptions.ValidationError(
                "adapty-customer-user-id or adapty-profile-id is required."
            )
        with transaction.atomic():
            if customer:
                profile, _ = Profile.objects.get_or_create(customer_user_id=customer)
            else:
                try:
                    profile, _ = Profile.objects.get_or_create(profile_id=uuid.UUID(profile_id))
                except ValueError:
                    raise exceptions.NotFound("There is no such profile.") from None
            for attribute in serializer.validated_data.get("custom_attributes", []):
                profile.custom_attributes[attribute["key"]] = attribute["value"]
            profile.save()
        return Response({"data": self.represent(profile)})

    def represent(self, profile: Profile) -> dict[str, Any]:
        attributes = profile.custom_attributes.items()
        return {
            "app_id": APP_ID,
            "profile_id": str(profile.profile_id),
            "customer_user_id": profile.customer_user_id,
            "total_revenue_usd": 0.0,
            "segment_hash": "8f45947bad31ab0c",
            "timestamp": int(time.time() * 1000),
            "custom_attributes": [{"key": key, "value": value} for key, value in attributes],
            "access_levels": [],
            "subscriptions": [],
            "non_subscriptions": [],
        }


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    response = exception_handler(error, context)
    if response is None:
        return None
    detail = response.data
    if isinstance(detail, list):
        detail = {"non_field_errors": detail}
    elif "detail" in detail:
        detail = {"non_field_errors": [detail["detail"]]}
    code = getattr(error, "default_code", "error")
    response.data = {
        "errors": [{"source": field, "errors": said} for field, said in detail.items()],
        "error_code": code,
        "status_code": response.status_code,
    }
    return response


urlpatterns = [path("api/v2/server-side-api/profile/", CreateProfile.as_view())]

with connection.schema_editor() as editor:
    editor.create_model(Profile)
application = get_wsgi_application()
