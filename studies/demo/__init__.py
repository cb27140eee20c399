"""The demonstration: an example study of hard-to-read digits, with or without a browser."""
