"""The doctor: everything that can be looked at, each finding with what to do.

Read: checks (the list of them, in order) → finding → inside (settings, disk, database,
worker, people) → business (accounts, sign-ups, imports, mails) → outside (the mail
server and Constant Contact). It reads from every room and changes nothing.
"""
