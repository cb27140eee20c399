"""Studies in Django's admin: made and changed by the same rules as on their own pages; votes are read-only.

A participant's secret (the hash of their cookie) and the seeds of their orders are shown nowhere.
"""

from studies.admin import analysis, people, rating, studies, texts, votes

__all__ = ["analysis", "people", "rating", "studies", "texts", "votes"]
