"""Profiles and pseudonyms as people write them."""

import pytest

from dicomgallery.deid.profile import BASIC, Choice, Override, Profile, from_json
from dicomgallery.deid.pseudonyms import Pseudonyms
from dicomgallery.errors import RefusedError

SECRET = b"a secret of the tests"


def test_a_profile_comes_back_from_its_json_as_it_was() -> None:
    overrides = ((0x00080080, Override(Choice.KEEP, "the sponsor asks for it")),)
    profile = Profile("trial A", 3, overrides=overrides).with_options("clean_desc", "retain_full_dates", "clean_pixel")

    assert from_json(profile.as_json()) == profile
    assert from_json("{}") == BASIC


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("no", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"rules": {}}', "'rules', which is not known"),
        ('{"options": ["retain_all"]}', "no option 'retain_all'"),
        ('{"options": "clean_desc"}', "list of names"),
        ('{"name": "a\\nb"}', "name must be"),
        ('{"version": true}', "whole number above 0"),
        ('{"overrides": {"PatientName": {}}}', "not a tag"),
        ('{"overrides": {"(0010,0010)": {"action": "hide", "reason": "x"}}}', "must be one of keep"),
        ('{"overrides": {"(0010,0010)": {"action": "keep"}}}', "needs a reason"),
        ('{"overrides": {"(0010,0010)": 3}}', "must be one of keep"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_in_words(written: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words.replace("(", r"\(")):
        from_json(written)


def test_pseudonyms_come_from_a_list_before_the_pattern() -> None:
    pseudonyms = Pseudonyms(SECRET, "TRIAL-{hash}", {"5518203R": "P-001"})

    assert pseudonyms.subject("5518203R", "5518203R") == "P-001"
    assert pseudonyms.subject("other", "other").startswith("TRIAL-")
    assert pseudonyms.subject("other", "other") != pseudonyms.subject("another", "another")


@pytest.mark.parametrize(
    ("secret", "pattern", "listed"),
    [
        (b"short", "S-{hash}", {}),
        (SECRET, "SUBJECT", {}),
        (SECRET, "../{hash}", {}),
        (SECRET, "S-{hash}", {"1": "../../x"}),
        (SECRET, "S-{hash}", {"1": "P", "2": "P"}),
    ],
)
def test_what_would_make_bad_pseudonyms_is_refused(secret: bytes, pattern: str, listed: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        Pseudonyms(secret, pattern, listed)


def test_days_go_back_and_never_by_none() -> None:
    days = {Pseudonyms(SECRET).days_back(f"patient {number}") for number in range(200)}

    assert min(days) >= 31
    assert len(days) > 150
