"""The REST face of the services."""
