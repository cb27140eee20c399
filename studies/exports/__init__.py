"""Exports of a study: one file per table, document and container, and the checks that read them back."""
