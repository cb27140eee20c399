"""Who takes part: by which door, with whose consent, in which place, and what is kept about them."""
