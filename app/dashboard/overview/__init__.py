"""The first page: one true sentence, a card for each thing that needs somebody, and
where every sign-up is.

Read: views → situation (everything it speaks of, read once) → headline (the worst need
is the heading) → need (one of them) → house, accounts, signups (what can be wrong).
"""
