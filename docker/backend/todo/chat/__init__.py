"""Talking to the list: a model that calls tools, within limits."""
