"""Todo service."""
