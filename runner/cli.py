"""The command line. What takes time to import is imported by the command that needs it."""

from __future__ import annotations

import dataclasses
import io
import os
import secrets
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from runner.config import DEFAULT, lines
from runner.options import (
    WAY,
    dry_run_option,
    effective_settings,
    file_option,
    given,
    refuse_dry_run,
    settings_options,
    target_argument,
)
from runner.settings import (
    Settings,
    UsageError,
    api_key,
    checked,
    selected,
)

WRONG_USAGE, SUITE_FAILED = 2, 4


class _Group(click.Group):
    """Commands in the order of the documentation; every error is one sentence on stderr."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would write an empty line about it
            raise click.exceptions.Exit(130) from None

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False}) or 0
        except click.exceptions.Exit as stop:
            return stop.exit_code
        except click.Abort:
            return 130
        except (click.ClickException, UsageError) as error:
            words = (
                error.format_message() if isinstance(error, click.ClickException) else str(error)
            )
            _complain(words)
            return WRONG_USAGE
        except Exception as error:
            traceback.print_exc()
            _complain(f"the suite itself failed: {type(error).__name__}: {error}")
            return SUITE_FAILED


def _complain(words: str) -> None:
    print(f"adapty-conformance: {words}", file=sys.stderr)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="adapty-conformance", message="%(prog)s %(version)s")
def cli() -> None:
    """Say whether a server keeps the contract of Adapty's create-profile operation."""


@cli.command()
@target_argument
@settings_options(fuzz=False)
@dry_run_option
@file_option
def run(url: str | None, file: Path | None, dry_run: bool, **options: Any) -> int:
    """Judge a target; without URL, the embedded mock on a free loopback port.

    NAME is a target of the configuration file.
    """
    from runner.launch import launch

    return launch(checked(effective_settings(url, file, options, fuzz=False).settings), dry=dry_run)


@cli.command()
@target_argument
@settings_options(fuzz=True)
@file_option
def fuzz(url: str | None, file: Path | None, **options: Any) -> int:
    """Keep looking for broken promises until --time or --requests is spent, or until Ctrl-C."""
    from runner.launch import launch

    refuse_dry_run("fuzz")
    made = effective_settings(url, file, options, fuzz=True)
    settings = made.settings
    # The next fuzz is to find what this one does not; but all shards are of one.
    if made.sources["seed"] == DEFAULT and not settings.shard:
        settings = dataclasses.replace(settings, seed=secrets.randbelow(10**6))
    return launch(checked(settings))


