"""Accounts: connected, in trouble, moved.

Read: views (list, one account) → connections (reconnect, disconnect, status pages) →
transfer (forms and sign-ups move to another account) → timeline (what happened) →
permissions (what a grant allows, by route); sender_form has the inputs of who stands
behind its forms.
"""
