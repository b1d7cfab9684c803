"""Changes to a conformant server, each of one stage: the verbs of the battery's tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.power.battery.core import (
    Core,
    Crash,
    Header,
    Identity,
    Layer,
    Problem,
    Request,
    Response,
    authentication,
)
from benchmarks.power.battery.profiles import Attributes, Profile
from benchmarks.power.battery.rules import Check, Json

Change = Callable[[Core], Core]
Test = Callable[[Json], bool]


# ---- what of a body is taken and refused


def loosened(place: str, takes: Test) -> Change:
    """Values at `place` that `takes` likes are taken too, whatever lies inside them."""

    def looser(check: Check) -> Check:
        return lambda value: None if takes(value) else check(value)

    return lambda core: replace(core, rules=core.rules.with_check(place, looser))


def tightened(place: str, refuses: Test) -> Change:
    """Values at `place` that `refuses` is true of are refused."""

    def tighter(check: Check) -> Check:
        return lambda value: "Not accepted." if refuses(value) else check(value)

    return lambda core: replace(core, rules=core.rules.with_check(place, tighter))


def converted(place: str, convert: Callable[[Json], Json]) -> Change:
    """The value at `place` is checked as what `convert` makes of it."""

    def on_converted(check: Check) -> Check:
        return lambda value: check(convert(value))

    return lambda core: replace(core, rules=core.rules.with_check(place, on_converted))


def not_required(place: str) -> Change:
    return lambda core: replace(
        core, rules=replace(core.rules, required=core.rules.required - {place})
    )


def required(place: str) -> Change:
    return lambda core: replace(
        core, rules=replace(core.rules, required=core.rules.required | {place})
    )


def closed(place: str) -> Change:
    """The object at `place` refuses members it does not know."""
    return lambda core: replace(core, rules=replace(core.rules, closed=core.rules.closed | {place}))


def parsed(read: Callable[[Callable[[bytes], Json], bytes], Json]) -> Change:
    """`read` gets the right parser and the bytes."""
    return lambda core: replace(core, parse=lambda raw: read(core.parse, raw))


def refused_as(layer: Layer, test: Callable[[Request], bool], *, status: int = 400) -> Change:
    """A request of which `test` is true is refused where identities are looked at."""

    def identify(inner: Callable[[Request], Identity], request: Request) -> Identity:
        if test(request):
            raise Problem(status, "invalid", layer, "Not accepted.")
        return inner(request)

    return identified(identify)


def identified(
    identify: Callable[[Callable[[Request], Identity], Request], Identity],
) -> Change:
    return lambda core: replace(core, identify=lambda request: identify(core.identify, request))


def media_taken(test: Callable[[Request], bool]) -> Change:
    """Other media types are taken too."""

    def change(core: Core) -> Core:
        def media_type(request: Request) -> None:
            if not test(request):
                core.media_type(request)

        return replace(core, media_type=media_type)

    return change


def accepting(accepts: Callable[[bytes, bytes], bool]) -> Change:
    """`accepts` says of a credential's header and of the right key whether they match."""
    return lambda core: replace(
        core, authenticate=authentication(lambda given: accepts(given, core.key))
    )


# ---- what comes back


def returned(change_body: Callable[[Json, Request], Json]) -> Change:
    """Every 200 has the body that `change_body` makes of the right one (None: as it is now)."""

    def change(core: Core) -> Core:
        def show(profile: Profile, request: Request) -> Json:
            body = core.show(profile, request)
            changed = change_body(body, request)
            return body if changed is None else changed

        return replace(core, show=show)

    return change


def member(place: str, convert: Callable[[Json], Json], *, last: bool = False) -> Change:
    """The value at `place` of every 200 (`data.access_levels.item.store`) is converted.

    `last` converts only that of the last item of a list.
    """

    def edit(body: Json, _: Request) -> None:
        for holder, key in holders(body, place.split("."), last):
            holder[key] = convert(holder[key])

    return returned(edit)


def without(place: str) -> Change:
    """The member at `place` of every 200 is missing."""

    def edit(body: Json, _: Request) -> None:
        for holder, key in holders(body, place.split("."), False):
            del holder[key]

    return returned(edit)


def holders(value: Json, steps: list[str], last: bool) -> Iterator[tuple[Any, Any]]:
    """What holds the values at a place, and under which name or index."""
    step, *rest = steps
    keys: list[Any] = [step] if isinstance(value, dict) and step in value else []
    if step == "item" and isinstance(value, list):
        keys = list(range(len(value)))[-1 if last else 0 :]
    for key in keys:
        if rest:
            yield from holders(value[key], rest, last)
        else:
            yield value, key