@cli.command()
@target_argument
@settings_options(fuzz=True)
@file_option
def config(url: str | None, file: Path | None, **options: Any) -> int:
    """Show each setting that a run with these options would have, and where it comes from."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = effective_settings(url, file, options, fuzz=True)
    checked(made.settings)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for each in ("setting", "value", "from"):
        table.add_column(each, overflow="fold")
    for line in lines(made):
        table.add_row(*map(Text, line), style="dim" if line[2] == DEFAULT else None)
    Console(width=None if sys.stdout.isatty() else 1000).print(table)
    return 0


@cli.command()
@click.option("--break", "broken", metavar="PROMISE", help="Break this one promise.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535),
              help="Where to listen; 0 takes a free one.")  # fmt: skip
@click.option("--database", default=":memory:", show_default=True, help="Where profiles are kept.")
@click.option("--spec", metavar="FILE", help="Another edition of the vendor's document.")
@click.option("--api-key-env", default="ADAPTY_API_KEY", show_default=True, metavar="NAME",
              help="The variable that holds the API key that it takes.")  # fmt: skip
def mock(
    broken: str | None, host: str, port: int, database: str, spec: str | None, api_key_env: str
) -> int:
    """Serve the embedded mock, which keeps every promise, until Ctrl-C."""
    contract = _contract(spec)
    key = api_key(checked(Settings(api_key_env=api_key_env)))
    import sqlite3

    from mock_server.app import create_app
    from mock_server.serve import serve

    try:
        app = create_app(contract, key=key, broken=broken, database=database)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except sqlite3.Error as error:
        raise UsageError(f"cannot keep profiles in --database {database}: {error}") from error

    def ready(url: str) -> None:
        print(f"serving {contract.method} {url}{contract.path}  (Ctrl-C ends it)", flush=True)

    try:
        serve(app, host, port, ready=ready)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return 0


@cli.command()
@click.argument("glob", required=False)
@click.option("--level", type=click.Choice(["must", "should"]), help="Only promises of a level.")
@click.option("--spec", metavar="FILE", help="Another edition of the vendor's document.")
def requirements(glob: str | None, level: str | None, spec: str | None) -> int:
    """List promises that match GLOB; explain one that is named whole."""
    from runner.explain import explain, listing

    contract = _contract(spec)
    if glob is not None and glob in contract.requirements:
        explain(contract, glob)
        return 0
    ids = list(contract.requirements)
    if glob is not None:
        left_out = selected(ids, Settings(only=(glob,)))
        ids = [key for key in ids if key not in left_out]
    listing(contract, [k for k in ids if level in (None, contract.requirements[k].level)])
    return 0


@cli.command()
@click.argument("case")
@click.option("--from", "source", default="conformance-report", show_default=True, metavar="DIR",
              help="The report that recorded it.")  # fmt: skip
@click.option("--target", metavar="URL|NAME", help="Send it elsewhere than it was recorded.")
@settings_options(only=WAY)
@click.option("--spec", metavar="FILE", help="The edition of the document it was recorded with.")
@file_option
def replay(
    case: str, source: str, target: str | None, spec: str | None, file: Path | None, **options: Any
) -> int:
    """Send a recorded CASE again and judge it.

    Without --target it goes where it was recorded, on the way and with the variable of the key that
    the run had, whatever the configuration says today.
    """
    from runner.replay import replay as again

    refuse_dry_run("replay")
    if target is not None:
        made = effective_settings(target, file, options, fuzz=False).settings
        return again(case, Path(source), spec, lambda _: made)
    own = {name: value for name, (value, _) in given(options).items()}
    return again(case, Path(source), spec, lambda recorded: dataclasses.replace(recorded, **own))


@cli.command()
@click.argument(
    "directory", required=False, default="conformance-report", type=click.Path(path_type=Path)
)
@click.option("--spec", metavar="FILE", help="The edition of the document it was judged by.")
def report(directory: Path, spec: str | None) -> int:
    """Make the reports in DIRECTORY again from its journal, also of a run that was killed."""
    from runner.again import again

    return again(directory, spec)


@cli.command()
@click.argument("old", default="conformance-report", type=click.Path(path_type=Path),
                metavar="[OLD]")  # fmt: skip
@click.argument("new", required=False, type=click.Path(path_type=Path), metavar="[NEW]")
@click.option("--markdown", is_flag=True, help="As Markdown, for a comment or a CI summary.")
def diff(old: Path, new: Path | None, markdown: bool) -> int:
    """Say what changed from OLD to NEW; exit 1 when a promise is newly broken.

    Each is the folder of a report or a results.json. A folder alone is compared with the run before
    that it keeps.
    """
    from runner.difference import difference

    return difference(old, new, markdown=markdown)


@cli.command()
@click.argument("folders", nargs=-1, metavar="[NAME=]DIR...")
@click.option("--reference", metavar="NAME",
              help="The target that the others are held against; the first.")  # fmt: skip
@click.option("--output", default="conformance-matrix.html", show_default=True, metavar="FILE",
              type=click.Path(path_type=Path), help="The page to write.")  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print what differs as Markdown.")
def matrix(folders: tuple[str, ...], reference: str | None, output: Path, markdown: bool) -> int:
    """Put the reports of several targets side by side on one page."""
    from runner.matrix import matrix as side_by_side

    return side_by_side(folders, reference, output, markdown=markdown)


@cli.command()
@click.argument("folders", nargs=-1, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--report-dir", default="conformance-report", show_default=True, metavar="DIR",
              type=click.Path(path_type=Path), help="Where the reports go.")  # fmt: skip
@click.option("--spec", metavar="FILE", help="The edition of the document they were judged by.")
def merge(folders: tuple[Path, ...], report_dir: Path, spec: str | None) -> int:
    """Join the reports of all shards of a run (run --shard I/N) into one."""
    from runner.merging import merge as join

    return join(folders, report_dir, spec)


@cli.command()
@click.option("--from", "source", default="conformance-report", show_default=True,
              metavar="DIR", type=click.Path(path_type=Path),
              help="The report, or its results.json.")  # fmt: skip
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path),
              help="Write it there, where nothing is yet, rather than print it.")  # fmt: skip
def known(source: Path, output: Path | None) -> int:
    """Write the list of known deviations (--known) to start from, out of a report."""
    from runner.starting import start

    return start(source, output)


def _contract(spec: str | None) -> Any:
    from spec.document import SpecError
    from spec.loader import load

    try:
        return load(Path(spec) if spec else None)
    except SpecError as error:
        raise UsageError(str(error)) from error


def main() -> None:
    """The entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it has no character for is spelled out
            stream.reconfigure(errors="backslashreplace")
    # HTTPX's own command line, which it imports if it can, takes nearly as long as all the rest.
    sys.modules["httpx._main"] = ModuleType("httpx._main")
    try:
        code = cli.main()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
