"""From votes to evidence: the plan and its versions, ensembles, and how far they can be trusted."""
