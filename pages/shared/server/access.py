"""Who may read what the server tells: one check for Streamlit's websocket and for our routes.

Streamlit compares a page's ``Origin`` with the ``Host`` that it asked for. A foreign page whose
name was made to point at this machine (DNS rebinding) sends its own name as both, so that the
names under which the server answers must be known too: ``server.allowedHosts``.
"""

from __future__ import annotations

import ipaddress

from starlette.requests import Request
from streamlit import config, url_util

# The websocket's own check, which has no public name.
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def limit_hosts() -> None:
    """Let a server that only this machine reaches answer under this machine's names alone.

    What a person set is left: ``server.allowedHosts``; and ``server.enableCORS = false``, which
    gives up the check of origins. A server that others reach answers under any name, as Streamlit
    does, for only they know it.
    """
    address = config.get_option("server.address")
    if config.get_option("server.allowedHosts") or not config.get_option("server.enableCORS"):
        return
    if not address or not _is_this_machine(address):
        return
    others = [*config.get_option("server.corsAllowedOrigins")]
    if config.is_manually_set("browser.serverAddress"):
        others.append(config.get_option("browser.serverAddress"))
    hosts = [url_util.get_hostname(other) for other in others]
    allowed = [*_THIS_MACHINE, address, *(host for host in hosts if host)]
    config.set_option("server.allowedHosts", list(dict.fromkeys(allowed)))


def is_allowed(request: Request) -> bool:
    """Whether the websocket would take a request with the same ``Origin`` and ``Host``.

    Blocks: of an origin that it does not know, Streamlit asks this machine's addresses.
    """
    return _is_origin_allowed(request.headers.get("Origin"), request.headers.get("Host"))


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
