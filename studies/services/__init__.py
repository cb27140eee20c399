"""What can be done to a study: views, API, tasks and commands call these, and nothing else writes.

The journey's verbs stand here; what stands behind them, in folders by what it is about.
"""
