"""The body as text: `application/json`, which RFC 8259 defines."""

from conformance.probing import Answer, probes

CHAPTER = "json"


@probes("request.json", expect="accept")
def test_json_in_any_dress_is_accepted(answer: Answer) -> None:
    """White space, indentation and escapes change nothing."""
    answer.must_be_accepted()


@probes("request.json", "request.body.*", expect="refuse")
def test_what_is_no_json_is_refused(answer: Answer) -> None:
    """Cut, extended, or with words that JSON does not have."""
    answer.must_be_refused()


@probes("request.*", expect="open")
def test_open_encodings_are_survived(answer: Answer) -> None:
    """A byte order mark, UTF-16, a member twice."""
    answer.must_be_survived()
