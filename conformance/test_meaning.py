"""What answers mean, beside each other: ids, clocks, customers at the same moment.

> Creates a new end user of your app in Adapty.
"""

from conformance.probing import Answer, probes

CHAPTER = "meaning"


@probes("identity.*", "response.*", expect="accept")
def test_customers_are_kept_apart(answer: Answer) -> None:
    """Many customers at the same moment, and one that has purchases."""
    answer.must_be_accepted()


@probes("request.*", expect="open")
def test_repetitions_are_survived(answer: Answer) -> None:
    """The same customer again; two attributes of one name."""
    answer.must_be_survived()
