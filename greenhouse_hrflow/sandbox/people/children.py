"""The child records of the made-up people: tags, educations, employments, applications, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from greenhouse_hrflow.sandbox.greenhouse.tables import Tables, blank_row
from greenhouse_hrflow.sandbox.moments import greenhouse_stamp
from greenhouse_hrflow.sandbox.people.names import COMPANIES, STAGES, TAGS, TITLES
from greenhouse_hrflow.sandbox.people.offices import (
    DEGREE_IDS,
    DISCIPLINE_IDS,
    JOB_IDS,
    SCHOOL_IDS,
    SOURCE_IDS,
    TAG_IDS,
    USER_IDS,
)
from greenhouse_hrflow.sandbox.wire import JsonObject

_LEAP_DAY = "2020-02-29"


@dataclass(frozen=True)
class Person:
    """What all rows of one person share; moments are aware and in UTC."""

    position: int
    candidate_id: int
    created: datetime
    updated: datetime
    start: datetime
    anonymised: bool


def add_children(tables: Tables, rng: Random, person: Person) -> None:
    """Put the person's children into the tables; an anonymised one keeps an application alone."""
    children = _Children(tables, rng, person)
    children.add_applications()
    if not person.anonymised:
        children.add_tags()
        children.add_educations()
        children.add_employments()


