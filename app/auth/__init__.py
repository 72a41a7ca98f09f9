"""Decide who may sign in; touches no other room but the gate.

Read: models (users and their roles) → users (made, changed, refused) → sign_in
(Flask-Security, its words and its throttle) → sign_in_form (who it is, at the same
cost for every address) → sessions (a row for each) → alert_choices
(the mails that an admin wants) → first_admin (the one-time link to the
first account).
"""
