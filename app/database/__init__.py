"""Reach the database: one way to read, one way to write.

Read: session (the session, `write_transaction`, SQLite's settings) → sqlite_driver (which
SQLite library, and its journal) → sqlite_lock (one writer at a time) → leases (a row
claimed for a while, and the fence for whoever overslept) → migrate (bring the schema up to date) → raw (statements without the
ORM on the visitor's path) → ping (is an idle PostgreSQL connection still there). May
touch `config`.
"""
