"""Hypothesis: a short, seeded search among valid payloads and single violations."""

from conformance.probing import Answer

GENERATED = "hypothesis"


def test_hypothesis(answer: Answer) -> None:
    """Accepted or refused as the contract says."""
    answer.must_be_as_the_contract_says()
