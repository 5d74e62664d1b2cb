"""Web push: who wants it, where it may go, and how it is sealed."""
