"""A fuzz: batches of generated requests, until a limit of the operator's is reached."""

from collections.abc import Callable


def test_fuzz(turn: int, search: Callable[[], list[str]]) -> None:
    """No promise is seen broken. What replaces a worker that was lost takes its next turn."""
    broken = search()
    assert not broken, f"{len(broken)} broken in turn {turn}: {', '.join(broken)}"
