"""The service over HTTP: what a corpus answers, as JSON and as pages. Only here is Flask."""

from service.http.app import create_app
from service.http.server import serve

__all__ = ["create_app", "serve"]
