"""The page of whoever is signed in: who they are, and which email alerts they want.

Read: views.
"""
