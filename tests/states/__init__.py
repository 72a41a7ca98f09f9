"""The catalogue of faults, row by row: of tokens and the OAuth flow, of accepting
sign-ups, of delivering them.

The number in a test's name is the row; `test_rows` says which rows have none. Each
fault is made in the simulator, in the database or in a process of its own; then the
simulator's own count of calls, the stored rows, the account's page and the mails say
what came of it.
"""
