"""Connexion's mock of the vendor's document, which Connexion does not take as it is.

Changed on the way: the version, since Connexion reads 3.0 only; a `default` in the security scheme,
which OpenAPI does not have; and who checks the key, without which Connexion refuses every request.

uvicorn benchmarks.power.field.with_connexion:app
"""

from __future__ import annotations

import os

from connexion import AsyncApp
from connexion.mock import MockResolver
from yaml import safe_load

from spec.document import VENDOR_DOCUMENT

AUTHORIZATION = f"Api-Key {os.environ['ADAPTY_API_KEY']}"


def check_key(api_key: str) -> dict[str, str] | None:
    return {"sub": "app"} if api_key == AUTHORIZATION else None


document = safe_load(VENDOR_DOCUMENT.read_text(encoding="utf-8"))
document["openapi"] = "3.0.3"
scheme = document["components"]["securitySchemes"]["apikeyAuth"]
del scheme["default"]
scheme["x-apikeyInfoFunc"] = f"{__name__}.check_key"

app = AsyncApp(__name__)
app.add_api(document, resolver=MockResolver(mock_all=True))
