"""What this service can do (PS3.18 8.9): read from its own routes, so that it is true."""

import re
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from dicomgallery.access import Permission
from dicomgallery.catalog.dicomweb.asking import MOST_RESULTS
from dicomgallery.dicomweb import negotiation
from dicomgallery.dicomweb.addresses import PREFIX, service_url
from dicomgallery.serving.identity import needs

WADL: Final = "application/vnd.sun.wadl+xml"
_JSON: Final = "application/json"
_OFFERS: Final = ((_JSON, False), (WADL, False), ("application/xml", False))
_VARIABLE: Final = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
_SEARCHES: Final = "dicomweb_search."
_PARAMETERS: Final = ("limit", "offset", "includefield", "fuzzymatching", "emptyvaluematching", "multiplevaluematching")

bp = Blueprint("dicomweb_capabilities", __name__, url_prefix=PREFIX)
bp.after_request(negotiation.varied)


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that can be done."""

    path: str
    """With its variables in braces."""
    method: str
    summary: str
    parameters: tuple[str, ...] = ()


@bp.get("/capabilities")
@bp.route("/", methods=["OPTIONS"], provide_automatic_options=False)
@needs(Permission.VIEW)
def capabilities() -> ResponseReturnValue:
    """All that this service can do, as JSON, or as WADL to who asks for XML."""
    found = _found()
    liked = negotiation.liked(_OFFERS)
    if liked is not None and liked[0] != _JSON:
        return Response(_wadl(found), mimetype=WADL)
    return jsonify(
        service=service_url(),
        most_results=MOST_RESULTS,
        capabilities=[
            {"path": one.path, "method": one.method, "summary": one.summary, "parameters": list(one.parameters)}
            for one in found
        ],
    )


def _found() -> list[Capability]:
    found: list[Capability] = []
    for rule in current_app.url_map.iter_rules():
        if not rule.rule.startswith(PREFIX):
            continue
        summary = (current_app.view_functions[rule.endpoint].__doc__ or "").partition("\n")[0]
        parameters = _PARAMETERS if rule.endpoint.startswith(_SEARCHES) else ()
        path = _VARIABLE.sub(r"{\1}", rule.rule.removeprefix(PREFIX))
        methods = (rule.methods or set()) - {"HEAD"}
        # Flask answers OPTIONS everywhere; ours is the one that tells something.
        methods = methods - {"OPTIONS"} or methods
        found += [Capability(path, method, summary, parameters) for method in methods]
    return sorted(found, key=lambda one: (one.path, one.method))


def _wadl(found: list[Capability]) -> str:
    resources = "".join(
        f"<resource path={quoteattr(one.path.lstrip('/'))}><method name={quoteattr(one.method)}>"
        f"<doc title={quoteattr(one.summary)}/><request>"
        + "".join(f'<param name={quoteattr(name)} style="query"/>' for name in one.parameters)
        + "</request></method></resource>"
        for one in found
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><application xmlns="http://wadl.dev.java.net/2009/02">'
        f"<resources base={quoteattr(service_url() + '/')}>{resources}</resources></application>"
    )
