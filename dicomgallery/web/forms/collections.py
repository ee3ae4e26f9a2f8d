"""Naming a collection."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from dicomgallery.catalog.collections import LONGEST_NAME


class CollectionForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """The name of a collection."""

    name = StringField(
        "Name",
        [
            DataRequired("Give the collection a name."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
    )

    @property
    def complaint(self) -> str:
        """What is wrong with the name, in a sentence."""
        return str((self.name.errors or [""])[0])
