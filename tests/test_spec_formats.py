"""What each format calls valid, open and a violation."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.formats import KNOWN, UNCONSTRAINING, Validity, check

UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
DIGITS = "1234567890" * 7

VALID: dict[str, list[Any]] = {
    "date": ["2000-12-31", "2000-02-29", "2024-02-29", "1900-02-28", "1000-01-01", "9999-12-31"],
    "date-time": [
        "2024-01-31T12:00:00Z",
        "2024-01-31t12:00:00z",
        "2024-02-29T23:59:59.123456789Z",
        "2024-01-31T00:00:00+05:30",
        "2024-01-31T00:00:00-23:59",
        "2024-01-31T00:00:00-00:00",
        "2024-01-31T00:00:00.0+00:00",
    ],
    "uuid": [
        UUID,
        UUID.upper(),
        "3FA85f64-5717-4562-b3fc-2c963f66AFA6",
        "00000000-0000-0000-0000-000000000000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "01890a5d-ac96-874c-bcce-b302099a8057",
    ],
    "email": [
        "jane.doe@example.com",
        "a@b.co",
        "a+b_c-d@x-y.example.org",
        "1@2.museum",
        "a@example.xn--p1ai",
    ],
    "hostname": [
        "example.com",
        "localhost",
        "xn--bcher-kva.example",
        "a" * 63 + ".de",
        "1.example",
    ],
    "ipv4": ["192.168.1.1", "0.0.0.0", "255.255.255.255"],
    "ipv6": ["::1", "2001:db8::8a2e:370:7334", "::ffff:192.0.2.1", "2001:DB8::A"],
    "uri": [
        "https://example.com/a?b=c#d",
        "http://[::1]:80/",
        "ftp://a.example/%20",
        "http://a.example/%2f",
    ],
    "int32": [0, -(2**31), 2**31 - 1, 1.0],
    "int64": [0, -(2**63), 2**63 - 1, 1736425645861.0, -9.223372036854775808e18],
}
OPEN: dict[str, list[Any]] = {
    "date": ["0000-01-01", "0999-12-31", "0004-02-29"],
    "date-time": [
        "2016-12-31T23:59:60Z",
        "2024-01-31T12:00:60Z",
        "2024-01-31 12:00:00Z",
        "0999-12-31T00:00:00Z",
    ],
    "uuid": [
        f"urn:uuid:{UUID}",
        f"URN:UUID:{UUID}",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "d0805a8c-7897-f81b-a1ff-2087d8697fc9",
        "d0805a8c-7897-481b-41ff-2087d8697fc9",
        "d0805a8c-7897-081b-81ff-2087d8697fc9",
        "00000000-0000-0000-0000-000000000001",
    ],
    "email": [
        '"jane doe"@example.com',
        '"a@b"@example.com',
        '"a\\"b"@example.com',
        "a@localhost",
        "a@b.c",
        "a@b.1a",
        "a@b-c.example",
        "a@mail.TEST",
        "a@printer.local",
        "a@[192.0.2.1]",
        "a..b@example.com",
        ".a@example.com",
        "jürgen@example.com",
        "a@bücher.example",
        "a" * 65 + "@example.com",
        "a@" + "b" * 63 + ("." + "c" * 63) * 3 + ".de",
        "o'neil@example.com",
    ],
    "hostname": ["bücher.example"],
    "ipv6": ["fe80::1%eth0"],
    "uri": ["mailto:a@b.c", "urn:uuid:1", "http://a.example/%zz", "http://a.example/%2"],
}
VIOLATION: dict[str, list[Any]] = {
    "date": [
        "",
        "2023-02-29",
        "1900-02-29",
        "2023-02-30",
        "2023-04-31",
        "2023-00-10",
        "2023-13-10",
        "2023-01-00",
        "2023-01-32",
        "20230228",
        "2023-W05-5",
        "2023-059",
        "2023-2-8",
        "23-02-28",
        "+2023-02-28",
        "２０２３-02-28",
        "2023-02-2８",
        "2023-02-28\n",
        " 2023-02-28",
        "2023/02/28",
        "28.02.2023",
        "2023-02-28T00:00:00Z",
        "1677542400",
    ],
    "date-time": [
        "",
        "2024-01-31",
        "2024-01-31T12:00:00",
        "2024-01-31T12:00:00+0000",
        "2024-01-31T12:00:00+00",
        "2024-01-31T12:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T12:60:00Z",
        "2024-01-31T12:00:61Z",
        "2024-01-31T12:00:00+24:00",
        "2024-01-31T12:00:00+01:60",
        "2024-01-31T12:00:00.Z",
        "2024-01-31T12:00:00,5Z",
        "2024-01-31T12:00:00Z\n",
        "2024-01-31T12:00:00 Z",
        "2024-01-31T1２:00:00Z",
        "2023-02-30T12:00:00Z",
        "2024-01-31_12:00:00Z",
        "20240131T120000Z",
        "1736425645861",
        "Wed, 31 Jan 2024 12:00:00 GMT",
    ],
    "uuid": [
        "",
        UUID.replace("-", ""),
        f"{{{UUID}}}",
        UUID[:-1],
        f"{UUID}6",
        f"{UUID}\n",
        f" {UUID}",
        UUID.replace("f", "g", 1),
        UUID.replace("3", "３", 1),
        "3fa85f645-717-4562-b3fc-2c963f66afa6",
        f"urn:uuid:{UUID[:-1]}",
        f"uuid:{UUID}",
    ],
    "email": [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b@c",
        "a@b@example.com",
        "Name <a@b.c>",
        "<a@b.c>",
        "a b@example.com",
        "a@exam ple.com",
        "a@example.com\n",
        " a@example.com",
        "a@b.c, d@e.f",
        "a@b.c;d@e.f",
        "mailto:a@b.c",
        '"a"b@example.com',
        "a@example.com>",
    ],
    "hostname": ["", "-a.example", "a-.example", "a..b", "a_b.example", "a" * 64, "a.example\n"],
    "ipv4": ["", "256.1.1.1", "1.1.1", "1.1.1.1.1", "01.1.1.1", "１.1.1.1", "1.1.1.1\n", "::1"],
    "ipv6": ["", "1.1.1.1", ":::", "12345::", "::1\n", "2001:db8::1::2", "[::1]"],
    "uri": ["", "/path", "example.com", "http://a b.example", "http://[::1", "http://é.de", "a:\n"],
    "int32": [2**31, -(2**31) - 1, 10**400, float("inf")],
    "int64": [2**63, -(2**63) - 1, 9223372036854775808.0, 1e400, -1e400, 10**400],
}  # fmt: skip


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cases(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize(("name", "value"), cases(VALID))
def test_valid(name: str, value: Any) -> None:
    assert check(name, value) is Validity.VALID


@pytest.mark.parametrize(("name", "value"), cases(OPEN))
def test_open(name: str, value: Any) -> None:
    assert check(name, value) is Validity.OPEN


@pytest.mark.parametrize(("name", "value"), cases(VIOLATION))
def test_violation(name: str, value: Any) -> None:
    assert check(name, value) is Validity.VIOLATION


def test_every_known_format_has_its_tables() -> None:
    assert set(VALID) == set(VIOLATION) == KNOWN
    assert not KNOWN & UNCONSTRAINING


@pytest.mark.parametrize("name", sorted(KNOWN | UNCONSTRAINING | {"semver"}))
@pytest.mark.parametrize("value", [None, True, False, [], {}, ["x"]])
def test_a_format_does_not_speak_of_other_types(name: str, value: Any) -> None:
    assert check(name, value) is Validity.VALID


def test_a_format_of_numbers_does_not_speak_of_text() -> None:
    assert check("int64", "2024") is Validity.VALID
    assert check("uuid", 5) is Validity.VALID


@pytest.mark.parametrize("name", sorted(UNCONSTRAINING))
def test_unconstraining_formats_forbid_nothing(name: str) -> None:
    assert check(name, "any text") is check(name, 1e308) is Validity.VALID


def test_text_of_an_unknown_format_is_open() -> None:
    assert check("semver", "1.0") is Validity.OPEN
    assert check("semver", 1.0) is Validity.VALID


@unhurried
@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_every_date_python_writes_is_valid(day: dt.date) -> None:
    assert check("date", day.isoformat()) is Validity.VALID


@unhurried
@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_is_a_violation_when_python_cannot_read_it(year: int, month: int, day: int) -> None:
    written = f"{year:04}-{month:02}-{day:02}"
    try:
        dt.date(year or 4, month, day)  # year 0 is a leap year, as year 4 is
    except ValueError:
        assert check("date", written) is Validity.VIOLATION
    else:
        assert check("date", written) is (Validity.VALID if year >= 1000 else Validity.OPEN)


@unhurried
@given(st.uuids(version=4))
def test_every_uuid_python_writes_is_valid(identifier: uuid.UUID) -> None:
    assert check("uuid", str(identifier)) is Validity.VALID
    assert check("uuid", identifier.hex) is Validity.VIOLATION
    assert check("uuid", identifier.urn) is Validity.OPEN


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@unhurried
@given(st.datetimes(min_value=dt.datetime(1000, 1, 2), timezones=OFFSETS))
def test_every_date_time_python_writes_with_an_offset_is_valid(moment: dt.datetime) -> None:
    assert check("date-time", moment.isoformat()) is Validity.VALID
    assert check("date-time", moment.replace(tzinfo=None).isoformat()) is Validity.VIOLATION


@unhurried
@given(st.sampled_from(sorted(KNOWN)), st.text(alphabet=st.characters(codec=None)))
def test_any_text_gets_an_answer(name: str, text: str) -> None:
    assert check(name, text) in Validity


def test_an_address_may_be_as_long_as_a_path_lets_it_be() -> None:
    """RFC 5321: a path has 256 characters, two of them angle brackets, and a local part 64."""
    longest = f"{'a' * 64}@{'.'.join(['b' * 63] * 2 + ['c' * 57])}.com"
    assert len(longest) == 254
    assert check("email", longest) is Validity.VALID
    assert check("email", longest.replace(".c", ".cc", 1)) is Validity.OPEN
    assert check("email", f"a{longest}") is Validity.OPEN
