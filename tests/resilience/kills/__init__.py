"""The token set's life under torture: many processes at one expiry, kills during
renewals, years in minutes.
"""
