"""Statements that run at the driver do what SQLAlchemy's own execution does, on each database."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from dicomgallery.models import Collection, Direct, Patient, UtcDateTime, apart, db, transaction

AT = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
ADD = Direct(insert(Patient).returning(Patient.id))
FIND = Direct(select(Patient.id, Patient.name).where(Patient.patient_id == bindparam("called")))
RENAME = Direct(
    update(Patient)
    .where(Patient.id == bindparam("key"))
    .values(name=bindparam("new"), received_at=bindparam("at", type_=UtcDateTime))
)


def row(patient_id: str) -> dict[str, object]:
    return {"workspace_id": 1, "patient_id": patient_id, "name": f"Name^{patient_id}", "received_at": AT}


def test_rows_come_back_in_the_order_asked(app: Flask) -> None:
    del app
    with transaction() as session:
        made = ADD.rows_of_each(session, [row(str(number)) for number in range(5)])
        found = FIND.rows_of_each(session, [{"called": "3"}, {"called": "nobody"}, {"called": "1"}])

    ids = [rows[0][0] for rows in made]
    assert ids == sorted(ids)
    assert found == [[(ids[3], "Name^3")], [], [(ids[1], "Name^1")]]


def test_columns_that_are_not_given_have_their_defaults_and_instants_their_zone(app: Flask) -> None:
    del app
    with transaction() as session:
        [[(key,)]] = ADD.rows_of_each(session, [row("1")])
        RENAME.run(session, {"key": key, "new": "Other", "at": AT.replace(year=2025, day=1)})

    patient = db.session.get_one(Patient, key)
    assert (patient.name, patient.issuer, patient.study_count) == ("Other", "", 0)
    assert patient.received_at == AT.replace(year=2025, day=1)


def test_a_broken_rule_is_told_as_everywhere_but_without_the_values(app: Flask) -> None:
    del app
    with transaction() as session:
        ADD.rows(session, row("Doe"))

    with pytest.raises(IntegrityError) as failure, transaction() as session:
        ADD.rows(session, row("Doe"))

    assert failure.value.hide_parameters
    assert not failure.value.params


def test_apart_leaves_everything_or_nothing_and_shows_it_to_who_read_before(app: Flask) -> None:
    del app
    everyone = select(Patient.patient_id).order_by(Patient.patient_id)
    assert list(db.session.scalars(everyone)) == []

    with apart() as session:
        ADD.rows(session, row("at the driver"))
        session.add(Patient(**row("by the session")))
    assert list(db.session.scalars(everyone)) == ["at the driver", "by the session"]

    with pytest.raises(IntegrityError), apart() as session:
        ADD.rows_of_each(session, [row("lost with the other"), row("at the driver")])
    assert list(db.session.scalars(everyone)) == ["at the driver", "by the session"]


def test_a_broken_rule_among_many_undoes_all_of_them(app: Flask) -> None:
    del app
    with pytest.raises(IntegrityError), transaction() as session:
        ADD.rows_of_each(session, [row("1"), row("2"), row("1")])

    assert db.session.scalars(select(Patient.id)).all() == []


def test_outside_a_transaction_nothing_runs(app: Flask) -> None:
    del app
    with pytest.raises(RuntimeError, match="inside a transaction"):
        FIND.rows(db.session(), {"called": "1"})


def test_a_transaction_inside_another_one_is_refused_and_undoes_both(app: Flask) -> None:
    del app

    def begin_twice() -> None:
        with transaction() as session:
            ADD.rows(session, row("1"))
            with transaction():
                pass

    with pytest.raises(RuntimeError, match="inside another"):
        begin_twice()

    with transaction() as session:
        ADD.rows(session, row("2"))

    assert db.session.scalars(select(Patient.patient_id)).all() == ["2"]


def test_a_list_of_values_is_refused(app: Flask) -> None:
    del app
    listed = Direct(select(Collection.id).where(Collection.id.in_(bindparam("keys", expanding=True))))

    with pytest.raises(ValueError, match="no fixed place"), transaction() as session:
        listed.rows(session, {"keys": [1]})


def test_a_connection_that_breaks_is_told_as_everywhere_and_the_next_deed_has_another(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server that could go away")

    def lose_the_server() -> None:
        with transaction() as session:
            own = session.scalar(text("SELECT pg_backend_pid()"))
            with db.engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
            ADD.rows(session, row("1"))

    with pytest.raises(OperationalError):
        lose_the_server()

    with transaction() as session:
        ADD.rows(session, row("2"))

    assert db.session.scalars(select(Patient.patient_id)).all() == ["2"]


def test_a_column_more_than_the_first_time_is_refused_not_forgotten(app: Flask) -> None:
    del app
    add = Direct(insert(Patient))
    with transaction() as session:
        add.run(session, row("1"))

    with pytest.raises(ValueError, match="same parameters"), transaction() as session:
        add.run(session, row("2") | {"sex": "F"})
