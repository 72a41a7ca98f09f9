"""The account owner's pages: connect once, and see how it is going. No login.

Read: connect (invitation, the authorize redirect, the callback) → status (the status
page). May touch `accounts`; `constant_contact` only for a fresh secret.
"""
