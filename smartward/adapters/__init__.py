"""Adapters: each client library's one home. Only composition roots choose among them."""
