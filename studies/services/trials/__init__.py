"""One participant before one item: which step comes next, what an answer may be, and what was on screen."""
