"""The options that make settings: one for each, and the file and the target beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from runner.config import OWN, SHARED, Effective, effective, find, read, variable
from runner.settings import fields


class _Workers(click.ParamType[int]):
    """A number of processes, or as many as there are processors."""

    name = "N|auto"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if value == "auto":
            return os.cpu_count() or 1
        return int(click.INT.convert(value, param, ctx))


# The settings that say how to come to a target, for commands that send little.
WAY = (
    "timeout", "expect_app_id", "ca", "client_cert", "client_key", "proxy", "proxy_auth_env",
    "api_key_env",
)  # fmt: skip


def settings_options(
    *, fuzz: bool = False, only: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option for every setting of a run, or of a fuzz, or for some settings `only`."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for each in reversed(fields(fuzz=fuzz)):
            if only and each.name not in only:
                continue
            multiple = isinstance(each.default, tuple)
            shown = each.default not in (None, "", ()) and each.default != 0
            kind: Any = str if multiple or each.default is None else type(each.default)
            command = click.option(
                "--" + each.name.replace("_", "-"),
                each.name,
                multiple=multiple,
                default=each.default,
                show_default=shown,
                type=_Workers() if each.name == "workers" else kind,
                metavar=each.metadata.get("metavar"),
                envvar=variable(each.name),
                is_flag=isinstance(each.default, bool),
                help=each.metadata["help"],
            )(command)
        return command

    return decorated


target_argument = click.argument("url", required=False, metavar="[URL|NAME]")
file_option = click.option(
    "--config", "file", metavar="FILE", type=click.Path(path_type=Path), envvar=variable("config"),
    help=f"The configuration; without it, the nearest {OWN} or {SHARED}.",
)  # fmt: skip


def effective_settings(
    url: str | None, file: Path | None, options: dict[str, Any], *, fuzz: bool
) -> Effective:
    """The settings that files, variables and options make, in rising precedence."""
    context = click.get_current_context()
    given: dict[str, tuple[Any, str]] = {}
    if (named := os.environ.get(variable("target"))) is not None:
        given["target"] = (named, variable("target"))
    for name, value in options.items():
        source = context.get_parameter_source(name)
        if source is ParameterSource.COMMANDLINE:
            given[name] = (value, "--" + name.replace("_", "-"))
        elif source is ParameterSource.ENVIRONMENT:
            given[name] = (value, variable(name))
    return effective(url, given, read(file or find(Path.cwd())), fuzz=fuzz)
