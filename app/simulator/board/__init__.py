"""Where people rehearse bad days.

Read: bad_days (what can be played) → acts (how) → views.
"""
