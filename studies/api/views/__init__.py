"""Views of the REST API: look the study up for this user, call one service, answer."""
