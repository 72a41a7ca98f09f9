"""Where people rehearse bad days.

Files in reading order:

- bad_days: what can be played
- acts: how each is begun, recognised and ended
- playing: beginning them and taking them back
- views: the page
"""
