"""What is so right now: who waits and why, and whether a worker delivers.

Read: worker_health (is a worker alive, is anything overdue) → machine (disk and clock)
→ waiting (every waiting sign-up has exactly one cause). May touch `accounts`,
`delivery`, `signups` and `stats`, reading only.
"""
