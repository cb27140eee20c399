"""People: studies, items, participants, ballots, and the evidence drawn from them."""
