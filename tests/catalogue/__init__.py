"""The catalogue of faults of tokens and of the OAuth flow, row by row: a fault there or here, and what people see.

The number in a test's name is the row. Each fault is made in the simulator, in the database or in a process of its
own; then the simulator's own count of calls, the stored rows, the account's page and the mails say what came of it.
"""
