"""Schemathesis on the normalised contract: its payloads and ours, sent by our client.

The contract decides what each payload calls for; Schemathesis' checks give a second opinion.
"""

from collections.abc import Callable

import pytest

from conformance.probing import Answer

GENERATED = "schemathesis"


def test_schemathesis(answer: Answer, objections: Callable[[Answer], list[str]]) -> None:
    """Accepted or refused as the contract says, and no objection of the peer's."""
    answer.must_be_as_the_contract_says()
    if found := objections(answer):
        pytest.fail("Schemathesis objects: " + "; ".join(found), pytrace=False)
