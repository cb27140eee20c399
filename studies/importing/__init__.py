"""A study out of an export: read as a stranger's, checked, and stored whole or not at all."""

from studies.importing.importing import import_study

__all__ = ["import_study"]
