"""Setup: the API key, mail.

Read: views.
"""
