"""Reach the database: one way to read, one way to write.

Files in reading order:

- session: the session, and `write_transaction`
- leases: a row claimed for a while, and the fence for whoever overslept
- sqlite_driver: which SQLite library, and which journal
- sqlite_lock: one writer at a time
- migrate: the schema is brought up to date
- raw: statements without the ORM, on the visitor's path
- connect_options: what we ask of every connection to PostgreSQL
- folding: text as it is searched, without case and accents
- patience: how long the database may take
- silence: how long anybody waits for a PostgreSQL that does not answer

It may touch `config`.
"""