class _Children:
    """Makes the rows of one person."""

    def __init__(self, tables: Tables, rng: Random, person: Person) -> None:
        self._tables = tables
        self._rng = rng
        self._person = person
        # About half have one child that changed after the candidate's own row did: this one.
        self._newer = person.position % 4 if person.position % 5 < 3 else None

    def _put(self, resource: str, fields: JsonObject) -> int:
        row = blank_row(resource) | {"id": self._tables.next_id(resource)} | self._stamps() | fields
        self._tables.put(resource, row)
        return row["id"]

    def _stamps(self) -> JsonObject:
        """Between the candidate's creation and its change; once, for some, between that and now."""
        person = self._person
        if self._newer == 0:
            updated = self._after_the_candidate()
        else:
            updated = person.created + (person.updated - person.created) * self._rng.random()
        self._newer = None if self._newer is None else self._newer - 1
        return {
            "created_at": greenhouse_stamp(person.created),
            "updated_at": greenhouse_stamp(max(updated, person.created)),
        }

    def _after_the_candidate(self) -> datetime:
        """Any moment up to the start; for some the last midnight, the very edge of a day."""
        since, until = self._person.updated, self._person.start
        midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
        if self._person.position % 8 == 0 and since < midnight:
            return midnight
        return since + (until - since) * self._rng.random()

    def add_tags(self) -> None:
        names = self._rng.sample(TAGS, self._rng.choice((0, 1, 1, 2, 3)))
        for name in names:
            fields = {"candidate_id": self._person.candidate_id, "candidate_tag_id": TAG_IDS[name]}
            self._put("applied_candidate_tags", fields)
        self._tables.rows["candidates"][self._person.candidate_id]["tags"] = names

    def add_educations(self) -> None:
        for number in range(self._rng.choice((0, 1, 1, 2))):
            self._put(
                "candidate_educations",
                {
                    "candidate_id": self._person.candidate_id,
                    "school_name_custom_field_option_id": self._or_null(SCHOOL_IDS, 0.05),
                    "degree_custom_field_option_id": self._or_null(DEGREE_IDS, 0.25),
                    "discipline_custom_field_option_id": self._or_null(DISCIPLINE_IDS, 0.2),
                    "latest": number == 0,
                    **self._years(2014 - 5 * number),
                },
            )

    def _or_null(self, ids: Sequence[int], probability: float) -> int | None:
        return None if self._rng.random() < probability else self._rng.choice(ids)

    def _years(self, first: int) -> JsonObject:
        """Start and end: both with a month, years alone, or nothing at all."""
        month = self._rng.choice((None, 2, 8, 9))
        dates: JsonObject = {}
        for name, year in (("start", first), ("end", first + 3)):
            known = self._rng.random() < 0.85
            dates |= {
                f"{name}_date_year": year if known else None,
                f"{name}_date_month": month if known else None,
                f"{name}_at": f"{year}-{month or 1:02d}-01T00:00:00.000Z" if known else None,
            }
        return dates

    def add_employments(self) -> None:
        candidate = self._tables.rows["candidates"][self._person.candidate_id]
        count = self._rng.choice((0, 1, 2, 3))
        for number in range(count):
            start, end = self._dates(number)
            self._put(
                "candidate_employments",
                {
                    "candidate_id": self._person.candidate_id,
                    "company_name": self._company(candidate["company"], number),
                    "title": self._title(candidate["title"], number),
                    "start_date": start,
                    "end_date": end,
                    "latest": number == 0,
                },
            )

    def _company(self, current: str | None, number: int) -> str | None:
        return current if number == 0 else self._rng.choice((*COMPANIES, None))

    def _title(self, current: str | None, number: int) -> str | None:
        return current if number == 0 else self._rng.choice((*TITLES, None, ""))

    def _dates(self, number: int) -> tuple[str | None, str | None]:
        if self._rng.random() < 0.1:
            return None, None
        start = date(2021 - 3 * number, self._rng.randint(1, 12), self._rng.randint(1, 28))
        end = None if number == 0 else (start + timedelta(days=700)).isoformat()
        if number == 1 and self._rng.random() < 0.3:
            end = _LEAP_DAY
        return start.isoformat(), end

    def add_applications(self) -> None:
        """None, one or two; every seventh person is a prospect."""
        if self._person.position % 7 == 4:
            self._add_prospect()
            return
        for _ in range(self._rng.choice((0, 1, 1, 1, 2))):
            rejected = self._rng.random() < 0.3
            stage = self._rng.randrange(len(STAGES))
            application_id = self._add_application(
                {
                    "job_id": self._rng.choice(JOB_IDS),
                    "job_post_id": self._rng.choice((123, None)),
                    "job_interview_stage_id": None if rejected else 81_001 + stage,
                    "stage_id": None if rejected else 1_073_533 + stage,
                    "stage_name": None if rejected else STAGES[stage],
                    "status": "rejected" if rejected else "in_process",
                    "rejected_at": greenhouse_stamp(self._person.updated) if rejected else None,
                }
            )
            if rejected:
                self._reject(application_id)
            self._add_files(application_id)

    def _add_prospect(self) -> None:
        jobs = self._rng.sample(JOB_IDS, self._rng.randint(0, 2))
        application_id = self._add_application(
            {"prospect": True, "prospective_job_ids": jobs, "status": "in_process"}
        )
        owner = {"application_id": application_id, "prospect_owner_id": USER_IDS[0]}
        self._put("prospect_details", owner)

    def _add_application(self, fields: JsonObject) -> int:
        recruiter, coordinator = self._rng.choices((*USER_IDS, None), k=2)
        application_id = self._put(
            "applications",
            {
                "candidate_id": self._person.candidate_id,
                "source_id": self._rng.choice((*SOURCE_IDS, None)),
                "recruiter_id": recruiter,
                "coordinator_id": coordinator,
                "location_address": self._rng.choice(("New York, New York, USA", None)),
                "last_activity_at": greenhouse_stamp(self._person.updated),
                "answers": [{"question": "Website", "answer": "https://example.com"}],
            }
            | fields,
        )
        self._tables.credited[application_id] = recruiter
        self._tables.staff[self._person.candidate_id] = {
            "recruiter_id": recruiter,
            "coordinator_id": coordinator,
        }
        return application_id

    def _reject(self, application_id: int) -> None:
        question = {"name": "Reason in words", "type": "short_text", "value": None}
        self._put(
            "rejection_details",
            {
                "application_id": application_id,
                "rejection_reason_id": 9504,
                "rejected_at": greenhouse_stamp(self._person.updated),
                "rejected_by_id": USER_IDS[1],
                "question_custom_fields": {"reason_in_words": question},
            },
        )

    def _add_files(self, application_id: int) -> None:
        """Files hang on applications; some do not name the candidate at all."""
        nameless = self._person.position % 6 == 0
        for kind in self._rng.choice(((), ("resume",), ("resume", "cover_letter"))):
            self._put(
                "attachments",
                {
                    "application_id": application_id,
                    "candidate_id": None if nameless else self._person.candidate_id,
                    "filename": f"{kind}_{self._person.position:04d} é.pdf",
                    "type": kind,
                },
            )
