"""What a participant's screen must be like, and how that is checked."""
