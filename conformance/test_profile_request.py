"""The payload: `#/components/schemas/ProfileRequest`, and what the prose adds to it.

> Allows setting up to 30 custom attributes for the profile

> Only letters, numbers, dashes, points, and underscores allowed
"""

from conformance.probing import Answer, probes

CHAPTER = "profile_request"


@probes("request.body", "request.body.*", expect="accept")
def test_what_the_schema_allows_is_accepted(answer: Answer) -> None:
    """Every member left out, null, and at the edges of each keyword."""
    answer.must_be_accepted()


@probes("request.body", "request.body.*", expect="refuse")
def test_one_change_past_the_schema_is_refused(answer: Answer) -> None:
    """Each near miss breaks one requirement of a payload that is accepted without it."""
    answer.must_be_refused()


@probes("request.*", expect="open")
def test_what_the_schema_leaves_open_is_survived(answer: Answer) -> None:
    """Taken or refused as the target likes."""
    answer.must_be_survived()
