"""A TCP proxy that fails on request, and a stream of requests that tells what was lost. Python's standard library alone."""
