"""Rehearsals: simulated participants and raters, marked as such everywhere."""
