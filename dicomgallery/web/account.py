"""Signing in with the owner's password, where one is asked for."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dicomgallery.serving import identity
from dicomgallery.serving.identity import open_to_all
from dicomgallery.web.forms.account import SignInForm

bp = Blueprint("account", __name__)


@bp.route("/login", methods=["GET", "POST"])
@open_to_all("Nobody is known before they have signed in.")
def sign_in() -> ResponseReturnValue:
    """Ask for the password; go on to the page that was asked for."""
    form = SignInForm(next=request.args.get("next", "/"))
    if not identity.is_guarded():
        return redirect(form.target, 303)
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form)
    if not identity.password_is_right(form.password.data):
        return render_template("account/sign_in.html", form=form, wrong=True), 401
    identity.sign_in()
    return redirect(form.target, 303)


@bp.post("/logout")
@open_to_all("It only forgets who uses this browser.")
def sign_out() -> ResponseReturnValue:
    """Forget who uses this browser."""
    identity.sign_out()
    return redirect(url_for("account.sign_in"), 303)
