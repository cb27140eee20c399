"""Votes into numbers: numpy and scipy only, no Django, so that every estimate can be checked by itself."""
