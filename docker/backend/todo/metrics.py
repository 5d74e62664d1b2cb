"""Numbers for Prometheus: requests (rate, errors, duration), the pool, the chat, what waits to be pushed."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

requests = Counter("todo_http_requests_total", "Requests that have ended", ["method", "route", "status"])
durations = Histogram("todo_http_request_duration_seconds", "Time until the answer had been sent", ["method", "route"], buckets=BUCKETS)
in_progress = Gauge("todo_http_requests_in_progress", "Requests being answered")

pool_size = Gauge("todo_database_pool_size", "Connections that requests may have open")
pool_in_use = Gauge("todo_database_pool_in_use", "Connections that requests are using")

chat_turns = Counter("todo_chat_turns_total", "Chat messages answered, by how it ended (ok, stopped, or the error's code)", ["outcome"])
chat_tokens = Counter("todo_chat_tokens_total", "Tokens that the model has counted (or we, where it doesn't)")
chat_first_token = Histogram(
    "todo_chat_first_token_seconds", "Time until the model's first token", buckets=(0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
)

deliveries = Counter("todo_push_deliveries_total", "Attempts to push a message, by outcome", ["outcome"])
deliveries_pending = Gauge("todo_push_deliveries_pending", "Messages that wait to be pushed")
deliveries_oldest = Gauge("todo_push_deliveries_oldest_seconds", "How long the longest-waiting message is overdue")
worker_ticks = Counter("todo_worker_ticks_total", "Rounds of the worker, by result", ["result"])


def watch_pool(engine: AsyncEngine) -> None:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    pool_size.set_function(pool.size)
    pool_in_use.set_function(pool.checkedout)
