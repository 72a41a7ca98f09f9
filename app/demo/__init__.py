"""The whole product alive on one machine: `make demo`.

Read: __main__ → run (from start to end) → processes (the simulator and the app) → child
(a process that ends with the demo) → story (thirty days: all but two written as rows,
the last two played by the real app) → control (the simulator's control API, a clock
that is set) → stage (accounts and forms) → visits (who signs up when) → people (their
names) → history (the days that are written as rows).
"""
