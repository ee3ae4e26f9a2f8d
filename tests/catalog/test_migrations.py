"""The migrations go up, down and up again on each database, and the models agree with them."""

from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa

from dicomgallery.models import (
    DeidDecision,
    DeidItem,
    DeidReview,
    DeidRun,
    Export,
    FrameFacts,
    Instance,
    Mark,
    db,
    now,
    transaction,
)
from dicomgallery.settings import Settings
from tests.catalog.cast import Cast
from tests.catalog.conftest import catalog_of


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database without tables."""
    if request.param == "sqlite":
        return Settings(data=tmp_path)
    url: str = request.getfixturevalue("postgres")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS migrated WITH (FORCE)"))
        connection.execute(sa.text("CREATE DATABASE migrated"))
    engine.dispose()
    return Settings(data=tmp_path, database_url=url.replace("/postgres?", "/migrated?"))


def test_up_down_and_up_again_leaves_what_the_models_say(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        first = _names()
        flask_migrate.downgrade(revision="base")
        assert _names() <= {"alembic_version", "sqlite_sequence"}
        flask_migrate.upgrade()
        flask_migrate.check()

        assert _names() == first
        db.engine.dispose()


def _names() -> set[str]:
    inspector = sa.inspect(db.engine)
    tables = set(inspector.get_table_names())
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang IN "
                "(SELECT oid FROM pg_language WHERE lanname = 'plpgsql')"
            )
        return tables | set(connection.execute(sa.text(query)).scalars())


def test_rows_from_before_the_position_was_kept_stay_and_have_none(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        Cast().series(images=3)
        _position("1\\2\\3")
        kept = _positions()

        flask_migrate.downgrade(revision="0001")
        assert "position" not in {column["name"] for column in sa.inspect(db.engine).get_columns("instance")}
        flask_migrate.upgrade()

        assert set(kept.values()) == {"1\\2\\3"}
        assert _positions() == dict.fromkeys(kept)
        db.engine.dispose()


def test_the_table_of_exports_is_dropped_and_made_anew_and_series_stay(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        series = Cast().series(images=2)
        with transaction() as session:
            session.add(
                Export(
                    workspace_id=1, owner_id="owner", series_key=series, kind="png", created_at=now(), expires_at=now()
                )
            )
        kept = _positions()

        flask_migrate.downgrade(revision="0006-1")
        assert "export" not in sa.inspect(db.engine).get_table_names()
        flask_migrate.upgrade()

        assert {index["name"] for index in sa.inspect(db.engine).get_indexes("export")} == {
            "ix_export_owner", "ix_export_series_key",
        }  # fmt: skip
        assert _positions() == kept
        db.engine.dispose()


def _position(position: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Instance).values(position=position))


def _positions() -> dict[str, str | None]:
    with db.engine.connect() as connection:
        return {row.sop_uid: row.position for row in connection.execute(sa.select(Instance.sop_uid, Instance.position))}


def test_what_frames_say_is_dropped_and_made_anew_and_instances_stay(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        series = Cast().series(images=2)
        (one, *_) = Cast().images_of(series)
        with transaction() as session:
            session.add(FrameFacts(instance_id=one, json_zlib=b"", concatenation_uid="1.2", in_concatenation_number=1))
        kept = _positions()

        flask_migrate.downgrade(revision="0004-1")
        assert "frame_facts" not in sa.inspect(db.engine).get_table_names()
        assert _positions() == kept
        flask_migrate.upgrade()

        indexes = {index["name"] for index in sa.inspect(db.engine).get_indexes("frame_facts")}
        assert indexes == {"ix_frame_facts_concatenation"}
        with db.engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(FrameFacts)).scalar() == 0
        assert _positions() == kept
        db.engine.dispose()


def test_marks_are_dropped_and_their_table_made_anew_and_instances_stay(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        (one, *_) = Cast().images_of(Cast().series(images=2))
        with transaction() as session:
            drawn = {"key": "k", "instance_key": one, "frame": 1, "kind": "probe", "points": "[[1, 2]]"}
            made = {"owner_id": "owner", "owner_name": "Owner", "created_at": now(), "changed_at": now()}
            session.add(Mark(workspace_id=1, **drawn, **made))
        kept = _positions()

        flask_migrate.downgrade(revision="0005-1")
        assert "mark" not in sa.inspect(db.engine).get_table_names()
        assert _positions() == kept
        flask_migrate.upgrade()

        indexes = {index["name"] for index in sa.inspect(db.engine).get_indexes("mark")}
        assert {"ix_mark_instance", "ix_mark_removed"} <= indexes
        with db.engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(Mark)).scalar() == 0
        db.engine.dispose()


def test_the_review_of_pixels_is_dropped_and_made_anew_and_its_objects_stay_set_apart(fresh: Settings) -> None:
    with catalog_of(fresh).app_context():
        flask_migrate.upgrade()
        with transaction() as session:
            run = DeidRun(workspace_id=1, owner_id="owner", profile="{}", object_count=1, created_at=now())
            session.add(run)
            session.flush()
            session.add(DeidItem(run_id=run.id, number=1, source_id=1, state="quarantined"))
            session.add(DeidReview(run_id=run.id, number=1, state="open"))
            said = {"verdict": "accept", "deed": "d", "reviewer_id": "owner", "decided_at": now()}
            session.add(DeidDecision(run_id=run.id, number=1, **said))

        flask_migrate.downgrade(revision="0008")
        assert {"deid_review", "deid_decision"}.isdisjoint(sa.inspect(db.engine).get_table_names())
        flask_migrate.upgrade()

        indexes = {index["name"] for index in sa.inspect(db.engine).get_indexes("deid_review")}
        assert indexes == {"ix_deid_review_state", "ix_deid_review_kind"}
        with db.engine.connect() as connection:
            assert connection.execute(sa.select(DeidItem.state)).scalars().all() == ["quarantined"]
            for table in (DeidReview, DeidDecision):
                assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
        db.engine.dispose()
