"""Authentication: `#/components/securitySchemes/apikeyAuth`.

> API requests must be authenticated by your secret API key as the **Authorization** header with
> the value `Api-Key {your_secret_api_key}`
"""

from conformance.probing import UNAUTHORIZED, Answer, probes

CHAPTER = "authentication"


@probes("auth.missing", "auth.scheme", "auth.wrong_key", expect="unauthorized")
def test_anything_but_the_key_is_refused(answer: Answer) -> None:
    """401 for every near miss of the key, each beside an accepted control."""
    answer.must_be(UNAUTHORIZED)


@probes("auth.header", expect="open")
def test_other_spellings_of_the_header_are_survived(answer: Answer) -> None:
    """Another letter case of the scheme, more blanks, the header twice."""
    answer.must_be_survived()
