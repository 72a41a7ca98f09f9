"""The whole product alive on one machine: `make demo`.

Read: __main__ → run (simulator and app as two processes, what to open) → story (thirty
days, played through the real house in seconds) → people (who signs up).
"""
