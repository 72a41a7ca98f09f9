"""All we know about the Constant Contact V3 API, and nothing about us.

Read: errors (what can go wrong, each with its verdict) → http (the one door to the
network, over connections that keep a deadline) → oauth (authorize, exchange, refresh,
claims) → client (the calls we make) → contacts (a contact read and written whole).
"""
