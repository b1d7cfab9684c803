"""Headers: the identity of the end user, the platform, the media type of the body.

> Either `adapty-customer-user-id` or `adapty-profile-id` is required.
"""

from conformance.probing import Answer, probes

CHAPTER = "headers"


@probes("request.header.*", "request.media_type", expect="accept")
def test_documented_headers_are_taken(answer: Answer) -> None:
    """Either identity alone, any text in them, and the media type however it is spelled."""
    answer.must_be_accepted()


@probes("request.header.*", "request.media_type", expect="refuse")
def test_a_request_without_identity_or_of_another_media_type_is_refused(answer: Answer) -> None:
    """Neither identity header; a body that says it is no JSON."""
    answer.must_be_refused()


@probes("request.*", expect="open")
def test_open_headers_are_survived(answer: Answer) -> None:
    """Both identities, an empty one, text that is not ASCII, no media type at all."""
    answer.must_be_survived()
