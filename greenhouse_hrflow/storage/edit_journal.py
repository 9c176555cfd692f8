"""The journal of a push: each edit is written down before it is sent, and settled after.

It is what a killed run leaves of its edits. The next push of the workflow looks at each one that
nobody settled whether HrFlow holds it, and writes into the edit log what was made. So the log names
every edit once, however a run ended. Rolling files of JSON lines, since edits come one by one.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.errors import StorageUnavailable
from greenhouse_hrflow.storage.edit_log import EditLog
from greenhouse_hrflow.storage.tables import TableStore

UNFINISHED_EDITS = "unfinished_edits"

_FILE_SIZE = 64 * 1024
"""Bytes from which on a new file is begun: each group of edits writes the last one anew."""

_Key = tuple[str, datetime]


@dataclass
class _Noted:
    """The edits of a run, and what is known of each."""

    open: dict[_Key, EditRecord] = field(default_factory=dict[_Key, EditRecord])
    made: list[EditRecord] = field(default_factory=list[EditRecord])

    def settle(self, key: _Key, made: bool) -> None:
        edit = self.open.pop(key, None)
        if edit is not None and made:
            self.made.append(edit)


class EditJournal:
    """The journal of one run, used by many threads at once.

    Args:
        workflow_id: whose edits these are.
        place: the folder of the unfinished ones; only pushes that never run at the same time may
            share one. By default, that of the workflow.
        is_over: whether another run of this id can write no more.
    """

    def __init__(
        self,
        tables: TableStore,
        workflow_id: str,
        run_id: str,
        *,
        place: str | None = None,
        is_over: Callable[[str], bool],
        log: logging.Logger,
    ) -> None:
        self._tables = tables
        self.workflow_id = workflow_id
        self._folder = (UNFINISHED_EDITS, place or workflow_id)
        self._run_id = run_id
        self._is_over = is_over
        self._log = log
        self._edits = EditLog(tables)
        self._noted = _Noted()
        # Guards what is in memory; `_writing` is held while a file is written.
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[bytes] = []
        self._count_noted = self._count_written = 0
        self._part, self._content = 0, b""

    def note(self, edit: EditRecord) -> None:
        """Write an edit down that is about to be sent.

        Raises:
            StorageUnavailable: it could not be written down, so it must not be sent.
        """
        with self._lock:
            self._noted.open[edit.key] = edit
            self._waiting.append(_line({"edit": _plain(edit)}))
            self._count_noted += 1
            number = self._count_noted
        # Whoever comes first writes for all who wait: a file for each edit would take far longer.
        with self._writing:
            if self._count_written < number:
                self._write_waiting()

    def settle(self, edit: EditRecord, *, made: bool) -> None:
        """Say whether a noted edit is in HrFlow. It is written down with the next one: if it never
        is, HrFlow is asked again."""
        with self._lock:
            self._noted.settle(edit.key, made)
            reference, edited_at = edit.key
            self._waiting.append(
                _line({"settled": [reference, edited_at.isoformat()], "made": made})
            )

    def finish(self) -> None:
        """Let the edit log have what was made. What is still open stays in the journal.

        Raises:
            StorageUnavailable: it could not be written down.
        """
        with self._lock, _storage_at_work():
            self._edits.append(self._run_id, self._noted.made)
            if self._count_noted and not self._noted.open:
                self._tables.remove((*self._folder, self._run_id))

    def recover(self, was_made: Callable[[EditRecord], bool]) -> list[EditRecord]:
        """Let the edit log have what runs made that ended without writing it down.

        Args:
            was_made: looks at the profile whether HrFlow holds an edit.

        Returns:
            The edits that were made.

        Raises:
            StorageUnavailable: the storage did not answer.
            and what `was_made` raises: then the rest stays in the journal.
        """
        recovered: list[EditRecord] = []
        with _storage_at_work():
            left = self._tables.names_in(self._folder)
        for run_id in left:
            if run_id != self._run_id and not self._is_over(run_id):
                continue
            with _storage_at_work():
                noted = self._read(run_id)
            made = [edit for edit in noted.open.values() if was_made(edit)]
            with _storage_at_work():
                self._edits.append(run_id, [*noted.made, *made])
                self._tables.remove((*self._folder, run_id))
            if noted.open:
                self._log.info(
                    "Of %d edits that run %s left without an answer, HrFlow holds %d",
                    len(noted.open), run_id, len(made),
                )  # fmt: skip
            recovered += [*noted.made, *made]
        return recovered

    def _write_waiting(self) -> None:
        with self._lock:
            lines, count = [*self._waiting], self._count_noted
        content = self._content + b"".join(lines)
        with _storage_at_work():
            name = f"{self._part:06}.jsonl"
            self._tables.write_file((*self._folder, self._run_id, name), content)
        # Only now: had it failed, the next thread would have to write these too.
        self._count_written, self._content = count, content
        with self._lock:
            del self._waiting[: len(lines)]
        if len(content) > _FILE_SIZE:
            self._part, self._content = self._part + 1, b""

    def _read(self, run_id: str) -> _Noted:
        noted, folder = _Noted(), (*self._folder, run_id)
        for name in self._tables.names_in(folder):
            for line in (self._tables.read_file((*folder, name)) or b"").splitlines():
                entry = json.loads(line)
                if "edit" in entry:
                    edit = _edit(entry["edit"])
                    noted.open[edit.key] = edit
                else:
                    reference, edited_at = entry["settled"]
                    noted.settle((reference, datetime.fromisoformat(edited_at)), entry["made"])
        return noted


@contextmanager
def _storage_at_work() -> Generator[None]:
    """Whatever a storage raises, as a fault that may pass."""
    try:
        yield
        return
    except Exception as error:  # noqa: BLE001 - each kind of storage raises its own
        kind = type(error).__name__
    raise StorageUnavailable(
        f"The storage did not take or give the record of an edit ({kind}), and no edit is made "
        "that is not written down. The window is done again by the next run."
    )


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


_MOMENTS = ("edited_at", "read_at", "changed_at")


def _plain(edit: EditRecord) -> dict[str, Any]:
    return {**asdict(edit), **{name: getattr(edit, name).isoformat() for name in _MOMENTS}}


def _edit(plain: Mapping[str, Any]) -> EditRecord:
    moments = {name: datetime.fromisoformat(plain[name]) for name in _MOMENTS}
    return EditRecord.of({**plain, **moments})
