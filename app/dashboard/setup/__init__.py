"""Setup: the API key, mail, blocked addresses.

Read: views → blocked (addresses whose sign-ups are held).
"""
