"""A fuzz: batches of generated requests, until a limit of the operator's is reached."""


def test_fuzz(turn: int, broken: list[str]) -> None:
    """No promise is seen broken. What replaces a worker that was lost takes its next turn."""
    assert not broken, f"{len(broken)} broken in turn {turn}: {', '.join(broken)}"
