"""Requests that are no contract's business, but that no server may fail on."""

from conformance.probing import Answer, probes

CHAPTER = "robustness"


@probes("robustness", expect="open")
def test_odd_requests_are_survived(answer: Answer) -> None:
    """Nested deeply, with thousands of members, without a credential and malformed."""
    answer.must_be_survived()
