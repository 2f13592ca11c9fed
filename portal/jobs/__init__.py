"""Thin RQ jobs, the queues, the tick and the worker."""
