"""Signing in."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField
from wtforms.validators import DataRequired, Length

from dicomgallery.web.going_back import back


class SignInForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The owner's password, and where to go then."""

    password = PasswordField("Password", [DataRequired("Type the owner's password."), Length(max=1000)])
    next = HiddenField()

    @property
    def target(self) -> str:
        """The page of this gallery to go to; never another site's."""
        return back(self.next.data)
