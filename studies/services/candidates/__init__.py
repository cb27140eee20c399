"""The samples people choose among: drawn, added to, mixed, and told apart by family."""
