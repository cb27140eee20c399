"""Pixel arithmetic in plain numpy: nothing here knows Django, torch or people."""
