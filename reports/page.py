"""What every HTML page of this package is made with: one file that loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.text import capital, marked, number, one_line, plural, prose, unmarked

TEMPLATES = Path(__file__).with_name("templates")


def asset(*names: str) -> str:
    """The style sheets or scripts of these names as one."""
    return "\n".join((TEMPLATES / name).read_text("utf-8").strip() for name in names)


def policy(style: str, script: str) -> str:
    """A content security policy that allows this style and this script, by their hashes only."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def environment() -> Environment:
    """The templates' environment.

    Every text that a template prints has its markup escaped and its hidden characters spelled out;
    only what this package made itself is Markup.
    """
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["attr"] = one_line
    made.filters["bare"] = lambda text: one_line(unmarked(text))
    made.filters["clip"] = marked
    made.filters["prose"] = prose
    made.filters["capital"] = capital
    made.filters["plural"] = plural
    made.filters["number"] = number
    made.filters["words"] = words.WORDS.__getitem__
    made.globals["answer"] = words.ending
    made.globals["tries"] = words.tries
    return made


def _shown(value: Any) -> Any:
    """What `{{ value }}` prints: text made harmless, numbers as they are."""
    return marked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def when(started: str) -> str:
    """The date and time of an ISO 8601 text as people read it; any other text as it is."""
    try:
        time = datetime.fromisoformat(started)
    except ValueError:
        return started
    offset = time.utcoffset()
    zone = "" if offset is None else " UTC" if not offset else time.strftime(" %z")
    return f"{time:%Y-%m-%d %H:%M}{zone}"
