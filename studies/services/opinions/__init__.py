"""The rating phase: stimuli, who rates what in which order, and the scores."""
