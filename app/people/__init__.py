"""Who may sign in.

Read: models (users and their roles) → sign_in (Flask-Security, its words and its throttle).
"""
