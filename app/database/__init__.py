"""Reach the database: one way to read, one way to write.

Read: session (the session, `write_transaction`, SQLite's settings) → sqlite_lock (one
writer at a time) → migrate (bring the schema up to date) → raw (statements without the
ORM on the visitor's path) → ping (is an idle PostgreSQL connection still there). May
touch `config`.
"""
