"""Say where a page that answers a post can be opened again.

A page that shows what is wrong answers the post itself, so Back and Reload would ask
whether to send it again. `static/js/app.js` gives its entry in the history the address
of the page instead: what may be sent is long, and holds passwords, so no draft of it is
kept anywhere.
"""

from flask import Flask, current_app, request


def init(app: Flask) -> None:
    """Give the templates `page_again`."""
    app.add_template_global(page_again)


def page_again() -> str | None:
    """Return the address of this page, "" for the page before it, None after no post."""
    if request.method != "POST":
        return None
    for rule in current_app.url_map.iter_rules():
        # not any rule that fits: /forms/preview is no form's page
        same = request.url_rule is not None and rule.rule == request.url_rule.rule
        if same and "GET" in (rule.methods or ()):
            return request.full_path.rstrip("?")
    return ""
