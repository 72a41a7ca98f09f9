"""What a visitor will be shown.

Files in reading order:

- models: the rows of forms, of their consent wordings and of how often they are seen
- fields: what a form can ask, and a saved form's questions
- draft: what an admin wants a form to be
- service: makes and changes forms
- versions: how each form looked, for evidence
- validation: what keeps a draft from being saved
- sites, theme: addresses and looks that a draft may name
- gone: lists and fields that were deleted at Constant Contact
- starters: three forms to begin with
- looks: six themes to begin with
- answer_text: a sign-up's answers in the words of its form

It may read an account's stored facts (accounts/facts, accounts/models) and the ground.
It has no way to call Constant Contact.
"""
