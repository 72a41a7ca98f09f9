"""What goes wrong in practice (section 8 of the provider's contract), rehearsed row by
row.

The simulator plays the symptom over real HTTP; each test then looks at what a person is
shown, and that nothing was lost or half written. The number in a test's name is the
row.
"""