def kept(keep: Callable[[Attributes], Attributes]) -> Change:
    """The attributes that come back are what `keep` makes of those that were set."""

    def change(core: Core) -> Core:
        async def store(identity: Identity, given: Attributes, request: Request) -> Profile:
            profile = await core.store(identity, given, request)
            return replace(profile, attributes=keep(profile.attributes))

        return replace(core, store=store)

    return change


def values_kept(convert: Callable[[Json], Json]) -> Change:
    """Each attribute value comes back converted."""
    return kept(lambda items: [{**each, "value": convert(each["value"])} for each in items])


def stored(
    store: Callable[[Core, Identity, Request], Awaitable[None]],
) -> Change:
    """`store` runs before a profile is stored, and may refuse, crash or wait."""

    def change(core: Core) -> Core:
        async def outer(identity: Identity, given: Attributes, request: Request) -> Profile:
            await store(core, identity, request)
            return await core.store(identity, given, request)

        return replace(core, store=outer)

    return change


def explained(change_error: Callable[[Json, Problem, Request], Json], *layers: Layer) -> Change:
    """Errors of some layers (none: of all) have another body (None: as it is now)."""

    def change(core: Core) -> Core:
        def explain(problem: Problem, request: Request) -> Json:
            error = core.explain(problem, request)
            if layers and problem.layer not in layers:
                return error
            changed = change_error(error, problem, request)
            return error if changed is None else changed

        return replace(core, explain=explain)

    return change


Answer = Callable[[Response, Request], Response]


def finished(answer: Answer) -> Change:
    """Every response is what `answer` makes of it."""

    def change(core: Core) -> Core:
        async def finish(response: Response, request: Request) -> Response:
            return answer(await core.finish(response, request), request)

        return replace(core, finish=finish)

    return change


def succeeded(answer: Answer) -> Change:
    """Every response to an accepted request is what `answer` makes of it."""
    return finished(lambda given, request: given if request.problem else answer(given, request))


def refused(answer: Callable[[Problem, Request], Response], *layers: Layer) -> Change:
    """Errors of some layers are answered with `answer`."""

    def edit(given: Response, request: Request) -> Response:
        problem = request.problem
        return answer(problem, request) if problem and problem.layer in layers else given

    return finished(edit)


def written(convert: Callable[[bytes], bytes]) -> Change:
    """The bytes of an accepted request's answer are converted."""
    return succeeded(lambda given, _: replace(given, body=convert(given.body)))


def headed(*headers: Header) -> Change:
    """Every response has these headers beside its own."""
    return finished(lambda given, _: replace(given, headers=(*given.headers, *headers)))


# ---- what goes wrong


def arriving(before: Callable[[Request], Awaitable[None]]) -> Change:
    """`before` runs as soon as a request is there."""

    def change(core: Core) -> Core:
        async def arrive(request: Request) -> None:
            await before(request)
            await core.arrive(request)

        return replace(core, arrive=arrive)

    return change


def crashing(test: Callable[[Request], bool]) -> Change:
    """A request of which `test` is true becomes a 500 once its credential was right."""

    def change(core: Core) -> Core:
        def media_type(request: Request) -> None:
            if test(request):
                raise Crash
            core.media_type(request)

        return replace(core, media_type=media_type)

    return change


def crashing_on_body(test: Callable[[Json], object]) -> Change:
    """A parsed body of which `test` is true becomes a 500 before it is checked."""

    def read(parse: Callable[[bytes], Json], raw: bytes) -> Json:
        value = parse(raw)
        if attempt(test, value):
            raise Crash
        return value

    return parsed(read)


def crashing_on_text(test: Callable[[str], bool]) -> Change:
    """A valid body with text of which `test` is true becomes a 500 when it is stored."""

    async def store(_: Core, __: Identity, request: Request) -> None:
        if any(isinstance(each, str) and test(each) for each in inside(request.body)):
            raise Crash

    return stored(store)


def inside(value: Json) -> Iterator[Json]:
    """A value and everything in it, member names too."""
    pending = [value]
    while pending:
        each = pending.pop()
        yield each
        if isinstance(each, dict):
            pending += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            pending += each


def text(test: Callable[[str], object]) -> Test:
    """True of text that `test` likes; a test that raises does not."""

    def outer(value: Json) -> bool:
        return isinstance(value, str) and attempt(test, value)

    return outer


def attempt(test: Callable[[Any], object], value: Any) -> bool:
    try:
        return bool(test(value))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return False
