"""The first page: one sentence, and a card for each thing that needs a person.

Read: views → cards.
"""
