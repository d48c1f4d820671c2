"""What schemathesis is to look for besides its own checks: a request that fits the document is not refused
as a bad one. `run.py` has schemathesis load this file."""

import schemathesis

REFUSED_AS_BAD = {400, 406, 408, 413, 414, 415, 422, 431}

# What no JSON Schema says, by the code of the refusal, with the reason.
ANYWHERE = {
    "invalid_username": "which letters go together is no regular expression that all dialects read",
    "invalid_display_name": "likewise",
    "invalid_chat_name": "likewise",
    "invalid_password": "its bound is in bytes, and JSON Schema counts characters",
    "invalid_email": "likewise",
    "message_too_long": "likewise",
    "too_large": "likewise, of the whole body",
}
BY_OPERATION = {
    ("POST", "/api/users/{id}/erase", "not_confirmed"): "it must be the username of that account",
    ("POST", "/api/users/{id}/chat", "invalid_query"): "with oneself there is no private chat",
    ("GET", "/api/messages", "invalid_query"): "from must not be after to",
    ("GET", "/api/search", "invalid_query"): "a query has a language of its own, and a page an order",
    ("POST", "/api/uploads", "file_too_large"): "the administrator says how long a file may be",
    ("POST", "/api/uploads", "invalid_upload"): "metadata are pairs of a name and base64",
    ("GET", "/api/chats/{id}/messages", "invalid_query"): "before, after and around exclude each other",
}




def with_fractions_of_nothing(value):
    """7 as 7.0, which is an integer to JSON Schema."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    if isinstance(value, dict):
        return {name: with_fractions_of_nothing(member) for name, member in value.items()}
    return value


@schemathesis.hook
def map_body(ctx, body):
    # Every other one, by what is in it, so that a seed gives the same again.
    return with_fractions_of_nothing(body) if len(repr(body)) % 2 else body


def says_nothing(case):
    """A message needs a text or a file; generators of clients cannot read a schema that says so."""
    if (case.method.upper(), case.path) != ("POST", "/api/chats/{id}/messages"):
        return False
    return isinstance(case.body, dict) and not case.body.get("content") and not case.body.get("uploads")


@schemathesis.check
def what_fits_is_not_refused(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code not in REFUSED_AS_BAD:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    code = problem.get("code")
    if code in ANYWHERE or (case.method.upper(), case.path, code) in BY_OPERATION or says_nothing(case):
        return
    raise AssertionError(f"it fits the document and is refused: {response.status_code} {problem}")
