"""The options that make settings: one for each, and the file and the target beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from runner.config import OWN, SHARED, VARIABLE, Effective, effective, find, read, variable
from runner.settings import UsageError, fields, nearest


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
            option = "--" + each.name.replace("_", "-")
            is_flag = isinstance(each.default, bool)
            command = click.option(
                f"{option}/{_off(option)}" if is_flag else option,
                each.name,
                multiple=multiple,
                default=each.default,
                show_default=shown,
                type=_Workers() if each.name == "workers" else kind,
                metavar=each.metadata.get("metavar"),
                envvar=variable(each.name),
                is_flag=is_flag,
                help=each.metadata["help"],
            )(command)
        return command

    return decorated


target_argument = click.argument("url", required=False, metavar="[URL|NAME]")
file_option = click.option(
    "--config", "file", metavar="FILE", type=click.Path(path_type=Path), envvar=variable("config"),
    help=f"The configuration; without it, the nearest {OWN} or {SHARED}.",
)  # fmt: skip


def _off(option: str) -> str:
    """The option that takes back what `option`, or a file or a variable in its place, asked for."""
    return "--no-" + option.removeprefix("--")


dry_run_option = click.option(
    "--dry-run/--no-dry-run", default=False, envvar=variable("dry_run"),
    help="List what would be sent, and send nothing to URL.",
)  # fmt: skip


def effective_settings(
    url: str | None, file: Path | None, options: Mapping[str, Any], *, fuzz: bool
) -> Effective:
    """The settings that files, variables and options make, in rising precedence."""
    told = given(options)
    if (named := os.environ.get(variable("target"))) is not None:
        told["target"] = (named, variable("target"))
    return effective(url, told, read(file or find(Path.cwd())), fuzz=fuzz)


def given(options: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Each setting that a variable or an option gave the command, and which of them did.

    Raises UsageError for a variable that no command reads.
    """
    _check_variables()
    context = click.get_current_context()
    found: dict[str, tuple[Any, str]] = {}
    for name, value in options.items():
        source = context.get_parameter_source(name)
        option = "--" + name.replace("_", "-")
        if source is ParameterSource.COMMANDLINE:
            found[name] = (value, _off(option) if value is False else option)
        elif source is ParameterSource.ENVIRONMENT:
            found[name] = (value, variable(name))
    return found


def _check_variables() -> None:
    names = (*(each.name for each in fields()), "target", "config", "dry_run")
    known = [variable(name) for name in names]
    for name in os.environ:
        if name.startswith(VARIABLE) and name not in known:
            raise UsageError(f"no command reads the variable {name}{nearest(name, known)}")


def refuse_dry_run(command: str) -> None:
    """For a command that sends and cannot only list: whoever asks all commands for a dry run by
    its variable must not find that something was sent. Raises UsageError."""
    name = variable("dry_run")
    if click.BOOL.convert(os.environ.get(name) or "no", None, None):
        raise UsageError(f"{command} has no dry run; unset {name}")
