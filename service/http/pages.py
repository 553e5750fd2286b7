"""Pages to read in a browser."""

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    """Say what this is and how to ask it."""
    return render_template("home.html")


def register(app: Flask) -> None:
    """Add the pages to an app."""
    app.register_blueprint(pages)
