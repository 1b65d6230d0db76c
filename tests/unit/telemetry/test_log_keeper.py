"""Sealing, compaction and retention as one: what a reader counts stays the same until it is past its time."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb

from ingate.domain.price import ExchangeCost
from ingate.telemetry.journal import Journal
from ingate.telemetry.log_plan import plan_reading
from ingate.telemetry.log_rows import render_rows
from ingate.telemetry.segments import Manifest, get_table_folder, read_manifest

from .log_files import DAY, NOON, Upkeep, make_exchange, read_ids, write_journal

TODAY = "2026-11-22"


def make_ids(start: int, end: int) -> list[str]:
    return [f"req_{number:05d}" for number in range(start, end)]


def write_ids(data: Path, ids: list[str], opened: float = NOON) -> Path:
    return write_journal(data, [make_exchange(one, opened + index) for index, one in enumerate(ids)], opened=opened)


def read_day(data: Path, day: str = TODAY) -> Manifest:
    manifest = read_manifest(get_table_folder(data) / day)
    assert manifest is not None
    return manifest


def test_a_closed_journal_becomes_a_segment_and_goes_after_the_grace(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 100))
    upkeep = Upkeep(tmp_path)

    assert [work.kind for work in upkeep.work()] == ["recovered", "sealed"]

    assert path.exists()
    assert read_ids(tmp_path) == make_ids(0, 100)
    assert plan_reading(tmp_path).journals == ()
    upkeep.now += 59
    assert upkeep.work() == []
    upkeep.now += 1
    assert [work.kind for work in upkeep.work()] == ["unlinked"]
    assert not path.exists()
    assert read_ids(tmp_path) == make_ids(0, 100)


def test_a_journal_that_is_being_written_is_left_alone_and_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", worker=0, wall_clock=lambda: NOON)
    journal.append(make_exchange("req_1"))
    upkeep = Upkeep(tmp_path)

    assert [work.kind for work in upkeep.work_through(DAY)] == ["recovered"]

    assert read_ids(tmp_path) == ["req_1"]
    journal.append(make_exchange("req_2"))
    assert read_ids(tmp_path) == ["req_1", "req_2"]
    journal.close()
    assert [work.kind for work in upkeep.work()] == ["sealed", "compacted"]


def test_a_journal_that_somebody_still_reads_is_sealed_but_not_deleted(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    upkeep = Upkeep(tmp_path, held={path.name})
    upkeep.work_through(600)
    assert path.exists()
    assert read_ids(tmp_path) == make_ids(0, 3)

    upkeep.held.clear()

    assert [work.kind for work in upkeep.work()] == ["unlinked"]


def test_a_journal_without_records_leaves_no_segment(tmp_path: Path) -> None:
    path = write_journal(tmp_path, [])
    upkeep = Upkeep(tmp_path)
    upkeep.work_through(60)
    assert not path.exists()
    assert read_day(tmp_path).segments == ()
    assert read_ids(tmp_path) == []


def test_rows_are_the_same_before_and_after_sealing(tmp_path: Path) -> None:
    cost = ExchangeCost(*(Decimal(text) for text in ("0.003612", "0.00465", "0.000000000001", "0", "0", "0.01")))
    write_journal(
        tmp_path,
        [make_exchange("req_1", NOON + 0.123456, cost=cost), make_exchange("req_2", NOON + 1, status=529)],
    )

    def read_rows() -> list[tuple[object, ...]]:
        plan = plan_reading(tmp_path)
        query = f"SELECT * FROM ({render_rows(plan.segments, plan.journals)}) ORDER BY RequestId"  # noqa: S608
        return duckdb.connect().execute(query).fetchall()

    hot = read_rows()
    Upkeep(tmp_path).work()
    plan = plan_reading(tmp_path)
    assert (len(plan.journals), len(plan.segments)) == (0, 1)
    assert read_rows() == hot
    assert Decimal("0.018262000001") in hot[0]


def test_a_torn_end_and_unreadable_lines_are_counted_and_kept_aside(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    whole = path.read_bytes()
    path.write_bytes(
        whole + b'{"time":17953\n' + b"\0" * 50 + b"\n" + whole.splitlines()[1] + b"\n" + b'{"time":1.5,"reque'
    )
    upkeep = Upkeep(tmp_path)

    upkeep.work_through(60)

    assert upkeep.keeper.damages == {"corrupt": 2, "torn": 1}
    assert read_ids(tmp_path) == ["req_00000", *make_ids(0, 3)]
    assert not path.exists()
    assert (tmp_path / "journal/damaged" / path.name).read_bytes().startswith(whole)


def test_a_torn_end_alone_is_nothing_to_keep(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    path.write_bytes(path.read_bytes() + b'{"time":1.5,"reque')
    upkeep = Upkeep(tmp_path)
    assert read_ids(tmp_path) == make_ids(0, 3)

    upkeep.work_through(60)

    assert read_ids(tmp_path) == make_ids(0, 3)
    assert not path.exists()
    assert not (tmp_path / "journal/damaged").exists()


def test_a_line_longer_than_any_record_does_not_stop_the_others(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    path.write_bytes(path.read_bytes() + b"x" * 20_000_000 + b"\n")
    upkeep = Upkeep(tmp_path)

    upkeep.work_through(60)

    assert read_ids(tmp_path) == make_ids(0, 3)
    assert (tmp_path / "journal/damaged" / path.name).exists()


def test_a_journal_of_a_later_format_is_reported_and_stays(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    path.write_bytes(path.read_bytes().replace(b'"journal_format":1', b'"journal_format":9', 1))
    upkeep = Upkeep(tmp_path)

    assert [work.kind for work in upkeep.work_through(60)] == ["recovered"]

    assert upkeep.keeper.damages == {"unknown format": 1}
    assert path.exists()
    assert plan_reading(tmp_path).unreadable == (f"{path.name} has format 9",)


def test_every_row_is_found_once_after_each_step(tmp_path: Path) -> None:
    for hour in range(17):
        write_ids(tmp_path, make_ids(hour * 10, hour * 10 + 10), NOON + hour)
    upkeep = Upkeep(tmp_path)
    kinds: set[str] = set()
    for _ in range(60):
        work = upkeep.keeper.step(upkeep.now)
        kinds |= {work.kind} if work is not None else set()
        upkeep.now += 2000
        assert read_ids(tmp_path) == make_ids(0, 170)
    assert kinds == {"recovered", "sealed", "unlinked", "compacted", "deleted"}


def test_many_segments_of_today_become_one_and_the_old_ones_go(tmp_path: Path) -> None:
    for hour in range(16):
        write_ids(tmp_path, make_ids(hour * 10, hour * 10 + 10), NOON + hour)
    upkeep = Upkeep(tmp_path)

    assert [work.kind for work in upkeep.work()] == ["recovered", *["sealed"] * 16, "compacted"]

    assert [segment.rows for segment in read_day(tmp_path).segments] == [160]
    assert len(list(get_table_folder(tmp_path).rglob("*.parquet"))) == 17
    upkeep.now += 60
    upkeep.work()
    assert len(list(get_table_folder(tmp_path).rglob("*.parquet"))) == 1
    assert list((tmp_path / "journal").iterdir()) == []
    assert read_ids(tmp_path) == make_ids(0, 160)
    assert len(read_day(tmp_path).journals) == 0


def test_a_day_that_is_over_becomes_segments_of_a_bounded_size_sorted_by_time(tmp_path: Path) -> None:
    for hour in range(5):
        write_ids(tmp_path, make_ids(hour * 10, hour * 10 + 10), NOON + 3600 * hour)
    upkeep = Upkeep(tmp_path, segment_rows=25)
    upkeep.work()
    assert len(read_day(tmp_path).segments) == 5

    upkeep.now += DAY
    upkeep.work_through(60)

    segments = read_day(tmp_path).segments
    assert [segment.rows for segment in segments] == [20, 20, 10]
    assert all(segment.is_compacted for segment in segments)
    assert read_ids(tmp_path) == make_ids(0, 50)
    assert upkeep.work() == []


def test_segments_have_bloom_filters_for_ids(tmp_path: Path) -> None:
    write_ids(tmp_path, make_ids(0, 5000))
    upkeep = Upkeep(tmp_path, now=NOON + 2 * DAY)
    upkeep.work()
    (segment,) = plan_reading(tmp_path).segments
    query = "SELECT path_in_schema, bloom_filter_offset IS NOT NULL FROM parquet_metadata(?)"
    filters = dict(duckdb.connect().execute(query, [str(segment)]).fetchall())
    assert filters["RequestId"]
    assert filters["CorrelationId"]


def test_days_past_their_time_give_the_disk_back(tmp_path: Path) -> None:
    write_ids(tmp_path, make_ids(0, 10), NOON)
    write_ids(tmp_path, make_ids(10, 20), NOON + DAY)
    upkeep = Upkeep(tmp_path, retention_days=2, now=NOON + DAY)
    upkeep.work_through(60)
    assert read_ids(tmp_path) == make_ids(0, 20)

    upkeep.now = NOON + 2.5 * DAY
    upkeep.work()
    assert read_ids(tmp_path) == make_ids(10, 20)
    upkeep.now += 60
    upkeep.work()

    assert [folder.name for folder in get_table_folder(tmp_path).iterdir()] == ["2026-11-23"]


def test_a_day_with_a_journal_that_is_still_needed_waits(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 10))
    upkeep = Upkeep(tmp_path, retention_days=2, now=NOON + 9 * DAY, held={path.name})
    upkeep.work_through(60)
    assert read_ids(tmp_path) == make_ids(0, 10)

    upkeep.held.clear()
    upkeep.work_through(60)

    assert read_ids(tmp_path) == []
    assert list(get_table_folder(tmp_path).iterdir()) == []


def test_a_second_keeper_does_nothing_while_there_is_a_first(tmp_path: Path) -> None:
    first, second = Upkeep(tmp_path), Upkeep(tmp_path)
    first.work()
    write_ids(tmp_path, make_ids(0, 3))
    assert second.work() == []
    first.keeper.close()
    assert [work.kind for work in second.work()] == ["recovered", "sealed"]


def test_what_a_killed_predecessor_left_half_done_is_removed(tmp_path: Path) -> None:
    write_ids(tmp_path, make_ids(0, 3))
    folder = get_table_folder(tmp_path) / TODAY
    folder.mkdir(parents=True)
    for name in ("part-000000.parquet", "x.parquet.tmp", "manifest.json.tmp"):
        (folder / name).write_bytes(b"half")
    (get_table_folder(tmp_path) / "2026-11-20").mkdir()

    Upkeep(tmp_path).work()

    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".parquet"]
    assert not (get_table_folder(tmp_path) / "2026-11-20").exists()
    assert read_ids(tmp_path) == make_ids(0, 3)


def test_a_day_of_a_later_format_is_left_alone(tmp_path: Path) -> None:
    path = write_ids(tmp_path, make_ids(0, 3))
    other = write_ids(tmp_path, make_ids(3, 5), NOON + DAY)
    folder = get_table_folder(tmp_path) / TODAY
    folder.mkdir(parents=True)
    text = json.dumps({"manifest_format": 7})
    (folder / "manifest.json").write_text(text)
    (folder / "x.parquet").write_bytes(b"theirs")

    Upkeep(tmp_path).work_through(60)

    assert (folder / "manifest.json").read_text() == text
    assert (folder / "x.parquet").exists()
    assert path.exists()
    assert not other.exists()
    assert plan_reading(tmp_path).unreadable != ()


def test_only_files_with_rows_of_the_time_are_read(tmp_path: Path) -> None:
    write_ids(tmp_path, make_ids(0, 10), NOON)
    upkeep = Upkeep(tmp_path)
    upkeep.work()
    write_ids(tmp_path, make_ids(10, 20), NOON + 2 * DAY)

    later = plan_reading(tmp_path, start=NOON + DAY, end=NOON + 3 * DAY)
    assert (len(later.journals), later.segments) == (1, ())
    earlier = plan_reading(tmp_path, start=NOON - DAY, end=NOON + 1)
    assert (earlier.journals, len(earlier.segments)) == ((), 1)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_ids(tmp_path, make_ids(0, 10))
    Upkeep(tmp_path).work()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "logs").rglob("*")}
    assert modes <= {0o600, 0o700}
