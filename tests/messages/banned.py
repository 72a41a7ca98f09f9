"""Words and phrases that no sentence for people may have, and what to write instead.

To add one, add a line: a regular expression for whole words, in any case, and the
advice. A space stands for any white space, so a phrase is found across lines.
"""

BANNED: dict[str, str] = {
    # How people do not speak.
    r"anew": "again, or a verb with re-",
    r"as ever": "as usual, or nothing",
    r"by themselves": "say who does it: Latchkey sends them",
    r"by itself": "automatically, or say who does it",
    r"of (?:its|their) own": "its, their, or separate",
    r"whoever": "the person who, or name them: your administrator",
    r"let the owner": "ask the owner to",
    r"lies|lie in|lying": "is",
    r"stands?|stood": "is",
    r"looked at": "checked, opened, read",
    r"told|be told": "sent an email, shown, notified",
    r"once more": "again",
    r"is for": "say what it does",
    # Terms.
    r"ageing": "renewal overdue",
    r"parked|parking": "needs a fix",
    r"allowances?": "daily API limit",
    r"troubles?": "problem",
    r"mended|mends?": "fixed, recovered",
    r"sealed|seals?": "encrypted",
    r"does not open|do not open": "cannot be decrypted",
    r"does not hold": "does not add up: some sign-ups are missing",
    r"e-mails?": "email",
    r"mail address(?:es)?": "email address",
    r"by mail": "by email",
    # Phrases.
    r"look at \S+ things again": "There's a problem with 3 answers",
    r"words are beside": "Constant Contact said: ...",
    r"come through whole": "finished with errors",
    r"made in five minutes": "build a form and embed it anywhere",
    r"roundness|width at most": "corner radius, maximum width",
    r"signed up of those": "conversion rate",
    r"or how it begins": "search by name or email",
    r"good for how many": "expires after (days)",
    r"(?:send|close) the chosen": "send selected, close selected",
    r"do not ask for": "remove",
    r"days left unused": "expires if unused for 180 days (179 left)",
    r"(?<![\d,.])0 (?:sign-ups|people) (?:are|wait)": "nobody is waiting",
    r"pressed? it": "select the button",
    r"organisations?": "organization",
    r"nobody who signs up is lost": "no sign-ups are lost",
}
